//! The one way to the disk: batches in the order in which they were made, each strict and whole.
//!
//! Promise: what waits is written together and in order; what fails is kept in memory, said, and tried again; nobody
//! is told "saved" before it is.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use leptos::prelude::*;
use sync::replica::Writes;

use super::desk::Desk;
use crate::device::store::{self, Store, Write};
use crate::device::{clock, task};

/// Waits this long after a failed write, in milliseconds.
const AGAIN: u32 = 3_000;

/// What waits for the disk.
#[derive(Default)]
pub(super) struct Writer {
    queue: Vec<Write>,
    /// Replica rows among it, for the other tabs.
    put: Vec<String>,
    deleted: Vec<String>,
    waiting: Vec<Rc<RefCell<Waiter>>>,
    running: bool,
}

#[derive(Default)]
struct Waiter {
    done: bool,
    waker: Option<Waker>,
}

/// The store that holds a replica's row.
fn store_of(key: &str) -> Store {
    match key.split('/').next().unwrap_or_default() {
        "change" => Store::Documents,
        "outgoing" => Store::Outbox,
        "refused" => Store::Pending,
        "status" | "view" => Store::Views,
        _ => Store::Meta,
    }
}

/// The stores that hold replica rows.
pub(super) const ROW_STORES: [Store; 5] = [Store::Documents, Store::Outbox, Store::Pending, Store::Views, Store::Meta];

/// The prefixes of replica rows in their stores; anything else beside them is not the replica's.
pub(super) const ROW_PREFIXES: [&str; 6] = ["change/", "outgoing/", "refused/", "status/", "view/", "cursor"];

impl Desk {
    /// The key of a person's row in the database.
    pub(super) fn own_key(self, key: &str) -> String {
        format!("{}/{key}", self.person_id())
    }

    /// Keeps the rows of a replica. Resolves once they are on the disk; the writing goes on without being waited for.
    pub(super) fn keep(self, writes: Writes) -> impl Future<Output = ()> {
        let mut batch = Vec::with_capacity(writes.put.len() + writes.delete.len());
        self.with(|core| {
            core.writer.put.extend(writes.put.iter().map(|(key, _)| key.clone()));
            core.writer.deleted.extend(writes.delete.iter().cloned());
        });
        for key in writes.delete {
            batch.push(Write::Delete(store_of(&key), self.own_key(&key)));
        }
        for (key, value) in writes.put {
            batch.push(Write::put(store_of(&key), self.own_key(&key), value));
        }
        self.write(batch)
    }

    /// Writes a batch after everything that was given before it. Resolves once it is on the disk.
    pub(super) fn write(self, batch: Vec<Write>) -> impl Future<Output = ()> {
        let waiter = Rc::new(RefCell::new(Waiter::default()));
        let start = self.with(|core| {
            core.writer.queue.extend(batch);
            core.writer.waiting.push(Rc::clone(&waiter));
            !std::mem::replace(&mut core.writer.running, true)
        });
        if start {
            self.saving.set(true);
            task::spawn(self.drain());
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
            let (batch, put, deleted, waiting) = self.with(|core| {
                let writer = &mut core.writer;
                (
                    std::mem::take(&mut writer.queue),
                    std::mem::take(&mut writer.put),
                    std::mem::take(&mut writer.deleted),
                    std::mem::take(&mut writer.waiting),
                )
            });
            if batch.is_empty() && waiting.is_empty() {
                self.with(|core| core.writer.running = false);
                self.saving.set(false);
                return;
            }
            while let Err(error) = store::write(batch.clone()).await {
                task::log(&format!("the database did not take a batch: {error}"));
                self.trouble.set(Some(error.code()));
                task::sleep(AGAIN).await;
            }
            if self.trouble.get_untracked().is_some() {
                self.trouble.set(None);
            }
            self.saved_at.set(Some(clock::now()));
            self.tell_tabs(&put, &deleted);
            for waiter in waiting {
                let mut waiter = waiter.borrow_mut();
                waiter.done = true;
                if let Some(waker) = waiter.waker.take() {
                    waker.wake();
                }
            }
        }
    }

    /// Tells the other tabs which rows changed.
    fn tell_tabs(self, put: &[String], deleted: &[String]) {
        if put.is_empty() && deleted.is_empty() {
            return;
        }
        if let Ok(word) = serde_json::to_string(&(self.person_id().to_string(), put, deleted)) {
            self.with(|core| {
                if let Some(channel) = &core.channel {
                    channel.say(&word);
                }
            });
        }
    }

    /// Takes over what another tab wrote.
    pub(super) async fn hear_tab(self, word: String) {
        type Told = (String, Vec<String>, Vec<String>);
        let Ok((person, put, deleted)) = serde_json::from_slice::<Told>(word.as_bytes()) else {
            return;
        };
        if person != self.person_id().to_string() {
            return;
        }
        let mut rows = Vec::with_capacity(put.len());
        for key in put {
            if let Ok(Some(bytes)) = store::get(store_of(&key), &self.own_key(&key)).await {
                rows.push((key, bytes.to_vec()));
            }
        }
        let events = self.with(|core| core.replica.as_mut().map(|replica| replica.adopt(rows, &deleted)));
        self.show(events.unwrap_or_default());
        self.pump();
    }
}
