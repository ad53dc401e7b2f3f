//! The one writer: a thread that owns the only writing connection and the state that decides.
//!
//! Promise, in order of a job's life:
//! 1. A job is taken into a bounded queue, or refused at once as [`WriteError::Busy`].
//! 2. The thread takes everything that waits (up to a cap) into one transaction: under load,
//!    hundreds of jobs share one synchronisation of the disk; alone, a job waits for nobody.
//! 3. Each job runs inside a savepoint: it decides, then writes, then changes the state. A refused
//!    job leaves nothing behind.
//! 4. COMMIT. Only then do effects run (fan-out to sockets), and only then is anybody answered.
//! 5. If SQL or COMMIT fails, the memory is ahead of the disk: everything is rolled back, the
//!    connection and the state are dropped and loaded again from the database, and the whole batch
//!    is answered [`WriteError::Unavailable`]. A failed synchronisation is never tried again on the
//!    same connection: what the system then reports about those pages cannot be trusted (Rebello et
//!    al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).

mod holding;
mod job;
mod standing;
#[cfg(test)]
mod tests;
mod thread;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use budget::Timestamp;
use tokio::sync::{oneshot, watch};

use super::sql::{self, Connection};
use super::{Database, StoreError};
use crate::clock::Clock;
use job::{AnyJob, Pending};
pub use standing::{Entry, Standing};

/// What the writer keeps in memory to decide with. It is only ever a cache of the tables.
pub trait State: Sized + 'static {
    /// Builds it from the tables.
    fn load(connection: &Connection) -> Result<Self, StoreError>;
}

/// Something to do once the transaction is committed. It must not wait for anything.
pub(crate) type Effect = Box<dyn FnOnce() + Send>;

/// A job's moment on the writer thread.
pub struct Turn<'a, S> {
    /// What decides. Change it only after everything that can fail.
    pub state: &'a mut S,
    /// The open transaction. Do not begin, commit or roll back here.
    pub connection: &'a Connection,
    /// The server's time; never earlier than in an earlier turn.
    pub now: Timestamp,
    effects: &'a mut Vec<Effect>,
}

impl<S> Turn<'_, S> {
    /// Runs `effect` after COMMIT, before anybody is answered and in the order of registration; it
    /// is forgotten if the job is refused or the commit fails. It runs on the writer thread: hand
    /// over to a channel and return.
    pub fn after_commit(&mut self, effect: impl FnOnce() + Send + 'static) {
        self.effects.push(Box::new(effect));
    }
}

/// Why a job stops without a result.
#[derive(Debug)]
pub enum Stop<E> {
    /// The job decided against it, before writing anything. Only this job is affected.
    Refused(E),
    /// The store failed. The whole batch is rolled back.
    Store(StoreError),
}

impl<E> From<sql::Error> for Stop<E> {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

impl<E> From<StoreError> for Stop<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError<E> {
    /// The job's own refusal.
    #[error("refused: {0}")]
    Refused(E),
    /// Too much is waiting; try again shortly.
    #[error("服务器繁忙，请稍后重试 · busy, try again shortly")]
    Busy,
    /// Whether it was written is not known to the caller; nothing was acknowledged. Ask again with
    /// the same id.
    #[error("暂时无法保存，请重试 · could not be stored, try again")]
    Unavailable,
}

impl<E> WriteError<E> {
    /// The same, with the refusal changed by `change`.
    pub fn map<F>(self, change: impl FnOnce(E) -> F) -> WriteError<F> {
        match self {
            Self::Refused(refusal) => WriteError::Refused(change(refusal)),
            Self::Busy => WriteError::Busy,
            Self::Unavailable => WriteError::Unavailable,
        }
    }
}

/// Where the answer to a queued job comes, after COMMIT.
pub type Answer<T, E> = oneshot::Receiver<Result<T, WriteError<E>>>;

/// Bounds of the writer.
#[derive(Debug, Clone, Copy)]
pub struct WriterLimits {
    /// Jobs that may wait.
    pub queue: usize,
    /// Jobs in one transaction.
    pub batch: usize,
}

impl Default for WriterLimits {
    fn default() -> Self {
        Self { queue: 8_192, batch: 2_048 }
    }
}

/// What the writer has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct WriterCounts {
    /// Transactions committed.
    pub commits: u64,
    /// Jobs in them that were not refused.
    pub jobs: u64,
    /// Times that everything was dropped and loaded again.
    pub recoveries: u64,
}

