//! Rows that wait to travel together.

use std::collections::HashSet;

use postgres::types::ToSql;

use crate::store::sql::bulk::{Column, Table};
use crate::store::sql::{Bind, Value};

/// A value that outlives its statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Owned {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// The rows of one table, in the order in which they were put.
struct Queue {
    table: &'static Table,
    rows: Vec<Vec<Owned>>,
    /// How many were there when the current job began.
    before_job: usize,
}

/// All rows that wait.
#[derive(Default)]
pub(super) struct Waiting(Vec<Queue>);

/// One statement's worth: what to say, and an array for each column.
pub(super) struct Load {
    pub(super) table: &'static Table,
    pub(super) columns: Vec<Box<dyn ToSql + Sync>>,
}

impl Waiting {
    pub(super) fn put(&mut self, table: &'static Table, row: &[&dyn Bind]) {
        let row: Vec<Owned> = row.iter().map(|value| value.bind().into()).collect();
        match self.0.iter_mut().find(|queue| std::ptr::eq(queue.table, table)) {
            Some(queue) => queue.rows.push(row),
            None => self.0.push(Queue { table, rows: vec![row], before_job: 0 }),
        }
    }

    /// Remembers that what is put from now on is another job's.
    pub(super) fn begin_job(&mut self) {
        for queue in &mut self.0 {
            queue.before_job = queue.rows.len();
        }
    }

    /// Forgets what the current job has put and not sent.
    pub(super) fn forget_job(&mut self) {
        for queue in &mut self.0 {
            queue.rows.truncate(queue.before_job);
        }
    }

    /// Takes what the jobs before the current one have put.
    pub(super) fn take_earlier(&mut self) -> Vec<Load> {
        let take = |queue: &mut Queue| {
            let later = queue.rows.split_off(queue.before_job.min(queue.rows.len()));
            queue.before_job = 0;
            std::mem::replace(&mut queue.rows, later)
        };
        self.0.iter_mut().map(|queue| (queue.table, take(queue))).filter_map(load).collect()
    }

    /// Takes everything.
    pub(super) fn take_all(&mut self) -> Vec<Load> {
        let take = |queue: &mut Queue| {
            queue.before_job = 0;
            std::mem::take(&mut queue.rows)
        };
        self.0.iter_mut().map(|queue| (queue.table, take(queue))).filter_map(load).collect()
    }
}

fn load((table, mut rows): (&'static Table, Vec<Vec<Owned>>)) -> Option<Load> {
    if let Some(key) = table.replaces_by() {
        rows = last_of_each(rows, key);
    }
    (!rows.is_empty()).then(|| Load { table, columns: columns(table, rows) })
}

/// One statement cannot replace a row twice; only the last counts.
fn last_of_each(rows: Vec<Vec<Owned>>, key: usize) -> Vec<Vec<Owned>> {
    let mut seen: HashSet<Vec<Owned>> = HashSet::with_capacity(rows.len());
    let mut kept: Vec<Vec<Owned>> =
        rows.into_iter().rev().filter(|row| seen.insert(row.iter().take(key).cloned().collect())).collect();
    kept.reverse();
    kept
}

fn columns(table: &'static Table, rows: Vec<Vec<Owned>>) -> Vec<Box<dyn ToSql + Sync>> {
    let mut rows: Vec<_> = rows.into_iter().map(Vec::into_iter).collect();
    let each = table.columns().iter().map(|column| {
        let values = rows.iter_mut().map(|row| row.next().unwrap_or(Owned::Null));
        array(*column, values)
    });
    each.collect()
}

/// The values of one column. Each is of the column's kind or null: [`Table`] has checked.
fn array(column: Column, values: impl Iterator<Item = Owned>) -> Box<dyn ToSql + Sync> {
    match column {
        Column::Integer(_) => {
            let integer = |value| if let Owned::Integer(number) = value { Some(number) } else { None };
            Box::new(values.map(integer).collect::<Vec<Option<i64>>>())
        }
        Column::Text(_) => {
            let text = |value| if let Owned::Text(text) = value { Some(text) } else { None };
            Box::new(values.map(text).collect::<Vec<Option<String>>>())
        }
        Column::Blob(_) => {
            let blob = |value| if let Owned::Blob(bytes) = value { Some(bytes) } else { None };
            Box::new(values.map(blob).collect::<Vec<Option<Vec<u8>>>>())
        }
    }
}
