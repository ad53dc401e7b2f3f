//! The relay: devices' connections, what they push and what they are told.
//!
//! Promise: what is acknowledged is committed; what one person may not read is never sent to them;
//! what a device missed it is sent when it comes back, from the place that it names; and no bytes
//! from outside end more than the session that they came on.
//!
//! ```text
//! socket ─▶ session ─▶ push ─▶ writer (authority) ─▶ COMMIT ─▶ effects ─▶ fan-out ─▶ hub: bells
//!              ▲                                                                        │
//!              └── catch-up: log and views, read for this person, from its cursor ◀─────┘
//! ```
//!
//! Stock automerge-repo peers come by a second door ([`repo`]), where it is opened. What they push takes the same way.
//!
//! A live session and one that comes back after a week take the same path: read what is new since
//! the cursor. The hub only says that it is worth looking.

mod audit;
mod batches;
mod catch_up;
mod door;
mod fan_out;
pub mod hub;
mod incoming;
mod outgoing;
mod push;
mod quota;
mod repo;
mod session;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use tokio::task::JoinHandle;

pub use door::routes;
pub use fan_out::FanOut;
pub use hub::{Audience, Hub, News};
pub use repo::routes as repo_routes;

use crate::authority::{Authority, log, signing};
use crate::http::AppState;
use crate::store::{Stop, Store, StoreError};

/// What sessions share beside the store; clones share it.
#[derive(Clone)]
pub struct Relay(Arc<Parts>);

struct Parts {
    hub: Hub,
    fan_out: FanOut,
    quota: quota::Quota,
    limits: Limits,
    key: SigningKey,
    epoch: [u8; 16],
}

impl Relay {
    /// A relay for the log in this store. It rings nobody until [`start`].
    pub async fn open(store: &Store<Authority>, limits: Limits) -> Result<Self, StoreError> {
        let own = store.writer.run(|turn| {
            let epoch = log::stream(turn.connection)?.epoch;
            Ok::<_, Stop<std::convert::Infallible>>((epoch, signing::key(turn.connection)?))
        });
        let (epoch, key) = own.await.map_err(|_| StoreError::Interrupted)?;
        Ok(Self(Arc::new(Parts {
            hub: Hub::default(),
            fan_out: FanOut::default(),
            quota: quota::Quota::new(limits.items_a_minute, limits.bytes_a_day),
            limits,
            key,
            epoch,
        })))
    }

    /// Who is connected.
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Takes what the authority changed, for everybody whom it concerns.
    pub fn fan_out(&self) -> &FanOut {
        &self.0.fan_out
    }

    /// Names the log. After a restore from a backup it is another one, and devices offer again what
    /// the backup lacks.
    pub fn epoch(&self) -> &[u8] {
        &self.0.epoch
    }
}

/// Starts the tasks that ring connected devices.
pub fn start(app: &AppState) -> Vec<JoinHandle<()>> {
    let relay = app.relay.clone();
    let bells = tokio::spawn(fan_out::run(app.store.readers.clone(), relay.clone()));
    let mut revoked = app.identity.revocations();
    let revocations = tokio::spawn(async move {
        use tokio::sync::broadcast::error::RecvError;
        loop {
            match revoked.recv().await {
                Ok(device) => relay.hub().tell(&Audience::Device(device), &News::revoked()),
                // Too many at once to be named: everybody greets again, and the revoked cannot.
                Err(RecvError::Lagged(_)) => {
                    relay.hub().tell(&Audience::Everybody, &News::restarting());
                }
                Err(RecvError::Closed) => return,
            }
        }
    });
    vec![bells, revocations]
}

/// The bounds of a session. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the first frame.
    pub greeting: Duration,
    /// Without a sign of life.
    pub idle: Duration,
    /// For a device to take what waits for it.
    pub patience: Duration,
    /// Between two looks at the views, however often they move.
    pub views_every: Duration,
    /// Changes and records that a device may push in a minute.
    pub items_a_minute: u64,
    /// Bytes that a device may push in a day.
    pub bytes_a_day: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            greeting: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            patience: Duration::from_secs(20),
            views_every: Duration::from_millis(200),
            items_a_minute: 600,
            bytes_a_day: 20 * 1024 * 1024,
        }
    }
}
