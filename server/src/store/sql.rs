//! SQL for two databases: one text, one way to ask, two drivers behind it.
//!
//! Promise: whoever writes a statement writes it once. Placeholders are `?1`, `?2`, … on both
//! databases; values are integers, texts and bytes, and come back as what they went in. What only
//! one database understands stands in this module and in the migrations, nowhere else.
//!
//! The portable part of SQL is what both SQLite 3.39+ and PostgreSQL 15+ mean alike:
//!
//! - `INSERT … ON CONFLICT … DO UPDATE | DO NOTHING` and `RETURNING`; never `INSERT OR …`;
//! - `CASE WHEN a > b THEN a ELSE b END` for the larger of two columns (`max (a, b)` is SQLite's alone);
//! - `IS NOT DISTINCT FROM` where nulls are equal; `CAST (sum (x) AS BIGINT)` for sums;
//! - `LIKE` only on text of known case.

mod bulk;
mod error;
mod lease;
mod parameters;
mod postgres;
mod row;
mod sqlite;
mod statement;
mod transaction;
mod value;
mod waiting;

pub use bulk::{Column, Table};
pub use error::{Error, OptionalExtension};
pub use lease::Leader;
pub(in crate::store) use lease::{LEASE_SECONDS, Lease};
pub use parameters::Parameters;
pub(crate) use parameters::params;
pub use postgres::{Address, AddressError, ConnectError};
pub use row::{Row, Rows};
pub use statement::Statement;
pub use transaction::Moment;
pub use value::{Bind, FromValue, Value};

/// What statements and questions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Which of the two databases a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// The one with a server of its own.
    Postgresql,
}

/// One connection to either database. It may move between threads but is used by one at a time.
pub struct Connection {
    driver: Driver,
}

enum Driver {
    Sqlite(Box<sqlite::Driver>),
    Postgres(Box<postgres::Driver>),
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Connection").field(&self.kind()).finish()
    }
}

impl Connection {
    pub(super) fn sqlite(connection: rusqlite::Connection) -> Self {
        Self { driver: Driver::Sqlite(Box::new(sqlite::Driver::new(connection))) }
    }

    pub(super) fn postgres(client: ::postgres::Client) -> Self {
        Self { driver: Driver::Postgres(Box::new(postgres::Driver::new(client))) }
    }

    /// Which database it is.
    pub const fn kind(&self) -> Kind {
        match self.driver {
            Driver::Sqlite(_) => Kind::Sqlite,
            Driver::Postgres(_) => Kind::Postgresql,
        }
    }

    /// Prepares a statement that is used once in a while.
    pub fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        match &self.driver {
            Driver::Sqlite(driver) => Ok(Statement::sqlite(driver, driver.prepare(sql)?)),
            Driver::Postgres(driver) => Ok(Statement::postgres(driver, driver.prepare(sql)?)),
        }
    }

    /// Prepares a statement once for the connection's life and finds it again by its text.
    pub fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>> {
        match &self.driver {
            Driver::Sqlite(driver) => Ok(Statement::sqlite_cached(driver, driver.prepare_cached(sql)?)),
            Driver::Postgres(driver) => Ok(Statement::postgres(driver, driver.prepare(sql)?)),
        }
    }

    /// Runs one statement and returns how many rows it changed.
    pub fn execute(&self, sql: &str, parameters: impl Parameters) -> Result<usize> {
        self.prepare(sql)?.execute(parameters)
    }

    /// Asks for one row; [`Error::NoRow`] when there is none.
    pub fn query_row<T>(
        &self,
        sql: &str,
        parameters: impl Parameters,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare(sql)?.query_row(parameters, read)
    }

    /// Runs several statements without parameters or answers: migrations, settings.
    pub fn execute_batch(&self, sql: &str) -> Result<()> {
        match &self.driver {
            Driver::Sqlite(driver) => driver.execute_batch(sql),
            Driver::Postgres(driver) => driver.execute_batch(sql),
        }
    }

    /// How many rows this connection has changed since it was opened.
    pub fn changes(&self) -> u64 {
        match &self.driver {
            Driver::Sqlite(driver) => driver.changes(),
            Driver::Postgres(driver) => driver.changes(),
        }
    }
}
