//! Renewing a session: the refresh token and the device's signature over it.

use budget::{DeviceId, Person};
use serde::Deserialize;
use sync::signature::refresh_message;

use super::offered::decode;
use super::problems::{CLOCK_DIFFERS, DEVICE_REVOKED, PROOF_REFUSED, SESSION_ENDED};
use super::session::{self, Presented, RefreshToken};
use super::{Caller, Granted, Identity, device};
use crate::http::Problem;
use crate::store::Stop;

/// How far a device's clock may be from ours, in milliseconds: a signature is worth nothing later.
const CLOCK_DIFFERENCE: i64 = 10 * 60_000;

/// What a device offers to renew its session.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    /// The token of the last sign-in or renewal.
    pub refresh_token: String,
    /// The device.
    pub device_id: DeviceId,
    /// Its clock, in milliseconds since 1970.
    pub at: i64,
    /// Its signature over `sync::signature::refresh_message(refresh_token, at)`, base64.
    pub signature: String,
}

impl Identity {
    /// Replaces the refresh token and gives a new access token.
    pub async fn refresh(&self, offer: Refresh) -> Result<Granted, Problem> {
        let token = RefreshToken::parse(&offer.refresh_token).ok_or(Problem::new(&SESSION_ENDED))?;
        self.check_proof(&offer).await?;
        let difference = self.0.clock.now().0.saturating_sub(offer.at);
        if difference.saturating_abs() > CLOCK_DIFFERENCE {
            return Err(Problem::new(&CLOCK_DIFFERS).with("serverTime", self.0.clock.now().0));
        }
        let device = offer.device_id;
        let identity = self.clone();
        let renewed = self.0.store.writer.run(move |turn| {
            let (connection, now) = (turn.connection, turn.now);
            let ended = || Problem::new(&SESSION_ENDED);
            let Some(found) = session::find(connection, token.session)?.filter(|s| s.device == device) else {
                return Err(Stop::Refused(ended()));
            };
            let Some(person) = identity.0.directory.person(connection, found.person)? else {
                // Somebody who left: their devices keep nothing of the company.
                return Err(Stop::Refused(Problem::new(&DEVICE_REVOKED)));
            };
            match found.judge(&token, &identity.0.refresh_key, now) {
                Presented::Good { successor, rotates } => {
                    if rotates {
                        session::rotate(connection, &found, &successor, now)?;
                    }
                    Ok(Ok::<(Person, RefreshToken, _), Problem>((person, successor, now)))
                }
                Presented::Ended => Err(Stop::Refused(ended())),
                Presented::Reused => {
                    tracing::warn!(person = %found.person, %device, "a refresh token was used twice; the session ends");
                    session::revoke(connection, token.session, "reused", now)?;
                    Ok(Err(ended()))
                }
            }
        });
        let (person, successor, now) = renewed.await??;
        self.grant(Caller { person: person.id, device }, person, &successor, now)
    }

    /// Only the device itself may renew, and only it can end a session by presenting an old token.
    async fn check_proof(&self, offer: &Refresh) -> Result<(), Problem> {
        let signature = decode("signature", &offer.signature)?;
        let id = offer.device_id;
        let known = self.0.store.readers.read(move |connection| device::find(connection, id)).await?;
        let message = refresh_message(&offer.refresh_token, offer.at);
        match known {
            Some(device) if !device.key.verifies(&message, &signature) => Err(Problem::new(&PROOF_REFUSED)),
            // Told to the device alone: it removes what it has of the person.
            Some(device) if device.revoked_at.is_some() => Err(Problem::new(&DEVICE_REVOKED)),
            Some(_) => Ok(()),
            None => Err(Problem::new(&PROOF_REFUSED)),
        }
    }
}
