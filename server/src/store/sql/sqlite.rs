//! The embedded database's side.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Rows, Statement, ToSql};

use super::{Result, Value};

/// A connection to a file.
pub(super) struct Driver(Connection);

impl Driver {
    pub(super) const fn new(connection: Connection) -> Self {
        Self(connection)
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        Ok(self.0.prepare(sql)?)
    }

    pub(super) fn prepare_cached(&self, sql: &str) -> Result<CachedStatement<'_>> {
        Ok(self.0.prepare_cached(sql)?)
    }

    pub(super) fn execute_batch(&self, sql: &str) -> Result<()> {
        Ok(self.0.execute_batch(sql)?)
    }

    pub(super) fn changes(&self) -> u64 {
        self.0.total_changes()
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match *self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(number),
            // What PostgreSQL would refuse is refused here too, so that a database can be moved.
            Self::Text(text) if text.contains('\0') => {
                return Err(rusqlite::Error::ToSqlConversionFailure("a text with NUL".into()));
            }
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

pub(super) fn execute(statement: &mut Statement<'_>, values: &[Value<'_>]) -> Result<usize> {
    Ok(statement.execute(rusqlite::params_from_iter(values))?)
}

pub(super) fn query<'s>(statement: &'s mut Statement<'_>, values: &[Value<'_>]) -> Result<Rows<'s>> {
    Ok(statement.query(rusqlite::params_from_iter(values))?)
}
