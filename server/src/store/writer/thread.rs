//! The writer's thread: batches, savepoints, commit, recovery.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use rusqlite::Connection;

use super::job::{AnyJob, Verdict};
use super::{Counters, Effect, Message, State, Turn};
use crate::clock::Clock;
use crate::store::{StoreError, open_for_writing, setting};

/// What the thread needs to begin, and to begin again.
pub(super) struct Keeper {
    pub(super) database: PathBuf,
    pub(super) clock: Clock,
    pub(super) batch: usize,
    pub(super) counters: Arc<Counters>,
}

/// A connection and the state that agrees with it.
struct Loaded<S> {
    connection: Connection,
    state: S,
}

/// What a batch has gathered until COMMIT.
struct Batch {
    effects: Vec<Effect>,
    done: u64,
}

impl Keeper {
    /// Loads, reports, and serves until it is closed and nothing waits.
    pub(super) fn run<S: State>(self, waiting: &Receiver<Message<S>>, report: &SyncSender<Result<(), StoreError>>) {
        let mut loaded = match self.load::<S>() {
            Ok(loaded) => Some(loaded),
            Err(error) => {
                drop(report.send(Err(error)));
                return;
            }
        };
        drop(report.send(Ok(())));
        let mut closing = false;
        let mut jobs = Vec::with_capacity(self.batch);
        loop {
            closing |= self.gather(waiting, &mut jobs, closing);
            if jobs.is_empty() {
                if closing {
                    break;
                }
                continue;
            }
            self.serve(&mut loaded, &mut jobs);
        }
        if let Some(loaded) = loaded {
            finish(&loaded.connection);
        }
    }

    fn load<S: State>(&self) -> Result<Loaded<S>, StoreError> {
        let connection = open_for_writing(&self.database)?;
        let state = S::load(&connection)?;
        self.counters.ready.store(true, Ordering::Relaxed);
        Ok(Loaded { connection, state })
    }

    /// Takes what waits, up to the cap; waits for the first unless the thread is closing. Returns
    /// whether it was told to close.
    fn gather<S>(&self, waiting: &Receiver<Message<S>>, jobs: &mut Vec<Box<dyn AnyJob<S>>>, closing: bool) -> bool {
        let mut next = if closing { waiting.try_recv().ok() } else { waiting.recv().ok() };
        // All handles are gone: nobody can send any more.
        let mut close = next.is_none();
        while let Some(message) = next {
            match message {
                Message::Job(job) => jobs.push(job),
                Message::Close => close = true,
            }
            next = if jobs.len() < self.batch { waiting.try_recv().ok() } else { None };
        }
        close
    }

    fn serve<S: State>(&self, loaded: &mut Option<Loaded<S>>, jobs: &mut Vec<Box<dyn AnyJob<S>>>) {
        if loaded.is_none() {
            *loaded = self.load_again();
        }
        let outcome = match loaded {
            Some(loaded) => self.commit(loaded, jobs),
            None => Err(StoreError::Interrupted),
        };
        match outcome {
            Ok(batch) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.counters.jobs.fetch_add(batch.done, Ordering::Relaxed);
                run_effects(batch.effects);
                jobs.drain(..).for_each(AnyJob::answer);
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, jobs = jobs.len(), "batch rolled back; loading again");
                // Dropping the connection rolls back whatever is still open.
                *loaded = None;
                *loaded = self.load_again();
                jobs.drain(..).for_each(AnyJob::give_up);
            }
        }
    }

    fn load_again<S: State>(&self) -> Option<Loaded<S>> {
        self.counters.ready.store(false, Ordering::Relaxed);
        self.counters.recoveries.fetch_add(1, Ordering::Relaxed);
        self.load()
            .inspect_err(|error| tracing::error!(code = error.code(), %error, "the database cannot be loaded"))
            .ok()
    }

    /// One transaction with all jobs. After an error nothing of `loaded` may be used.
    fn commit<S: State>(&self, loaded: &mut Loaded<S>, jobs: &mut [Box<dyn AnyJob<S>>]) -> Result<Batch, StoreError> {
        let Loaded { connection, state } = loaded;
        let before = connection.total_changes();
        let mut batch = Batch { effects: Vec::new(), done: 0 };
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for job in jobs {
            self.take_turn(connection, state, job.as_mut(), &mut batch)?;
        }
        if connection.total_changes() != before {
            setting::set_latest_instant(connection, self.clock.now())?;
        }
        connection.execute_batch("COMMIT")?;
        Ok(batch)
    }

    fn take_turn<S: State>(
        &self,
        connection: &Connection,
        state: &mut S,
        job: &mut dyn AnyJob<S>,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let before = connection.total_changes();
        let effects_before = batch.effects.len();
        connection.prepare_cached("SAVEPOINT turn")?.execute([])?;
        let mut turn = Turn { state, connection, now: self.clock.now(), effects: &mut batch.effects };
        let verdict = job.take_turn(&mut turn);
        let torn = match verdict {
            Verdict::Done => {
                batch.done += 1;
                connection.prepare_cached("RELEASE turn")?.execute([])?;
                return Ok(());
            }
            Verdict::Failed(error) => return Err(error),
            Verdict::Refused => connection.total_changes() != before,
            Verdict::Panicked => true,
        };
        batch.effects.truncate(effects_before);
        connection.execute_batch("ROLLBACK TO turn; RELEASE turn")?;
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
    let done = connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |row| row.get::<_, i64>(0));
    match done {
        Ok(0) => {}
        Ok(_) => tracing::info!("the write-ahead log stays: somebody still reads"),
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be folded in"),
    }
}
