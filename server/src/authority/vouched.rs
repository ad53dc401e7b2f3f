//! Changes of programs that cannot sign: the relay's word in the place of a signature.
//!
//! Promise: the relay's word holds for the device on whose session the change came, and for a draft or a comment only. Such a
//! program also names its actors as it likes; one is its device's in a document when no other device has written with it
//! there, and it names no device by itself.

use budget::DeviceId;
use ed25519_dalek::{Signature, Verifier};
use sync::gate::Envelope;
use sync::signature::vouch_message;
use sync::wire::SignedChange;

use super::signing;
use crate::store::StoreError;
use crate::store::sql::{Connection, OptionalExtension, params};

/// Whether the signature is the relay's own word.
pub(super) fn is_vouched(connection: &Connection, change: &SignedChange) -> Result<bool, StoreError> {
    let Ok(signature) = Signature::from_slice(&change.signature) else {
        return Ok(false);
    };
    let message = vouch_message(&change.document, &change.hash, change.device);
    Ok(signing::key(connection)?.verifying_key().verify(&message, &signature).is_ok())
}

/// The change's actor, when it is the device's although it does not name it.
pub(super) fn lent_actor(connection: &Connection, change: &SignedChange) -> Result<Option<[u8; 16]>, StoreError> {
    let Some(Envelope { actor, .. }) = Envelope::read(&change.bytes) else {
        return Ok(None);
    };
    let holder: Option<DeviceId> = connection
        .prepare_cached("SELECT device FROM change WHERE document = ?1 AND actor = ?2 LIMIT 1")?
        .query_row(params![change.document.to_string(), actor], |row| row.get(0).map(DeviceId))
        .optional()?;
    let is_free = match holder {
        Some(device) => device == change.device,
        None => !names_a_device(connection, &actor)?,
    };
    Ok(is_free.then_some(actor))
}

/// Whether the actor is one of an enrolled device's, by its first half.
fn names_a_device(connection: &Connection, actor: &[u8; 16]) -> Result<bool, StoreError> {
    let (half, _) = actor.split_at(8);
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM device WHERE substr(id, 1, 8) = ?1)")?
        .query_row([half], |row| row.get(0))?)
}
