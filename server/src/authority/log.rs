//! The log as one person may read it: changes of documents and how requests stand, after a cursor.
//!
//! Promise: a device that has everything up to a cursor and applies the pages that follow has
//! everything that its person may read. What somebody gained access to later counts as new from
//! then on, whatever its age; what a draft's owner has not handed in is nobody else's.

mod rows;

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::{PersonId, RequestId};
use sync::DocumentKey;
use sync::wire::{Item, SignedChange};

use super::{Books, number, view};
use crate::store::StoreError;
use rows::{Found, What};

/// A piece of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// What is new, in order. Together at most about the limit asked for, but never a part of what
    /// belongs to one position.
    pub items: Vec<Item>,
    /// With these items the device has everything up to here.
    pub cursor: u64,
    /// Whether there is more after the cursor.
    pub more: bool,
}

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Which log it is; another one after a restore from a backup.
    pub epoch: [u8; 16],
    /// Its latest position.
    pub position: u64,
}

/// Where the log stands now.
pub fn stream(connection: &Connection) -> Result<Stream, StoreError> {
    connection
        .prepare_cached("SELECT epoch, position FROM stream WHERE id = 1")?
        .query_row([], |row| Ok(Stream { epoch: row.get(0)?, position: number::counted(row.get(1)?) }))
        .optional()?
        .ok_or_else(|| StoreError::corrupt("the table stream has no row"))
}

/// What this person has not seen after `cursor`, about `limit` changes and statuses of it.
pub fn since(
    connection: &Connection,
    books: &Books,
    person: PersonId,
    cursor: u64,
    limit: usize,
) -> Result<Page, StoreError> {
    let latest = stream(connection)?.position;
    let mut found = rows::after(connection, person, cursor, limit.saturating_add(1))?;
    let more = found.len() > limit;
    if more {
        cut(&mut found, limit);
    }
    let cursor = if more { found.last().map_or(cursor, |last| last.effective) } else { latest.max(cursor) };
    Ok(Page { items: items(connection, books, person, found)?, cursor, more })
}

/// Cuts at a position's end: the last position that is wholly among the first `limit` rows.
fn cut(found: &mut Vec<Found>, limit: usize) {
    let Some(begun) = found.get(limit).map(|row| row.effective) else {
        return;
    };
    let whole = found.partition_point(|row| row.effective < begun);
    // A single position that is larger than a page is sent as a whole; `rows::after` brought all of it.
    let end = if whole > 0 { whole } else { found.partition_point(|row| row.effective <= begun) };
    found.truncate(end);
}

/// The rows as items, neighbouring changes of one document together.
fn items(connection: &Connection, books: &Books, person: PersonId, found: Vec<Found>) -> Result<Vec<Item>, StoreError> {
    let mut items: Vec<Item> = Vec::new();
    for row in found {
        match row.what {
            What::Change(change) => match items.last_mut() {
                Some(Item::Changes { document, changes }) if *document == change.document => {
                    changes.push(change);
                }
                _ => items.push(Item::Changes { document: change.document, changes: vec![change] }),
            },
            What::Status(id) => items.extend(status(connection, books, id, person)?),
            What::Gone(id) => {
                items.extend([DocumentKey::Claim(id), DocumentKey::Thread(id)].map(|document| Item::Gone { document }));
            }
        }
    }
    Ok(items)
}

/// How a request stands, as an item of the wire; `None` when the person may not read it.
pub fn status(
    connection: &Connection,
    books: &Books,
    id: RequestId,
    person: PersonId,
) -> Result<Option<Item>, StoreError> {
    let Some(view) = view::request(connection, books, id, person)? else {
        return Ok(None);
    };
    let json = serde_json::to_vec(&view).map_err(|error| StoreError::corrupt(format!("request {id}: {error}")))?;
    Ok(Some(Item::Status { request: id, json }))
}

/// Whether somebody has begun the document, whoever may read it.
pub fn is_begun(connection: &Connection, key: &DocumentKey) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM document WHERE key = ?1)")?
        .query_row([key.to_string()], |row| row.get(0))?)
}

/// Every change of one document that this person may read; `None` when they may read nothing of it.
pub fn document(
    connection: &Connection,
    person: PersonId,
    key: &DocumentKey,
) -> Result<Option<Vec<SignedChange>>, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached(
            "SELECT CASE WHEN d.owner = ?2 OR d.key NOT LIKE 'claim/%' THEN d.position
                         WHEN d.position < coalesce(r.shown, 0) THEN d.position
                         ELSE coalesce(r.shown, 0) END
             FROM document d LEFT JOIN request r ON r.id = d.request
             LEFT JOIN access a ON a.request = d.request AND a.person = ?2 AND a.ended IS NULL
             WHERE d.key = ?1 AND (d.owner = ?2 OR a.person IS NOT NULL)",
        )?
        .query_row(params![key.to_string(), person.bytes()], |row| row.get(0))
        .optional()?;
    last.map(|last| rows::changes_of(connection, key, last)).transpose()
}
