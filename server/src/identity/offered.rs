//! A device that proved its key, and the session that begins on it.
//!
//! Whoever vouches for the person, a password or a chat platform, the device is judged the same way: its key signed, it is
//! nobody else's, and a revoked key stays out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::{DeviceId, PersonId, Timestamp};
use serde::Deserialize;
use sync::signature::{Algorithm, PublicKey, enrolment_message};

use super::problems::{DEVICE_OF_ANOTHER, DEVICE_REVOKED, PROOF_REFUSED};
use super::session::{self, RefreshToken};
use super::{LONGEST_NAME, device};
use crate::http::Problem;
use crate::store::{Connection, Stop};

/// A device's key and name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewDevice {
    /// The scheme of its key.
    pub algorithm: Algorithm,
    /// The raw key, base64.
    pub public_key: String,
    /// What its person calls it.
    pub name: String,
}

/// A device that has proved its key.
pub struct Offered {
    key: PublicKey,
    name: String,
}

impl Offered {
    /// Checks the device's signature over `sync::signature::enrolment_message(said)`.
    pub fn check(device: NewDevice, proof: &str, said: &str) -> Result<Self, Problem> {
        let NewDevice { algorithm, public_key, name } = device;
        let key = PublicKey { algorithm, bytes: decode("device.publicKey", &public_key)? };
        if !key.verifies(&enrolment_message(said), &decode("proof", proof)?) {
            return Err(Problem::new(&PROOF_REFUSED));
        }
        Ok(Self { key, name: name.trim().chars().take(LONGEST_NAME).collect() })
    }

    /// The id that its key gives it.
    pub fn device(&self) -> DeviceId {
        self.key.device()
    }

    /// Enrols it for a person and begins a session on it; the one that it had ends. On the writer.
    pub(super) fn begin(
        &self,
        connection: &Connection,
        person: PersonId,
        now: Timestamp,
    ) -> Result<RefreshToken, Stop<Problem>> {
        check_key(connection, person, &self.key)?;
        device::enrol(connection, person, &self.key, &self.name, now)?;
        session::revoke_of_device(connection, self.device(), "signed_in_again", now)?;
        Ok(session::start(connection, person, self.device(), now)?)
    }
}

/// Refuses a key that cannot become a device of this person.
pub(super) fn check_key(connection: &Connection, person: PersonId, key: &PublicKey) -> Result<(), Stop<Problem>> {
    match device::find(connection, key.device())? {
        Some(known) if known.person != person => Err(Stop::Refused(Problem::new(&DEVICE_OF_ANOTHER))),
        Some(known) if known.revoked_at.is_some() => Err(Stop::Refused(Problem::new(&DEVICE_REVOKED))),
        _ => Ok(()),
    }
}

/// The bytes of a field in base64.
pub(super) fn decode(what: &str, text: &str) -> Result<Vec<u8>, Problem> {
    STANDARD.decode(text).map_err(|_| Problem::malformed(format!("{what}: base64")))
}
