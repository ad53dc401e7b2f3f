//! Reminders in WeChat: one for each consent that the phone reported, and none beyond.

use super::stage::{person, submitted};
use serde_json::{Value, json};
use tests::fault::{Fault, Result};
use tests::office::Office;

const USER: &str = "openid-boss";

/// Asks as the mini-program does.
async fn ask(office: &Office, path: &str, token: &str, body: &Value) -> Result<Value> {
    let asked = reqwest::Client::new().post(format!("{}{path}", office.url())).bearer_auth(token).json(body);
    let answer = asked.send().await?;
    let status = answer.status();
    let said = answer.text().await?;
    if !status.is_success() {
        return Err(Fault::new(format!("{path}: {status} {said}")));
    }
    Ok(serde_json::from_str(&said).unwrap_or_default())
}

/// How many views wait to be sent to WeChat.
async fn waiting(office: &Office) -> Result<i64> {
    let count = office.app.store.readers.read(|connection| {
        let count = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND surface = 'wechat'";
        Ok(connection.query_row(count, [], |row| row.get(0))?)
    });
    count.await.map_err(|error| Fault::new(error.to_string()))
}

async fn all_told(office: &Office) -> Result<()> {
    for _ in 0..400 {
        if waiting(office).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    Err(Fault::new("a view waits for ever"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_sent_for_each_consent_and_for_no_other() -> Result<()> {
    let office = Office::open(&[], &[]).await?;
    let mut clerk = person(&office, "zhangwei").await?;
    let boss = person(&office, "wangqiang").await?;
    let session = ask(&office, "/api/mini/session", "", &json!({"code": office.sim.wechat.login_code(USER)})).await?;
    let token = session["token"].as_str().unwrap_or_default().to_owned();
    let link = boss.post("/api/chat/link", &json!({})).await?;
    ask(&office, "/api/mini/bind", &token, &json!({"code": link["code"]})).await?;
    let grant = |granted: u32| {
        let (office, token) = (&office, token.as_str());
        async move { ask(office, "/api/mini/consents", token, &json!({"granted": granted})).await }
    };

    // Nobody agreed: WeChat is not even asked.
    submitted(&mut clerk, "打车去机场", 10_000).await?;
    all_told(&office).await?;
    assert_eq!(office.sim.calls("wechat.remind"), 0);

    // One consent, one reminder.
    office.sim.wechat.consent(USER);
    assert_eq!(grant(1).await?, json!({"remaining": 1}));
    submitted(&mut clerk, "展会物料", 10_000).await?;
    submitted(&mut clerk, "团队建设", 10_000).await?;
    all_told(&office).await?;
    assert_eq!((office.sim.wechat.reminders().len(), office.sim.calls("wechat.remind")), (1, 1));

    // WeChat knows of no consent, whatever the phone said: believed, and not asked again.
    assert_eq!(grant(3).await?, json!({"remaining": 3}));
    submitted(&mut clerk, "客户接待", 10_000).await?;
    all_told(&office).await?;
    submitted(&mut clerk, "广告样片", 10_000).await?;
    all_told(&office).await?;
    assert_eq!((office.sim.wechat.reminders().len(), office.sim.calls("wechat.remind")), (1, 2));
    assert_eq!(grant(1).await?, json!({"remaining": 1}), "counted from nothing again");
    assert!(grant(0).await.is_err() && grant(11).await.is_err());
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}
