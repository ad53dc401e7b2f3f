//! What a device has not seen: the log since its cursor.
//!
//! Promise: everything is read for this one person at this moment, from committed rows, in the order
//! of the log; the cursor that goes with a batch is never ahead of what was sent.

use crate::store::sql::Connection;
use sync::DocumentKey;
use sync::wire::{Batch, Item, ServerFrame};

use super::batches::{in_batches, without};
use super::session::{End, Session};
use crate::authority::log;
use crate::store::StoreError;

/// Changes and statuses that are read at once.
const PAGE: usize = 2_048;

impl Session<'_> {
    /// Sends everything in the log after the cursor that this person may read.
    pub(super) async fn catch_up(&mut self) -> Result<(), End> {
        loop {
            let (person, cursor, company) = (self.caller.person, self.cursor, self.app.company.clone());
            let page = self.read(move |connection| {
                let books = company.books(connection)?;
                log::since(connection, &books, person, cursor, PAGE)
            });
            let page = page.await?;
            let moved = page.cursor > self.cursor;
            let mut batches = in_batches(without(page.items, &mut self.own));
            let last = batches.pop();
            for items in batches {
                // Not complete yet: the device stays where it was until the last of them.
                self.out.send(&ServerFrame::Batch(Batch { items, cursor: self.cursor })).await?;
            }
            self.cursor = page.cursor;
            if let Some(items) = last {
                self.out.send(&ServerFrame::Batch(Batch { items, cursor: page.cursor })).await?;
            } else if moved && self.live && !page.more {
                // Nothing but the device's own work, or others': the way there need not be read again.
                self.out.send(&ServerFrame::Live(page.cursor)).await?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Where the log stands, if nothing in it after the cursor is for this person.
    pub(super) async fn nothing_after(&mut self) -> Result<Option<u64>, End> {
        let (person, cursor, company) = (self.caller.person, self.cursor, self.app.company.clone());
        let page = self.read(move |connection| {
            let books = company.books(connection)?;
            log::since(connection, &books, person, cursor, 1)
        });
        let page = page.await?;
        Ok((page.items.is_empty() && !page.more).then_some(page.cursor))
    }

    /// Sends the whole of one document again, or that it is none of this person's business.
    pub(super) async fn repeat(&mut self, document: DocumentKey) -> Result<(), End> {
        let (person, company) = (self.caller.person, self.app.company.clone());
        let items = self.read(move |connection| {
            let Some(changes) = log::document(connection, person, &document)? else {
                return Ok(vec![Item::Gone { document }]);
            };
            let status = match document {
                DocumentKey::Claim(id) => log::status(connection, &company.books(connection)?, id, person)?,
                _ => None,
            };
            Ok([Some(Item::Changes { document, changes }), status].into_iter().flatten().collect())
        });
        let items: Vec<Item> = items.await?;
        for items in in_batches(items) {
            self.out.send(&ServerFrame::Batch(Batch { items, cursor: self.cursor })).await?;
        }
        Ok(())
    }

    /// Asks a question of the committed rows; a store that fails ends the session.
    pub(super) async fn read<T, F>(&self, question: F) -> Result<T, End>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        super::session::read(self.app, question).await
    }
}
