//! Wrong passwords, counted by login.

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::Timestamp;

use crate::random::sha256;
use crate::store::StoreError;

/// Wrong passwords until a login is locked.
pub(super) const MOST: i64 = 5;
/// How long it is locked, and after how long without an attempt earlier ones are forgotten.
pub(super) const LOCK_MILLISECONDS: i64 = 15 * 60_000;

/// Where a login stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// So many attempts are left.
    Open { attempts_left: i64 },
    /// No attempt counts until then.
    Locked { until: Timestamp },
}

impl Standing {
    /// Whole minutes until a lock ends, at least one.
    pub(super) fn minutes_locked(self, now: Timestamp) -> Option<i64> {
        match self {
            Self::Open { .. } => None,
            Self::Locked { until } => Some((until.0 - now.0).max(1).saturating_add(59_999) / 60_000),
        }
    }
}

pub(super) fn standing(connection: &Connection, login: &str, now: Timestamp) -> Result<Standing, StoreError> {
    let row = connection
        .prepare_cached("SELECT attempts, last_at, locked_until FROM sign_in_failure WHERE login_hash = ?1")?
        .query_row([key(login)], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<Option<i64>>(2)?)))
        .optional()?;
    Ok(match row {
        Some((_, _, Some(until))) if until > now.0 => Standing::Locked { until: Timestamp(until) },
        Some((attempts, last_at, None)) if last_at > now.0 - LOCK_MILLISECONDS => {
            Standing::Open { attempts_left: (MOST - attempts).max(1) }
        }
        _ => Standing::Open { attempts_left: MOST },
    })
}

/// Counts a wrong password; tells where the login stands then.
pub(super) fn fail(connection: &Connection, login: &str, now: Timestamp) -> Result<Standing, StoreError> {
    let left = match standing(connection, login, now)? {
        locked @ Standing::Locked { .. } => return Ok(locked),
        Standing::Open { attempts_left } => attempts_left - 1,
    };
    let until = (left == 0).then(|| now.plus(LOCK_MILLISECONDS));
    connection
        .prepare_cached(
            "INSERT INTO sign_in_failure (login_hash, attempts, last_at, locked_until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (login_hash) DO UPDATE
             SET attempts = excluded.attempts, last_at = excluded.last_at, locked_until = excluded.locked_until",
        )?
        .execute(params![key(login), MOST - left, now.0, until.map(|t| t.0)])?;
    // The table holds what matters now and nothing else, whatever logins are tried.
    connection
        .prepare_cached("DELETE FROM sign_in_failure WHERE last_at <= ?1")?
        .execute([now.0 - LOCK_MILLISECONDS])?;
    Ok(until.map_or(Standing::Open { attempts_left: left }, |until| Standing::Locked { until }))
}

/// Forgets wrong passwords after the right one.
pub(super) fn succeed(connection: &Connection, login: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM sign_in_failure WHERE login_hash = ?1")?.execute([key(login)])?;
    Ok(())
}

fn key(login: &str) -> [u8; 32] {
    sha256(&[login.as_bytes()])
}
