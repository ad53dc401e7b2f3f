//! What waits to be told to other servers.
//!
//! Promise: adding to it never waits and never fails, and it is bounded: what is not told yet is merged, and too much
//! becomes "everything".

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::{Moved, Word};
use crate::authority::Effect;

/// How long batches that moved nothing may go untold.
const QUIET: Duration = Duration::from_millis(250);

/// How many batches there were when this server began to write, and by now.
pub(crate) type Batches = Box<dyn Fn() -> (u64, u64) + Send + Sync>;

/// What the writer's thread leaves here, and a task takes away.
pub(crate) struct Outgoing {
    moved: Mutex<Moved>,
    some: Notify,
    batches: Batches,
    /// The last batch that was told.
    told: AtomicU64,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("moved", &self.moved).field("told", &self.told).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// Nothing yet. A batch is counted only after its effects were added.
    pub(crate) fn new(batches: Batches) -> Self {
        Self { moved: Mutex::default(), some: Notify::new(), batches, told: AtomicU64::new(0) }
    }

    /// Adds what a batch moved.
    pub(crate) fn add(&self, effects: &[Effect]) {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).add(effects);
        self.some.notify_one();
    }

    /// Waits until there is something to tell.
    pub(super) async fn some(&self) {
        while self.is_nothing() {
            // An error means that the time is over: batches that moved nothing are looked for.
            if timeout(QUIET, self.some.notified()).await.is_err() && self.told() < (self.batches)().1 {
                return;
            }
        }
    }

    /// Takes it, as one word.
    pub(super) fn take(&self) -> Option<Word> {
        // The number first: what is added meanwhile belongs to a batch that is not counted yet, and is told too early.
        let last = (self.batches)().1;
        let moved = std::mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner));
        let told = self.told();
        if moved.is_nothing() && last <= told {
            return None;
        }
        self.told.store(told.max(last), Ordering::Relaxed);
        Some(Word { first: told + 1, last: told.max(last), moved })
    }

    fn is_nothing(&self) -> bool {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).is_nothing()
    }

    /// What other servers wrote before is not ours to tell.
    fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed).max((self.batches)().0)
    }
}
