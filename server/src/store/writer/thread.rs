//! The writer's thread: batches, savepoints, commit, recovery.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use super::holding::{Hands, Loaded, TRY_AGAIN};
use super::job::{AnyJob, Verdict};
use super::{Counters, Effect, Entry, Message, State, Turn};
use crate::clock::Clock;
use crate::store::sql::{Connection, Kind, LEASE_SECONDS};
use crate::store::{Database, StoreError, setting};

/// How often a server with nothing to write says that it still does.
const RENEW: Duration = Duration::from_secs(LEASE_SECONDS / 3);

/// How long the writer waits for those who were just answered to ask again: at most this part of what a commit takes,
const PATIENCE: u32 = 8;
/// and never longer than this.
const LONGEST_PATIENCE: Duration = Duration::from_millis(2);

/// What the thread needs to begin, and to begin again.
pub(super) struct Keeper {
    pub(super) database: Database,
    pub(super) clock: Clock,
    pub(super) batch: usize,
    pub(super) counters: Arc<Counters>,
    pub(super) entry: Entry,
}

/// The last batch, which tells what to expect of the next.
#[derive(Clone, Copy, Default)]
struct Last {
    jobs: usize,
    took: Duration,
}

/// What a batch has gathered until COMMIT.
struct Batch {
    effects: Vec<Effect>,
    done: u64,
}

impl Keeper {
    /// Loads, reports, and serves until it is closed and nothing waits.
    pub(super) fn run<S: State>(self, waiting: &Receiver<Message<S>>, report: &SyncSender<Result<(), StoreError>>) {
        let mut hands = Hands::default();
        let entered = self.enter::<S>(&mut hands);
        let failed = entered.is_err();
        drop(report.send(entered));
        if failed {
            return;
        }
        let mut closing = false;
        let mut jobs = Vec::with_capacity(self.batch);
        let mut last = Last::default();
        loop {
            let follows = hands.follows();
            closing |= self.gather(waiting, &mut jobs, closing, last, if follows { TRY_AGAIN } else { RENEW });
            if jobs.is_empty() {
                if closing {
                    break;
                }
                self.keep_lease(&mut hands);
                continue;
            }
            let (number, began) = (jobs.len(), Instant::now());
            self.serve(&mut hands, &mut jobs);
            last = Last { jobs: number, took: began.elapsed() };
        }
        if let Some(loaded) = hands.loaded {
            finish(&loaded.connection);
        }
    }

    /// Takes what waits, up to the cap; waits for the first unless the thread is closing. Returns
    /// whether it was told to close.
    ///
    /// Those who were answered together ask again one after the other: who takes the first of them alone pays a whole
    /// commit for it, and lets the others wait for that. So a batch that is smaller than the last one is given a moment, a
    /// small part of what a commit takes. Who asks alone waits for nobody.
    fn gather<S>(
        &self,
        waiting: &Receiver<Message<S>>,
        jobs: &mut Vec<Box<dyn AnyJob<S>>>,
        closing: bool,
        last: Last,
        nap: Duration,
    ) -> bool {
        let first = if closing { Err(RecvTimeoutError::Disconnected) } else { waiting.recv_timeout(nap) };
        // All handles are gone: nobody can send any more.
        let mut close = matches!(first, Err(RecvTimeoutError::Disconnected));
        let mut next = if closing { waiting.try_recv().ok() } else { first.ok() };
        let until = Instant::now() + (last.took / PATIENCE).min(LONGEST_PATIENCE);
        while let Some(message) = next {
            match message {
                Message::Job(job) => jobs.push(job),
                Message::Close => close = true,
            }
            next = match jobs.len() {
                full if full >= self.batch => None,
                few if few < last.jobs && !close => {
                    waiting.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
                }
                _ => waiting.try_recv().ok(),
            };
        }
        close
    }

    fn serve<S: State>(&self, hands: &mut Hands<S>, jobs: &mut Vec<Box<dyn AnyJob<S>>>) {
        if hands.loaded.is_none() {
            self.load_again(hands);
        }
        let Some(loaded) = &mut hands.loaded else {
            return jobs.drain(..).for_each(AnyJob::give_up);
        };
        match self.commit(loaded, jobs) {
            Ok(batch) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.counters.jobs.fetch_add(batch.done, Ordering::Relaxed);
                run_effects(batch.effects);
                // Not before its effects have run: who reads the number has what they left.
                self.counters.written.fetch_add(1, Ordering::Release);
                jobs.drain(..).for_each(AnyJob::answer);
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, jobs = jobs.len(), "batch rolled back; loading again");
                self.start_over(hands);
                jobs.drain(..).for_each(AnyJob::give_up);
            }
        }
    }

    /// One transaction with all jobs. After an error nothing of `loaded` may be used.
    fn commit<S: State>(&self, loaded: &mut Loaded<S>, jobs: &mut [Box<dyn AnyJob<S>>]) -> Result<Batch, StoreError> {
        let Loaded { connection, lease, state } = loaded;
        let before = connection.changes();
        let mut batch = Batch { effects: Vec::new(), done: 0 };
        connection.begin(*lease)?;
        for job in jobs {
            self.take_turn(connection, state, job.as_mut(), &mut batch)?;
        }
        if connection.changes() != before {
            setting::set_latest_instant(connection, self.clock.now())?;
        }
        connection.commit()?;
        Ok(batch)
    }

    fn take_turn<S: State>(
        &self,
        connection: &Connection,
        state: &mut S,
        job: &mut dyn AnyJob<S>,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let before = connection.changes();
        let effects_before = batch.effects.len();
        connection.savepoint();
        let mut turn = Turn { state, connection, now: self.clock.now(), effects: &mut batch.effects };
        let verdict = job.take_turn(&mut turn);
        let torn = match verdict {
            Verdict::Done => {
                batch.done += 1;
                connection.release()?;
                return Ok(());
            }
            Verdict::Failed(error) => return Err(error),
            Verdict::Refused => connection.changes() != before,
            Verdict::Panicked => true,
        };
        batch.effects.truncate(effects_before);
        connection.roll_back_to_savepoint()?;
        if torn {
            // It wrote before it refused, or panicked: the state may have been changed as well. The
            // open transaction still holds the rows of the jobs before, so this is the state after them.
            tracing::error!("a job was refused after it had written, or panicked; its rows are rolled back");
            *state = S::load(connection)?;
        }
        Ok(())
    }
}

fn run_effects(effects: Vec<Effect>) {
    for effect in effects {
        // The change is committed whatever an effect does; the other effects have to run.
        if catch_unwind(AssertUnwindSafe(effect)).is_err() {
            tracing::error!("an effect after commit panicked");
        }
    }
}

/// Leaves one file behind, so that a copy of the database file alone is a backup.
fn finish(connection: &Connection) {
    if connection.kind() != Kind::Sqlite {
        return;
    }
    let done = connection.query_row("PRAGMA wal_checkpoint (TRUNCATE)", [], |row| row.get::<i64>(0));
    match done {
        Ok(0) => {}
        Ok(_) => tracing::info!("the write-ahead log stays: somebody still reads"),
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be folded in"),
    }
}
