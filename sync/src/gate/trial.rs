//! The trial: the change is applied to a copy, which must save, reload and read back.
//!
//! This is not optional: of byte mutants with a repaired checksum more than one in a hundred passes
//! every earlier stage and is caught only by the reload.

use automerge::{Automerge, Change};

use super::policy::Terms;
use super::{Refusal, guarded};
use crate::document::{Claim, migration};
use crate::{Document, DocumentKey};

pub(super) fn run(document: &Document, terms: &Terms, change: Change) -> Result<Document, Refusal> {
    let hash = change.hash();
    let copy = guarded("applying", || {
        let mut copy = document.inner().clone();
        copy.apply_changes([change]).map_err(|error| error.to_string())?;
        if copy.get_change_meta_by_hash(&hash).is_none() {
            return Err("the change was not applied".to_owned());
        }
        let reloaded = Automerge::load(&copy.save()).map_err(|error| error.to_string())?;
        if reloaded.get_heads() != copy.get_heads() {
            return Err("the saved document reloads to other heads".to_owned());
        }
        // Reading everything finds what only a reader trips over.
        let _ = reloaded.hydrate(None);
        Ok(Document::from_inner(copy))
    })?
    .map_err(Refusal::malformed)?;
    if !migration::is_understood(copy.layout()) {
        return Err(Refusal::malformed("the document's layout has no known version"));
    }
    if matches!(terms.key, DocumentKey::Claim(_)) && Claim::read(&copy).is_none() {
        return Err(Refusal::malformed("the claim has no owner"));
    }
    Ok(copy)
}
