//! Feishu: our adapter and callbacks against the simulated platform.

use super::desk::{Desk, Mood};
use super::door;
use bot::feishu::callback::FeishuCallbacks;
use bot::feishu::{Feishu, FeishuConfig};
use bot::{Secret, SendError, TapHandler};
use std::sync::Arc;
use std::time::Duration;
use tests::botsim::feishu::{APP_ID, APP_SECRET, ENCRYPT_KEY, TENANT, VERIFICATION_TOKEN};
use tests::botsim::{Botsim, CallFault};

struct Office {
    sim: Botsim,
    desk: Arc<Desk>,
}

pub(super) fn config(sim: &Botsim) -> FeishuConfig {
    FeishuConfig {
        app_id: APP_ID.into(),
        app_secret: Secret::new(APP_SECRET),
        encrypt_key: Secret::new(ENCRYPT_KEY),
        verification_token: Secret::new(VERIFICATION_TOKEN),
        tenant: TENANT.into(),
        api_base: sim.base_url(),
    }
}

async fn office() -> Office {
    let sim = Botsim::start().await.unwrap();
    let feishu = Feishu::new(config(&sim)).unwrap();
    let desk = Arc::new(Desk::new(Arc::new(feishu), TENANT));
    let handler: Arc<dyn TapHandler> = desk.clone();
    let url = door::serve(Arc::new(FeishuCallbacks::new(&config(&sim))), handler, sim.clock.clone()).await;
    sim.feishu.set_callback(&url).await.unwrap();
    Office { sim, desk }
}

impl Office {
    fn status(&self, key: &str) -> (String, usize) {
        let phone = self.sim.feishu.phone(Some("boss"));
        let shown = phone.iter().find(|shown| shown.card == key).unwrap();
        (shown.status.clone(), shown.buttons.len())
    }
}

#[tokio::test]
async fn one_tap_decides_and_the_answer_changes_the_card() {
    let office = office().await;
    office.desk.send("card-1", "boss").await.unwrap();
    assert_eq!(office.status("card-1"), ("待处理".into(), 2));
    let pressed = office.sim.feishu.press("card-1", "boss", "approve", None).await;
    assert_eq!(pressed.answer["toast"]["type"], "success", "{pressed:?}");
    assert_eq!(office.status("card-1").1, 0);
    assert!(office.status("card-1").0.starts_with("已同意"), "{:?}", office.status("card-1"));
    assert_eq!(office.desk.decisions.lock().unwrap().len(), 1);
    assert_eq!(office.sim.calls("feishu.update"), 0, "the answer itself changes the card");
    assert_eq!(office.sim.violations(), []);
}

#[tokio::test]
async fn a_decision_elsewhere_changes_the_card_and_after_fourteen_days_it_does_not() {
    let office = office().await;
    office.desk.send("card-1", "boss").await.unwrap();
    office.desk.decide_elsewhere("card-1");
    office.desk.update("card-1", "boss").await.unwrap();
    assert!(office.status("card-1").0.starts_with("已拒绝"));
    office.sim.clock.advance(Duration::from_hours(15 * 24));
    let stale = office.desk.update("card-1", "boss").await.unwrap_err();
    assert_eq!(stale, SendError::Stale("230031".into()));
    assert_eq!(office.sim.violations(), []);
}

#[tokio::test]
async fn a_slow_decision_says_so_in_time_and_the_outcome_follows() {
    let office = office().await;
    office.desk.send("card-1", "boss").await.unwrap();
    office.desk.moods.lock().unwrap().insert("card-1".into(), Mood::Slow(Duration::from_millis(2_300)));
    let pressed = office.sim.feishu.press("card-1", "boss", "approve", None).await;
    assert_eq!(pressed.answer["toast"]["content"], "处理中", "{pressed:?}");
    for _ in 0..300 {
        if office.status("card-1").0.starts_with("已同意") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(office.status("card-1").0.starts_with("已同意"), "{:?}", office.status("card-1"));
    assert_eq!(office.sim.violations(), []);
}

#[tokio::test]
async fn a_lost_answer_makes_one_message() {
    let office = office().await;
    office.sim.fault(CallFault::lost_answer("/im/v1/messages"));
    assert!(matches!(office.desk.send("card-1", "boss").await, Err(SendError::Ambiguous(_))));
    office.desk.send("card-1", "boss").await.unwrap();
    assert_eq!(office.sim.feishu.messages().len(), 1);
    assert_eq!(office.sim.violations(), []);
}

#[tokio::test]
async fn a_button_that_carries_something_else_decides_nothing() {
    let office = office().await;
    office.desk.send("card-1", "boss").await.unwrap();
    let forged = serde_json::json!({"action": "approve", "token": "AAAA", "card": "card-1"});
    let pressed = office.sim.feishu.press("card-1", "boss", "approve", Some(forged)).await;
    assert_eq!(pressed.answer["toast"]["content"], "按钮已失效，请打开详情处理");
    assert_eq!(office.status("card-1").1, 2, "the genuine buttons are still there");
    assert!(office.desk.decisions.lock().unwrap().is_empty());
}
