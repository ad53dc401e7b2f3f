//! The tables, as numbered steps, for each of the two databases.
//!
//! Promise: a database is brought from any earlier version to this program's version, each step
//! wholly or not at all; a database of a later version is refused untouched. A published step never
//! changes: a correction is a further step. Both databases have the same tables and columns.

use super::StoreError;
use super::database::has_reader;
use super::sql::{Connection, Kind};

/// One step. Its number is its place in [`MIGRATIONS`], counted from 1, and the number in its
/// file's name.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The file in `store/migrations/sqlite/` and in `store/migrations/postgresql/`.
    pub file: &'static str,
    /// What it says to SQLite.
    pub sqlite: &'static str,
    /// What it says to PostgreSQL.
    pub postgresql: &'static str,
}

macro_rules! migrations {
    ($($file:literal),* $(,)?) => {
        &[$(Migration {
            file: $file,
            sqlite: include_str!(concat!("migrations/sqlite/", $file)),
            postgresql: include_str!(concat!("migrations/postgresql/", $file)),
        }),*]
    };
}

/// All steps in order. Add yours at the end.
pub const MIGRATIONS: &[Migration] = migrations![
    "0001_settings.sql",
    "0002_identity.sql",
    "0003_blobs.sql",
    "0004_authority.sql",
    "0005_chat.sql",
    "0006_ledger.sql",
    "0007_chat_evidence.sql",
    "0008_budget.sql",
    "0009_notices.sql",
    "0010_holding.sql",
    "0011_verification.sql",
    "0012_blob_life.sql",
    "0013_ended_access.sql",
    "0014_snapshot.sql",
    "0015_rotation.sql",
    "0016_outbox.sql",
];

/// What PostgreSQL needs before the first step: the version, the lease, and what steps may call.
const FOUNDATION: &str = include_str!("migrations/postgresql/foundation.sql");
/// Who only reads.
const READER: &str = include_str!("migrations/postgresql/reader.sql");

/// Makes what the lease and the version are kept in. Nothing to do for SQLite.
pub(super) fn lay_foundation(connection: &Connection) -> Result<(), StoreError> {
    if connection.kind() == Kind::Postgresql {
        wholly(connection, || {
            // Held by whoever comes first, until the foundation is laid.
            let alone = "SELECT pg_advisory_xact_lock (hashtextextended ('suanpan lays ' || current_schema (), 0))";
            connection.query_row(alone, [], |_| Ok(()))?;
            // Only what is missing: laying it again would ask for rights that a server in use need not have.
            let missing: bool = connection.query_row(
                "SELECT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass ('writer_lease') AND attname = 'batches')",
                [],
                |row| row.get(0),
            )?;
            if missing { connection.execute_batch(FOUNDATION) } else { Ok(()) }
        })?;
    }
    Ok(())
}

/// Runs the steps that this database has not seen.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let changed = run(connection, MIGRATIONS)?;
    if connection.kind() == Kind::Postgresql && (changed || !has_reader(connection)?) {
        connection.execute_batch(READER)?;
    }
    Ok(())
}

/// Whether the tables are those of this program. A database of a later version is an error.
pub(super) fn is_current(connection: &Connection) -> Result<bool, StoreError> {
    let (found, known) = (version(connection)?, u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX));
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found == known) }
}

fn run(connection: &Connection, steps: &[Migration]) -> Result<bool, StoreError> {
    let found = version(connection)?;
    let numbered = (1u32..).zip(steps);
    let known = numbered.clone().last().map_or(0, |(number, _)| number);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, step) in numbered.filter(|(number, _)| *number > found) {
        wholly(connection, || match connection.kind() {
            Kind::Sqlite => {
                connection.execute_batch(step.sqlite)?;
                connection.execute_batch(&format!("PRAGMA user_version = {number}"))
            }
            Kind::Postgresql => {
                connection.execute_batch(step.postgresql)?;
                connection.execute("UPDATE schema_version SET version = ?1", [number]).map(drop)
            }
        })?;
        tracing::info!(step = step.file, "database brought up to date");
    }
    Ok(found < known)
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    let question = match connection.kind() {
        Kind::Sqlite => "PRAGMA user_version",
        Kind::Postgresql => "SELECT version FROM schema_version",
    };
    Ok(connection.query_row(question, [], |row| row.get(0))?)
}

/// In one transaction, or not at all.
fn wholly(connection: &Connection, work: impl FnOnce() -> super::sql::Result<()>) -> super::sql::Result<()> {
    connection.execute_batch(match connection.kind() {
        Kind::Sqlite => "BEGIN IMMEDIATE",
        Kind::Postgresql => "BEGIN",
    })?;
    let done = work();
    connection.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    done
}

#[cfg(test)]
mod tests;
