//! A job without its types: what the queue holds.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::{Stop, Turn, WriteError};
use crate::store::StoreError;

/// How a job's turn ended, as far as the batch is concerned.
pub(super) enum Verdict {
    /// Its rows belong into the transaction.
    Done,
    /// It decided against it; its savepoint is rolled back.
    Refused,
    /// It panicked; its savepoint is rolled back and the state is loaded again.
    Panicked,
    /// The store failed; the batch is rolled back.
    Failed(StoreError),
}

/// A job of any type of result.
pub(super) trait AnyJob<S>: Send {
    /// Runs it and keeps the result to itself.
    fn take_turn(&mut self, turn: &mut Turn<'_, S>) -> Verdict;
    /// Gives the result to whoever waits for it. Called after COMMIT.
    fn answer(self: Box<Self>);
    /// Tells whoever waits that nothing was acknowledged.
    fn give_up(self: Box<Self>);
}

/// A job whose caller waits for `Result<T, WriteError<E>>`.
pub(super) struct Pending<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, WriteError<E>>>,
    caller: oneshot::Sender<Result<T, WriteError<E>>>,
}

impl<F, T, E> Pending<F, T, E> {
    pub(super) fn new(work: F) -> (Self, oneshot::Receiver<Result<T, WriteError<E>>>) {
        let (caller, answer) = oneshot::channel();
        (Self { work: Some(work), result: None, caller }, answer)
    }
}

impl<S, F, T, E> AnyJob<S> for Pending<F, T, E>
where
    F: FnOnce(&mut Turn<'_, S>) -> Result<T, Stop<E>> + Send,
    T: Send,
    E: Send,
{
    fn take_turn(&mut self, turn: &mut Turn<'_, S>) -> Verdict {
        let Some(work) = self.work.take() else {
            return Verdict::Refused;
        };
        // After a panic nothing that the job touched is used: its rows are rolled back and the
        // state is loaded anew, so a torn state is never seen.
        match catch_unwind(AssertUnwindSafe(|| work(turn))) {
            Ok(Ok(value)) => {
                self.result = Some(Ok(value));
                Verdict::Done
            }
            Ok(Err(Stop::Refused(refusal))) => {
                self.result = Some(Err(WriteError::Refused(refusal)));
                Verdict::Refused
            }
            Ok(Err(Stop::Store(error))) => Verdict::Failed(error),
            Err(_) => Verdict::Panicked,
        }
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or(Err(WriteError::Unavailable));
        // The caller may have gone away; the change stands and can be asked for by its id.
        drop(self.caller.send(result));
    }

    fn give_up(self: Box<Self>) {
        drop(self.caller.send(Err(WriteError::Unavailable)));
    }
}
