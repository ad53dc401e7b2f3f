//! A person's device: a key that signs, and the actor of its changes.

use crate::store::sql::{Connection, params};
use budget::{DeviceId, PersonId, Timestamp};
use ed25519_dalek::{Signer, SigningKey};
use sync::record::{Record, SignedRecord};
use sync::signature::{Algorithm, PublicKey, change_message, record_message};
use sync::wire::SignedChange;
use sync::{Document, DocumentKey, Edit};

use super::StageError;
use crate::authority::Caller;
use crate::random;

/// A person with a device that signs. The key is made at random and lives as long as this value.
pub struct Hand {
    /// Who.
    pub person: PersonId,
    /// On which device.
    pub device: DeviceId,
    key: SigningKey,
    actor: [u8; 16],
}

impl Hand {
    /// Enrols a new device for a person who has a login.
    pub fn enrol(connection: &Connection, now: Timestamp, person: PersonId, name: &str) -> Result<Self, StageError> {
        let key = SigningKey::from_bytes(&random::bytes::<32>()?);
        let public = PublicKey { algorithm: Algorithm::Ed25519, bytes: key.verifying_key().to_bytes().to_vec() };
        let device = public.device();
        connection.execute(
            "INSERT INTO device (id, person, algorithm, public_key, name, enrolled_at) VALUES (?1, ?2, 1, ?3, ?4, ?5)",
            params![device.bytes(), person.bytes(), public.bytes, name, now.0],
        )?;
        let mut actor = [0; 16];
        let tail = random::bytes::<8>()?;
        for (to, from) in actor.iter_mut().zip(sync::gate::actor_prefix(device).into_iter().chain(tail)) {
            *to = from;
        }
        Ok(Self { person, device, key, actor })
    }

    /// The connection on which they work.
    pub const fn caller(&self) -> Caller {
        Caller { person: self.person, device: self.device }
    }

    /// The actor that their changes carry.
    pub const fn actor(&self) -> [u8; 16] {
        self.actor
    }

    /// The device's signature over a message.
    pub fn signature(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).to_bytes().to_vec()
    }

    /// A record with their signature.
    pub fn sign(&self, record: &Record) -> SignedRecord {
        let body = record.body();
        let signature = self.signature(&record_message(&body));
        SignedRecord { body, device: self.device, signature }
    }

    /// An edit of a document as a signed change; `None` when it changes nothing.
    pub fn edit(
        &self,
        document: &mut Document,
        key: DocumentKey,
        now: Timestamp,
        edit: &Edit,
    ) -> Result<Option<SignedChange>, StageError> {
        let change =
            document.edit(&key, self.actor, now, edit).map_err(|error| StageError::Content(error.to_string()))?;
        Ok(change.map(|change| SignedChange {
            document: key,
            hash: change.hash,
            signature: self.key.sign(&change_message(&key, &change.hash)).to_bytes().to_vec(),
            bytes: change.bytes,
            device: self.device,
        }))
    }
}
