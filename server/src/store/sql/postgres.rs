//! PostgreSQL's side.

mod address;
mod value;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use postgres::{Client, Row, SimpleQueryMessage, Statement};

pub use address::{Address, AddressError, ConnectError};
pub(super) use value::Raw;

use super::Bind;
use super::bulk::{Column, Table};
use super::waiting::{Load, Owned, Waiting};
use super::{Error, Result, Value};
use value::Sent;

/// Statements kept prepared for each connection. A program has a few hundred texts; a text made at
/// run time must not fill the server's memory.
const PREPARED: usize = 512;

/// A connection to a server.
pub(super) struct Driver {
    /// `None` only while it is dropped.
    client: RefCell<Option<Client>>,
    prepared: RefCell<HashMap<String, Prepared>>,
    changes: Cell<u64>,
    waiting: RefCell<Waiting>,
    savepoint: Cell<Savepoint>,
    /// A statement has failed since the transaction or the savepoint began: the server refuses all
    /// others, and answers COMMIT with ROLLBACK and without an error.
    failed: Cell<bool>,
}

/// A statement that the server knows.
#[derive(Clone)]
pub(super) struct Prepared {
    statement: Statement,
    /// Whether it changes rows, also when it returns some (`UPDATE … RETURNING`).
    writes: bool,
}

/// Where a job's savepoint is. It is sent with the first statement of the job, so that a job that
/// asks nothing costs no round trip, and the end of one travels with the beginning of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    None,
    /// To be sent before the next statement.
    Wanted,
    Sent,
    /// Sent, and done with.
    Over,
    /// Done with, and the next is to be sent.
    OverAndWanted,
}

