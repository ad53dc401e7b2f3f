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
    Ok(())
}

/// The original of a hash, if it has arrived.
pub fn find(connection: &Connection, sha256: &Hash) -> Result<Option<Blob>, StoreError> {
    let row = connection
        .prepare_cached("SELECT size, media_type, stored_at FROM blob WHERE sha256 = ?1")?
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

/// Calls `look` with the hash and size of every original.
pub fn each(connection: &Connection, mut look: impl FnMut(Hash, u64)) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT sha256, size FROM blob ORDER BY sha256")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let size: i64 = row.get(1)?;
        look(row.get(0)?, u64::try_from(size).map_err(StoreError::corrupt)?);
    }
    Ok(())
}
