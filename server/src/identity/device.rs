//! Devices and their public keys.

use crate::store::sql::{Connection, OptionalExtension, Row, params};
use budget::{DeviceId, PersonId, Timestamp};
use serde::Serialize;
use sync::signature::{Algorithm, PublicKey};

use crate::store::StoreError;

/// A device that signs for a person. Kept for ever, because old signatures must stay checkable.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Derived from its key.
    pub id: DeviceId,
    /// For whom it signs.
    #[serde(skip)]
    pub person: PersonId,
    /// The key that its signatures are checked with.
    #[serde(skip)]
    pub key: PublicKey,
    /// What its person calls it.
    pub name: String,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// Nothing that it signed arrives after this instant.
    pub revoked_at: Option<Timestamp>,
}

/// The device, also when it is revoked.
pub fn find(connection: &Connection, id: DeviceId) -> Result<Option<Device>, StoreError> {
    connection
        .prepare_cached(
            "SELECT id, person, algorithm, public_key, name, enrolled_at, revoked_at FROM device WHERE id = ?1",
        )?
        .query_row([id.0], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

pub(super) fn of_person(connection: &Connection, person: PersonId) -> Result<Vec<Device>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, person, algorithm, public_key, name, enrolled_at, revoked_at FROM device
         WHERE person = ?1 ORDER BY enrolled_at DESC, id",
    )?;
    let mut rows = statement.query([person.0])?;
    let mut devices = Vec::new();
    while let Some(row) = rows.next()? {
        devices.push(read(&row)?);
    }
    Ok(devices)
}

/// Enrols a key, or renames the device that has it already.
pub fn enrol(
    connection: &Connection,
    person: PersonId,
    key: &PublicKey,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO device (id, person, algorithm, public_key, name, enrolled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        )?
        .execute(params![key.device().0, person.0, number(key.algorithm), key.bytes, name, now.0])?;
    Ok(())
}

pub(super) fn revoke(connection: &Connection, id: DeviceId, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE device SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
        .execute(params![id.0, now.0])?;
    Ok(())
}

/// Ends a device whose key another one takes the place of, and keeps what both signed.
pub(super) fn succeed(
    connection: &Connection,
    id: DeviceId,
    next: DeviceId,
    (proof, next_proof): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO device_rotation (device, next, proof, next_proof, rotated_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id.0, next.0, proof, next_proof, now.0])?;
    revoke(connection, id, now)
}

fn read(row: &Row<'_>) -> Result<Device, StoreError> {
    let id = DeviceId(row.get(0)?);
    let algorithm = match row.get::<i64>(2)? {
        1 => Algorithm::Ed25519,
        2 => Algorithm::EcdsaP256,
        other => return Err(StoreError::corrupt(format!("{id:?} has algorithm {other}"))),
    };
    Ok(Device {
        id,
        person: PersonId(row.get(1)?),
        key: PublicKey { algorithm, bytes: row.get(3)? },
        name: row.get(4)?,
        enrolled_at: Timestamp(row.get(5)?),
        revoked_at: row.get::<Option<i64>>(6)?.map(Timestamp),
    })
}

/// The byte that also begins what a device's id is the hash of.
const fn number(algorithm: Algorithm) -> i64 {
    match algorithm {
        Algorithm::Ed25519 => 1,
        Algorithm::EcdsaP256 => 2,
    }
}
