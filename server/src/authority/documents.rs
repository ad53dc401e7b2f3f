//! Documents in memory: a bounded cache over the change log.

pub(crate) mod snapshot;

use std::collections::BTreeMap;

use crate::store::sql::{Connection, params};
use sync::{Document, DocumentKey};

use crate::store::StoreError;
use snapshot::Snapshot;

/// Documents kept in memory. A claim that is being edited is some hundred kilobytes.
const MOST_DOCUMENTS: usize = 512;

/// The documents that were used last.
#[derive(Default)]
pub(super) struct DocumentCache {
    kept: BTreeMap<DocumentKey, (u64, Document)>,
    uses: u64,
}

impl DocumentCache {
    /// The document as admitted so far; empty when nobody began it.
    pub(super) fn get(&mut self, connection: &Connection, key: DocumentKey) -> Result<&Document, StoreError> {
        if !self.kept.contains_key(&key) {
            let document = load(connection, key)?;
            self.put(key, document);
        }
        self.uses += 1;
        let uses = self.uses;
        let entry = self.kept.entry(key).or_insert_with(|| (uses, Document::new()));
        entry.0 = uses;
        Ok(&entry.1)
    }

    /// Keeps the document as it stands now.
    pub(super) fn put(&mut self, key: DocumentKey, document: Document) {
        self.uses += 1;
        self.kept.insert(key, (self.uses, document));
        if self.kept.len() > MOST_DOCUMENTS {
            let oldest = self.kept.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key);
            if let Some(oldest) = oldest {
                self.kept.remove(&oldest);
            }
        }
    }
}

/// The document that the change log describes, from its snapshot if there is one.
fn load(connection: &Connection, key: DocumentKey) -> Result<Document, StoreError> {
    if let Some(snapshot) = Snapshot::of(connection, key)?
        && let Some(document) = snapshot.open(connection)?
    {
        return Ok(document);
    }
    replay(connection, key, Document::new(), 0)
}

/// The document with the changes after a position.
pub(super) fn replay(
    connection: &Connection,
    key: DocumentKey,
    mut document: Document,
    after: i64,
) -> Result<Document, StoreError> {
    let mut rows = connection
        .prepare_cached("SELECT bytes FROM change WHERE document = ?1 AND position > ?2 ORDER BY position")?;
    let changes: Vec<Vec<u8>> =
        rows.query_map(params![key.to_string(), after], |row| row.get(0))?.collect::<Result<_, _>>()?;
    document
        .apply(changes.iter().map(Vec::as_slice))
        .map_err(|error| StoreError::corrupt(format!("the change log of {key}: {error}")))?;
    Ok(document)
}
