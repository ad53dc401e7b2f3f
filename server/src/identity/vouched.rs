//! A session for somebody whom a chat platform recognised, by an account that is bound to them.
//!
//! The platform stands in the place of the password and of nothing else: the device proves its key, a revoked key stays
//! out, and a person who left is nobody.

use budget::PersonId;

use super::{Caller, Granted, Identity, Offered};
use crate::http::Problem;
use crate::http::problem::UNAUTHENTICATED;
use crate::store::Stop;

impl Identity {
    /// Enrols the device and begins a session, without a password.
    pub async fn begin(&self, person: PersonId, offered: Offered) -> Result<Granted, Problem> {
        let identity = self.clone();
        let device = offered.device();
        let begun = self.0.store.writer.run(move |turn| {
            let Some(person) = identity.0.directory.person(turn.connection, person)? else {
                return Err(Stop::Refused(Problem::new(&UNAUTHENTICATED)));
            };
            let token = offered.begin(turn.connection, person.id, turn.now)?;
            Ok((person, token, turn.now))
        });
        let (person, token, now) = begun.await?;
        let caller = Caller { person: person.id, device };
        tracing::info!(person = %caller.person, device = %caller.device, "signed in from chat");
        self.grant(caller, person, &token, now)
    }
}
