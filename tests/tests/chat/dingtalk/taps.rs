//! What a tap does, and what it cannot do.

use super::office::{Office, eventually};
use crate::chat::desk::Mood;
use bot::dingtalk::Timings;
use serde_json::{Map, json};
use std::time::Duration;
use tests::botsim::dingtalk::{Call, TapRequest, TapResult};

/// The tap was answered in time, with success.
fn check_answered(result: &TapResult) {
    assert_eq!((result.delivered, result.code), (true, Some(200)), "{result:?}");
    assert!(result.elapsed_milliseconds < 2_000, "{result:?}");
}

/// What a button of a user carries now, kept for later.
fn remember(office: &Office, card: &str, user: &str, action: &str) -> TapRequest {
    let token = office.shown(card, user, &format!("tok_{action}"));
    let params = Map::from_iter([("token".to_owned(), json!(token))]);
    TapRequest { params: Some(params), ..TapRequest::new(card, user, action) }
}

#[tokio::test]
async fn one_tap_decides_and_every_copy_shows_it() {
    let office = Office::open().await;
    office.send("card-1", &["boss", "cfo"]).await.unwrap();
    assert_eq!(office.buttons("card-1", "boss"), ["approve", "reject"]);
    assert_eq!(office.buttons("card-1", "cfo"), ["approve", "reject"]);

    let result = office.tap("card-1", "boss", "approve").await;
    check_answered(&result);
    assert!(result.elapsed_milliseconds < 1_000, "{result:?}");
    for user in ["boss", "cfo"] {
        assert_eq!(office.shown("card-1", user, "status"), "已同意 · boss · 10-12 10:32");
        assert_eq!(office.buttons("card-1", user), [""; 0]);
    }
    assert_eq!(office.simulator.calls(Call::Update), 0, "the answer itself changes the card");
    office.check_no_violation();
}

#[tokio::test]
async fn a_tap_delivered_twice_is_one_decision() {
    let office = Office::open().await;
    office.send("card-1", &["boss"]).await.unwrap();
    let twice = TapRequest { repeat: 2, ..TapRequest::new("card-1", "boss", "reject") };
    let results = office.press(twice).await;
    assert_eq!(results.len(), 2);
    for result in &results {
        check_answered(result);
        assert_eq!(result.response["cardData"]["cardParamMap"]["state"], "rejected");
    }
    assert_eq!(office.desk.taps.lock().unwrap().len(), 2);
    assert_eq!(office.desk.decisions.lock().unwrap().len(), 1);
    office.check_no_violation();
}

#[tokio::test]
async fn a_tap_on_what_has_changed_is_refused_and_the_card_refreshed() {
    let office = Office::open().await;
    office.send("card-1", &["boss"]).await.unwrap();
    let old_copy = remember(&office, "card-1", "boss", "approve");
    office.edit();
    office.update("card-1", &["boss"]).await.unwrap();

    let result = office.press(old_copy).await.remove(0);
    check_answered(&result);
    assert_eq!(office.shown("card-1", "boss", "notice"), "单据已变更 5,200.00→9,200.00，请核对后再处理");
    assert!(office.shown("card-1", "boss", "facts").contains("9,200.00"));
    assert!(office.desk.decisions.lock().unwrap().is_empty());

    check_answered(&office.tap("card-1", "boss", "approve").await);
    assert_eq!(office.shown("card-1", "boss", "state"), "approved");
    assert_eq!(office.shown("card-1", "boss", "notice"), "");
    office.check_no_violation();
}

