//! WeCom: our adapter and callbacks against the simulated platform.

use super::apps::wecom_at;
use super::desk::{Desk, Mood};
use super::door;
use bot::TapHandler;
use bot::surface::{ChatAdapter, ChatIdentity, Notice, Platform, SendError};
use bot::tap::MessageContent;
use bot::wecom::WeCom;
use bot::wecom::callback::WeComCallbacks;
use std::sync::Arc;
use std::time::Duration;
use tests::botsim::wecom::{CORPORATION, Written};
use tests::botsim::{Botsim, CallFault};

struct Office {
    sim: Botsim,
    wecom: WeCom,
    desk: Arc<Desk>,
}

async fn office() -> Office {
    let sim = Botsim::start().await.unwrap();
    let wecom = WeCom::new(wecom_at(&sim.base_url())).unwrap();
    let desk = Arc::new(Desk::new(Arc::new(wecom.clone()), CORPORATION));
    let callbacks = Arc::new(WeComCallbacks::new(&wecom_at(&sim.base_url())).unwrap());
    let handler: Arc<dyn TapHandler> = desk.clone();
    let url = door::serve(callbacks, handler, sim.clock.clone()).await;
    sim.wecom.set_callback(&url).await.unwrap();
    Office { sim, wecom, desk }
}

impl Office {
    fn shown(&self, card: &str) -> (String, String, usize) {
        let card = self.sim.wecom.card(card, "boss").unwrap();
        let phone = self.sim.wecom.phone(Some("boss"));
        let shown = phone.iter().find(|shown| shown.card == card.task).unwrap();
        (shown.status.clone(), shown.notice.clone(), shown.buttons.len())
    }

    fn nothing_was_broken(&self) {
        assert_eq!(self.sim.violations(), []);
    }
}

#[tokio::test]
async fn one_tap_decides_and_the_taps_own_code_shows_it_to_everybody() {
    let office = office().await;
    office.desk.send("exp-1", "Boss").await.unwrap();
    assert_eq!(office.shown("exp-1"), ("待处理".into(), String::new(), 2));
    let pressed = office.sim.wecom.press("exp-1", "Boss", "approve", None).await;
    assert_eq!((pressed.status, pressed.answer["type"].as_str()), (Some(200), Some("update_button")), "{pressed:?}");
    assert!(office.shown("exp-1").1.starts_with("已同意 · boss"), "{:?}", office.shown("exp-1"));
    // The outbox brings the whole card with the code that this tap brought.
    office.desk.update("exp-1", "boss").await.unwrap();
    let (status, notice, buttons) = office.shown("exp-1");
    assert!(status.starts_with("已同意 · boss") && notice.is_empty() && buttons == 0, "{status}");
    assert_eq!(office.desk.decisions.lock().unwrap().len(), 1);
    office.nothing_was_broken();
}

#[tokio::test]
async fn a_decision_elsewhere_uses_the_reserve_once_and_then_a_late_tap_is_told_the_truth() {
    let office = office().await;
    office.desk.send("exp-1", "boss").await.unwrap();
    let old_key = office.sim.wecom.card("exp-1", "boss").unwrap().card["button_list"][0]["key"].clone();
    office.desk.update("exp-1", "boss").await.unwrap();
    assert_eq!(office.sim.calls("wecom.update"), 0, "an open card keeps its one code");
    office.desk.decide_elsewhere("exp-1");
    office.desk.update("exp-1", "boss").await.unwrap();
    assert!(office.shown("exp-1").0.starts_with("已拒绝 · cfo"));
    let spent = office.desk.update("exp-1", "boss").await.unwrap_err();
    assert_eq!(spent, SendError::Stale("wecom.no_response_code".into()));

    // An old copy on another device still has its buttons.
    let pressed = office.sim.wecom.press("exp-1", "boss", "approve", old_key.as_str()).await;
    assert!(pressed.answer["button"].as_str().unwrap().starts_with("已拒绝 · cfo"), "{pressed:?}");
    office.desk.update("exp-1", "boss").await.unwrap();
    office.nothing_was_broken();
}

