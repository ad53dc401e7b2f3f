//! What the devices of one person that stand at one place of the log hear next, read and written once.
//!
//! Promise: a device hears nothing that it would not have read for itself at that moment. What was
//! read is shared only until the next bell ([`Looks::forget`], before anybody is rung): whoever hears
//! a bell reads rows that were committed before it rang.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use budget::PersonId;
use sync::wire::{self, Batch, Item, ServerFrame};
use tokio::sync::OnceCell;

use super::batches::in_batches;
use super::session::End;
use crate::authority::log::Page;

/// Bytes that are worth keeping for the person's other devices. What a device missed in weeks it seldom shares.
const SMALL: usize = 16 * 1024;

/// Places that are remembered at once, over all people.
const MOST: usize = 4_096;

/// A page of the log as it goes to a device.
#[derive(Debug)]
pub(super) struct Look {
    /// Frames of type [`ServerFrame::Batch`], spelled; only the last names the cursor.
    pub(super) frames: Vec<Bytes>,
    /// With these frames the device has everything up to here.
    pub(super) cursor: u64,
    /// Whether there is more after the cursor.
    pub(super) more: bool,
}

impl Look {
    /// Spells `items`, which lead from the cursor `from` to the page's.
    pub(super) fn new(items: Vec<Item>, from: u64, page_cursor: u64, more: bool) -> Self {
        let mut batches = in_batches(items);
        let last = batches.pop();
        // Not complete yet: the device stays where it was until the last of them.
        let before = batches.into_iter().map(|items| Batch { items, cursor: from });
        let frames = before.chain(last.map(|items| Batch { items, cursor: page_cursor }));
        let frames = frames.map(|batch| wire::encode(&ServerFrame::Batch(batch)).into()).collect();
        Self { frames, cursor: page_cursor, more }
    }

    /// The whole page, as anybody's device may have it.
    pub(super) fn of(page: Page, from: u64) -> Self {
        Self::new(page.items, from, page.cursor, page.more)
    }

    fn is_small(&self) -> bool {
        self.frames.iter().map(Bytes::len).sum::<usize>() <= SMALL
    }
}

type Cell = Arc<OnceCell<Arc<Look>>>;

/// Who stands where, and what there is to hear.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<(PersonId, u64), Cell>>);

impl Looks {
    /// Forgets everything: something was committed.
    pub(super) fn forget(&self) {
        self.cells().clear();
    }

    /// What follows `cursor` for this person: what another of their devices has just heard, or what `read` finds.
    pub(super) async fn share<F>(&self, person: PersonId, cursor: u64, read: F) -> Result<Arc<Look>, End>
    where
        F: Future<Output = Result<Look, End>>,
    {
        let place = (person, cursor);
        let cell = {
            let mut cells = self.cells();
            if cells.len() >= MOST {
                cells.clear();
            }
            Arc::clone(cells.entry(place).or_default())
        };
        let look = cell.get_or_try_init(|| async { read.await.map(Arc::new) }).await?;
        if !look.is_small() {
            let mut cells = self.cells();
            if cells.get(&place).is_some_and(|kept| Arc::ptr_eq(kept, &cell)) {
                cells.remove(&place);
            }
        }
        Ok(Arc::clone(look))
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<(PersonId, u64), Cell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    const ZHANG: PersonId = PersonId([1; 16]);
    const LI: PersonId = PersonId([2; 16]);

    /// Looks, and counts how often the log was really read.
    struct Read {
        looks: Looks,
        times: AtomicU64,
    }

    impl Read {
        async fn look(&self, person: PersonId, cursor: u64, bytes: usize) -> u64 {
            let read = async {
                let cursor = self.times.fetch_add(1, Ordering::Relaxed) + 1;
                tokio::task::yield_now().await;
                Ok(Look { frames: vec![vec![0; bytes].into()], cursor, more: false })
            };
            self.looks.share(person, cursor, read).await.unwrap().cursor
        }
    }

    #[tokio::test]
    async fn devices_of_one_person_at_one_place_read_once_until_the_next_bell() {
        let read = Read { looks: Looks::default(), times: AtomicU64::new(0) };
        let (phone, tablet) = tokio::join!(read.look(ZHANG, 5, 100), read.look(ZHANG, 5, 100));
        assert_eq!((phone, tablet), (1, 1));
        assert_eq!(read.look(ZHANG, 5, 100).await, 1);
        assert_eq!(read.look(ZHANG, 6, 100).await, 2, "another place");
        assert_eq!(read.look(LI, 5, 100).await, 3, "another person");
        read.looks.forget();
        assert_eq!(read.look(ZHANG, 5, 100).await, 4, "after a bell");
    }

    #[tokio::test]
    async fn what_is_large_is_not_kept_and_what_failed_is_read_again() {
        let read = Read { looks: Looks::default(), times: AtomicU64::new(0) };
        assert_eq!(read.look(ZHANG, 5, SMALL + 1).await, 1);
        assert_eq!(read.look(ZHANG, 5, SMALL + 1).await, 2);
        let failed = read.looks.share(LI, 5, async { Err(End::Closing("unavailable")) }).await;
        assert_eq!(failed.unwrap_err(), End::Closing("unavailable"));
        assert_eq!(read.look(LI, 5, 100).await, 3);
    }
}
