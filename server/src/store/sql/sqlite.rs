//! The embedded database's side.

use std::cell::{Cell, RefCell};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Rows, Statement, ToSql};

use super::bulk::Table;
use super::waiting::{Load, Owned, Waiting};
use super::{Bind, Result, Value};

/// A connection to a file.
pub(super) struct Driver {
    connection: Connection,
    waiting: RefCell<Waiting>,
    savepoint: Cell<Savepoint>,
    /// Rows that were put, and changes that writing them made.
    put: Cell<u64>,
    written: Cell<u64>,
}

/// Where a job's savepoint is. A job that only puts rows needs none: its rows wait outside the
/// database and are forgotten there. A savepoint costs a copy of every page that is then changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    None,
    /// To be set before the next statement.
    Wanted,
    Set,
}

impl Driver {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            waiting: RefCell::default(),
            savepoint: Cell::new(Savepoint::None),
            put: Cell::new(0),
            written: Cell::new(0),
        }
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        Ok(self.connection.prepare(sql)?)
    }

    pub(super) fn prepare_cached(&self, sql: &str) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    pub(super) fn execute_batch(&self, sql: &str) -> Result<()> {
        self.settle()?;
        Ok(self.connection.execute_batch(sql)?)
    }

    pub(super) fn changes(&self) -> u64 {
        (self.connection.total_changes() - self.written.get()).saturating_add(self.put.get())
    }

    /// Lets a row wait until the next statement.
    pub(super) fn put(&self, table: &'static Table, row: &[&dyn Bind]) {
        self.waiting.borrow_mut().put(table, row);
        self.put.set(self.put.get().saturating_add(1));
    }

    pub(super) fn savepoint(&self) {
        self.waiting.borrow_mut().begin_job();
        self.savepoint.set(Savepoint::Wanted);
    }

    pub(super) fn release(&self) -> Result<()> {
        match self.savepoint.replace(Savepoint::None) {
            Savepoint::Set => Ok(self.prepare_cached("RELEASE turn")?.execute([]).map(drop)?),
            Savepoint::None | Savepoint::Wanted => Ok(()),
        }
    }

    pub(super) fn roll_back_to_savepoint(&self) -> Result<()> {
        self.waiting.borrow_mut().forget_job();
        match self.savepoint.replace(Savepoint::None) {
            Savepoint::Set => Ok(self.connection.execute_batch("ROLLBACK TO turn; RELEASE turn")?),
            Savepoint::None | Savepoint::Wanted => Ok(()),
        }
    }

    /// Does what has to come before the next statement.
    pub(super) fn settle(&self) -> Result<()> {
        if self.savepoint.get() == Savepoint::Wanted {
            // What earlier jobs put must not be undone with this one.
            let earlier = self.waiting.borrow_mut().take_earlier();
            self.write(&earlier)?;
            self.prepare_cached("SAVEPOINT turn")?.execute([])?;
            self.savepoint.set(Savepoint::Set);
        }
        let all = self.waiting.borrow_mut().take_all();
        self.write(&all)
    }

    pub(super) fn execute(&self, statement: &mut Statement<'_>, values: &[Value<'_>]) -> Result<usize> {
        self.settle()?;
        Ok(statement.execute(rusqlite::params_from_iter(values))?)
    }

    pub(super) fn query<'s>(&self, statement: &'s mut Statement<'_>, values: &[Value<'_>]) -> Result<Rows<'s>> {
        self.settle()?;
        Ok(statement.query(rusqlite::params_from_iter(values))?)
    }

    fn write(&self, loads: &[Load]) -> Result<()> {
        let before = self.connection.total_changes();
        for load in loads {
            let mut insert = self.prepare_cached(load.table.one())?;
            for row in load.rows() {
                insert.execute(rusqlite::params_from_iter(row.iter().map(Owned::value)))?;
            }
        }
        self.written.set(self.written.get() + (self.connection.total_changes() - before));
        Ok(())
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
