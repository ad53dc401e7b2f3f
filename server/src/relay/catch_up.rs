//! What a device has not seen: the log since its cursor.
//!
//! Promise: everything is read for this one person at this moment, from committed rows, in the order
//! of the log; the cursor that goes with a batch is never ahead of what was sent.

use std::sync::Arc;

use crate::store::sql::Connection;
use sync::DocumentKey;
use sync::wire::{Batch, Item, ServerFrame};

use super::batches::{in_batches, without};
use super::looks::Look;
use super::session::{End, Session};
use crate::authority::log;
use crate::store::StoreError;

/// Changes and statuses that are read at once: some megabytes, for as long as they are put into frames.
const PAGE: usize = 4_096;

/// Where a page of the log comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The rows of this moment.
    Rows,
    /// After a bell, also what another device of the person has read since that bell.
    Bell,
}

impl Session<'_> {
    /// Sends everything in the log after the cursor that this person may read.
    pub(super) async fn catch_up(&mut self, source: Source) -> Result<(), End> {
        loop {
            let look = self.look(source).await?;
            let moved = look.cursor > self.cursor;
            for frame in &look.frames {
                self.out.send_spelled(frame.clone()).await?;
            }
            self.cursor = look.cursor;
            if look.frames.is_empty() && moved && self.live && !look.more {
                // Nothing but the device's own work, or others': the way there need not be read again.
                self.out.send(&ServerFrame::Live(look.cursor)).await?;
            }
            if !look.more {
                return Ok(());
            }
        }
    }

    /// The next page for this device. One that has just pushed does not hear its own work, so it looks for itself.
    async fn look(&mut self, source: Source) -> Result<Arc<Look>, End> {
        let (person, cursor, company) = (self.caller.person, self.cursor, self.app.company.clone());
        let page = move |connection: &Connection| {
            let books = company.books(connection)?;
            log::since(connection, &books, person, cursor, PAGE)
        };
        if self.own.is_empty() {
            let read = self.read(move |connection| page(connection).map(|page| Look::of(page, cursor)));
            return match source {
                Source::Rows => read.await.map(Arc::new),
                Source::Bell => self.relay.0.looks.share(person, cursor, read).await,
            };
        }
        let page = self.read(page).await?;
        let items = without(page.items, &mut self.own);
        Ok(Arc::new(Look::new(items, cursor, page.cursor, page.more)))
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
