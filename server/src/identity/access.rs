//! Access tokens: JWTs of one algorithm, one issuer, one audience.

use budget::{DeviceId, PersonId, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::Caller;
use super::session::SessionId;
use crate::http::rate_limit::Client;
use crate::keys::Key;

/// Tokens of another purpose would have another issuer, so that one is never taken for the other.
const ISSUER: &str = "suanpan/access";
const AUDIENCE: &str = "suanpan";
/// How far the clocks of two servers of one company may be apart, in milliseconds: what one has just granted, the other
/// knows (RFC 7519 section 4.1.5 allows a small leeway).
const LEEWAY: i64 = 30_000;

/// Makes and opens access tokens.
pub(super) struct Access {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    seconds: i64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: PersonId,
    device: DeviceId,
    session: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// A good token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authenticated {
    pub(super) caller: Caller,
    pub(super) session: SessionId,
    pub(super) expires_at: Timestamp,
    /// Whose budget of requests it counts for.
    pub(super) client: Client,
}

impl Access {
    pub(super) fn new(key: &Key, minutes: u32) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // The library would read the system's time; ours never runs backward.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            encoding: EncodingKey::from_secret(key.reveal()),
            decoding: DecodingKey::from_secret(key.reveal()),
            validation,
            seconds: i64::from(minutes) * 60,
        }
    }

    /// How long a token lasts, in seconds.
    pub(super) const fn seconds(&self) -> i64 {
        self.seconds
    }

    pub(super) fn make(
        &self,
        caller: Caller,
        session: SessionId,
        now: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let now = now.0.div_euclid(1000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: caller.person,
            device: caller.device,
            session: hex::encode(session),
            iat: now,
            nbf: now,
            exp: now + self.seconds,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    /// The content of a token that is ours and in time.
    pub(super) fn open(&self, token: &str, now: Timestamp) -> Option<Authenticated> {
        let claims = decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        let expires_at = Timestamp(claims.exp.checked_mul(1000)?);
        if claims.nbf.checked_mul(1000)? > now.0.saturating_add(LEEWAY) || expires_at <= now {
            return None;
        }
        let mut session = SessionId::default();
        hex::decode_to_slice(claims.session, &mut session).ok()?;
        let caller = Caller { person: claims.sub, device: claims.device };
        Some(Authenticated { caller, session, expires_at, client: Client::Person })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    fn keys() -> Keys {
        Keys::load_or_make(&crate::testing::tables()).unwrap()
    }

    const CALLER: Caller = Caller { person: PersonId([1; 16]), device: DeviceId([2; 16]) };
    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    #[test]
    fn a_token_holds_for_its_minutes() {
        let keys = keys();
        let access = Access::new(&keys.access_token, 10);
        let token = access.make(CALLER, [3; 16], NOW).unwrap();
        let opened = access.open(&token, NOW.plus(599_000)).unwrap();
        assert_eq!((opened.caller, opened.session, opened.expires_at), (CALLER, [3; 16], NOW.plus(600_000)));
        assert!(access.open(&token, NOW.plus(600_000)).is_none(), "expired");
        assert!(access.open(&token, NOW.plus(-LEEWAY)).is_some(), "granted by a server whose clock is ahead");
        assert!(access.open(&token, NOW.plus(-LEEWAY - 1_000)).is_none(), "not yet valid");
    }

    #[test]
    fn only_our_own_tokens_open() {
        let keys = keys();
        let access = Access::new(&keys.access_token, 10);
        let token = access.make(CALLER, [3; 16], NOW).unwrap();
        let mut parts: Vec<&str> = token.split('.').collect();
        // {"alg":"none"} with the same claims and no signature.
        parts[0] = "eyJhbGciOiJub25lIn0";
        parts[2] = "";
        assert!(access.open(&parts.join("."), NOW).is_none());
        assert!(access.open("", NOW).is_none());
        assert!(Access::new(&keys.refresh_token, 10).open(&token, NOW).is_none(), "another key");

        let claims = |iss: &str| Claims {
            iss: iss.into(),
            aud: AUDIENCE.into(),
            sub: CALLER.person,
            device: CALLER.device,
            session: hex::encode([3; 16]),
            iat: NOW.0 / 1000,
            nbf: NOW.0 / 1000,
            exp: NOW.0 / 1000 + 60,
        };
        let sign = |iss| encode(&Header::new(Algorithm::HS256), &claims(iss), &access.encoding).unwrap();
        assert!(access.open(&sign(ISSUER), NOW).is_some());
        assert!(access.open(&sign("suanpan/other"), NOW).is_none(), "another purpose");
    }
}
