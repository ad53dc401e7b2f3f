//! The store: one database, SQLite in the data folder or PostgreSQL, one writer, several readers.
//!
//! Promise: what was answered is on disk. Every change goes through the one [`Writer`] thread,
//! which answers only after the transaction that holds the change is durable; readers see committed
//! rows only and cannot write. Which of the two databases it is shows nowhere above [`sql`].
//!
//! # For those who build on it
//!
//! ```ignore
//! // The state that decides, rebuilt from the tables at start and after every failure:
//! impl State for Authority {
//!     fn load(connection: &Connection) -> Result<Self, StoreError> { … }
//! }
//! let store: Store<Authority> = Store::open(&folder, &database, clock, &WriterLimits::default())?;
//!
//! // A change. The closure runs on the writer thread: decide first, then write, then change the state.
//! let receipt = store.writer.run(move |turn: &mut Turn<'_, Authority>| {
//!     let decided = turn.state.decide(turn.now, &command).map_err(Stop::Refused)?;  // E: your error
//!     turn.connection.prepare_cached("INSERT INTO entry …")?.execute(…)?;           // `?` on sql::Error
//!     turn.state.apply(&decided);
//!     turn.after_commit(move || fan_out.send(decided));                             // only if committed
//!     Ok(receipt)                                                                   // answered after COMMIT
//! }).await?;      // WriteError::{Refused(E), Busy (503, Retry-After), Unavailable (ask again by id)}
//!
//! // A question. Runs on another thread inside one read transaction.
//! let rows = store.readers.read(|connection| { … Ok(rows) }).await?;
//! ```
//!
//! - `turn.now` is the server's time, never earlier than in an earlier turn.
//! - A job that returns `Err` must not have written anything or changed the state. What it wrote is
//!   rolled back all the same, and the state is then loaded anew, at a price.
//! - After a failed statement return the error: PostgreSQL does nothing more in that transaction.
//! - To remember a refusal (an id that was refused stays refused), return it as `Ok`.
//! - Tables: add a file to `store/migrations/sqlite/` and `…/postgresql/` each and a line to `MIGRATIONS` in `store/migrations.rs`.
//!   Append-only tables get triggers that refuse UPDATE and DELETE.
//! - `busy`, `unavailable` and the errors of the store become HTTP answers in `http::problem`.

#[cfg(test)]
mod conformance;
mod database;
mod error;
mod folder;
mod migrations;
mod readers;
pub mod setting;
pub mod sql;
mod writer;

use std::path::{Path, PathBuf};

pub use database::Database;
pub use error::{RoundError, StoreError};
pub use folder::DataFolder;
pub(crate) use folder::create_private;
pub use migrations::{MIGRATIONS, Migration};
pub use readers::Readers;
pub use sql::{Connection, Leader};
pub use writer::{Answer, Entry, Standing, State, Stop, Turn, WriteError, Writer, WriterCounts, WriterLimits};

use crate::clock::Clock;

/// How many connections answer questions at the same time.
const READERS: usize = 4;

/// An open data folder: the writer with its state, and the readers. Clones share it.
pub struct Store<S> {
    /// Makes every change.
    pub writer: Writer<S>,
    /// Answer every question.
    pub readers: Readers,
    folder: std::sync::Arc<DataFolder>,
}

impl<S> Clone for Store<S> {
    fn clone(&self) -> Self {
        Self { writer: self.writer.clone(), readers: self.readers.clone(), folder: std::sync::Arc::clone(&self.folder) }
    }
}

/// An empty database with all tables, for tests of what one connection does.
#[cfg(test)]
pub(crate) fn empty(database: &Database) -> Result<Connection, StoreError> {
    let connection = match database {
        Database::Sqlite(_) => Connection::sqlite(rusqlite::Connection::open_in_memory()?),
        Database::Postgresql(_) => database.open_for_writing()?,
    };
    migrations::lay_foundation(&connection)?;
    migrations::migrate(&connection)?;
    Ok(connection)
}

impl<S: State> Store<S> {
    /// Opens the data folder, creating what is missing, brings the tables up to date and loads the
    /// state. Fails when another server has the folder open, or when the database was written by a
    /// newer version. Waits while another server writes to the same PostgreSQL database.
    pub fn open(path: &Path, database: &Database, clock: Clock, limits: &WriterLimits) -> Result<Self, StoreError> {
        Self::enter(path, database, clock, limits, Entry::Alone)
    }

    /// The same, as `entry` says.
    pub fn enter(
        path: &Path,
        database: &Database,
        clock: Clock,
        limits: &WriterLimits,
        entry: Entry,
    ) -> Result<Self, StoreError> {
        let folder = match database {
            Database::Sqlite(_) => DataFolder::open(path)?,
            Database::Postgresql(_) => DataFolder::open_shared(path)?,
        };
        let writer = Writer::start(database, clock, limits, entry)?;
        let readers = Readers::open(database, READERS)?;
        Ok(Self { writer, readers, folder: std::sync::Arc::new(folder) })
    }

    /// The folder that holds the originals and, with SQLite, the database.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }
}
