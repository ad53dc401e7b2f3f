//! Each way in which a tap may be false, tried on the whole server: refused by its own name, in the log as well, and
//! nothing decided.

use super::stage::{Paper, decisions, person, submitted, view};
use budget::RequestId;
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::demo::person as id;
use std::time::Duration;
use tests::botsim::dingtalk::{CORPORATION, TapRequest};
use tests::botsim::{Pressed, Shown};
use tests::fault::Result;
use tests::office::Office;

fn on(platform: &'static str, user: &'static str, title: &'static str) -> impl Fn(&Shown) -> bool {
    move |shown| shown.platform == platform && shown.user == user && shown.facts.iter().any(|fact| fact.contains(title))
}

/// What a button of this card carries now.
fn token(office: &Office, card: &Shown, action: &str) -> String {
    let held = office.sim.dingtalk.card(&card.card).unwrap();
    held.seen_by(&card.user, &format!("tok_{action}")).to_owned()
}

/// Presses a DingTalk button that carries this; what the tapper alone is told.
async fn tapped(office: &Office, card: &Shown, user: &str, token: &str) -> String {
    let params = serde_json::Map::from_iter([("token".to_owned(), json!(token))]);
    let tap = TapRequest { params: Some(params), ..TapRequest::new(&card.card, user, "approve") };
    let answer = office.sim.dingtalk.tap(tap).await.remove(0);
    assert_eq!(answer.code, Some(200), "{answer:?}");
    answer.response["userPrivateData"]["cardParamMap"]["notice"].as_str().unwrap_or_default().to_owned()
}

fn toast(pressed: &Pressed) -> &str {
    pressed.answer["toast"]["content"].as_str().unwrap_or_default()
}

