//! Causality: a change follows what the relay has, made by an actor of the device that it comes from.

use automerge::Change;

use super::{Refusal, Terms};
use crate::Document;
use crate::document::{genesis_actor, is_actor_of};
use crate::view::codes;

/// The actor, when everything before the change is here and its numbers are the next ones.
pub(super) fn check(document: &Document, terms: &Terms, change: &Change) -> Result<[u8; 16], Refusal> {
    let actor = change.actor_id().to_bytes();
    let Ok(actor) = <[u8; 16]>::try_from(actor) else {
        return Err(Refusal::malformed("an actor has sixteen bytes"));
    };
    let is_theirs = is_actor_of(&actor, terms.device) || terms.lent_actor == Some(actor);
    if !is_theirs || actor == genesis_actor(&terms.key) {
        return Err(Refusal::not_allowed("the actor is not one of this device's"));
    }
    if change.is_empty() {
        return Err(Refusal::malformed("the change does nothing"));
    }
    if change.message().is_some() {
        return Err(Refusal::malformed("changes carry no message"));
    }
    let inner = document.inner();
    if change.deps().is_empty() != document.is_empty() {
        return Err(if document.is_empty() {
            Refusal { code: codes::UNKNOWN_DEPENDENCY, message: "the document was not begun".into() }
        } else {
            Refusal::malformed("the document was begun already")
        });
    }
    let mut last_operation = 0;
    for dependency in change.deps() {
        let Some(known) = inner.get_change_meta_by_hash(dependency) else {
            return Err(Refusal { code: codes::UNKNOWN_DEPENDENCY, message: format!("{dependency} is not known") });
        };
        last_operation = last_operation.max(known.max_op);
    }
    let last_sequence = inner
        .get_changes_meta(&[])
        .iter()
        .filter(|known| *known.actor == *change.actor_id())
        .map(|known| known.seq)
        .max()
        .unwrap_or(0);
    if change.seq() != last_sequence + 1 {
        return Err(Refusal::malformed("the change's number is not the actor's next"));
    }
    if change.start_op().get() != last_operation + 1 {
        return Err(Refusal::malformed("the change's operations do not start where they must"));
    }
    Ok(actor)
}
