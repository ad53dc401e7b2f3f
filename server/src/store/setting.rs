//! What the server decides once for itself: a key and bytes.

use super::StoreError;
use super::sql::{Column, Connection, OptionalExtension, Table, params};
use crate::random;
use budget::Timestamp;

static SETTING: Table = Table::keep_last("setting", 1, &[Column::Text("key"), Column::Blob("value")]);

const LATEST_INSTANT: &str = "latest_instant";

/// The bytes under a key.
pub fn get(connection: &Connection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT value FROM setting WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Sets or replaces the bytes under a key.
pub fn set(connection: &Connection, key: &str, value: &[u8]) -> Result<(), StoreError> {
    Ok(connection.put(&SETTING, params![key, value])?)
}

/// A secret of 32 bytes, made at random when the key is new.
pub fn secret(connection: &Connection, key: &str) -> Result<[u8; 32], StoreError> {
    if let Some(found) = known_secret(connection, key)? {
        return Ok(found);
    }
    let made = random::bytes::<32>()?;
    set(connection, key, &made)?;
    Ok(made)
}

/// The secret of 32 bytes under a key, if it was made.
pub fn known_secret(connection: &Connection, key: &str) -> Result<Option<[u8; 32]>, StoreError> {
    let found = get(connection, key)?.map(TryInto::try_into).transpose();
    found.map_err(|_| StoreError::corrupt(format!("setting {key} has not 32 bytes")))
}

/// The instant of the latest committed batch: no later turn may tell an earlier one.
pub(super) fn latest_instant(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let Some(bytes) = get(connection, LATEST_INSTANT)? else {
        return Ok(None);
    };
    let bytes = bytes.try_into().map_err(|_| StoreError::corrupt("setting latest_instant"))?;
    Ok(Some(Timestamp(i64::from_be_bytes(bytes))))
}

/// Remembers the instant of a batch, in the batch's own transaction.
pub(super) fn set_latest_instant(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    set(connection, LATEST_INSTANT, &now.0.to_be_bytes())
}