#[derive(Debug, Default)]
struct Counters {
    commits: AtomicU64,
    jobs: AtomicU64,
    recoveries: AtomicU64,
    /// How many batches all servers together had committed when this one began to write, and have since.
    began: AtomicU64,
    written: AtomicU64,
    standing: watch::Sender<Standing>,
}

enum Message<S> {
    Job(Box<dyn AnyJob<S>>),
    Close,
}

/// The handle to the writer thread; clones share it.
pub struct Writer<S>(Arc<Shared<S>>);

struct Shared<S> {
    queue: SyncSender<Message<S>>,
    counters: Arc<Counters>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<S> Clone for Writer<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: State> Writer<S> {
    /// Starts the thread; returns once the state is loaded, or with what went wrong. While another
    /// server writes to the same PostgreSQL database, that lasts until this one takes over, unless it
    /// comes to follow: then until the tables are those of this program.
    pub(super) fn start(
        database: &Database,
        clock: Clock,
        limits: &WriterLimits,
        entry: Entry,
    ) -> Result<Self, StoreError> {
        let (queue, waiting) = sync_channel(limits.queue.max(1));
        let (report, loaded) = sync_channel(1);
        let counters = Arc::new(Counters::default());
        let keeper = thread::Keeper {
            database: database.clone(),
            clock,
            batch: limits.batch.max(1),
            counters: Arc::clone(&counters),
            entry,
        };
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || keeper.run(&waiting, &report))
            .map_err(|source| StoreError::Thread { source })?;
        loaded.recv().map_err(|_| StoreError::Interrupted)??;
        Ok(Self(Arc::new(Shared { queue, counters, thread: Mutex::new(Some(thread)) })))
    }

    /// Runs `work` on the writer thread and answers after COMMIT. Dropping the future does not
    /// take the job back.
    pub async fn run<T, E, F>(&self, work: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Turn<'_, S>) -> Result<T, Stop<E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.send(work)?.await.unwrap_or(Err(WriteError::Unavailable))
    }

    /// The same for a thread that may block: commands and tests.
    pub fn run_blocking<T, E, F>(&self, work: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Turn<'_, S>) -> Result<T, Stop<E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.send(work)?.blocking_recv().unwrap_or(Err(WriteError::Unavailable))
    }

    /// Queues `work` and returns at once with where its answer will come. Jobs that one caller
    /// queues run in that order, and those that wait together share a commit. A closed channel
    /// means [`WriteError::Unavailable`].
    pub fn send<T, E, F>(&self, work: F) -> Result<Answer<T, E>, WriteError<E>>
    where
        F: FnOnce(&mut Turn<'_, S>) -> Result<T, Stop<E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (job, answer) = Pending::new(work);
        match self.0.queue.try_send(Message::Job(Box::new(job))) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(WriteError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(WriteError::Unavailable),
        }
    }

    /// What it has done so far.
    pub fn counts(&self) -> WriterCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        WriterCounts {
            commits: read(&self.0.counters.commits),
            jobs: read(&self.0.counters.jobs),
            recoveries: read(&self.0.counters.recoveries),
        }
    }

    /// Whether this server writes. Of a server that follows it changes with every batch of the other one, about four
    /// times a second at most.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.0.counters.standing.subscribe()
    }

    /// Whether it can write: false while the database cannot be loaded after a failure, and while another server writes.
    pub fn is_ready(&self) -> bool {
        *self.0.counters.standing.borrow() == Standing::Leads
    }

    /// How many batches were ever committed when this server began to write, and by now. What the effects of a batch
    /// leave anywhere is there before the batch is counted here.
    pub fn batches(&self) -> (u64, u64) {
        let counters = &self.0.counters;
        (counters.began.load(Ordering::Acquire), counters.written.load(Ordering::Acquire))
    }

    /// Finishes what waits, then ends the thread. Jobs sent afterwards are `Unavailable`. Blocks.
    pub fn close(&self) {
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // An error means that the thread has already ended.
            drop(self.0.queue.send(Message::Close));
            if thread.join().is_err() {
                tracing::error!("the writer thread ended by a panic");
            }
        }
    }
}
