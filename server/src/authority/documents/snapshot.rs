//! Snapshots: a document of many changes in one compact piece.
//!
//! Promise: a snapshot is written only after it was read back and found to be the same document; it
//! replaces nothing, because every change is evidence that somebody signed; and one that cannot be
//! read costs the time that it would have saved, never the document.

use crate::store::sql::{Connection, OptionalExtension, params};
use sync::document::Content;
use sync::document::digest;
use sync::{Document, DocumentKey};

use super::replay;
use crate::store::StoreError;

/// Changes since its last snapshot that make another one of a document worth its writing. One of so many is put
/// together in about the time in which the snapshot is read.
const WORTH: i64 = 64;

/// A document in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Whose it is.
    pub(crate) key: DocumentKey,
    /// The last change in it.
    position: i64,
    bytes: Vec<u8>,
}

impl Snapshot {
    /// What there is of a document; `None` when it was never worth it.
    pub(super) fn of(connection: &Connection, key: DocumentKey) -> Result<Option<Self>, StoreError> {
        Ok(connection
            .prepare_cached("SELECT position, bytes FROM snapshot WHERE document = ?1")?
            .query_row([key.to_string()], |row| Ok(Self { key, position: row.get(0)?, bytes: row.get(1)? }))
            .optional()?)
    }

    /// Every snapshot's document, for checking.
    pub(crate) fn keys(connection: &Connection) -> Result<Vec<DocumentKey>, StoreError> {
        keys(connection.prepare("SELECT document FROM snapshot ORDER BY document")?.query_map([], |row| row.get(0))?)
    }

    /// The document with everything that came later; `None` when these bytes are no document.
    pub(super) fn open(&self, connection: &Connection) -> Result<Option<Document>, StoreError> {
        match Document::load(&self.bytes) {
            Ok(document) => replay(connection, self.key, document, self.position).map(Some),
            Err(error) => {
                tracing::error!(document = %self.key, %error, "a snapshot is broken; the log is read instead");
                Ok(None)
            }
        }
    }

    /// Puts a document together from its changes and takes its picture; `None` when there is nothing of it, or when
    /// what is read back is another document.
    pub(crate) fn take(connection: &Connection, key: DocumentKey) -> Result<Option<Self>, StoreError> {
        let document = replay(connection, key, Document::new(), 0)?;
        let last = connection
            .prepare_cached("SELECT max (position) FROM change WHERE document = ?1")?
            .query_row([key.to_string()], |row| row.get::<Option<i64>>(0))?;
        let Some(position) = last else { return Ok(None) };
        let snapshot = Self { key, position, bytes: document.save() };
        match Document::load(&snapshot.bytes) {
            Ok(read) if is_same(&read, &document) => Ok(Some(snapshot)),
            _ => {
                tracing::error!(document = %key, "a snapshot does not read back as its document and is not kept");
                Ok(None)
            }
        }
    }

    /// Whether it and the changes after it are the document that the log alone describes.
    pub(crate) fn is_true(connection: &Connection, key: DocumentKey) -> Result<bool, StoreError> {
        let Some(snapshot) = Self::of(connection, key)? else { return Ok(true) };
        let log = replay(connection, key, Document::new(), 0)?;
        Ok(snapshot.open(connection)?.is_some_and(|document| is_same(&document, &log)))
    }

    /// Keeps it, in place of an earlier one.
    pub(crate) fn keep(&self, connection: &Connection) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "INSERT INTO snapshot (document, position, bytes) VALUES (?1, ?2, ?3)
                 ON CONFLICT (document) DO UPDATE SET position = excluded.position, bytes = excluded.bytes
                 WHERE snapshot.position < excluded.position",
            )?
            .execute(params![self.key.to_string(), self.position, self.bytes])?;
        Ok(())
    }

    /// Documents with so many changes since their last snapshot that another one is worth it.
    pub(crate) fn due(connection: &Connection) -> Result<Vec<DocumentKey>, StoreError> {
        let mut rows = connection.prepare_cached(
            "SELECT c.document FROM change c LEFT JOIN snapshot s ON s.document = c.document
             WHERE c.position > coalesce (s.position, 0)
             GROUP BY c.document HAVING count (*) >= ?1 ORDER BY c.document",
        )?;
        keys(rows.query_map([WORTH], |row| row.get(0))?)
    }
}

fn keys(rows: impl Iterator<Item = crate::store::sql::Result<String>>) -> Result<Vec<DocumentKey>, StoreError> {
    rows.map(|name| {
        let name = name?;
        name.parse().map_err(|_| StoreError::corrupt(format!("document {name:?}")))
    })
    .collect()
}

/// Same changes, same values, same digest.
fn is_same(one: &Document, other: &Document) -> bool {
    one.heads() == other.heads()
        && one.changes().len() == other.changes().len()
        && Content::of(one) == Content::of(other)
        && digest(one) == digest(other)
}
