//! Documents: drafts that several devices may edit at once.
//!
//! Promise: a document is made of maps and scalars only, its containers are made once in its first
//! change, amounts are integer fen, and two values of one field written at the same time are both
//! kept and shown, never silently resolved. State, decisions and budgets are not in here.

mod actor;
mod claim;
mod content;
mod digest;
mod edit;
mod field;
mod genesis;
mod history;
mod key;
pub(crate) mod migration;
pub(crate) mod place;
mod preferences;
mod tax;
#[cfg(test)]
mod tests;
mod thread;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, Automerge, AutomergeError, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
};
use budget::Timestamp;

pub use actor::{actor_prefix, is_actor_of, new_actor};
pub use claim::{Claim, ClaimInvoice, ClaimLine, Conflict, Problem};
pub use content::Content;
pub use digest::{DigestError, content, digest};
pub use edit::{Edit, EditError};
pub use field::{CommentId, Field, Place, Scalar};
pub use genesis::genesis;
#[cfg(feature = "gate")]
pub(crate) use genesis::genesis_actor;
pub use history::Edited;
pub use key::{DocumentKey, DocumentKeyError};
pub use migration::SCHEMA;
pub use preferences::Preferences;
pub use thread::{Comment, Thread};

/// Names of the maps inside a claim, made by its first change and never replaced.
pub(crate) const LINES: &str = "lines";
pub(crate) const INVOICES: &str = "invoices";
/// Name of the map inside a thread.
pub(crate) const COMMENTS: &str = "comments";

/// One change of a document: what travels and what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// SHA-256 of the change, its name everywhere.
    pub hash: [u8; 32],
    /// The change itself, uncompressed, as the gate wants it.
    pub bytes: Vec<u8>,
}

/// A document with the changes it has seen.
#[derive(Debug, Clone)]
pub struct Document {
    inner: Automerge,
}

impl Default for Document {
    fn default() -> Self {
        Self { inner: Automerge::new() }
    }
}

impl Document {
    /// A document that nobody has written yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The document saved in these bytes.
    pub fn load(bytes: &[u8]) -> Result<Self, AutomergeError> {
        Ok(Self { inner: Automerge::load(bytes)? })
    }

    /// All of it in one compact piece.
    pub fn save(&self) -> Vec<u8> {
        self.inner.save()
    }

    /// Whether nobody has written it yet.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Where it stands: the changes that no other change follows, sorted.
    pub fn heads(&self) -> Vec<[u8; 32]> {
        self.inner.get_heads().into_iter().map(|hash| hash.0).collect()
    }

    /// Whether it has this change.
    pub fn has(&self, hash: &[u8; 32]) -> bool {
        self.inner.get_change_meta_by_hash(&ChangeHash(*hash)).is_some()
    }

    /// Adds changes that the gate has admitted. Unknown dependencies are held back by Automerge
    /// until they come.
    pub fn apply<'a>(&mut self, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<(), AutomergeError> {
        let mut parsed = Vec::new();
        for bytes in changes {
            parsed.push(Change::from_bytes(bytes.to_vec())?);
        }
        self.inner.apply_changes(parsed)
    }

    /// Every change, oldest first, as it travelled.
    pub fn changes(&self) -> Vec<NewChange> {
        self.inner
            .get_changes(&[])
            .into_iter()
            .map(|change| NewChange { hash: change.hash().0, bytes: change.raw_bytes().to_vec() })
            .collect()
    }

    /// The changes that one change follows; empty when it is not here.
    pub(crate) fn follows(&self, hash: &[u8; 32]) -> Vec<[u8; 32]> {
        let change = self.inner.get_change_meta_by_hash(&ChangeHash(*hash));
        change.map(|change| change.deps.iter().map(|dependency| dependency.0).collect()).unwrap_or_default()
    }

    /// Which layout it has; `None` when it names none.
    pub(crate) fn layout(&self) -> Option<i64> {
        migration::layout(&self.values(&ROOT, Field::Schema.name()))
    }

    /// Does what a person wants, as one change by `actor`. `Ok(None)` when nothing would change.
    pub fn edit(
        &mut self,
        key: &DocumentKey,
        actor: [u8; 16],
        at: Timestamp,
        edit: &Edit,
    ) -> Result<Option<NewChange>, EditError> {
        edit.check(key, self.is_empty(), self.layout())?;
        if edit.begins_shared() {
            return Ok(self.begin(key));
        }
        self.inner.set_actor(ActorId::from(actor.as_slice()));
        let before = self.inner.get_heads();
        let puts = edit.puts(|| Content::of(self));
        let mut transaction = self.inner.transaction();
        match edit.write(&mut transaction, puts) {
            Ok(()) => {}
            Err(error) => {
                transaction.rollback();
                return Err(error);
            }
        }
        // Automerge counts seconds and uses them for nothing; readers show when a field was changed.
        transaction.commit_with(CommitOptions::default().with_time(at.0.div_euclid(1_000)));
        if self.inner.get_heads() == before {
            return Ok(None);
        }
        let change = self.inner.get_last_local_change().ok_or(EditError::Empty)?;
        Ok(Some(NewChange { hash: change.hash().0, bytes: change.raw_bytes().to_vec() }))
    }

    /// The merge engine below, for the gate.
    #[cfg(feature = "gate")]
    pub(crate) const fn inner(&self) -> &Automerge {
        &self.inner
    }

    #[cfg(feature = "gate")]
    pub(crate) const fn from_inner(inner: Automerge) -> Self {
        Self { inner }
    }

    fn map(&self, parent: &ObjId, key: &str) -> Option<ObjId> {
        match self.inner.get(parent, key) {
            Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
            _ => None,
        }
    }

    /// Every value that a field has: none, one, or several that differ and were written at the same
    /// time. The engine's winner is the last.
    pub(crate) fn values(&self, object: &ObjId, key: &str) -> Vec<Scalar> {
        let mut values: Vec<Scalar> = Vec::new();
        for (value, _) in self.inner.get_all(object, key).unwrap_or_default() {
            if let Some(value) = scalar(&value) {
                // Two people who wrote the same do not disagree.
                values.retain(|other| *other != value);
                values.push(value);
            }
        }
        values
    }

    fn keys(&self, container: &str) -> Vec<(String, ObjId)> {
        let Some(map) = self.map(&ROOT, container) else {
            return Vec::new();
        };
        self.inner.keys(&map).filter_map(|key| Some((key.clone(), self.map(&map, &key)?))).collect()
    }
}

fn scalar(value: &Value<'_>) -> Option<Scalar> {
    let Value::Scalar(value) = value else {
        return None;
    };
    match value.as_ref() {
        ScalarValue::Str(text) => Some(Scalar::Text(text.to_string())),
        ScalarValue::Int(number) => Some(Scalar::Integer(*number)),
        ScalarValue::Boolean(flag) => Some(Scalar::Flag(*flag)),
        _ => None,
    }
}

fn put(transaction: &mut impl Transactable, object: &ObjId, key: &str, value: &Scalar) -> Result<(), AutomergeError> {
    match value {
        Scalar::Text(text) => transaction.put(object, key, text.as_str()),
        Scalar::Integer(number) => transaction.put(object, key, *number),
        Scalar::Flag(flag) => transaction.put(object, key, *flag),
    }
}
