//! The first change of documents that have no single author.
//!
//! Promise: whoever begins a thread or a person's preferences, and on however many devices at the
//! same time, makes the same bytes with the same hash. So two people who comment offline for the
//! first time do not make two documents of which one hides the other.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjType, ROOT};
use sha2::{Digest, Sha256};

use super::{COMMENTS, Document, Field, NewChange, SCHEMA, Scalar, put};
use crate::DocumentKey;

/// The change that begins this document, the same on every device; `None` for claims, which their
/// owner begins.
pub fn genesis(key: &DocumentKey) -> Option<NewChange> {
    let container = match key {
        DocumentKey::Claim(_) => return None,
        DocumentKey::Thread(_) => Some(COMMENTS),
        DocumentKey::Preferences(_) => None,
    };
    let mut document = Automerge::new();
    document.set_actor(ActorId::from(genesis_actor(key).as_slice()));
    let mut transaction = document.transaction();
    put(&mut transaction, &ROOT, Field::Schema.name(), &Scalar::Integer(SCHEMA)).ok()?;
    if let Some(container) = container {
        transaction.put_object(&ROOT, container, ObjType::Map).ok()?;
    }
    transaction.commit_with(CommitOptions::default().with_time(0));
    let change = document.get_last_local_change()?;
    Some(NewChange { hash: change.hash().0, bytes: change.raw_bytes().to_vec() })
}

/// The actor of the first change: nobody's, and another one for each document.
pub(crate) fn genesis_actor(key: &DocumentKey) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(b"suanpan-genesis-1\0");
    hash.update(key.to_string());
    let mut actor = [0; 16];
    for (to, from) in actor.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    actor
}

impl Document {
    /// Begins a shared document, or finds it begun.
    pub(super) fn begin(&mut self, key: &DocumentKey) -> Option<NewChange> {
        let change = genesis(key)?;
        self.apply([change.bytes.as_slice()]).ok()?;
        Some(change)
    }
}
