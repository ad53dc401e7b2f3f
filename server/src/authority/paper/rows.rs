//! Papers as the table holds them: the newest wording of each, with the salt of its hash.

use super::{Paper, PaperId};
use crate::random::sha256;
use crate::store::StoreError;
use crate::store::sql::{Connection, OptionalExtension, params};

/// One paper.
pub fn find(connection: &Connection, id: PaperId) -> Result<Option<Paper>, StoreError> {
    let json: Option<String> = connection
        .prepare_cached("SELECT json FROM budget_paper WHERE id = ?1")?
        .query_row([id.bytes()], |row| row.get(0))
        .optional()?;
    json.map(|json| read(&json)).transpose()
}

/// Every paper, the newest first.
pub fn all(connection: &Connection) -> Result<Vec<Paper>, StoreError> {
    let mut rows = connection.prepare_cached("SELECT json FROM budget_paper ORDER BY at DESC, id")?;
    let rows = rows.query_map([], |row| row.get(0))?;
    let json = rows.collect::<Result<Vec<String>, _>>()?;
    json.iter().map(|json| read(json)).collect()
}

/// What the journal has of a paper's wording: nobody guesses the wording from it without the salt.
pub fn hash(salt: &[u8], json: &str) -> [u8; 32] {
    sha256(&[salt, json.as_bytes()])
}

fn read(json: &str) -> Result<Paper, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt(format!("budget paper: {error}")))
}

pub(super) fn store(connection: &Connection, paper: &Paper, json: &str, salt: &[u8; 16]) -> Result<(), StoreError> {
    let at = paper.history.first().map_or(0, |first| first.at.0);
    connection
        .prepare_cached(
            "INSERT INTO budget_paper (id, at, json, salt) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET json = excluded.json, salt = excluded.salt",
        )?
        .execute(params![paper.id.bytes(), at, json, salt])?;
    Ok(())
}
