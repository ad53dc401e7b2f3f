//! What the database knows of originals.

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::{PersonId, Timestamp};

use super::{Hash, Kept};
use crate::store::StoreError;

/// An original that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its size in bytes.
    pub size: u64,
    /// What it is, judged by content.
    pub media_type: String,
    /// When it first arrived.
    pub stored_at: Timestamp,
}

/// Writes down that a person sent an original which is on the disk. Runs on the writer's connection.
pub fn record(connection: &Connection, kept: &Kept, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
    let size = i64::try_from(kept.size).map_err(StoreError::corrupt)?;
    connection
        .prepare_cached(
            "INSERT INTO blob (sha256, size, media_type, stored_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![kept.sha256, size, kept.media_type, now.0])?;
    connection
        .prepare_cached(
            "INSERT INTO blob_uploader (sha256, person, uploaded_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![kept.sha256, person.0, now.0])?;
    connection
        .prepare_cached(
            "INSERT INTO blob_life (sha256, last_sent_at) VALUES (?1, ?2) ON CONFLICT (sha256) DO UPDATE
             SET last_sent_at = excluded.last_sent_at, set_aside_at = NULL, deleted_at = NULL",
        )?
        .execute(params![kept.sha256, now.0])?;
    Ok(())
}

/// The original of a hash, if it is here.
pub fn find(connection: &Connection, sha256: &Hash) -> Result<Option<Blob>, StoreError> {
    let row = connection
        .prepare_cached(
            "SELECT size, media_type, stored_at FROM blob WHERE sha256 = ?1
             AND NOT EXISTS (SELECT 1 FROM blob_life l WHERE l.sha256 = ?1 AND l.set_aside_at IS NOT NULL)",
        )?
        .query_row([sha256], |row| Ok((row.get::<i64>(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    row.map(|(size, media_type, stored_at)| {
        let size = u64::try_from(size).map_err(StoreError::corrupt)?;
        Ok(Blob { size, media_type, stored_at: Timestamp(stored_at) })
    })
    .transpose()
}

pub(super) fn was_sent_by(connection: &Connection, sha256: &Hash, person: PersonId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM blob_uploader WHERE sha256 = ?1 AND person = ?2)")?
        .query_row(params![sha256, person.0], |row| row.get(0))?)
}

/// What was set aside and not deleted, with the time since when.
pub(super) fn aside(connection: &Connection) -> Result<Vec<(Hash, Timestamp)>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT sha256, set_aside_at FROM blob_life WHERE set_aside_at IS NOT NULL AND deleted_at IS NULL",
    )?;
    let rows = rows.query_map([], |row| Ok((row.get(0)?, Timestamp(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What nobody has sent since then and no claim that was handed in names, in order.
pub(super) fn unclaimed(connection: &Connection, since: Timestamp) -> Result<Vec<Hash>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT sha256 FROM blob_life WHERE set_aside_at IS NULL AND last_sent_at < ?1
         AND NOT EXISTS (SELECT 1 FROM attachment WHERE blob = sha256) ORDER BY sha256",
    )?;
    let rows = rows.query_map([since.0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn set_aside(connection: &Connection, names: &[Hash], now: Timestamp) -> Result<(), StoreError> {
    for name in names {
        connection
            .prepare_cached("UPDATE blob_life SET set_aside_at = ?2 WHERE sha256 = ?1")?
            .execute(params![name, now.0])?;
    }
    Ok(())
}

pub(super) fn put_back(connection: &Connection, names: &[Hash]) -> Result<(), StoreError> {
    for name in names {
        connection
            .prepare_cached("UPDATE blob_life SET set_aside_at = NULL WHERE sha256 = ?1")?
            .execute(params![name])?;
    }
    Ok(())
}

pub(super) fn set_deleted(connection: &Connection, names: &[Hash], now: Timestamp) -> Result<(), StoreError> {
    for name in names {
        connection
            .prepare_cached("UPDATE blob_life SET deleted_at = ?2 WHERE sha256 = ?1")?
            .execute(params![name, now.0])?;
    }
    Ok(())
}

/// Calls `look` with the hash and size of every original that is to be here.
pub fn each(connection: &Connection, mut look: impl FnMut(Hash, u64)) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT sha256, size FROM blob b
         WHERE NOT EXISTS (SELECT 1 FROM blob_life l WHERE l.sha256 = b.sha256 AND l.set_aside_at IS NOT NULL)
         ORDER BY sha256",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let size: i64 = row.get(1)?;
        look(row.get(0)?, u64::try_from(size).map_err(StoreError::corrupt)?);
    }
    Ok(())
}
