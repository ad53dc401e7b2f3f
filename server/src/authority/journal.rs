//! The journal: what was decided, as leaves of a Merkle tree that anybody can recompute.
//!
//! Promise: entries with the commands that made them, refused commands, submissions, decisions, withdrawals, payments and
//! published versions are leaves (RFC 6962 section 2.1), in the transaction that made them. Each row also holds the root of
//! the tree up to it, so that a row changed later is found by name; whoever changes all later roots
//! as well is found by any signed [`checkpoint`] given away before. Leaves name people by id and
//! texts by salted hash: no name, no reason and no invoice is in here.

pub mod checkpoint;
mod leaf;
pub mod merkle;
pub mod proof;
pub mod tree;

use crate::store::sql::{Column, Connection, Table, params};
use budget::Timestamp;
use ed25519_dalek::SigningKey;

pub use leaf::{DecisionLeaf, Leaf, SubmissionLeaf};

use self::merkle::{Frontier, Hash};
use super::number;
use crate::store::StoreError;

/// Leaves, as they are appended.
static JOURNAL: Table = Table::append(
    "journal",
    &[
        Column::Integer("sequence"),
        Column::Integer("at"),
        Column::Text("kind"),
        Column::Blob("body"),
        Column::Blob("leaf"),
        Column::Blob("root"),
    ],
);

/// Heads that were signed.
static CHECKPOINT: Table =
    Table::append("checkpoint", &[Column::Integer("size"), Column::Integer("at"), Column::Text("note")]);

/// A checkpoint is kept at least this often, in leaves.
const CHECKPOINT_EVERY: u64 = 64;

/// The end of the journal: enough to append.
pub(super) struct Journal {
    frontier: Frontier,
    key: SigningKey,
}

/// One row of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// 1, 2, 3 … without a gap.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The kind of leaf.
    pub kind: String,
    /// The leaf's canonical CBOR.
    pub body: Vec<u8>,
    /// The leaf's hash.
    pub leaf: Hash,
    /// The root of the tree that ends with it.
    pub root: Hash,
}

impl Journal {
    /// The journal that the table holds.
    pub(super) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let mut frontier = Frontier::default();
        let mut rows = connection.prepare("SELECT leaf FROM journal ORDER BY sequence")?;
        for leaf in rows.query_map([], |row| row.get::<Hash>(0))? {
            frontier.push(leaf?);
        }
        Ok(Self { frontier, key: super::signing::key(connection)? })
    }

    /// Appends a leaf.
    pub(super) fn append(&mut self, connection: &Connection, now: Timestamp, leaf: &Leaf) -> Result<(), StoreError> {
        let body = leaf.body();
        let hash = merkle::leaf_hash(&body);
        self.frontier.push(hash);
        let root = self.frontier.root();
        let row = params![number::stored(self.frontier.size()), now.0, leaf.kind(), body, hash, root];
        connection.put(&JOURNAL, row)?;
        if self.frontier.size().is_multiple_of(CHECKPOINT_EVERY) {
            self.checkpoint(connection, now)?;
        }
        Ok(())
    }

    /// Signs the head of the journal, keeps the note and returns it.
    pub(super) fn checkpoint(&self, connection: &Connection, now: Timestamp) -> Result<String, StoreError> {
        let note = checkpoint::sign(&self.key, self.frontier.size(), self.frontier.root());
        connection.put(&CHECKPOINT, params![number::stored(self.frontier.size()), now.0, note])?;
        Ok(note)
    }
}

impl super::Authority {
    /// The signed head of the journal, to be given away: whoever keeps it can prove later that
    /// nothing before it was changed.
    pub fn checkpoint(&self, connection: &Connection, now: Timestamp) -> Result<String, StoreError> {
        self.journal.checkpoint(connection, now)
    }
}

/// The latest signed head, if any was made.
pub fn latest_checkpoint(connection: &Connection) -> Result<Option<String>, StoreError> {
    use crate::store::sql::OptionalExtension;
    Ok(connection
        .prepare_cached("SELECT note FROM checkpoint ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

/// How many leaves there are.
pub fn size(connection: &Connection) -> Result<u64, StoreError> {
    let newest: i64 =
        connection.prepare_cached("SELECT coalesce(max(sequence), 0) FROM journal")?.query_row([], |row| row.get(0))?;
    Ok(number::counted(newest))
}

/// The hash of one leaf, by its sequence.
pub fn leaf_of(connection: &Connection, sequence: u64) -> Result<Hash, StoreError> {
    Ok(connection
        .prepare_cached("SELECT leaf FROM journal WHERE sequence = ?1")?
        .query_row([number::stored(sequence)], |row| row.get(0))?)
}

/// Calls `each` with every row in order, until it fails.
pub fn read(connection: &Connection, mut each: impl FnMut(Row) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("SELECT sequence, at, kind, body, leaf, root FROM journal ORDER BY sequence")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(Row {
            sequence: number::counted(row.get(0)?),
            at: Timestamp(row.get(1)?),
            kind: row.get(2)?,
            body: row.get(3)?,
            leaf: row.get(4)?,
            root: row.get(5)?,
        })?;
    }
    Ok(())
}
