//! Steps on both databases.

use super::*;
use crate::testing;

fn opened(folder: &tempfile::TempDir) -> Connection {
    let connection = testing::database(folder.path()).open_for_writing().unwrap();
    lay_foundation(&connection).unwrap();
    connection
}

#[test]
fn files_are_numbered_in_order_without_gaps() {
    for (index, step) in MIGRATIONS.iter().enumerate() {
        assert!(step.file.starts_with(&format!("{:04}_", index + 1)), "{}", step.file);
    }
}

/// `table.column`, sorted, of everything that a numbered step has made.
fn columns(connection: &Connection) -> Vec<String> {
    let question = match connection.kind() {
        Kind::Sqlite => {
            "SELECT t.name || '.' || c.name FROM pragma_table_list t, pragma_table_info (t.name) c
             WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'"
        }
        Kind::Postgresql => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns
             WHERE table_schema = current_schema () AND table_name NOT IN ('schema_version', 'writer_lease')"
        }
    };
    let mut statement = connection.prepare(question).unwrap();
    let mut columns: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    columns.sort();
    columns
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let folder = tempfile::tempdir().unwrap();
    let connection = opened(&folder);
    migrate(&connection).unwrap();
    let embedded = tempfile::tempdir().unwrap();
    let other = super::super::Database::in_folder(embedded.path()).open_for_writing().unwrap();
    migrate(&other).unwrap();
    assert_eq!(columns(&connection), columns(&other));
}

#[test]
fn every_table_is_strict() {
    let folder = tempfile::tempdir().unwrap();
    let connection = super::super::Database::in_folder(folder.path()).open_for_writing().unwrap();
    migrate(&connection).unwrap();
    let lax: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(lax, Vec::<String>::new());
}

#[test]
fn a_step_runs_once_and_wholly() {
    let folder = tempfile::tempdir().unwrap();
    let connection = opened(&folder);
    let step = |file, sql| Migration { file, sqlite: sql, postgresql: sql };
    let good = step("0001_a.sql", "CREATE TABLE a (n BIGINT)");
    let half = step("0002_b.sql", "CREATE TABLE b (n BIGINT); INSERT INTO nowhere VALUES (1)");
    assert!(run(&connection, &[good]).unwrap());
    assert!(!run(&connection, &[good]).unwrap());
    run(&connection, &[good, half]).unwrap_err();
    assert_eq!(version(&connection).unwrap(), 1);
    connection.execute_batch("CREATE TABLE b (n BIGINT)").unwrap();
}

#[test]
fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let connection = opened(&folder);
    connection
        .execute_batch(match connection.kind() {
            Kind::Sqlite => "PRAGMA user_version = 9999",
            Kind::Postgresql => "UPDATE schema_version SET version = 9999",
        })
        .unwrap();
    assert!(matches!(migrate(&connection), Err(StoreError::Newer { .. })));
}

#[test]
fn what_was_written_once_can_neither_be_changed_nor_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let connection = opened(&folder);
    migrate(&connection).unwrap();
    let row =
        "INSERT INTO ledger_entry (sequence, command, at, kind, lines, amount) VALUES (1, ?1, 0, 'reserve', '[]', 5)";
    connection.execute(row, [[1_u8; 16]]).unwrap();
    for forbidden in ["UPDATE ledger_entry SET amount = 6", "DELETE FROM ledger_entry"] {
        let refused = connection.execute(forbidden, []).unwrap_err().to_string();
        assert!(refused.contains("ledger_entry is append-only"), "{refused}");
    }
    if connection.kind() == Kind::Postgresql {
        let refused = connection.execute_batch("TRUNCATE ledger_entry").unwrap_err().to_string();
        assert!(refused.contains("ledger_entry is append-only"), "{refused}");
    }
}

#[test]
fn databases_made_at_the_same_moment_have_their_readers() {
    const COUNT: usize = 12;
    let moment = std::sync::Barrier::new(COUNT);
    std::thread::scope(|scope| {
        for _ in 0..COUNT {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                let database = testing::database(folder.path());
                let writer = opened(&folder);
                run(&writer, MIGRATIONS).unwrap();
                moment.wait();
                // All steps are made, and who reads is made now.
                migrate(&writer).unwrap();
                let reader = database.open_for_reading().unwrap();
                let count: i64 = reader.query_row("SELECT count(*) FROM setting", [], |row| row.get(0)).unwrap();
                assert_eq!(count, 0);
                if reader.kind() == Kind::Postgresql {
                    let role: String = reader.query_row("SELECT current_user", [], |row| row.get(0)).unwrap();
                    assert_eq!(role, crate::store::database::READER);
                }
            });
        }
    });
}
