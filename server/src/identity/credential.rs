//! Logins and the hashes of their passwords.

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::PersonId;

use crate::store::StoreError;

/// Who a login belongs to, and the hash of their password.
pub(super) struct Credential {
    pub(super) person: PersonId,
    pub(super) password_hash: String,
}

/// Gives a person a login, or replaces their login and password. Runs on the writer's connection.
pub fn create(connection: &Connection, person: PersonId, login: &str, password_hash: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO credential (person, login, password_hash) VALUES (?1, ?2, ?3)
             ON CONFLICT (person) DO UPDATE SET login = excluded.login, password_hash = excluded.password_hash",
        )?
        .execute(params![person.0, login, password_hash])?;
    Ok(())
}

pub(super) fn by_login(connection: &Connection, login: &str) -> Result<Option<Credential>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT person, password_hash FROM credential WHERE login = ?1")?
        .query_row([login], |row| Ok(Credential { person: PersonId(row.get(0)?), password_hash: row.get(1)? }))
        .optional()?)
}
