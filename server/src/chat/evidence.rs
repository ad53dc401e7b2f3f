//! The verified callback behind each decision by card (审批凭据).
//!
//! Promise: it is written in the transaction of the decision that it proves, and never changed: its
//! SHA-256 is hashed into the decision's id, and with that into the journal.

use bot::Tap;
use budget::{PersonId, Timestamp};

use super::desk::CardOf;
use crate::random::sha256;
use crate::store::StoreError;
use crate::store::sql::{Connection, params};

/// The hash that a decision carries.
pub(super) fn hash(tap: &Tap) -> [u8; 32] {
    sha256(&[tap.evidence.reveal().as_bytes()])
}

/// Keeps the evidence of a decision.
pub(super) fn keep(
    connection: &Connection,
    tap: &Tap,
    card: &CardOf,
    person: PersonId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO chat_evidence
               (sha256, platform, corporation, user_id, request, revision, step, person, callback, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            hash(tap),
            tap.platform.word(),
            tap.corporation,
            tap.user,
            card.request.bytes(),
            card.revision,
            card.step,
            person.bytes(),
            tap.evidence.reveal(),
            now.0
        ])?;
    Ok(())
}