impl Driver {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client: RefCell::new(Some(client)),
            prepared: RefCell::default(),
            changes: Cell::new(0),
            waiting: RefCell::default(),
            savepoint: Cell::new(Savepoint::None),
            failed: Cell::new(false),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Client) -> std::result::Result<T, postgres::Error>) -> Result<T> {
        let mut client = self.client.try_borrow_mut().map_err(|_| Error::Gone)?;
        let done = work(client.as_mut().ok_or(Error::Gone)?);
        self.failed.set(self.failed.get() || done.is_err());
        Ok(done?)
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<Prepared> {
        if let Some(known) = self.prepared.borrow().get(sql) {
            return Ok(known.clone());
        }
        self.settle()?;
        self.prepare_now(sql)
    }

    fn prepare_now(&self, sql: &str) -> Result<Prepared> {
        if let Some(known) = self.prepared.borrow().get(sql) {
            return Ok(known.clone());
        }
        let statement = self.with(|client| client.prepare(&numbered(sql)))?;
        let made = Prepared { statement, writes: !sql.trim_start().starts_with("SELECT") };
        let mut prepared = self.prepared.borrow_mut();
        if prepared.len() >= PREPARED {
            prepared.clear();
        }
        prepared.insert(sql.to_owned(), made.clone());
        Ok(made)
    }

    pub(super) fn execute(&self, prepared: &Prepared, values: &[Value<'_>]) -> Result<usize> {
        self.settle()?;
        let sent: Vec<Sent<'_>> = values.iter().copied().map(Sent).collect();
        let changed = self.with(|client| client.execute(&prepared.statement, &references(&sent)))?;
        self.count(changed);
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(super) fn query(&self, prepared: &Prepared, values: &[Value<'_>]) -> Result<Vec<Row>> {
        self.settle()?;
        let sent: Vec<Sent<'_>> = values.iter().copied().map(Sent).collect();
        let rows = self.with(|client| client.query(&prepared.statement, &references(&sent)))?;
        if prepared.writes {
            self.count(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        }
        Ok(rows)
    }

    /// Lets a row wait until the next statement.
    pub(super) fn put(&self, table: &'static Table, row: &[&dyn Bind]) {
        self.waiting.borrow_mut().put(table, row);
        self.count(1);
    }

    /// All tables in one statement, which is one journey: its parts are all carried out, each once
    /// (PostgreSQL 15, section 7.8.4).
    fn send(&self, loads: &[Load]) -> Result<()> {
        let Some((last, others)) = loads.split_last() else { return Ok(()) };
        let (mut parts, mut first) = (Vec::with_capacity(others.len()), 1);
        for (number, load) in others.iter().enumerate() {
            parts.push(format!("part{number} AS ({})", load.table.many(first)));
            first += load.table.columns().len();
        }
        let with = if parts.is_empty() { String::new() } else { format!("WITH {} ", parts.join(", ")) };
        let sql = format!("{with}{}", last.table.many(first));
        let prepared = self.prepare_now(&sql)?;
        let columns: Vec<Box<dyn postgres::types::ToSql + Sync + '_>> = loads.iter().flat_map(columns).collect();
        let arrays: Vec<&(dyn postgres::types::ToSql + Sync)> = columns.iter().map(AsRef::as_ref).collect();
        self.with(|client| client.execute(&prepared.statement, &arrays)).map(drop)
    }

    fn count(&self, changed: u64) {
        self.changes.set(self.changes.get().saturating_add(changed));
    }

    pub(super) fn execute_batch(&self, sql: &str) -> Result<()> {
        self.settle()?;
        self.with(|client| client.batch_execute(sql))
    }

    /// Ends the transaction; an error unless everything in it is kept.
    pub(super) fn commit(&self) -> Result<()> {
        self.settle()?;
        if self.failed.get() {
            return Err(Error::Aborted);
        }
        self.with(|client| client.batch_execute("COMMIT"))
    }

    /// Runs simple statements and returns how many rows the last of them changed.
    pub(super) fn count_of(&self, sql: &str) -> Result<u64> {
        let answers = self.with(|client| client.simple_query(sql))?;
        let count = answers.iter().rev().find_map(|answer| match answer {
            SimpleQueryMessage::CommandComplete(count) => Some(*count),
            _ => None,
        });
        Ok(count.unwrap_or(0))
    }

    pub(super) const fn changes(&self) -> u64 {
        self.changes.get()
    }

    pub(super) fn savepoint(&self) {
        self.waiting.borrow_mut().begin_job();
        self.savepoint.set(match self.savepoint.get() {
            Savepoint::Over | Savepoint::OverAndWanted => Savepoint::OverAndWanted,
            Savepoint::None | Savepoint::Wanted | Savepoint::Sent => Savepoint::Wanted,
        });
    }

    pub(super) fn release(&self) {
        self.savepoint.set(match self.savepoint.get() {
            Savepoint::Sent | Savepoint::Over | Savepoint::OverAndWanted => Savepoint::Over,
            Savepoint::None | Savepoint::Wanted => Savepoint::None,
        });
    }

    pub(super) fn roll_back_to_savepoint(&self) -> Result<()> {
        self.waiting.borrow_mut().forget_job();
        match self.savepoint.get() {
            Savepoint::Sent => {
                self.savepoint.set(Savepoint::None);
                self.with(|client| client.batch_execute("ROLLBACK TO turn; RELEASE turn"))?;
                self.failed.set(false);
                Ok(())
            }
            // The job had sent nothing.
            Savepoint::Over | Savepoint::OverAndWanted => {
                self.savepoint.set(Savepoint::Over);
                Ok(())
            }
            Savepoint::None | Savepoint::Wanted => {
                self.savepoint.set(Savepoint::None);
                Ok(())
            }
        }
    }

    /// Sends what has to come before the next statement.
    fn settle(&self) -> Result<()> {
        let control = match self.savepoint.get() {
            Savepoint::None | Savepoint::Sent => None,
            Savepoint::Wanted => Some(("SAVEPOINT turn", Savepoint::Sent)),
            Savepoint::Over => Some(("RELEASE turn", Savepoint::None)),
            Savepoint::OverAndWanted => Some(("RELEASE turn; SAVEPOINT turn", Savepoint::Sent)),
        };
        if let Some((first, then)) = control {
            // What earlier jobs put must not be undone with this one.
            let earlier = self.waiting.borrow_mut().take_earlier();
            self.send(&earlier)?;
            self.savepoint.set(then);
            self.with(|client| client.batch_execute(first))?;
        }
        let all = self.waiting.borrow_mut().take_all();
        self.send(&all)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let client = self.client.get_mut().take();
        // Taking leave waits for the network, which a runtime's own thread must not do.
        if tokio::runtime::Handle::try_current().is_ok() {
            std::thread::spawn(move || drop(client));
        }
    }
}

fn references<'a>(sent: &'a [Sent<'a>]) -> Vec<&'a (dyn postgres::types::ToSql + Sync)> {
    sent.iter().map(|value| value as &(dyn postgres::types::ToSql + Sync)).collect()
}

/// An array for each column.
fn columns(load: &Load) -> impl Iterator<Item = Box<dyn postgres::types::ToSql + Sync + '_>> {
    load.table.columns().iter().enumerate().map(|(at, column)| array(*column, load.column(at)))
}

/// The values of one column. Each is of the column's kind or null: [`Table`] has checked.
fn array<'a>(column: Column, values: impl Iterator<Item = &'a Owned>) -> Box<dyn postgres::types::ToSql + Sync + 'a> {
    match column {
        Column::Integer(_) => {
            let integer = |value: &Owned| if let Owned::Integer(number) = value { Some(*number) } else { None };
            Box::new(values.map(integer).collect::<Vec<Option<i64>>>())
        }
        Column::Text(_) => {
            let text = |value: &'a Owned| if let Owned::Text(text) = value { Some(text.as_str()) } else { None };
            Box::new(values.map(text).collect::<Vec<Option<&str>>>())
        }
        Column::Blob(_) => {
            let blob = |value: &'a Owned| if let Owned::Blob(bytes) = value { Some(bytes.as_slice()) } else { None };
            Box::new(values.map(blob).collect::<Vec<Option<&[u8]>>>())
        }
    }
}

/// `?1` as PostgreSQL writes it, `$1`; what stands in quotes is left alone.
fn numbered(sql: &str) -> String {
    let mut quoted = false;
    sql.chars()
        .map(|character| {
            quoted ^= character == '\'';
            if character == '?' && !quoted { '$' } else { character }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn placeholders_are_numbered_outside_quotes() {
        assert_eq!(
            numbered("SELECT '?1', a FROM t WHERE b = ?1 OR c = ?12"),
            "SELECT '?1', a FROM t WHERE b = $1 OR c = $12"
        );
    }
}
