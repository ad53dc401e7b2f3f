//! Who is asking: passwords, devices, sessions, tokens.
//!
//! Promise: a person proves themselves with a password once for each device, and the device proves
//! itself with its key ever after. A stolen database gives no password and no token; a stolen
//! refresh token is worthless without the device's key; a revoked device or a person who left is
//! refused at the next request, not when a token runs out.
//!
//! - Five wrong passwords lock a login for fifteen minutes, and the answer says so. Unknown logins
//!   lock in the same way and take the same work, so the answers tell nobody which logins exist.
//! - Access tokens are short-lived JWTs (HS256) of one issuer and purpose. Refresh tokens rotate;
//!   the database holds their hashes. Asking again with the token before, because the answer was
//!   lost, gives the same successor for thirty seconds; later it ends the session, because then two
//!   parties hold the same token.
//!
//! For handlers: take [`Caller`] as an argument. For sockets: [`Identity::recognise`]. For whoever
//! creates people: [`password_hash`] and [`create_credential`]. For signatures: [`find_device`].

mod access;
mod attempt;
mod caller;
mod credential;
mod device;
mod offered;
mod password;
pub mod problems;
mod refresh;
mod rotation;
mod routes;
mod session;
mod sign_in;
#[cfg(test)]
mod tests;
mod vouched;

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::{DeviceId, Person, PersonId, Role, Timestamp};
use serde::Serialize;

pub use caller::Caller;
pub use credential::create as create_credential;
pub use device::{Device, enrol as enrol_device, find as find_device};
pub use offered::{NewDevice, Offered};
pub use password::hash as password_hash;
pub use refresh::Refresh;
pub use routes::routes;
pub use sign_in::SignIn;

use crate::authority::{Authority, Effect};
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::Directory;
use crate::http::Problem;
use crate::http::problem::{NOT_FOUND, UNAUTHENTICATED};
use crate::http::rate_limit::Client;
use crate::keys::{Key, Keys};
use crate::relay::FanOut;
use crate::store::{Stop, Store};

/// The longest login and device name, in characters.
const LONGEST_NAME: usize = 100;
use access::{Access, Authenticated};
use password::Passwords;

/// The part of the server that knows who is asking; clones share it.
#[derive(Clone)]
pub struct Identity(Arc<Parts>);

struct Parts {
    store: Store<Authority>,
    clock: Clock,
    directory: Arc<dyn Directory>,
    access: Access,
    refresh_key: Key,
    passwords: Passwords,
    server_key: String,
    /// The logins of systems.
    systems: BTreeSet<String>,
    fan_out: FanOut,
}

/// What a device gets when it signs in or renews.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Granted {
    /// For the `Authorization: Bearer` header.
    pub access_token: String,
    /// For the next renewal; replaces the one before.
    pub refresh_token: String,
    /// Who is signed in.
    pub person: Person,
    /// The device that signs.
    pub device_id: DeviceId,
    /// How long the access token lasts, in seconds.
    pub expires_in: i64,
    /// The server's Ed25519 key (RFC 8032, 32 bytes in base64), with which it signs views and the
    /// journal's checkpoints. A device keeps the first that it gets and believes no other.
    pub server_key: String,
}

impl Identity {
    /// Puts the parts together.
    pub fn new(
        store: Store<Authority>,
        clock: Clock,
        keys: &Keys,
        config: &Config,
        directory: Arc<dyn Directory>,
        fan_out: FanOut,
    ) -> Self {
        Self(Arc::new(Parts {
            store,
            clock,
            directory,
            access: Access::new(&keys.access_token, config.access_token_minutes),
            refresh_key: keys.refresh_token.clone(),
            passwords: Passwords::new(),
            server_key: STANDARD.encode(keys.signing_key().verifying_key().as_bytes()),
            systems: config.systems.iter().cloned().collect(),
            fan_out,
        }))
    }

    /// Whose access token this is, and until when it holds.
    pub async fn recognise(&self, token: &str) -> Result<(Caller, Timestamp), Problem> {
        let known = self.authenticate(token).await?;
        Ok((known.caller, known.expires_at))
    }

    /// The token, checked, and still good according to the tables.
    async fn authenticate(&self, token: &str) -> Result<Authenticated, Problem> {
        let known = self.0.access.open(token, self.0.clock.now()).ok_or(Problem::new(&UNAUTHENTICATED))?;
        let directory = Arc::clone(&self.0.directory);
        let found = self
            .0
            .store
            .readers
            .read(move |connection| {
                let open = session::is_open(connection, known.session, known.caller.device)?;
                Ok(if open { directory.person(connection, known.caller.person)? } else { None })
            })
            .await?;
        let person = found.ok_or(Problem::new(&UNAUTHENTICATED))?;
        let client = if self.0.systems.contains(&person.login) { Client::System } else { Client::Person };
        Ok(Authenticated { client, ..known })
    }

    async fn person(&self, id: PersonId) -> Result<Person, Problem> {
        let directory = Arc::clone(&self.0.directory);
        let person = self.0.store.readers.read(move |connection| directory.person(connection, id)).await?;
        person.ok_or(Problem::new(&UNAUTHENTICATED))
    }

    /// Ends the session of a token.
    async fn sign_out(&self, known: Authenticated) -> Result<(), Problem> {
        let ended = self.0.store.writer.run(move |turn| {
            session::revoke(turn.connection, known.session, "signed_out", turn.now)?;
            Ok::<_, Stop<Problem>>(())
        });
        ended.await?;
        tracing::info!(person = %known.caller.person, device = %known.caller.device, "signed out");
        Ok(())
    }

    async fn devices(&self, person: PersonId) -> Result<Vec<Device>, Problem> {
        Ok(self.0.store.readers.read(move |connection| device::of_person(connection, person)).await?)
    }

    /// Revokes a device and ends its sessions: the caller's own, or anybody's for an administrator.
    async fn revoke(&self, caller: Caller, id: DeviceId) -> Result<(), Problem> {
        let identity = self.clone();
        let revoked = self.0.store.writer.run(move |turn| {
            let device = device::find(turn.connection, id)?;
            let administers = identity
                .0
                .directory
                .person(turn.connection, caller.person)?
                .is_some_and(|person| person.roles.contains(&Role::Administrator));
            // A device that the caller may not see is answered as one that is not there.
            let Some(device) = device.filter(|d| administers || d.person == caller.person) else {
                return Err(Stop::Refused(Problem::new(&NOT_FOUND)));
            };
            if device.revoked_at.is_none() {
                device::revoke(turn.connection, id, turn.now)?;
                session::revoke_of_device(turn.connection, id, "device_revoked", turn.now)?;
                // Its sockets are to be closed, wherever they are.
                turn.after_commit(move || identity.0.fan_out.tell(&[Effect::Device(id)]));
            }
            Ok(())
        });
        revoked.await?;
        tracing::info!(by = %caller.person, device = %id, "device revoked");
        Ok(())
    }

    /// A device and a session without a password: for tests of other areas.
    #[cfg(test)]
    pub(crate) async fn begin_for_test(&self, person: PersonId, key: sync::signature::PublicKey) -> String {
        let caller = Caller { person, device: key.device() };
        let begun = self.0.store.writer.run(move |turn| {
            credential::create(turn.connection, person, &person.to_string(), "-")?;
            device::enrol(turn.connection, person, &key, "test", turn.now)?;
            let token = session::start(turn.connection, person, key.device(), turn.now)?;
            Ok::<_, Stop<Problem>>((token.session, turn.now))
        });
        let (session, now) = begun.await.unwrap();
        self.0.access.make(caller, session, now).unwrap()
    }
}
