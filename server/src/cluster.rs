//! Several servers of one company on one PostgreSQL database: one writes, the others serve devices beside it.
//!
//! Promise: it does not matter to a device to which server it came. What only reads is answered where it arrives, from
//! the database; what needs the writer is handed to the server that holds the lease, whole, and its answer comes back
//! unchanged. When that server ends or stands still, another one takes the lease and writes, and keeps its devices'
//! connections; work that was on its way is answered `unavailable`, and offering it again is safe.
//!
//! ```text
//! device ─▶ relay ── reads ──▶ PostgreSQL ◀── COMMIT ── the server that writes
//!             │                                              ▲
//!             └── pushes, POST, PUT, PATCH, DELETE ── TLS ───┘   [`door`]
//! ```
//!
//! Servers know each other by what stands in the database they share: a certificate, which is the only one that one
//! server believes of another, and a key, without which nothing is taken ([`secrets`]).

mod door;
mod hand_over;
mod peer;
mod secrets;
#[cfg(test)]
mod tests;

use tokio::sync::{Mutex, watch};

pub use door::{Door, DoorError};
pub(crate) use hand_over::hand_over;
pub(crate) use peer::Peer;
pub use secrets::Secrets;

use crate::store::{Leader, Standing};

/// The other servers, as this one sees them.
pub struct Cluster {
    secrets: Secrets,
    standing: watch::Receiver<Standing>,
    /// The server that was last asked, with its connections.
    known: Mutex<Option<Peer>>,
}

/// Where something that needs the writer is done.
pub(crate) enum Turn {
    /// Here.
    Ours,
    /// There.
    Theirs(Peer),
    /// Nowhere at this moment: nobody writes, or nobody knows where.
    Nobodys,
}

impl Cluster {
    /// A view of them by the standing of this server's own writer.
    pub fn new(secrets: Secrets, standing: watch::Receiver<Standing>) -> Self {
        Self { secrets, standing, known: Mutex::default() }
    }

    pub(crate) async fn turn(&self) -> Turn {
        let standing = self.standing.borrow().clone();
        match standing {
            Standing::Leads => Turn::Ours,
            Standing::Follows(Leader { epoch, address: Some(address), .. }) => {
                self.peer(epoch, &address).await.map_or(Turn::Nobodys, Turn::Theirs)
            }
            Standing::Follows(_) | Standing::Recovers => Turn::Nobodys,
        }
    }

    async fn peer(&self, epoch: i64, address: &str) -> Option<Peer> {
        let mut known = self.known.lock().await;
        if let Some(peer) = known.as_ref().filter(|peer| peer.is(epoch, address)) {
            return Some(peer.clone());
        }
        let made = Peer::new(epoch, address, &self.secrets, self.standing.clone()).await;
        let made = made.inspect_err(|error| tracing::warn!(address, %error, "the server that writes is not found"));
        known.clone_from(&made.ok());
        known.clone()
    }
}
