//! What another server wrote, brought to the bells of the devices that are connected here.
//!
//! Promise: what a word of the bus did not bring is noticed within about a second, and then everybody looks. So a device
//! of a server that follows misses nothing, bus or no bus; without one it is only told later and more often.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::Relay;
use crate::bus::{self, Moved, Nats, Outgoing, Postgresql, Word};
use crate::config::ClusterConfig;
use crate::http::AppState;
use crate::store::Standing;

/// How long a word may be on its way before it counts as lost.
const GRACE: Duration = Duration::from_secs(1);
/// Words that wait to be acted on.
const WAITING: usize = 1_024;

/// Starts the bus, and the task that hears it.
pub(super) fn start(app: &AppState, cluster: &ClusterConfig) -> Vec<JoinHandle<()>> {
    let writer = app.store.writer.clone();
    let outgoing = Arc::new(Outgoing::new(Box::new(move || writer.batches())));
    app.relay.fan_out().tell_abroad(Arc::clone(&outgoing));
    let (heard, words) = mpsc::channel(WAITING);
    let log = app.relay.epoch();
    let carried = match (&cluster.nats, &app.config.postgresql) {
        (Some(nats), _) => Some(tokio::spawn(bus::run(Nats::new(nats.clone(), log), outgoing, heard))),
        (None, Some(address)) => Some(tokio::spawn(bus::run(Postgresql::new(address.clone(), log), outgoing, heard))),
        (None, None) => None,
    };
    let relay = app.relay.clone();
    carried.into_iter().chain([tokio::spawn(follow(app.store.writer.standing(), words, relay))]).collect()
}

async fn follow(mut standing: watch::Receiver<Standing>, mut words: Receiver<Word>, relay: Relay) {
    let mut heard = None;
    look(&mut heard, &standing.borrow_and_update(), &relay);
    loop {
        let overdue = heard.as_ref().and_then(Heard::due);
        tokio::select! {
            changed = standing.changed() => {
                if changed.is_err() {
                    return;
                }
                look(&mut heard, &standing.borrow_and_update(), &relay);
            }
            Some(word) = words.recv() => {
                // Its own words come back to the server that writes.
                let Some(heard) = &mut heard else { continue };
                match (heard.take(&word), word.moved) {
                    (true, Moved::These(effects)) => relay.fan_out().hear(&effects),
                    _ => relay.have_everybody_look(),
                }
            }
            () = until(overdue) => {
                if heard.as_mut().is_some_and(|heard| heard.is_missing(Instant::now())) {
                    relay.have_everybody_look();
                }
                look(&mut heard, &standing.borrow(), &relay);
            }
        }
    }
}

/// Takes in where this server stands. Whoever begins or ceases to write may have missed something in between.
fn look(heard: &mut Option<Heard>, standing: &Standing, relay: &Relay) {
    match standing {
        Standing::Follows(leader) => match heard {
            Some(heard) => heard.stand(leader.batches, Instant::now()),
            None => {
                *heard = Some(Heard::new(leader.batches));
                relay.have_everybody_look();
            }
        },
        Standing::Leads | Standing::Recovers => {
            if heard.take().is_some() {
                relay.have_everybody_look();
            }
        }
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Up to which batch everything was heard.
#[derive(Debug)]
struct Heard {
    last: u64,
    /// A batch that is committed and was not heard of, and until when its word may still come.
    missing: Option<(u64, Instant)>,
}

impl Heard {
    const fn new(last: u64) -> Self {
        Self { last, missing: None }
    }

    /// Takes a word; false when one before it was lost.
    fn take(&mut self, word: &Word) -> bool {
        let whole = word.first <= self.last.saturating_add(1);
        self.reach(word.last);
        whole
    }

    /// Takes in how many batches were committed.
    fn stand(&mut self, batches: u64, now: Instant) {
        if batches > self.last && self.missing.is_none() {
            self.missing = Some((batches, now + GRACE));
        }
    }

    /// When the missing word counts as lost.
    fn due(&self) -> Option<Instant> {
        self.missing.map(|(_, due)| due)
    }

    /// Whether a word was lost; it is then given up.
    fn is_missing(&mut self, now: Instant) -> bool {
        let Some((batch, _)) = self.missing.filter(|(_, due)| *due <= now) else {
            return false;
        };
        self.reach(batch);
        true
    }

    fn reach(&mut self, batch: u64) {
        self.last = self.last.max(batch);
        self.missing = self.missing.filter(|(missing, _)| *missing > self.last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(first: u64, last: u64) -> Word {
        Word { first, last, moved: Moved::default() }
    }

    #[test]
    fn words_in_a_row_are_all_there_is() {
        let mut heard = Heard::new(5);
        let now = Instant::now();
        assert!(heard.take(&word(6, 6)));
        heard.stand(8, now);
        // A word that came too early for its batch to be counted.
        assert!(heard.take(&word(7, 6)));
        assert!(heard.take(&word(7, 8)));
        assert_eq!(heard.due(), None);
        assert!(!heard.is_missing(now + GRACE));
    }

    #[test]
    fn a_lost_word_is_noticed_by_the_next_or_by_the_count() {
        let mut heard = Heard::new(5);
        let now = Instant::now();
        assert!(!heard.take(&word(7, 7)), "the word of batch 6 was lost");
        assert!(heard.take(&word(8, 8)), "and that is told once");
        heard.stand(9, now);
        assert!(!heard.is_missing(now), "it may be on its way");
        heard.stand(12, now + GRACE / 2);
        assert!(heard.is_missing(now + GRACE));
        heard.stand(12, now + GRACE);
        assert_eq!(heard.due(), Some(now + GRACE * 2), "the other three have a grace of their own");
        assert!(heard.take(&word(10, 12)));
        assert_eq!(heard.due(), None);
    }
}
