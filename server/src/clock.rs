//! The one place of the server that reads the system's time.
//!
//! Promise: time never runs backward. When the machine's clock is set back (a leap, a correction by
//! NTP, a wrong battery clock after a restart), [`Clock::now`] stands still until the machine has
//! caught up, so entries and tokens stay in the order in which they were made.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use budget::Timestamp;

/// Tells the time to everything in one server; clones tell the same time.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Hand>);

#[derive(Debug)]
struct Hand {
    /// The latest instant told, in milliseconds since 1970.
    latest: AtomicI64,
    /// Whether the machine's clock moves it; otherwise only [`Clock::advance`] does.
    follows_machine: bool,
}

impl Clock {
    /// The machine's clock.
    pub fn of_machine() -> Self {
        Self(Arc::new(Hand { latest: AtomicI64::new(0), follows_machine: true }))
    }

    /// A clock that stands at `instant` until [`Clock::advance`] moves it: for simulations, which
    /// must give the same answer each time.
    pub fn standing_at(instant: Timestamp) -> Self {
        Self(Arc::new(Hand { latest: AtomicI64::new(instant.0), follows_machine: false }))
    }

    /// This instant: never earlier than any instant told before.
    pub fn now(&self) -> Timestamp {
        let machine = if self.0.follows_machine { machine_milliseconds() } else { i64::MIN };
        let earlier = self.0.latest.fetch_max(machine, Ordering::Relaxed);
        Timestamp(earlier.max(machine))
    }

    /// Makes sure that no instant before `instant` is told any more. Called at start with the
    /// latest instant found in the database, so that the promise also holds across restarts.
    pub fn at_least(&self, instant: Timestamp) {
        self.0.latest.fetch_max(instant.0, Ordering::Relaxed);
    }

    /// Moves a standing clock forward; on the machine's clock it makes all later instants at least
    /// that much later than now.
    pub fn advance(&self, milliseconds: i64) {
        self.at_least(self.now().plus(milliseconds.max(0)));
    }
}

fn machine_milliseconds() -> i64 {
    // A clock before 1970 is a clock that was never set; the forced order still holds.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_runs_backward() {
        let clock = Clock::of_machine();
        let first = clock.now();
        assert!(first.0 > 1_700_000_000_000, "the machine knows roughly what year it is");
        // As after a restart on a machine whose clock was set back by an hour.
        let stored = first.plus(3_600_000);
        clock.at_least(stored);
        assert_eq!(clock.now(), stored);
        clock.at_least(first);
        assert!(clock.now() >= stored);
    }

    #[test]
    fn a_standing_clock_moves_only_when_told() {
        let clock = Clock::standing_at(Timestamp(1_000));
        assert_eq!(clock.now(), Timestamp(1_000));
        assert_eq!(clock.clone().now(), Timestamp(1_000));
        clock.advance(500);
        assert_eq!(clock.now(), Timestamp(1_500));
    }
}
