//! An office of the tests: a simulated DingTalk, our connection to it, and a desk behind it.

use crate::chat::apps::dingtalk_at;
use crate::chat::desk::{Desk, Mood, handle};
use bot::dingtalk::stream::{Stream, StreamStatus, start};
use bot::dingtalk::{DingTalk, DingTalkConfig, Timings};
use bot::surface::{ChatAdapter, SendError, SurfaceHandle};
use bot::tap::TapHandler;
use std::sync::Arc;
use std::time::Duration;
use tests::botsim::dingtalk::{CORPORATION, Simulator, TapRequest, TapResult};
use tokio::time::sleep;

/// A simulated DingTalk, our connection to it, and the desk behind.
pub(crate) struct Office {
    pub(crate) simulator: Simulator,
    pub(crate) dingtalk: DingTalk,
    pub(crate) desk: Arc<Desk>,
    stream: Option<Stream>,
}

impl Office {
    /// Connected, with production's time limits.
    pub(crate) async fn open() -> Self {
        Self::open_with(Timings::default()).await
    }

    /// Connected, with other time limits.
    pub(crate) async fn open_with(timings: Timings) -> Self {
        let mut office = Self::offline(timings).await;
        office.connect();
        office.wait_connected().await;
        office
    }

    /// Not connected, with OA to-dos.
    pub(crate) async fn with_to_do() -> Self {
        Self::made(Timings::default(), Some("PROC-1".into())).await
    }

    /// Not connected yet.
    pub(crate) async fn offline(timings: Timings) -> Self {
        Self::made(timings, None).await
    }

    async fn made(timings: Timings, to_do: Option<String>) -> Self {
        let simulator = Simulator::start().await.unwrap();
        let config = DingTalkConfig { to_do, ..dingtalk_at(simulator.base_url()) };
        let dingtalk = DingTalk::with_timings(config, timings).unwrap();
        let desk = Arc::new(Desk::new(Arc::new(dingtalk.clone()), CORPORATION));
        Self { simulator, dingtalk, desk, stream: None }
    }

    pub(crate) fn connect(&mut self) {
        self.stream = Some(start(&self.dingtalk, Arc::clone(&self.desk) as Arc<dyn TapHandler>));
    }

    pub(crate) async fn wait_connected(&self) {
        let mut status = self.stream.as_ref().unwrap().status();
        let connected = status.wait_for(|status| *status == StreamStatus::Connected);
        tokio::time::timeout(Duration::from_secs(10), connected).await.unwrap().unwrap();
    }

    /// Stops the stream and waits for it.
    pub(crate) async fn close(&mut self) {
        self.stream.take().unwrap().stop().await;
    }

    /// Sends a card to users.
    pub(crate) async fn send(&self, card: &str, users: &[&str]) -> Result<Vec<SurfaceHandle>, SendError> {
        self.dingtalk.send(&self.desk.delivery(card, users)).await
    }

    /// Brings a card to how its question stands.
    pub(crate) async fn update(&self, card: &str, users: &[&str]) -> Result<(), SendError> {
        self.dingtalk.update(&handle(card), &self.desk.delivery(card, users)).await.map(drop)
    }

    /// The claimant edits: the amount changes.
    pub(crate) fn edit(&self) {
        self.desk.edit();
    }

    pub(crate) fn mood(&self, card: &str, mood: Mood) {
        self.desk.moods.lock().unwrap().insert(card.into(), mood);
    }

    /// One press of a button; the one answer.
    pub(crate) async fn tap(&self, card: &str, user: &str, action: &str) -> TapResult {
        self.press(TapRequest::new(card, user, action)).await.remove(0)
    }

    pub(crate) async fn press(&self, request: TapRequest) -> Vec<TapResult> {
        self.simulator.tap(request).await
    }

    /// The buttons that a user's phone shows.
    pub(crate) fn buttons(&self, card: &str, user: &str) -> Vec<&'static str> {
        self.simulator.card(card).unwrap().buttons(user)
    }

    /// A variable of a card as a user's phone shows it.
    pub(crate) fn shown(&self, card: &str, user: &str, name: &str) -> String {
        self.simulator.card(card).unwrap().seen_by(user, name).to_owned()
    }

    /// No published rule was broken.
    pub(crate) fn check_no_violation(&self) {
        assert_eq!(self.simulator.violations(), []);
    }

    /// The codes of the rules that were broken.
    pub(crate) fn violations(&self) -> Vec<&'static str> {
        self.simulator.violations().into_iter().map(|violation| violation.code).collect()
    }
}

/// Waits until something is so, for at most ten seconds.
pub(crate) async fn eventually(what: &str, so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if so() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
