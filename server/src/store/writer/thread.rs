//! The writer's thread: batches, savepoints, commit, recovery.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use super::job::{AnyJob, Verdict};
use super::{Counters, Effect, Message, State, Turn};
use crate::clock::Clock;
use crate::store::sql::{Connection, Kind, LEASE_SECONDS, Lease};
use crate::store::{Database, StoreError, migrations, setting};

/// How often a server with nothing to write says that it still does.
const RENEW: Duration = Duration::from_secs(LEASE_SECONDS / 3);
/// How often a server that waits to take over looks whether it may.
const TRY_AGAIN: Duration = Duration::from_millis(250);

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
}

/// A connection and the state that agrees with it.
struct Loaded<S> {
    connection: Connection,
    lease: Lease,
    state: S,
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
        let mut loaded = match self.first_load::<S>() {
            Ok(loaded) => Some(loaded),
            Err(error) => {
                drop(report.send(Err(error)));
                return;
            }
        };
        drop(report.send(Ok(())));
        let mut closing = false;
        let mut jobs = Vec::with_capacity(self.batch);
        let mut last = Last::default();
        loop {
            closing |= self.gather(waiting, &mut jobs, closing, last);
            if jobs.is_empty() {
                if closing {
                    break;
                }
                self.keep_lease(&mut loaded);
                continue;
            }
            let (number, began) = (jobs.len(), Instant::now());
            self.serve(&mut loaded, &mut jobs);
            last = Last { jobs: number, took: began.elapsed() };
        }
        if let Some(loaded) = loaded {
            finish(&loaded.connection);
        }
    }

    /// Waits until this server may write.
    fn first_load<S: State>(&self) -> Result<Loaded<S>, StoreError> {
        let mut told = false;
        loop {
            match self.load() {
                Err(StoreError::NotLeader) => {}
                other => return other,
            }
            if !told {
                tracing::warn!("another server writes to this database; this one waits until it may take over");
                told = true;
            }
            std::thread::sleep(TRY_AGAIN);
        }
    }

    fn load<S: State>(&self) -> Result<Loaded<S>, StoreError> {
        let connection = self.database.open_for_writing()?;
        migrations::lay_foundation(&connection)?;
        let lease = Lease::take(&connection)?.ok_or(StoreError::NotLeader)?;
        migrations::migrate(&connection)?;
        if let Some(latest) = setting::latest_instant(&connection)? {
            self.clock.at_least(latest);
        }
        let state = S::load(&connection)?;
        self.counters.ready.store(true, Ordering::Relaxed);
        Ok(Loaded { connection, lease, state })
    }

    /// Nothing waits: says that this server still writes, or looks whether it may again.
    fn keep_lease<S: State>(&self, loaded: &mut Option<Loaded<S>>) {
        let kept = match loaded {
            Some(Loaded { connection, lease, .. }) => lease.renew(connection),
            None => Ok(false),
        };
        match kept {
            Ok(true) => return,
            Ok(false) => tracing::debug!("this server does not write"),
            Err(error) => tracing::error!(%error, "the lease could not be renewed"),
        }
        *loaded = None;
        *loaded = self.load_again();
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
    ) -> bool {
        let first = if closing { Err(RecvTimeoutError::Disconnected) } else { waiting.recv_timeout(RENEW) };
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
        let told = |error: &StoreError| match error {
            StoreError::NotLeader => tracing::warn!("another server writes to this database"),
            error => tracing::error!(code = error.code(), %error, "the database cannot be loaded"),
        };
        self.load().inspect_err(told).ok()
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
