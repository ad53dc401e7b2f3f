//! What a statement can fail with.

use std::error::Error as _;

/// A statement or a question failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused or failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused or failed, or could not be reached.
    #[error("{}", said(.0))]
    Postgres(#[from] postgres::Error),
    /// One row was asked for and there is none.
    #[error("no such row")]
    NoRow,
    /// A column does not hold what it should.
    #[error("column {column}: {reason}")]
    Column {
        /// Counted from 0.
        column: usize,
        /// What was expected and found.
        reason: String,
    },
    /// The connection is gone.
    #[error("the connection to the database is gone")]
    Gone,
    /// A statement of this transaction failed, so PostgreSQL would answer COMMIT by rolling back.
    #[error("a statement of this transaction failed before")]
    Aborted,
    /// Another server writes now: this one's epoch is over and nothing of its batch was kept.
    #[error("another server writes to this database now")]
    Fenced,
}

impl Error {
    /// A column that cannot be read as what it should be.
    pub fn column(column: usize, reason: impl std::fmt::Display) -> Self {
        Self::Column { column, reason: reason.to_string() }
    }
}

/// The driver's own text says only "db error"; what the server said is behind it.
fn said(error: &postgres::Error) -> String {
    match error.source() {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

/// Turns "no such row" into `None`.
pub trait OptionalExtension<T> {
    /// `Ok(None)` when there was no row.
    fn optional(self) -> Result<Option<T>, Error>;
}

impl<T> OptionalExtension<T> for Result<T, Error> {
    fn optional(self) -> Result<Option<T>, Error> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(Error::NoRow | Error::Sqlite(rusqlite::Error::QueryReturnedNoRows)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
