//! S12, card taps, whole: the real server, DingTalk, WeCom and Feishu side by side, and a clock that is turned by hours.

use budget::{RequestId, RequestState};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use sync::record::Verb;
use sync::view::{RequestView, Surface, What};
use tests::botsim::dingtalk::{TapRequest, Written};
use tests::botsim::{Shown, dingtalk, feishu, wecom};
use tests::device::Device;
use tests::fault::Result;
use tests::office::Office;

const PASSWORD: &str = "suanpan-demo";

async fn person(office: &Office, login: &str) -> Result<Device> {
    let mut device = Device::sign_in(&office.url(), login, PASSWORD).await?;
    device.connect().await?;
    Ok(device)
}

async fn submitted(clerk: &mut Device, title: &str, fen: i64) -> Result<RequestId> {
    let request = clerk.claim(title, "MKT", "TRAVEL", fen)?;
    clerk.submit(request)?;
    clerk.push().await?;
    clerk.state(request, RequestState::InApproval).await?;
    Ok(request)
}

fn on(platform: &'static str, title: &'static str, status: &'static str) -> impl Fn(&Shown) -> bool {
    move |shown| {
        shown.platform == platform
            && shown.facts.iter().any(|fact| fact.contains(title))
            && shown.status.contains(status)
    }
}

fn decisions(view: &RequestView) -> Vec<(Verb, Surface)> {
    let decided = view.history.iter().filter_map(|event| match event.what {
        What::Decided(verb) => Some((verb, event.through)),
        _ => None,
    });
    decided.collect()
}

