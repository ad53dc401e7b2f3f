//! WeCom's AI bot: our long connection against the simulated platform.

use super::desk::{Desk, Mood};
use bot::surface::{ChatAdapter, ChatIdentity, Notice, Platform, SendError};
use bot::wecom::ai_bot::{AiBot, AiBotConfig, Running, Timings};
use bot::{Secret, TapHandler};
use std::sync::Arc;
use std::time::Duration;
use tests::botsim::Botsim;
use tests::botsim::ai_bot::{BOT_ID, SECRET};

struct Office {
    sim: Botsim,
    bot: AiBot,
    desk: Arc<Desk>,
    running: Running,
}

async fn office() -> Office {
    let sim = Botsim::start().await.unwrap();
    let config = AiBotConfig {
        corporation: "ww1".into(),
        bot_id: BOT_ID.into(),
        secret: Secret::new(SECRET),
        address: sim.ai_bot.address(),
    };
    let timings = Timings { ping_every: Duration::from_millis(50), ..Timings::default() };
    let bot = AiBot::with_timings(config, timings).unwrap();
    let desk = Arc::new(Desk::new(Arc::new(bot.clone()), "ww1"));
    let handler: Arc<dyn TapHandler> = desk.clone();
    let running = bot.start(handler);
    let office = Office { sim, bot, desk, running };
    office.eventually("connected", |office| office.sim.ai_bot.connected()).await;
    office
}

impl Office {
    async fn eventually(&self, what: &str, so: impl Fn(&Self) -> bool) {
        for _ in 0..1_000 {
            if so(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}");
    }

    fn title(&self, card: &str) -> String {
        self.sim.ai_bot.card(card).unwrap().card["main_title"]["title"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn one_tap_decides_and_the_card_says_so() {
    let office = office().await;
    office.desk.send("exp-1", "boss").await.unwrap();
    let pressed = office.sim.ai_bot.press("exp-1", "boss", "approve", None).await;
    assert_eq!(pressed.status, Some(200), "{pressed:?}");
    assert!(office.title("exp-1").starts_with("已同意 · boss"), "{}", office.title("exp-1"));
    assert_eq!(office.desk.decisions.lock().unwrap().len(), 1);
    office.eventually("pings", |office| office.sim.ai_bot.pings() > 1).await;
    office.running.stop().await;
    assert_eq!(office.sim.violations(), []);
}

#[tokio::test]
async fn a_decision_elsewhere_cannot_change_the_card_and_is_told_by_a_message() {
    let office = office().await;
    office.desk.send("exp-1", "boss").await.unwrap();
    office.desk.decide_elsewhere("exp-1");
    assert_eq!(office.desk.update("exp-1", "boss").await.unwrap_err().code(), "send.stale");
    let notice = Notice { title: "张三的报销".into(), lines: vec!["已拒绝 *cfo*".into()], url: String::new() };
    office.bot.notify(&ChatIdentity::new(Platform::WeComAiBot, "ww1", "boss"), &notice).await.unwrap();
    assert_eq!(office.sim.ai_bot.texts("boss"), ["**张三的报销**\n已拒绝 \\*cfo\\*"]);
    office.sim.ai_bot.press("exp-1", "boss", "approve", None).await;
    assert!(office.title("exp-1").starts_with("已拒绝 · cfo"), "{}", office.title("exp-1"));
    assert_eq!(office.sim.violations(), []);
}

#[tokio::test]
async fn a_lost_connection_is_opened_again_and_a_slow_tap_says_so() {
    let office = office().await;
    office.desk.send("exp-1", "boss").await.unwrap();
    office.sim.ai_bot.cut();
    office.eventually("connected again", |office| office.sim.ai_bot.connected()).await;
    office.desk.moods.lock().unwrap().insert("exp-1".into(), Mood::Broken);
    office.desk.send("exp-2", "boss").await.unwrap();
    office.desk.moods.lock().unwrap().insert("exp-2".into(), Mood::Slow(Duration::from_millis(3_300)));
    office.sim.ai_bot.press("exp-2", "boss", "reject", None).await;
    assert_eq!(office.title("exp-2"), "处理中");
    assert_eq!(office.sim.violations(), []);
}

#[tokio::test]
async fn a_request_that_is_not_acknowledged_is_not_sent_twice() {
    let office = office().await;
    office.sim.ai_bot.mute(true);
    let lost = office.desk.send("exp-1", "boss").await.unwrap_err();
    assert!(matches!(lost, SendError::Ambiguous(_)), "{lost:?}");
    assert!(!office.bot.sends_once());
}
