//! The one way to the disk: batches in the order in which they were made, each strict and whole.
//!
//! Promise: what waits is written together and in order; what fails is kept in memory, said, and tried again; nobody
//! is told "saved" before it is.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::store::{self, Write};
use super::task;

/// Waits this long after a failed write, in milliseconds.
const AGAIN: u32 = 3_000;

/// How the disk takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Something is on its way.
    Busy,
    /// A batch is on the disk.
    Written,
    /// Nothing is on its way any more.
    Idle,
    /// A batch was not taken, with a stable code, and is tried again.
    Failed(&'static str),
    /// A batch that was not taken at first is on the disk.
    Mended,
}

/// A queue of batches. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Queue(Rc<Inner>);

struct Inner {
    state: RefCell<State>,
    told: Box<dyn Fn(Outcome)>,
}

#[derive(Default)]
struct State {
    batch: Vec<Write>,
    waiting: Vec<Rc<RefCell<Waiter>>>,
    running: bool,
}

#[derive(Default)]
struct Waiter {
    done: bool,
    waker: Option<Waker>,
}

impl Queue {
    /// An empty queue; `told` hears how the disk takes what is given to it.
    pub(crate) fn new(told: impl Fn(Outcome) + 'static) -> Self {
        Self(Rc::new(Inner { state: RefCell::default(), told: Box::new(told) }))
    }

    /// Writes a batch after everything that was given before it. Resolves once it is on the disk; the writing goes on
    /// without being waited for.
    pub(crate) fn write(&self, batch: Vec<Write>) -> impl Future<Output = ()> + use<> {
        let waiter = Rc::new(RefCell::new(Waiter::default()));
        let start = {
            let mut state = self.0.state.borrow_mut();
            state.batch.extend(batch);
            state.waiting.push(Rc::clone(&waiter));
            !std::mem::replace(&mut state.running, true)
        };
        if start {
            (self.0.told)(Outcome::Busy);
            task::spawn(self.clone().drain());
        }
        poll_fn(move |context| {
            let mut waiter = waiter.borrow_mut();
            if waiter.done {
                Poll::Ready(())
            } else {
                waiter.waker = Some(context.waker().clone());
                Poll::Pending
            }
        })
    }

    async fn drain(self) {
        loop {
            let (batch, waiting) = {
                let mut state = self.0.state.borrow_mut();
                (std::mem::take(&mut state.batch), std::mem::take(&mut state.waiting))
            };
            if batch.is_empty() && waiting.is_empty() {
                self.0.state.borrow_mut().running = false;
                (self.0.told)(Outcome::Idle);
                return;
            }
            let mut failed = false;
            while let Err(error) = store::write(batch.clone()).await {
                task::log(&format!("the database did not take a batch: {error}"));
                failed = true;
                (self.0.told)(Outcome::Failed(error.code()));
                task::sleep(AGAIN).await;
            }
            if failed {
                (self.0.told)(Outcome::Mended);
            }
            (self.0.told)(Outcome::Written);
            for waiter in waiting {
                let mut waiter = waiter.borrow_mut();
                waiter.done = true;
                if let Some(waker) = waiter.waker.take() {
                    waker.wake();
                }
            }
        }
    }
}