/// A press of what a card carried when it was still fresh.
fn old_press(office: &Office, card: &Shown) -> TapRequest {
    let held = office.sim.dingtalk.card(&card.card);
    let token = held.map(|held| held.seen_by(&card.user, "tok_approve").to_owned());
    let params = serde_json::Map::from_iter([("token".to_owned(), json!(token))]);
    TapRequest { params: Some(params), repeat: 2, ..TapRequest::new(&card.card, &card.user, "approve") }
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_card_taps() -> Result<()> {
    let office = Office::open(&[("dingtalk", "boss=wangqiang"), ("wecom", "Finance=caiwu")], &[]).await?;
    let mut clerk = person(&office, "zhangwei").await?;
    let request = submitted(&mut clerk, "展会物料", 520_000).await?;
    let old = office.shown("the boss's card", on("dingtalk", "展会物料", "待处理")).await?;
    assert!(old.facts.iter().any(|fact| fact == "金额：¥5,200.00"), "{old:?}");
    let in_the_lift = old_press(&office, &old);

    // The claimant edits; the boss, offline in a lift, taps 同意 on the old card; the tap arrives twice.
    clerk.withdraw(request)?;
    clerk.push().await?;
    clerk.state(request, RequestState::Withdrawn).await?;
    clerk.amount(request, 920_000)?;
    clerk.submit(request)?;
    clerk.push().await?;
    clerk.status(request, |status| status.revision == 2).await?;
    for result in office.sim.dingtalk.tap(in_the_lift).await {
        assert_eq!(result.code, Some(200));
        let notice = &result.response["userPrivateData"]["cardParamMap"]["notice"];
        assert!(notice.as_str().unwrap().contains("单据已变更 5,200.00→9,200.00"), "{result:?}");
    }
    office
        .shown("the old card, refreshed in place", |shown| {
            shown.card == old.card && shown.status == "单据已变更 5,200.00→9,200.00" && shown.buttons.is_empty()
        })
        .await?;
    assert_eq!(decisions(&clerk.status(request, |_| true).await?), []);

    // The new card: a duplicate tap is one decision.
    let new = office.shown("the new card", on("dingtalk", "展会物料", "待处理")).await?;
    assert_ne!(new.card, old.card);
    let twice = TapRequest { repeat: 2, ..TapRequest::new(&new.card, "boss", "approve") };
    office.sim.dingtalk.tap(twice).await;
    let after = clerk.status(request, |status| !decisions(status).is_empty()).await?;
    assert_eq!(decisions(&after), [(Verb::Approve, Surface::DingTalk)]);

    // The WeCom colleague taps after 80 hours: the card says so and leads to the page; nothing fails silently.
    let late = office.shown("the colleague's card", on("wecom", "展会物料", "待处理")).await?;
    office.advance(Duration::from_hours(80));
    let pressed = office.sim.wecom.press(&late.card, "finance", "approve", None).await;
    assert_eq!(pressed.answer["button"], "卡片已过期，请打开详情处理", "{pressed:?}");
    let expired = office.shown("the expired card", |shown| shown.card == late.card).await?;
    assert!(expired.url.ends_with(&format!("/approvals/{request}")), "{expired:?}");

    // On the page the colleague decides, and the card says so, with the code that the late tap brought.
    let mut colleague = person(&office, "caiwu").await?;
    let seen = colleague.status(request, |status| status.state == RequestState::InApproval).await?;
    assert_eq!(decisions(&seen).len(), 1, "the late tap decided nothing");
    colleague.decide(request, Verb::Approve, "")?;
    colleague.push().await?;
    office
        .shown("the decision on the card", |shown| shown.card == late.card && shown.status.contains("已同意"))
        .await?;
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_high_amount_and_a_stranger_are_sent_to_the_page() -> Result<()> {
    let more = [("CHAT_ONE_TAP_LIMIT", "1000")];
    let office = Office::open(&[("feishu", "ou_boss=wangqiang")], &more).await?;
    let mut clerk = person(&office, "zhangwei").await?;
    let request = submitted(&mut clerk, "大额采购", 100_001).await?;
    let card = office.shown("the card", on("feishu", "大额采购", "待处理")).await?;
    let above = office.sim.feishu.press(&card.card, "ou_boss", "approve", None).await;
    assert_eq!(above.answer["toast"]["content"], "金额较大，请打开详情完成审批");
    let forwarded = office.sim.feishu.press(&card.card, "ou_stranger", "approve", None).await;
    assert!(forwarded.answer["toast"]["content"].as_str().unwrap().contains("绑定"), "{forwarded:?}");
    let seen = clerk.status(request, |_| true).await?;
    assert_eq!(decisions(&seen), []);
    // A rejection spends nothing: one tap is enough.
    office.sim.feishu.press(&card.card, "ou_boss", "reject", None).await;
    let seen = clerk.state(request, RequestState::Rejected).await?;
    assert_eq!(decisions(&seen), [(Verb::Reject, Surface::Feishu)]);
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_answer_whom_they_may_and_a_picture_becomes_a_draft() -> Result<()> {
    let office = Office::open(&[("dingtalk", "boss=wangqiang,clerk=zhangwei")], &[]).await?;
    let mut clerk = person(&office, "zhangwei").await?;
    submitted(&mut clerk, "打车去机场", 12_345).await?;
    office.shown("the card", on("dingtalk", "打车去机场", "待处理")).await?;
    let say = |user: &str, text: &str| office.sim.dingtalk.write(user, Written::Text(text.into()));
    let heard = |user: &'static str, wanted: &'static str| {
        move |office: &Office| office.sim.dingtalk.texts(user).iter().any(|text| text.contains(wanted))
    };
    say("boss", "我的待办");
    office.eventually("what waits", heard("boss", "打车去机场 · ¥123.45")).await?;
    say("boss", "余额 市场部");
    office.eventually("the balance with its time", heard("boss", "截至 ")).await?;
    say("clerk", "余额 研发部");
    office.eventually("nothing of another department", heard("clerk", "没有您可以查看")).await?;
    say("stranger", "余额 市场部");
    office.eventually("how to bind, and no figure", heard("stranger", "请先绑定账号")).await?;
    assert!(!office.sim.dingtalk.texts("stranger").iter().any(|text| text.contains('¥')));

    // The stranger is caiwu, who is signed in and is shown a code.
    let finance = person(&office, "caiwu").await?;
    let code = finance.post("/api/chat/link", &json!({})).await?["code"].as_str().unwrap().to_owned();
    say("stranger", &format!("绑定 {code}"));
    office.eventually("bound", heard("stranger", "已绑定")).await?;
    say("stranger", &format!("绑定 {code}"));
    office.eventually("a code is good once", heard("stranger", "绑定码不对")).await?;

    let known = clerk.requests();
    let invoice = tests::documents::set::toner()?.xml();
    office.sim.dingtalk.write("clerk", Written::File("发票.xml".into(), invoice));
    office.eventually("the draft", heard("clerk", "已生成报销草稿")).await?;
    let draft = clerk.new_request(&known).await?;
    let claim = clerk.claimed(draft).unwrap();
    assert_eq!(claim.invoices.len(), 1, "{claim:?}");
    assert!(claim.lines.iter().any(|line| line.amount.is_some_and(budget::Money::is_positive)), "{claim:?}");
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

/// Where everything that is logged goes.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_or_ticket_appears_in_a_log() -> Result<()> {
    let paper = Paper::default();
    let sink = paper.clone();
    tracing_subscriber::fmt().with_writer(move || sink.clone()).with_env_filter("debug,bot=trace,server=trace").init();
    let office = Office::open(
        &[("dingtalk", "boss=wangqiang"), ("wecom", "boss=wangqiang"), ("feishu", "ou_boss=wangqiang")],
        &[],
    )
    .await?;
    let mut clerk = person(&office, "zhangwei").await?;
    let request = submitted(&mut clerk, "团队建设", 30_000).await?;
    let mut tokens = Vec::new();
    for platform in ["dingtalk", "wecom", "feishu"] {
        let card = office.shown("a card", on(platform, "团队建设", "待处理")).await?;
        if platform == "dingtalk" {
            tokens.push(office.sim.dingtalk.card(&card.card).unwrap().seen_by("boss", "tok_approve").to_owned());
        }
    }
    // Refusals and a failing platform are logged as well.
    office.sim.wecom.expire_tokens();
    let card = office.shown("the WeCom card", on("wecom", "团队建设", "待处理")).await?;
    office.sim.wecom.press(&card.card, "boss", "approve", Some("forged-button-token")).await;
    office.sim.wecom.press(&card.card, "boss", "approve", None).await;
    office.sim.wecom.press(&card.card, "boss", "approve", Some(&tokens[0])).await;
    clerk.state(request, RequestState::Approved).await?;
    for platform in ["dingtalk", "wecom", "feishu"] {
        office.shown("the decision everywhere", on(platform, "团队建设", "已同意")).await?;
    }
    office.close().await;
    let log = String::from_utf8_lossy(&paper.0.lock().unwrap()).into_owned();
    assert!(log.contains("tap.invalid_button") && log.contains("a tap was refused"), "refusals are logged by name");
    let secrets = [
        dingtalk::CLIENT_SECRET,
        wecom::SECRET,
        wecom::TOKEN,
        wecom::AES_KEY,
        feishu::APP_SECRET,
        feishu::ENCRYPT_KEY,
        feishu::VERIFICATION_TOKEN,
        "forged-button-token",
        PASSWORD,
        "wecom-token-",
        "ticket=",
        "ticket-",
        "access_token=",
        "\"rc-",
        &tokens[0],
    ];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret)).unwrap_or_default();
        assert!(line.is_empty(), "{secret:?} is logged: {line}");
    }
    Ok(())
}
