//! Rows that wait to travel together.

use super::bulk::Table;
use super::{Bind, Value};

/// A value that outlives its statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owned {
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

impl Owned {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

/// The rows of one table, in the order in which they were put.
struct Queue {
    table: &'static Table,
    /// One row after the other.
    cells: Vec<Owned>,
    /// How many cells were there when the current job began.
    before_job: usize,
}

/// All rows that wait.
#[derive(Default)]
pub(super) struct Waiting(Vec<Queue>);

/// One table's worth of rows.
pub(super) struct Load {
    pub(super) table: &'static Table,
    cells: Vec<Owned>,
}

impl Waiting {
    pub(super) fn put(&mut self, table: &'static Table, row: &[&dyn Bind]) {
        let row = row.iter().map(|value| value.bind().into());
        match self.0.iter_mut().find(|queue| std::ptr::eq(queue.table, table)) {
            Some(queue) => queue.cells.extend(row),
            None => self.0.push(Queue { table, cells: row.collect(), before_job: 0 }),
        }
    }

    /// Remembers that what is put from now on is another job's.
    pub(super) fn begin_job(&mut self) {
        for queue in &mut self.0 {
            queue.before_job = queue.cells.len();
        }
    }

    /// Forgets what the current job has put and not sent.
    pub(super) fn forget_job(&mut self) {
        for queue in &mut self.0 {
            queue.cells.truncate(queue.before_job);
        }
    }

    /// Takes what the jobs before the current one have put.
    pub(super) fn take_earlier(&mut self) -> Vec<Load> {
        let take = |queue: &mut Queue| {
            let later = queue.cells.split_off(queue.before_job.min(queue.cells.len()));
            queue.before_job = 0;
            std::mem::replace(&mut queue.cells, later)
        };
        self.0.iter_mut().map(|queue| (queue.table, take(queue))).filter_map(load).collect()
    }

    /// Takes everything.
    pub(super) fn take_all(&mut self) -> Vec<Load> {
        let take = |queue: &mut Queue| {
            queue.before_job = 0;
            std::mem::take(&mut queue.cells)
        };
        self.0.iter_mut().map(|queue| (queue.table, take(queue))).filter_map(load).collect()
    }
}

impl Load {
    pub(super) fn rows(&self) -> std::slice::ChunksExact<'_, Owned> {
        self.cells.chunks_exact(self.table.columns().len().max(1))
    }

    /// The values of one column, counted from 0.
    pub(super) fn column(&self, at: usize) -> impl Iterator<Item = &Owned> {
        self.rows().filter_map(move |row| row.get(at))
    }
}

fn load((table, cells): (&'static Table, Vec<Owned>)) -> Option<Load> {
    let load = Load { table, cells };
    let load = match table.replaces_by() {
        Some(key) => last_of_each(&load, key),
        None => load,
    };
    (!load.cells.is_empty()).then_some(load)
}

/// One statement cannot replace a row twice; only the last counts. By key, so that rows that lie
/// beside each other are written one after the other.
fn last_of_each(load: &Load, key: usize) -> Load {
    let same = |a: &[Owned], b: &[Owned]| a.iter().take(key).eq(b.iter().take(key));
    let mut rows: Vec<&[Owned]> = load.rows().collect();
    rows.sort_by(|a, b| a.iter().take(key).cmp(b.iter().take(key)));
    let mut kept: Vec<&[Owned]> = Vec::with_capacity(rows.len());
    for row in rows {
        match kept.last_mut().filter(|last| same(last, row)) {
            Some(last) => *last = row,
            None => kept.push(row),
        }
    }
    Load { table: load.table, cells: kept.concat() }
}
