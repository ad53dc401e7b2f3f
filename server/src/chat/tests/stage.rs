//! A platform in memory, and the company around it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bot::limits::Rates;
use bot::{
    CardAction, CardState, CardView, ChatAdapter, ChatIdentity, Delivery, Notice, Platform, Secret, SendError,
    SentFile, SurfaceHandle, Tap, TapHandler, TapOutcome, TokenKeys,
};
use budget::{RequestId, RequestState};
use futures_util::future::BoxFuture;
use sync::replica::Event;
use tokio::sync::watch;

use crate::chat::accounts;
use crate::chat::desk::Desk;
use crate::chat::dispatcher::Dispatcher;
use crate::chat::metrics::Metrics;
use crate::chat::taps::Taps;
use crate::http::AppState;
use crate::store::Stop;
use crate::testing::{LI, Phone, Server, ZHANG, new_request};

/// The company on the platform.
pub(super) const CORPORATION: &str = "ding1";

/// A platform that keeps the newest view of each card, and fails when told to.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) cards: Mutex<Vec<Delivery>>,
    pub(super) failures: Mutex<Vec<SendError>>,
    pub(super) calls: Mutex<Vec<&'static str>>,
    pub(super) notices: Mutex<Vec<(ChatIdentity, Notice)>>,
}

impl Memory {
    fn keep(&self, call: &'static str, delivery: &Delivery) -> Result<(), SendError> {
        self.calls.lock().unwrap().push(call);
        if let Some(error) = self.failures.lock().unwrap().pop() {
            return Err(error);
        }
        let mut cards = self.cards.lock().unwrap();
        cards.retain(|card| card.key != delivery.key);
        cards.push(delivery.clone());
        Ok(())
    }

    /// The card, once it is in such a state.
    pub(super) async fn card(&self, wanted: impl Fn(&CardView) -> bool) -> Delivery {
        for _ in 0..500 {
            if let Some(card) = self.cards.lock().unwrap().iter().find(|card| wanted(&card.view)) {
                return card.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no such card: {:?}", self.cards.lock().unwrap());
    }
}

impl ChatAdapter for Memory {
    fn platform(&self) -> Platform {
        Platform::DingTalk
    }

    fn tap_deadline(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn sends_once(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<Vec<SurfaceHandle>, SendError>> {
        let handle =
            SurfaceHandle { platform: Platform::DingTalk, key: delivery.key.clone(), user: None, details: None };
        Box::pin(async move { self.keep("send", delivery).map(|()| vec![handle]) })
    }

    fn update<'a>(
        &'a self,
        _: &'a SurfaceHandle,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Option<SurfaceHandle>, SendError>> {
        Box::pin(async move { self.keep("update", delivery).map(|()| None) })
    }

    fn notify<'a>(&'a self, to: &'a ChatIdentity, notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        self.notices.lock().unwrap().push((to.clone(), notice.clone()));
        Box::pin(async { Ok(()) })
    }

    fn download<'a>(&'a self, _: &'a SentFile, _: usize) -> BoxFuture<'a, Result<Vec<u8>, SendError>> {
        Box::pin(async { Err(SendError::Permanent("memory.no_files".into())) })
    }

    fn rates(&self) -> Rates {
        Rates::default()
    }
}

/// The company with that platform.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) zhang: Phone,
    pub(super) platform: Arc<Memory>,
    desk: Desk,
    _stop: watch::Sender<bool>,
}

pub(super) fn account(user: &str) -> ChatIdentity {
    ChatIdentity { platform: Platform::DingTalk, corporation: CORPORATION.into(), user: user.into() }
}

pub(super) async fn stage(folder: &std::path::Path) -> Stage {
    let server = Server::start(folder).await;
    let bound = server.app.store.writer.run(|turn| {
        accounts::bind(turn.connection, &account("li-on-dingtalk"), LI, turn.now)?;
        accounts::bind(turn.connection, &account("zhang-on-dingtalk"), ZHANG, turn.now)?;
        Ok::<_, Stop<()>>(())
    });
    bound.await.unwrap();
    let desk = Desk {
        platform: Platform::DingTalk,
        corporation: CORPORATION.into(),
        origin: "http://127.0.0.1:8080".into(),
        keys: TokenKeys::new([5; 32], None),
        one_tap_limit: None,
    };
    let platform = Arc::new(Memory::default());
    let (stop, stopping) = watch::channel(false);
    let adapter: Arc<dyn ChatAdapter> = platform.clone();
    let metrics = Arc::new(Metrics::default());
    tokio::spawn(
        Dispatcher::new(AppState::clone(&server.app), adapter, desk.clone(), Arc::clone(&metrics)).run(stopping),
    );
    let mut zhang = server.phone(ZHANG).await;
    zhang.connect().await;
    Stage { server, zhang, platform, desk, _stop: stop }
}

impl Stage {
    pub(super) async fn submitted(&mut self, fen: i64) -> RequestId {
        let request = new_request();
        self.zhang.claim(request, fen);
        self.zhang.submit(request);
        self.zhang.push().await;
        assert_eq!(self.zhang.replica.refused().count(), 0);
        request
    }

    pub(super) async fn state(&mut self, request: RequestId, wanted: RequestState) {
        while self.zhang.replica.status(request).is_none_or(|status| status.state != wanted) {
            self.zhang.until(|event| *event == Event::Status(request)).await;
        }
    }

    pub(super) async fn tap(&self, user: &str, card: &Delivery, action: CardAction) -> TapOutcome {
        let token = card.recipients[0].token(action).unwrap_or_default().to_owned();
        self.tap_with(user, &card.key, token).await
    }

    pub(super) async fn tap_with(&self, user: &str, card: &str, token: String) -> TapOutcome {
        let adapter: Arc<dyn ChatAdapter> = self.platform.clone();
        let metrics = Arc::new(Metrics::default());
        let taps = Taps { app: AppState::clone(&self.server.app), adapter, desk: self.desk.clone(), metrics };
        let tap = Tap {
            platform: Platform::DingTalk,
            corporation: CORPORATION.into(),
            user: user.into(),
            card: card.into(),
            token,
            delivery_key: "1".into(),
            details: None,
            evidence: Secret::new("{}"),
        };
        taps.tap(tap).await
    }
}

pub(super) fn pending(view: &CardView) -> bool {
    view.state == CardState::Pending
}
