//! Which database holds the books, and how connections to it are made.
//!
//! Promise: no connection runs on a default that matters. An acknowledged commit has been
//! synchronised to disk: SQLite with `synchronous=FULL` (`NORMAL` loses acknowledged commits when
//! power fails), PostgreSQL with `synchronous_commit=on`. A connection for reading cannot write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::OpenFlags;

use super::sql::{Address, ConnectError, Connection};
use super::{DataFolder, StoreError};

/// How long a connection waits for a lock. Only checkpoints and tools ever hold one.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Statements kept prepared for each connection.
const PREPARED: usize = 128;
/// The write-ahead log is cut back to this size, in bytes, after it has grown.
const LOG_BYTES: i64 = 64 * 1024 * 1024;
/// Pages that the log may hold before they are copied into the file: a page that many batches change is copied once.
const LOG_PAGES: i64 = 8_192;
/// What the writing connection keeps of the file in memory, in KiB, as SQLite's negative `cache_size` means it.
const CACHE_KIB: i64 = -65_536;
/// The oldest PostgreSQL that is known to do what is asked of it, as `server_version_num`.
const OLDEST_SERVER: i64 = 150_000;
/// The role without grants for writing that readers take, when it exists.
pub(super) const READER: &str = "suanpan_reader";

/// Where the books are kept.
#[derive(Debug, Clone)]
pub enum Database {
    /// In a file of this machine, written by one server.
    Sqlite(PathBuf),
    /// In a PostgreSQL server, 15 or newer.
    Postgresql(Address),
}

impl Database {
    /// The embedded database of a data folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self::Sqlite(DataFolder::database_in(folder))
    }

    /// The connection that writes. Only the writer thread, migrations and the demo company use one.
    pub fn open_for_writing(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Sqlite(file) => open_file_for_writing(file),
            Self::Postgresql(address) => aside(|| {
                let connection = connect(address)?;
                connection.execute_batch(
                    "SET synchronous_commit = on; SET statement_timeout = '60s'; SET lock_timeout = '5s';
                     SET idle_in_transaction_session_timeout = '5s'",
                )?;
                check_server(&connection)?;
                Ok(connection)
            }),
        }
    }

    /// A connection that can only read.
    pub fn open_for_reading(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Sqlite(file) => {
                let connection = open_file(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
                connection.pragma_update(None, "query_only", true)?;
                Ok(Connection::sqlite(connection))
            }
            Self::Postgresql(address) => aside(|| {
                let connection = connect(address)?;
                connection.execute_batch("SET default_transaction_read_only = on; SET statement_timeout = '60s'")?;
                if has_reader(&connection)? {
                    connection.execute_batch(&format!("SET ROLE {READER}"))?;
                }
                Ok(connection)
            }),
        }
    }
}

impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Postgresql(address) => address.fmt(f),
        }
    }
}

/// Runs what waits for the network where waiting is allowed: not on a runtime's own thread.
fn aside<T: Send>(work: impl FnOnce() -> Result<T, StoreError> + Send) -> Result<T, StoreError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or(Err(StoreError::Interrupted))
}

fn connect(address: &Address) -> Result<Connection, StoreError> {
    let failed =
        |error: ConnectError| StoreError::Connection { address: address.to_string(), reason: error.to_string() };
    address.connect().map(Connection::postgres).map_err(failed)
}

/// Whether this user of PostgreSQL may read through the role [`READER`], and that role may read these tables.
pub(super) fn has_reader(connection: &Connection) -> Result<bool, super::sql::Error> {
    connection.query_row(
        "SELECT coalesce ((SELECT pg_has_role (rolname, 'MEMBER') AND has_schema_privilege (rolname, current_schema (), 'USAGE')
         FROM pg_roles WHERE rolname = ?1), false)",
        [READER],
        |row| row.get(0),
    )
}

/// A server that forgets what it acknowledged is named in the log; one that is too old is refused.
fn check_server(connection: &Connection) -> Result<(), StoreError> {
    let setting = |name: &str| {
        connection
            .query_row("SELECT current_setting (?1)", [name], |row| row.get::<String>(0))
            .map_err(StoreError::from)
    };
    let version = setting("server_version_num")?.parse().unwrap_or(0);
    if version < OLDEST_SERVER {
        return Err(StoreError::OldServer { found: setting("server_version")? });
    }
    for name in ["fsync", "full_page_writes"] {
        if setting(name)? != "on" {
            tracing::warn!(setting = name, "PostgreSQL does not keep what it acknowledges when power fails");
        }
    }
    Ok(())
}

fn open_file_for_writing(database: &Path) -> Result<Connection, StoreError> {
    let connection = open_file(database, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::corrupt(format!("journal_mode is {mode}, not wal")));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // On Apple systems a plain fsync does not reach the medium; elsewhere this does nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    #[cfg(unix)]
    keep_private(database)?;
    Ok(Connection::sqlite(connection))
}

fn open_file(database: &Path, access: OpenFlags) -> Result<rusqlite::Connection, StoreError> {
    // One thread at a time uses a connection, which the borrow checker holds: no need for SQLite's mutexes.
    let connection = rusqlite::Connection::open_with_flags(database, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
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
    use crate::store::sql::Kind;

    #[test]
    fn the_writer_synchronises_fully_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = crate::testing::database(folder.path());
        let writer = database.open_for_writing().unwrap();
        match writer.kind() {
            Kind::Sqlite => {
                let pragma =
                    |name: &str| writer.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<i64>(0)).unwrap();
                assert_eq!(pragma("synchronous"), 2, "FULL");
                assert_eq!(pragma("foreign_keys"), 1);
                assert_eq!(pragma("busy_timeout"), 5_000);
            }
            Kind::Postgresql => {
                let answer: String =
                    writer.query_row("SELECT current_setting ('synchronous_commit')", [], |row| row.get(0)).unwrap();
                assert_eq!(answer, "on");
            }
        }
        crate::store::migrations::lay_foundation(&writer).unwrap();
        crate::store::migrations::migrate(&writer).unwrap();
        let reader = database.open_for_reading().unwrap();
        let refused = reader.execute("DELETE FROM setting", []).unwrap_err().to_string();
        let reasons = ["read-only", "readonly", "permission denied"];
        assert!(reasons.iter().any(|reason| refused.contains(reason)), "{refused}");
    }
}
