//! Connections and what every one of them is told before its first use.
//!
//! Promise: no connection runs on a library default that matters. An acknowledged commit has been
//! synchronised to disk (`synchronous=FULL`; `NORMAL` loses acknowledged commits when power fails).

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// How long a connection waits for a lock. Only checkpoints and tools ever hold one.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Statements kept prepared for each connection.
const PREPARED: usize = 128;
/// The write-ahead log is cut back to this size, in bytes, after it has grown.
const LOG_BYTES: i64 = 64 * 1024 * 1024;

/// The connection that writes. Only the writer thread, migrations and the demo company use one.
pub fn open_for_writing(database: &Path) -> Result<Connection, StoreError> {
    let connection = open(database, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::corrupt(format!("journal_mode is {mode}, not wal")));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // On Apple systems a plain fsync does not reach the medium; elsewhere this does nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
    #[cfg(unix)]
    keep_private(database)?;
    Ok(connection)
}

/// A connection that can only read.
pub fn open_for_reading(database: &Path) -> Result<Connection, StoreError> {
    let connection = open(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn open(database: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    // One thread at a time uses a connection, which the borrow checker holds: no need for SQLite's mutexes.
    let connection = Connection::open_with_flags(database, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.pragma_update(None, "foreign_keys", true)?;
    // Text from outside never runs as SQL, also not through a manipulated schema.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

#[cfg(unix)]
fn keep_private(database: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(database, std::fs::Permissions::from_mode(0o600))
        .map_err(|source| StoreError::File { path: database.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(connection: &Connection, name: &str) -> i64 {
        connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    }

    #[test]
    fn the_writer_synchronises_fully_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.sqlite");
        let writer = open_for_writing(&database).unwrap();
        assert_eq!(pragma(&writer, "synchronous"), 2, "FULL");
        assert_eq!(pragma(&writer, "foreign_keys"), 1);
        assert_eq!(pragma(&writer, "busy_timeout"), 5_000);
        writer.execute_batch("CREATE TABLE t (a INTEGER) STRICT").unwrap();

        let reader = open_for_reading(&database).unwrap();
        let refused = reader.execute("INSERT INTO t VALUES (1)", []).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly));
    }
}
