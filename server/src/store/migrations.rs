//! The tables, as numbered steps.
//!
//! Promise: a database is brought from any earlier version to this program's version, each step
//! wholly or not at all; a database of a later version is refused untouched. A published step never
//! changes: a correction is a further step.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// One step. Its number is its place in [`MIGRATIONS`], counted from 1, and the number in its
/// file's name.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The file in `store/migrations/`.
    pub file: &'static str,
    /// What it says.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($file:literal),* $(,)?) => {
        &[$(Migration { file: $file, sql: include_str!(concat!("migrations/", $file)) }),*]
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
];

/// Runs the steps that this database has not seen.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    run(connection, MIGRATIONS)
}

fn run(connection: &mut Connection, steps: &[Migration]) -> Result<(), StoreError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let numbered = (1u32..).zip(steps);
    let known = numbered.clone().last().map_or(0, |(number, _)| number);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, step) in numbered.filter(|(number, _)| *number > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step.sql)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        tracing::info!(step = step.file, "database brought up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_numbered_in_order_without_gaps() {
        for (index, step) in MIGRATIONS.iter().enumerate() {
            assert!(step.file.starts_with(&format!("{:04}_", index + 1)), "{}", step.file);
        }
    }

    #[test]
    fn every_table_is_strict() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let lax: Vec<String> = connection
            .prepare(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(lax, Vec::<String>::new());
    }

    #[test]
    fn a_step_runs_once_and_wholly() {
        let mut connection = Connection::open_in_memory().unwrap();
        let good = Migration { file: "0001_a.sql", sql: "CREATE TABLE a (n INTEGER) STRICT" };
        let half =
            Migration { file: "0002_b.sql", sql: "CREATE TABLE b (n INTEGER) STRICT; INSERT INTO nowhere VALUES (1)" };
        run(&mut connection, &[good]).unwrap();
        run(&mut connection, &[good]).unwrap();
        run(&mut connection, &[good, half]).unwrap_err();
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 1);
        connection.execute_batch("CREATE TABLE b (n INTEGER) STRICT").unwrap();
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 9_999).unwrap();
        assert!(matches!(migrate(&mut connection), Err(StoreError::Newer { .. })));
    }
}
