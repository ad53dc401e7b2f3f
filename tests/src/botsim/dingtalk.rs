//! A strict simulator of DingTalk (钉钉): its API, its stream, and the phones of the people it sends cards to.
//!
//! The promise: what passes here follows DingTalk's published rules. Every rule that a caller breaks is written down as a
//! violation, even where the real platform would let it pass today. Where the documents are silent the simulator is
//! lenient with what the vendor's own SDKs do; `tests/vendor/dingtalk_stream_check.py` proves that the vendor's Python
//! SDK completes a cycle against it. What it cannot prove is that the real platform does the same.
//!
//! - In Rust tests: [`Simulator::start`], or as a part of [`super::Botsim`].
//! - Control: `GET /_sim/cards`, `POST /_sim/tap`, `POST /_sim/fault`, `GET /_sim/log`.

mod control;
mod fault;
mod gateway;
mod office;
mod rules;
mod socket;
mod taps;
mod world;

pub use fault::{Call, Fault};
pub use office::Written;
pub use taps::{TapRequest, TapResult};
pub use world::{Card, Entry, Violation};

use super::clock::Clock;
use super::common::Shown;
use axum::Router;
use axum::routing::{get, post, put};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use world::World;

/// The company that every simulated user belongs to.
pub const CORPORATION: &str = "ding-suanpan";
/// The application's Client ID.
pub const CLIENT_ID: &str = "ding-suanpan-client";
/// The application's Client Secret.
pub const CLIENT_SECRET: &str = "ding-suanpan-secret";
/// The one published card template.
pub const TEMPLATE: &str = "suanpan-approval.schema";

/// A callback must be answered within this time (open.dingtalk.com, event-callback-card).
pub const CALLBACK_LIMIT: Duration = Duration::from_secs(2);
/// A ticket opens one socket within this time.
pub const TICKET_LIFE: Duration = Duration::from_secs(90);
/// An access token lives this long.
pub const TOKEN_LIFE: Duration = Duration::from_hours(2);
/// After a `disconnect` frame the server is quiet for this long and then closes.
pub const FAREWELL: Duration = Duration::from_secs(10);

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    base_url: String,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

/// What all handlers share.
#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    clock: Clock,
    world: Mutex<World>,
}

impl Shared {
    /// The world. A handler that panicked has already failed its test; the state itself stays readable.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulator {
    /// Starts on a free port of the loopback address.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts on a given address.
    pub async fn start_on(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let mut simulator = Self::part(listener.local_addr()?, Clock::default());
        let router = Self::routes().fallback(gateway::unknown).with_state(Arc::clone(&simulator.shared));
        simulator.server = Some(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the DingTalk simulator stopped: {error}");
            }
        }));
        Ok(simulator)
    }

    /// A part of a larger simulator, which serves its routes.
    pub(super) fn part(address: SocketAddr, clock: Clock) -> Self {
        let shared = Arc::new(Shared { address, clock, world: Mutex::default() });
        Self { base_url: format!("http://{address}"), shared, server: None }
    }

    /// Another handle to the same platform; it stops nothing when it is dropped.
    #[must_use]
    pub fn handle(&self) -> Self {
        Self { base_url: self.base_url.clone(), shared: Arc::clone(&self.shared), server: None }
    }

    /// The routes with their state.
    pub(super) fn router(&self) -> Router {
        Self::routes().with_state(Arc::clone(&self.shared))
    }

    fn routes() -> Router<Arc<Shared>> {
        Router::new()
            .route("/v1.0/oauth2/accessToken", post(gateway::access_token))
            .route("/v1.0/gateway/connections/open", post(gateway::open))
            .route("/v1.0/card/instances/createAndDeliver", post(gateway::create))
            .route("/v1.0/card/instances", put(gateway::update))
            .route("/connect", get(socket::connect))
            .route("/_sim/cards", get(control::cards))
            .route("/_sim/tap", post(control::tap))
            .route("/_sim/fault", post(control::fault))
            .route("/_sim/log", get(control::log))
            .merge(office::routes())
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Presses a button on somebody's phone and waits for the answer, or for the two seconds to pass. One result per
    /// delivery.
    pub async fn tap(&self, request: TapRequest) -> Vec<TapResult> {
        taps::tap(&self.shared, request).await
    }

    /// Every card, as the platform holds it.
    pub fn cards(&self) -> Vec<Card> {
        self.shared.world().cards.values().cloned().collect()
    }

    /// One card.
    pub fn card(&self, out_track_id: &str) -> Option<Card> {
        self.shared.world().cards.get(out_track_id).cloned()
    }

    /// Makes something go wrong.
    pub fn fault(&self, fault: Fault) {
        fault::arm(&self.shared, fault);
    }

    /// Every rule that was broken so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.world().log.iter().flat_map(|entry| entry.violations.clone()).collect()
    }

    /// Every call so far.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.world().log.clone()
    }

    /// How many calls of one kind were made.
    pub fn calls(&self, call: Call) -> usize {
        self.shared.world().log.iter().filter(|entry| entry.call == call.name()).count()
    }

    /// How many sockets are open for callbacks.
    pub fn sockets(&self) -> usize {
        self.shared.world().sockets.len()
    }

    /// The cards of one phone.
    pub fn phone(&self, user: Option<&str>) -> Vec<Shown> {
        let world = self.shared.world();
        let phones = world.cards.values().flat_map(|card| card.recipients.iter().map(move |owner| (card, owner)));
        phones
            .filter(|(_, owner)| user.is_none_or(|user| user == *owner))
            .map(|(card, owner)| card.shown(owner))
            .collect()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}
