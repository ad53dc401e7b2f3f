//! Signing in: a password and a device's key.

use budget::{Person, PersonId, Timestamp};
use serde::Deserialize;

use super::attempt::{self, Standing};
use super::problems::{ACCOUNT_LOCKED, WRONG_PASSWORD};
use super::session::RefreshToken;
use super::{Caller, Granted, Identity, LONGEST_NAME, NewDevice, Offered, credential, password};
use crate::http::Problem;
use crate::store::Stop;

/// What a person and their device offer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// What the person calls themselves here.
    pub login: String,
    /// Their password.
    pub password: String,
    /// The device to enrol.
    pub device: NewDevice,
    /// The device's signature over `sync::signature::enrolment_message(login)`, base64.
    pub proof: String,
}

/// A decided sign-in.
struct Admitted {
    person: Person,
    token: RefreshToken,
    now: Timestamp,
}

impl Identity {
    /// Checks password and proof, enrols the device and begins a session.
    pub async fn sign_in(&self, offer: SignIn) -> Result<Granted, Problem> {
        let SignIn { login, password, device, proof } = offer;
        let login = login.trim().to_owned();
        if login.is_empty() || login.chars().count() > LONGEST_NAME || password.len() > password::LONGEST {
            return Err(Problem::malformed("login, password"));
        }
        let offered = Offered::check(device, &proof, &login)?;
        let device = offered.device();
        let now = self.0.clock.now();
        let asked = login.clone();
        let (standing, found) = self
            .0
            .store
            .readers
            .read(move |c| Ok((attempt::standing(c, &asked, now)?, credential::by_login(c, &asked)?)))
            .await?;
        if let Some(minutes) = standing.minutes_locked(now) {
            return Err(locked(minutes));
        }
        let (person, stored) = found.map(|f| (f.person, f.password_hash)).unzip();
        let right = self.0.passwords.is_right(password, stored).await?;
        let admitted = self.admit(login, person.filter(|_| right), offered).await?;
        let caller = Caller { person: admitted.person.id, device };
        tracing::info!(person = %caller.person, device = %caller.device, "signed in");
        self.grant(caller, admitted.person, &admitted.token, admitted.now)
    }

    /// The part on the writer: counts a wrong password, or enrols and begins. `person` is nobody
    /// when the password was wrong.
    async fn admit(&self, login: String, person: Option<PersonId>, offered: Offered) -> Result<Admitted, Problem> {
        let identity = self.clone();
        let outcome = self.0.store.writer.run(move |turn| {
            let (connection, now) = (turn.connection, turn.now);
            // Attempts that were made meanwhile count: many at once get no more than five.
            if let Some(minutes) = attempt::standing(connection, &login, now)?.minutes_locked(now) {
                return Err(Stop::Refused(locked(minutes)));
            }
            let person = match person {
                Some(person) => identity.0.directory.person(connection, person)?,
                None => None,
            };
            let Some(person) = person else {
                // A wrong password is remembered, so it is an answer and not a refusal.
                return Ok(Err(wrong(attempt::fail(connection, &login, now)?, now)));
            };
            let token = offered.begin(connection, person.id, now)?;
            attempt::succeed(connection, &login)?;
            Ok(Ok(Admitted { person, token, now }))
        });
        outcome.await?
    }

    /// The answer of a sign-in or a renewal.
    pub(super) fn grant(
        &self,
        caller: Caller,
        person: Person,
        token: &RefreshToken,
        now: Timestamp,
    ) -> Result<Granted, Problem> {
        let access = &self.0.access;
        Ok(Granted {
            access_token: access.make(caller, token.session, now).map_err(Problem::internal)?,
            refresh_token: token.text(),
            person,
            device_id: caller.device,
            expires_in: access.seconds(),
            server_key: self.0.server_key.clone(),
        })
    }
}

fn wrong(standing: Standing, now: Timestamp) -> Problem {
    match standing {
        Standing::Open { attempts_left } => Problem::new(&WRONG_PASSWORD).with("attemptsLeft", attempts_left),
        Standing::Locked { .. } => locked(standing.minutes_locked(now).unwrap_or(1)),
    }
}

fn locked(minutes: i64) -> Problem {
    let seconds = u64::try_from(minutes.saturating_mul(60)).unwrap_or(60);
    Problem::new(&ACCOUNT_LOCKED).with("minutes", minutes).retry_after(seconds)
}