async fn undecided(office: &Office, request: RequestId) -> Result<()> {
    assert_eq!(decisions(&view(office, request).await?).len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_foreign_tampered_or_late_tap_is_refused_by_name() -> Result<()> {
    let paper = Paper::laid();
    let bindings = [("dingtalk", "boss=wangqiang,money=caiwu"), ("feishu", "ou_boss=wangqiang,ou_money=caiwu")];
    let office = Office::open(&bindings, &[]).await?;
    let mut clerk = person(&office, "zhangwei").await?;
    let request = submitted(&mut clerk, "客户接待", 30_000).await?;
    let other = submitted(&mut clerk, "广告样片", 30_000).await?;
    let card = office.shown("the card", on("dingtalk", "boss", "客户接待")).await?;
    let second = office.shown("the other card", on("dingtalk", "boss", "广告样片")).await?;
    let feishu = office.shown("the Feishu card", on("feishu", "ou_boss", "客户接待")).await?;
    let (good, foreign) = (token(&office, &card, "approve"), token(&office, &second, "approve"));

    // A forwarded card, pressed by a colleague and by a stranger; a user of another company.
    assert_eq!(tapped(&office, &card, "money", &good).await, "这一步不由您审批");
    assert_eq!(paper.names("tap.not_yours"), 2, "the refusal, and the tap");
    assert!(tapped(&office, &card, "stranger", &good).await.contains("绑定"));
    assert!(paper.names("tap.unbound") > 0);
    let elsewhere = office.sim.feishu.press_of(("tk-other", "ou_boss"), &feishu.card, "approve", None).await;
    assert_eq!(toast(&elsewhere), "您不属于本企业，不能在此审批");
    assert!(paper.names("tap.other_company") > 0);

    // A button's value that was changed, invented, taken from another card or of another verb.
    let changed = good.replacen(&good[30..31], if &good[30..31] == "A" { "B" } else { "A" }, 1);
    for value in [changed.as_str(), "AAAA", "", &foreign] {
        let before = paper.names("tap.invalid_button");
        assert_eq!(tapped(&office, &card, "boss", value).await, "按钮已失效，请打开详情处理", "{value}");
        assert!(paper.names("tap.invalid_button") > before);
    }
    undecided(&office, request).await?;

    // A week later the button has expired, and says so.
    office.advance(Duration::from_hours(7 * 24 + 1));
    assert_eq!(tapped(&office, &card, "boss", &good).await, "卡片已过期，请打开详情处理");
    assert!(paper.names("tap.expired") > 0);
    undecided(&office, request).await?;
    undecided(&office, other).await?;
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_who_left_decides_nothing_and_the_successor_has_the_card() -> Result<()> {
    let paper = Paper::laid();
    let bindings = [("dingtalk", "boss=wangqiang,next=lina"), ("wecom", "boss=wangqiang")];
    let office = Office::open(&bindings, &[]).await?;
    let mut clerk = person(&office, "zhangwei").await?;
    let request = submitted(&mut clerk, "展会物料", 30_000).await?;
    let card = office.shown("the card", on("dingtalk", "boss", "展会物料")).await?;
    let wecom = office.shown("the WeCom card", on("wecom", "boss", "展会物料")).await?;
    let key = office.sim.wecom.card(&wecom.card, "boss").unwrap().card["button_list"][0]["key"].clone();
    let good = token(&office, &card, "approve");

    let admin = person(&office, "admin").await?;
    let leaver = format!("/api/people/{}/departure", id("wangqiang"));
    admin.post(&leaver, &json!({"successor": id("lina")})).await?;
    // Both were pressed before the cards could change.
    assert_eq!(tapped(&office, &card, "boss", &good).await, "您的账号已停用，不能审批");
    let pressed = office.sim.wecom.press(&wecom.card, "boss", "approve", key.as_str()).await;
    assert_eq!(pressed.answer["button"], "您的账号已停用，不能审批", "{pressed:?}");
    assert!(paper.names("tap.left") >= 2, "each is in the log");
    undecided(&office, request).await?;
    // What the bot is asked for is refused like anybody's who is not with the company.
    office.sim.dingtalk.write("boss", tests::botsim::dingtalk::Written::Text("余额 市场部".into()));
    office
        .eventually("no figure", |office| {
            office.sim.dingtalk.texts("boss").iter().any(|text| text.contains("绑定") && !text.contains('¥'))
        })
        .await?;

    let next = office.shown("the successor's card", on("dingtalk", "next", "展会物料")).await?;
    office.sim.dingtalk.tap(TapRequest::new(&next.card, "next", "approve")).await;
    clerk.state(request, budget::RequestState::Approved).await?;
    let seen = view(&office, request).await?;
    assert_eq!(decisions(&seen).iter().map(|event| event.person).collect::<Vec<_>>(), [id("lina")]);
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}

const SECRET: &str = "card-callback-secret";

/// A DingTalk callback over HTTP: status and answer.
async fn callback(office: &Office, stamp: i64, signature: &str, card: &Shown, token: &str) -> Result<(u16, Value)> {
    let content = json!({"cardPrivateData": {"actionIds": ["approve"], "params": {"token": token}}});
    let body =
        json!({"outTrackId": card.card, "corpId": CORPORATION, "userId": "boss", "content": content.to_string()});
    let answer = reqwest::Client::new()
        .post(format!("{}/api/chat/callback/dingtalk", office.url()))
        .header("x-ddpaas-signature-timestamp", stamp.to_string())
        .header("x-ddpaas-signature", signature)
        .body(body.to_string())
        .send()
        .await?;
    Ok((answer.status().as_u16(), answer.json().await.unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_replayed_or_swapped_callback_is_refused_by_name() -> Result<()> {
    let paper = Paper::laid();
    let http = [("DINGTALK_CALLBACK_ROUTE_KEY", "suanpan"), ("DINGTALK_CALLBACK_SECRET", SECRET)];
    let office = Office::open(&[("dingtalk", "boss=wangqiang")], &http).await?;
    let mut clerk = person(&office, "zhangwei").await?;
    let request = submitted(&mut clerk, "客户接待", 30_000).await?;
    let other = submitted(&mut clerk, "广告样片", 30_000).await?;
    let card = office.shown("the card", on("dingtalk", "boss", "客户接待")).await?;
    let second = office.shown("the other card", on("dingtalk", "boss", "广告样片")).await?;
    let (good, victim) = (token(&office, &card, "approve"), token(&office, &second, "approve"));
    let now = office.now();
    let signed = |stamp: i64| bot::signature::dingtalk_card(SECRET, &stamp.to_string());

    // Forged: on every platform that calls us.
    let forged = bot::signature::dingtalk_card("a guess", &now.to_string());
    assert_eq!(callback(&office, now, &forged, &card, &good).await?.0, 401);
    let client = reqwest::Client::new();
    let wecom = format!("{}/api/chat/callback/wecom?msg_signature=00&timestamp={now}&nonce=n", office.url());
    let wecom = client.post(wecom).body("<xml><Encrypt>AAAA</Encrypt></xml>").send().await?;
    let feishu = client.post(format!("{}/api/chat/callback/feishu", office.url())).header("x-lark-signature", "00");
    let feishu = feishu.body(r#"{"encrypt":"AAAA"}"#).send().await?;
    assert_eq!((wecom.status(), feishu.status()), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(paper.names("callback.forged"), 3);

    // A replay after its time.
    let old = now - 301_000;
    assert_eq!(callback(&office, old, &signed(old), &card, &good).await?.0, 401);
    assert_eq!(paper.names("callback.out_of_time"), 1);
    undecided(&office, request).await?;

    // The genuine one decides; its replay gets the same answer and decides nothing more.
    let first = callback(&office, now, &signed(now), &card, &good).await?;
    assert_eq!(first.0, 200, "{first:?}");
    assert_eq!(callback(&office, now, &signed(now), &card, &good).await?, first);
    assert_eq!(paper.names("callback.repeated"), 1);
    assert_eq!(decisions(&view(&office, request).await?).len(), 1);

    // The same signature, which is genuine, around another body.
    assert_eq!(callback(&office, now, &signed(now), &second, &victim).await?.0, 401);
    assert_eq!(paper.names("callback.swapped_body"), 1);
    undecided(&office, other).await?;
    office.close().await;
    Ok(())
}
