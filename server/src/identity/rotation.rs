//! A device that changes its key (密钥轮换).
//!
//! Promise: the present key names the next one and the next one agrees, both in writing that is kept; from that moment the
//! present key signs nothing any more. The session goes on under the next key with the same refresh token, so a device that
//! never heard the answer only has to renew with whichever of its two keys is the one.

use budget::DeviceId;
use serde::{Deserialize, Serialize};
use sync::signature::{Algorithm, PublicKey, rotation_message};

use super::access::Authenticated;
use super::offered::{check_key, decode};
use super::problems::{DEVICE_REVOKED, PROOF_REFUSED, SESSION_ENDED};
use super::{Identity, device, session};
use crate::authority::Effect;
use crate::http::Problem;
use crate::store::Stop;

/// What a device offers: its next key, and two signatures over
/// [`rotation_message`]`(present device, next key)`, base64.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rotation {
    /// The scheme of the next key.
    pub algorithm: Algorithm,
    /// The raw next key, base64.
    pub public_key: String,
    /// By the present key.
    pub proof: String,
    /// By the next key.
    pub next_proof: String,
}

/// Who the device is from now on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rotated {
    /// Derived from its next key.
    pub device_id: DeviceId,
}

impl Identity {
    /// Puts the next key in the place of the one that the caller signs with.
    pub(super) async fn rotate(&self, known: Authenticated, offer: Rotation) -> Result<Rotated, Problem> {
        let (caller, session) = (known.caller, known.session);
        let next = PublicKey { algorithm: offer.algorithm, bytes: decode("publicKey", &offer.public_key)? };
        let (proof, next_proof) = (decode("proof", &offer.proof)?, decode("nextProof", &offer.next_proof)?);
        let id = next.device();
        if id == caller.device {
            return Err(Problem::malformed("publicKey: it is the present key"));
        }
        let present = self.0.store.readers.read(move |connection| device::find(connection, caller.device)).await?;
        let message = rotation_message(caller.device, &next);
        let named = present.filter(|present| present.key.verifies(&message, &proof));
        let Some(present) = named.filter(|_| next.verifies(&message, &next_proof)) else {
            return Err(Problem::new(&PROOF_REFUSED));
        };
        let identity = self.clone();
        let rotated = self.0.store.writer.run(move |turn| {
            let (connection, now) = (turn.connection, turn.now);
            if device::find(connection, caller.device)?.is_none_or(|device| device.revoked_at.is_some()) {
                return Err(Stop::Refused(Problem::new(&DEVICE_REVOKED)));
            }
            if !session::is_open(connection, session, caller.device)? {
                return Err(Stop::Refused(Problem::new(&SESSION_ENDED)));
            }
            check_key(connection, caller.person, &next)?;
            device::enrol(connection, caller.person, &next, &present.name, now)?;
            device::succeed(connection, caller.device, id, (&proof, &next_proof), now)?;
            session::hand_over(connection, session, id)?;
            session::revoke_of_device(connection, caller.device, "key_rotated", now)?;
            // Whoever else has the present key is out, wherever they are.
            turn.after_commit(move || identity.0.fan_out.tell(&[Effect::Device(caller.device)]));
            Ok(())
        });
        rotated.await?;
        tracing::info!(person = %caller.person, device = %caller.device, next = %id, "key rotated");
        Ok(Rotated { device_id: id })
    }
}
