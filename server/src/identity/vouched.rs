//! A session for somebody whom a chat platform recognised, by an account that is bound to them.
//!
//! The platform stands in the place of the password and of nothing else: the device proves its key, a revoked key stays
//! out, and a person who left is nobody.

use budget::{DeviceId, PersonId};
use sync::signature::{PublicKey, enrolment_message};

use super::problems::PROOF_REFUSED;
use super::sign_in::{LONGEST_NAME, decode, refuse_device};
use super::{Caller, Granted, Identity, NewDevice, device, session};
use crate::http::Problem;
use crate::http::problem::UNAUTHENTICATED;
use crate::store::Stop;

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
}

impl Identity {
    /// Enrols the device and begins a session, without a password.
    pub async fn begin(&self, person: PersonId, offered: Offered) -> Result<Granted, Problem> {
        let identity = self.clone();
        let device = offered.device();
        let begun = self.0.store.writer.run(move |turn| {
            let (connection, now) = (turn.connection, turn.now);
            let Some(person) = identity.0.directory.person(connection, person)? else {
                return Err(Stop::Refused(Problem::new(&UNAUTHENTICATED)));
            };
            if let Some(refusal) = refuse_device(connection, person.id, &offered.key)? {
                return Err(Stop::Refused(refusal));
            }
            device::enrol(connection, person.id, &offered.key, &offered.name, now)?;
            session::revoke_of_device(connection, device, "signed_in_again", now)?;
            let token = session::start(connection, person.id, device, now)?;
            Ok((person, token, now))
        });
        let (person, token, now) = begun.await?;
        let caller = Caller { person: person.id, device };
        tracing::info!(person = %caller.person, device = %caller.device, "signed in from chat");
        self.grant(caller, person, &token, now)
    }
}
