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
//! On a server that does not write itself, a push goes to the one that does ([`crate::cluster`]), and what changed there is
//! heard of over the [`crate::bus`].
//!
//! A live session and one that comes back after a week take the same path: read what is new since
//! the cursor. The hub only says that it is worth looking.

mod audit;
mod batches;
mod catch_up;
mod door;
mod fan_out;
mod follow;
pub mod hub;
mod incoming;
mod looks;
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
pub(crate) use push::{Outcome, Unanswered, decide_here};
pub use repo::routes as repo_routes;

use crate::authority::{Authority, log, signing};
use crate::http::AppState;
use crate::store::{Store, StoreError};

/// What sessions share beside the store; clones share it.
#[derive(Clone)]
pub struct Relay(Arc<Parts>);

struct Parts {
    hub: Hub,
    fan_out: FanOut,
    looks: looks::Looks,
    quota: quota::Quota,
    limits: Limits,
    key: SigningKey,
    epoch: [u8; 16],
}

impl Relay {
    /// A relay for the log in this store, which has its keys. It rings nobody until [`start`].
    pub async fn open(store: &Store<Authority>, limits: Limits, fan_out: FanOut) -> Result<Self, StoreError> {
        let own =
            store.readers.read(|connection| Ok((log::stream(connection)?.epoch, signing::existing_key(connection)?)));
        let (epoch, key) = own.await?;
        Ok(Self(Arc::new(Parts {
            hub: Hub::default(),
            fan_out,
            looks: looks::Looks::default(),
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

    /// It is not known what moved: everybody looks at everything, and afresh.
    fn have_everybody_look(&self) {
        self.0.looks.forget();
        self.0.hub.tell(&Audience::Everybody, &News::everything());
    }

    /// Names the log. After a restore from a backup it is another one, and devices offer again what
    /// the backup lacks.
    pub fn epoch(&self) -> &[u8] {
        &self.0.epoch
    }
}

/// Starts the tasks that ring connected devices.
pub fn start(app: &AppState) -> Vec<JoinHandle<()>> {
    let bells = tokio::spawn(fan_out::run(app.store.readers.clone(), app.relay.clone()));
    let mut tasks = vec![bells];
    if let Some(cluster) = &app.config.cluster {
        tasks.extend(follow::start(app, cluster));
    }
    tasks
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
