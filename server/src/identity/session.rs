//! Sessions: one row for each sign-in, its refresh token rotating.
//!
//! A refresh token is the session's id and 32 secret bytes. Its successor is derived from it with a
//! key that only the server has, so that the same question gives the same answer although only
//! hashes are stored.

use crate::store::sql::{Connection, OptionalExtension, params};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use budget::{DeviceId, PersonId, Timestamp};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::keys::Key;
use crate::random::{self, RandomError, sha256};
use crate::store::StoreError;

/// A session ends after so long without a renewal, in milliseconds: thirty days.
const IDLE: i64 = 30 * 86_400_000;
/// And after so long in any case: 180 days.
const LONGEST: i64 = 180 * 86_400_000;
/// For so long the token before is answered with the same successor: seven days, because the answer to a renewal may
/// be lost at the start of a week without signal. The renewal is signed with the device's key, so that the old token
/// alone is worth nothing.
pub(super) const GRACE: i64 = 7 * 86_400_000;

/// A session's id.
pub(super) type SessionId = [u8; 16];

/// A refresh token in the clear; never stored.
#[derive(Clone)]
pub(super) struct RefreshToken {
    pub(super) session: SessionId,
    secret: [u8; 32],
}

impl RefreshToken {
    fn new(session: SessionId) -> Result<Self, RandomError> {
        Ok(Self { session, secret: random::bytes()? })
    }

    /// The token in a text, if it is one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (session, secret) = bytes.split_at_checked(16)?;
        Some(Self { session: session.try_into().ok()?, secret: secret.try_into().ok()? })
    }

    /// Its text.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.session.as_slice(), &self.secret].concat())
    }

    fn hash(&self) -> [u8; 32] {
        sha256(&[b"suanpan-refresh-token", &self.session, &self.secret])
    }

    /// The one that replaces it.
    fn successor(&self, key: &Key) -> Option<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal()).ok()?;
        mac.update(&self.session);
        mac.update(&self.secret);
        Some(Self { session: self.session, secret: mac.finalize().into_bytes().into() })
    }
}

/// The stored side of a session.
pub(super) struct Session {
    pub(super) person: PersonId,
    pub(super) device: DeviceId,
    token_hash: [u8; 32],
    previous_hash: Option<[u8; 32]>,
    rotated_at: Timestamp,
    started_at: Timestamp,
    expires_at: Timestamp,
    revoked: bool,
}

/// What a presented token is.
pub(super) enum Presented {
    /// The current one, or the one before within the grace: its successor, and whether that has to be stored.
    Good { successor: RefreshToken, rotates: bool },
    /// The session is over.
    Ended,
    /// A token that was already replaced: somebody else may hold it.
    Reused,
}

impl Session {
    /// Judges a token at an instant.
    pub(super) fn judge(&self, token: &RefreshToken, key: &Key, now: Timestamp) -> Presented {
        if self.revoked || self.expires_at <= now {
            return Presented::Ended;
        }
        let Some(successor) = token.successor(key) else {
            return Presented::Ended;
        };
        let hash = token.hash();
        if hash == self.token_hash {
            return Presented::Good { successor, rotates: true };
        }
        let within_grace = now <= self.rotated_at.plus(GRACE);
        if self.previous_hash == Some(hash) && within_grace && successor.hash() == self.token_hash {
            return Presented::Good { successor, rotates: false };
        }
        Presented::Reused
    }

    fn expiry(&self, now: Timestamp) -> Timestamp {
        now.plus(IDLE).min(self.started_at.plus(LONGEST))
    }
}

/// Begins a session.
pub(super) fn start(
    connection: &Connection,
    person: PersonId,
    device: DeviceId,
    now: Timestamp,
) -> Result<RefreshToken, StoreError> {
    let token = RefreshToken::new(random::bytes()?)?;
    connection
        .prepare_cached(
            "INSERT INTO session (family, person, device, token_hash, rotated_at, started_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        )?
        .execute(params![token.session, person.0, device.0, token.hash(), now.0, now.plus(IDLE).0])?;
    Ok(token)
}

pub(super) fn find(connection: &Connection, id: SessionId) -> Result<Option<Session>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT person, device, token_hash, previous_hash, rotated_at, started_at, expires_at, revoked_at IS NOT NULL
             FROM session WHERE family = ?1",
        )?
        .query_row([id], |row| {
            Ok(Session {
                person: PersonId(row.get(0)?),
                device: DeviceId(row.get(1)?),
                token_hash: row.get(2)?,
                previous_hash: row.get(3)?,
                rotated_at: Timestamp(row.get(4)?),
                started_at: Timestamp(row.get(5)?),
                expires_at: Timestamp(row.get(6)?),
                revoked: row.get(7)?,
            })
        })
        .optional()?)
}

/// Replaces the session's token.
pub(super) fn rotate(
    connection: &Connection,
    session: &Session,
    successor: &RefreshToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE session SET previous_hash = token_hash, token_hash = ?2, rotated_at = ?3, expires_at = ?4
             WHERE family = ?1",
        )?
        .execute(params![successor.session, successor.hash(), now.0, session.expiry(now).0])?;
    Ok(())
}

/// Goes on with the session on the device that takes its device's place.
pub(super) fn hand_over(connection: &Connection, id: SessionId, next: DeviceId) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE session SET device = ?2 WHERE family = ?1")?.execute(params![id, next.0])?;
    Ok(())
}

/// Whether neither the session nor its device is revoked.
pub(super) fn is_open(connection: &Connection, id: SessionId, device: DeviceId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM session JOIN device ON device.id = session.device
             WHERE session.family = ?1 AND session.device = ?2 AND session.revoked_at IS NULL AND device.revoked_at IS NULL)",
        )?
        .query_row(params![id, device.0], |row| row.get(0))?)
}

/// Ends one session.
pub(super) fn revoke(connection: &Connection, id: SessionId, why: &str, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE session SET revoked_at = ?2, revoked_why = ?3 WHERE family = ?1 AND revoked_at IS NULL",
        )?
        .execute(params![id, now.0, why])?;
    Ok(())
}

/// Ends every session of a device.
pub(super) fn revoke_of_device(
    connection: &Connection,
    device: DeviceId,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE session SET revoked_at = ?2, revoked_why = ?3 WHERE device = ?1 AND revoked_at IS NULL",
        )?
        .execute(params![device.0, now.0, why])?;
    Ok(())
}
