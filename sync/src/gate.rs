//! The gate: which changes of a document the relay admits.
//!
//! A merge engine trusts its peers; a relay must not. A change with a valid hash can kill the
//! process that applies it, make a saved document unloadable for ever or take another device's place.
//! So each change passes, cheapest check first:
//!
//! ```text
//! bounds ─▶ parse ─▶ causality ─▶ operations ─▶ policy ─▶ trial: apply, save, reload
//! ```
//!
//! Promise: what comes out of [`admit`] applies, saves, reloads to the same heads and keeps the
//! schema; what is refused has a stable code and leaves no trace. Nothing here panics outward: each
//! call into the engine with unadmitted bytes is guarded, so the relay must be built with unwinding.

pub(crate) mod bounds;
mod causality;
mod envelope;
mod operations;
mod policy;
#[cfg(test)]
mod tests;
mod trial;

use automerge::Change;

pub use envelope::Envelope;
pub use policy::Terms;

use crate::document::{NewChange, genesis};
pub use crate::document::{actor_prefix, is_actor_of};
use crate::view::codes;
use crate::{Document, Field, Place};

/// What was admitted.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// The document with the change in it.
    pub document: Document,
    /// The change's hash.
    pub hash: [u8; 32],
    /// The actor that made it.
    pub actor: [u8; 16],
    /// Its number among the actor's changes.
    pub sequence: u64,
    /// The changes that it follows.
    pub dependencies: Vec<[u8; 32]>,
    /// Every field that it writes.
    pub touched: Vec<(Place, Field)>,
    /// Whether it begins the document; then the owner is the one who pushed it.
    pub creates: bool,
}

/// Why a change is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// One of [`crate::view::codes`].
    pub code: &'static str,
    /// In plain English, for the log.
    pub message: String,
}

impl Refusal {
    fn malformed(message: impl Into<String>) -> Self {
        Self { code: codes::MALFORMED, message: message.into() }
    }

    fn not_allowed(message: impl Into<String>) -> Self {
        Self { code: codes::NOT_ALLOWED, message: message.into() }
    }
}

/// Decides one change. `document` holds what was admitted before; `terms` say who pushes and how
/// the request stands.
pub fn admit(document: &Document, terms: &Terms, bytes: &[u8]) -> Result<Admitted, Refusal> {
    bounds::check(bytes)?;
    if document.is_empty()
        && let Some(first) = genesis(&terms.key)
    {
        return begin(terms, &first, bytes);
    }
    let change = guarded("parsing", || Change::from_bytes(bytes.to_vec()))?
        .map_err(|error| Refusal::malformed(error.to_string()))?;
    if change.raw_bytes() != bytes {
        return Err(Refusal::malformed("the change is not in its canonical form"));
    }
    let actor = causality::check(document, terms, &change)?;
    let creates = change.deps().is_empty();
    let touched = operations::check(document, &change)?;
    policy::check(terms, actor, creates, &touched)?;
    let hash = change.hash().0;
    let (sequence, dependencies) = (change.seq(), change.deps().iter().map(|hash| hash.0).collect());
    let document = trial::run(document, terms, change)?;
    let touched = touched.into_iter().filter_map(|write| write.field.map(|field| (write.place, field))).collect();
    Ok(Admitted { document, hash, actor, sequence, dependencies, touched, creates })
}

/// Decides the first change of a document that has no single author: it is the same everywhere.
fn begin(terms: &Terms, first: &NewChange, bytes: &[u8]) -> Result<Admitted, Refusal> {
    if first.bytes != bytes {
        return Err(Refusal { code: codes::UNKNOWN_DEPENDENCY, message: "the document was not begun".into() });
    }
    policy::begin(terms)?;
    let mut document = Document::new();
    document.apply([bytes]).map_err(|error| Refusal::malformed(error.to_string()))?;
    let change = Change::from_bytes(bytes.to_vec()).map_err(|error| Refusal::malformed(error.to_string()))?;
    let actor =
        change.actor_id().to_bytes().try_into().map_err(|_| Refusal::malformed("an actor has sixteen bytes"))?;
    Ok(Admitted {
        document,
        hash: first.hash,
        actor,
        sequence: change.seq(),
        dependencies: Vec::new(),
        touched: vec![(Place::Header, Field::Schema)],
        creates: true,
    })
}

/// Calls into the merge engine with bytes that it may not survive.
fn guarded<T>(stage: &str, call: impl FnOnce() -> T) -> Result<T, Refusal> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(call))
        .map_err(|_| Refusal::malformed(format!("{stage} the change failed")))
}
