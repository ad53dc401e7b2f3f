//! What the server says in chat by itself, over the simulated DingTalk: each threshold once, and the day's checkpoint.

use std::time::Duration;

use budget::{RequestState, Timestamp};
use tests::device::Device;
use tests::fault::Result;
use tests::office::Office;

const PASSWORD: &str = "suanpan-demo";
const GROUP: &str = "cidFinance";

/// The alerts about promotion that somebody got.
fn alerts(office: &Office, user: &str) -> Vec<String> {
    let mut texts = office.sim.dingtalk.texts(user);
    texts.retain(|text| text.contains("MKT-PROMOTION") && text.contains("Budget alert"));
    texts
}

async fn claims(office: &Office, login: &str, yuan: i64) -> Result<()> {
    let mut clerk = Device::sign_in(&office.url(), login, PASSWORD).await?;
    clerk.connect().await?;
    let request = clerk.claim("双十一投放", "MKT", "PROMOTION", yuan * 100)?;
    clerk.submit(request)?;
    clerk.push().await?;
    clerk.state(request, RequestState::InApproval).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_threshold_is_told_once_also_after_a_restart() -> Result<()> {
    let office = Office::open(&[("dingtalk", "boss=wangqiang,money=caiwu")], &[]).await?;
    // 150,000 of 200,000 are spent.
    claims(&office, "zhangwei", 12_000).await?;
    for user in ["boss", "money"] {
        office.eventually("the head and finance are told", |office| alerts(office, user).len() == 1).await?;
        let text = &alerts(&office, user)[0];
        assert!(text.contains("80%") && text.contains("162,000.00"), "{text}");
    }
    let office = office.restart().await?;
    claims(&office, "lina", 38_000).await?;
    for user in ["boss", "money"] {
        office.eventually("the next threshold is told", |office| alerts(office, user).len() == 2).await?;
        assert!(alerts(&office, user)[1].contains("100%"));
    }
    // Everything that was queued is sent, and each crossing was one message.
    let office = office.restart().await?;
    office.advance(Duration::from_mins(5));
    tokio::time::sleep(Duration::from_millis(500)).await;
    for user in ["boss", "money"] {
        assert_eq!(alerts(&office, user).len(), 2);
    }
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_checkpoint_is_posted_to_the_group_that_is_configured() -> Result<()> {
    let office = Office::open(&[], &[("CHAT_CHECKPOINT_GROUP", &format!("dingtalk:{GROUP}"))]).await?;
    // From a day on which it may be posted already to eleven o'clock of the next but one.
    let now = office.now();
    let day = 24 * 60 * 60 * 1_000;
    let china = 8 * 60 * 60 * 1_000;
    let eleven = ((now + china) / day + 2) * day - china + 11 * 60 * 60 * 1_000;
    let date = Timestamp(eleven).china_date().to_string();
    let posted = |office: &Office| -> Vec<String> {
        let texts = office.sim.dingtalk.group_texts(GROUP);
        texts.into_iter().filter(|text| text.lines().next().is_some_and(|title| title.contains(&date))).collect()
    };
    office.advance(Duration::from_millis(u64::try_from(eleven - now).unwrap_or_default()));
    let office = office.restart().await?;
    office.eventually("the checkpoint is posted", |office| !posted(office).is_empty()).await?;
    let text = posted(&office).pop().unwrap_or_default();
    let note: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("suanpan/")).collect();
    assert!(note.len() == 5 && note[4].starts_with("— suanpan/"), "{text}");
    let office = office.restart().await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(posted(&office).len(), 1, "once a day");
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_group_nothing_is_posted() -> Result<()> {
    let office = Office::open(&[], &[]).await?;
    office.advance(Duration::from_hours(30));
    let office = office.restart().await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(office.sim.dingtalk.group_texts(GROUP), Vec::<String>::new());
    office.close().await;
    Ok(())
}