#[tokio::test]
async fn after_72_hours_the_card_is_stale_and_the_person_is_told_by_a_message() {
    let office = office().await;
    office.desk.send("exp-1", "boss").await.unwrap();
    office.sim.clock.advance(Duration::from_hours(80));
    office.desk.decide_elsewhere("exp-1");
    let stale = office.desk.update("exp-1", "boss").await.unwrap_err();
    assert_eq!(stale.code(), "send.stale", "the platform refused the old code: {stale:?}");
    let to = ChatIdentity::new(Platform::WeCom, CORPORATION, "BOSS");
    let notice =
        Notice { title: "张三的报销".into(), lines: vec!["已拒绝".into()], url: "https://s.example/1".into() };
    office.wecom.notify(&to, &notice).await.unwrap();
    assert_eq!(office.sim.wecom.texts("boss"), ["张三的报销\n已拒绝\nhttps://s.example/1"]);
    // A tap after 80 hours brings a fresh code and is answered.
    let pressed = office.sim.wecom.press("exp-1", "boss", "approve", None).await;
    assert!(pressed.answer["button"].as_str().unwrap().starts_with("已拒绝"), "{pressed:?}");
    office.desk.update("exp-1", "boss").await.unwrap();
    assert_eq!(office.shown("exp-1").2, 0);
    office.nothing_was_broken();
}

#[tokio::test]
async fn a_slow_decision_says_so_in_time_and_the_outcome_follows() {
    let office = office().await;
    office.desk.send("exp-1", "boss").await.unwrap();
    office.desk.moods.lock().unwrap().insert("exp-1".into(), Mood::Slow(Duration::from_millis(3_400)));
    let pressed = office.sim.wecom.press("exp-1", "boss", "approve", None).await;
    assert_eq!(pressed.answer["button"], "处理中", "{pressed:?}");
    assert!((3_000..5_000).contains(&pressed.elapsed_milliseconds), "{pressed:?}");
    for _ in 0..400 {
        if office.shown("exp-1").0.starts_with("已同意") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(office.shown("exp-1").0.starts_with("已同意"), "{:?}", office.shown("exp-1"));
    office.nothing_was_broken();
}

#[tokio::test]
async fn a_lost_answer_makes_one_card_and_its_code_is_not_invented() {
    let office = office().await;
    office.sim.fault(CallFault::lost_answer("/message/send"));
    let lost = office.desk.send("exp-1", "boss").await.unwrap_err();
    assert!(matches!(lost, SendError::Ambiguous(_)), "{lost:?}");
    office.desk.send("exp-1", "boss").await.unwrap();
    assert_eq!(office.sim.wecom.cards().len(), 1);
    office.desk.decide_elsewhere("exp-1");
    assert_eq!(office.desk.update("exp-1", "boss").await.unwrap_err().code(), "send.stale");
    office.nothing_was_broken();
}

#[tokio::test]
async fn tokens_that_end_are_renewed_and_members_who_left_are_told_apart() {
    let office = office().await;
    office.desk.send("exp-1", "boss").await.unwrap();
    office.sim.wecom.expire_tokens();
    office.desk.send("exp-2", "boss").await.unwrap();
    assert_eq!(office.sim.calls("wecom.token"), 2);
    office.sim.wecom.refuse_delivery("boss");
    let gone = office.desk.send("exp-3", "boss").await.unwrap_err();
    assert_eq!(gone, SendError::Permanent("81013".into()));
    let busy = serde_json::json!({"errcode": -1, "errmsg": "system busy"});
    office.sim.fault(CallFault::answer("/message/send", 200, Some(busy)));
    assert!(matches!(office.desk.send("exp-4", "cfo").await, Err(SendError::Retry { .. })));
    office.nothing_was_broken();
}

#[tokio::test]
async fn a_passive_reply_that_spends_the_code_is_not_an_endless_loop() {
    let office = office().await;
    office.sim.wecom.passive_replies_spend_the_code();
    office.desk.send("exp-1", "boss").await.unwrap();
    office.sim.wecom.press("exp-1", "boss", "approve", None).await;
    assert_eq!(office.desk.update("exp-1", "boss").await.unwrap_err().code(), "send.stale");
    assert!(office.shown("exp-1").1.starts_with("已同意"), "the tapper saw it all the same");
}

#[tokio::test]
async fn what_people_write_and_send_arrives() {
    let office = office().await;
    office.sim.wecom.write("Boss", Written::Text(" 我的待办".into())).await;
    office.sim.wecom.write("boss", Written::Picture(b"\x89PNG picture".to_vec())).await;
    for _ in 0..200 {
        if office.desk.messages.lock().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let messages = office.desk.messages.lock().unwrap().clone();
    assert_eq!(messages[0].content, MessageContent::Text("我的待办".into()));
    assert_eq!(messages[0].from.user, "boss");
    let MessageContent::File(file) = &messages[1].content else { panic!("{messages:?}") };
    assert_eq!(office.wecom.download(file, 1000).await.unwrap(), b"\x89PNG picture");
    assert!(matches!(office.wecom.download(file, 3).await, Err(SendError::Retry { .. })), "longer than we take");
    office.nothing_was_broken();
}