#[tokio::test]
async fn only_the_approver_of_the_token_can_use_it() {
    let office = Office::open().await;
    office.send("card-1", &["boss", "cfo"]).await.unwrap();
    let stolen = remember(&office, "card-1", "boss", "approve");
    let forged = |token: &str| Some(Map::from_iter([("token".to_owned(), json!(token))]));
    let attempts = [
        ("intern", stolen.params.clone(), "这一步不由您审批"),
        ("stranger", stolen.params.clone(), "请先在网页登录并绑定账号，再回来审批"),
        ("cfo", forged("AAAA"), "按钮已失效，请打开详情处理"),
        ("cfo", forged(""), "按钮已失效，请打开详情处理"),
        ("cfo", Some(Map::new()), "按钮已失效，请打开详情处理"),
    ];
    for (user, params, notice) in attempts {
        let tap = TapRequest { params, ..TapRequest::new("card-1", user, "approve") };
        check_answered(&office.press(tap).await.remove(0));
        assert_eq!(office.shown("card-1", user, "notice"), notice, "{user}");
    }
    assert!(office.desk.decisions.lock().unwrap().is_empty());
    assert_eq!(office.buttons("card-1", "boss"), ["approve", "reject"], "others lost their buttons");
    office.check_no_violation();
}

#[tokio::test]
async fn a_slow_decision_says_so_in_time_and_the_outcome_follows() {
    let office = Office::open().await;
    office.send("card-1", &["boss", "cfo"]).await.unwrap();
    office.mood("card-1", Mood::Slow(Duration::from_millis(1_600)));
    let result = office.tap("card-1", "boss", "approve").await;
    check_answered(&result);
    assert!(result.elapsed_milliseconds >= 1_200, "{result:?}");
    assert_eq!(office.shown("card-1", "cfo", "status"), "处理中");
    assert_eq!(office.buttons("card-1", "boss"), [""; 0]);
    assert_eq!(office.buttons("card-1", "cfo"), [""; 0]);
    eventually("the outcome is shown", || office.shown("card-1", "cfo", "state") == "approved").await;
    assert_eq!(office.desk.missed.lock().unwrap().len(), 1);
    office.check_no_violation();
}

#[tokio::test]
async fn a_slow_tap_does_not_hold_up_another() {
    let office = Office::open().await;
    office.send("slow", &["boss"]).await.unwrap();
    office.send("quick", &["cfo"]).await.unwrap();
    office.mood("slow", Mood::Slow(Duration::from_secs(1)));
    let (slow, quick) = tokio::join!(office.tap("slow", "boss", "approve"), office.tap("quick", "cfo", "approve"));
    check_answered(&slow);
    check_answered(&quick);
    assert!(slow.elapsed_milliseconds >= 1_000, "{slow:?}");
    assert!(quick.elapsed_milliseconds < slow.elapsed_milliseconds / 2, "{quick:?}");
    office.check_no_violation();
}

#[tokio::test]
async fn a_panic_loses_no_button() {
    let office = Office::open().await;
    office.send("card-1", &["boss"]).await.unwrap();
    office.mood("card-1", Mood::Broken);
    let result = office.tap("card-1", "boss", "approve").await;
    assert_eq!(result.code, Some(500));
    assert_eq!(office.buttons("card-1", "boss"), ["approve", "reject"]);
    office.mood("card-1", Mood::Quick);
    check_answered(&office.tap("card-1", "boss", "approve").await);
    office.check_no_violation();
}

/// The simulator's own rules can fail: a client that is late, or that changes a card inside its callback, is noticed.
#[tokio::test]
async fn the_simulator_notices_lateness_and_meddling() {
    let patient = Timings { tap_deadline: Duration::from_secs(9), ..Timings::default() };
    let office = Office::open_with(patient).await;
    office.send("late", &["boss"]).await.unwrap();
    office.mood("late", Mood::Slow(Duration::from_millis(2_300)));
    assert_eq!(office.tap("late", "boss", "approve").await.code, None);
    eventually("the late answer arrives", || office.violations().len() == 2).await;
    assert_eq!(office.violations(), ["TIMEOUT", "LATE_ACK"]);
    assert_eq!(office.shown("late", "boss", "state"), "pending", "a late answer changed the card");

    office.send("meddled", &["boss"]).await.unwrap();
    office.mood("meddled", Mood::Meddling);
    check_answered(&office.tap("meddled", "boss", "approve").await);
    assert_eq!(office.violations(), ["TIMEOUT", "LATE_ACK", "UPDATE_DURING_CALLBACK"]);
}
