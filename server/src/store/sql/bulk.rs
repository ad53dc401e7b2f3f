//! Rows that are written many at a time.
//!
//! Promise: [`Connection::put`] means what the same `INSERT` means. The rows wait at this end and
//! are written together: at the latest with the next question, the next other statement, or COMMIT,
//! whichever comes first. So nobody can see that they waited. On PostgreSQL, where each statement is a
//! journey, all of them travel in one; on SQLite, a job that only puts rows needs no savepoint.

use std::sync::OnceLock;

use super::{Bind, Connection, Driver, Error, Result, Value};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A whole number.
    Integer(&'static str),
    /// A text.
    Text(&'static str),
    /// Bytes.
    Blob(&'static str),
}

/// What to do about a row whose key is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clash {
    /// It is an error.
    Fail,
    /// The row that is there stays.
    Keep,
    /// The new row takes its place.
    Replace,
}

/// A table as far as rows are put into it.
#[derive(Debug)]
pub struct Table {
    name: &'static str,
    columns: &'static [Column],
    /// How many of the first columns are the key.
    key: usize,
    clash: Clash,
    /// For one row.
    sql: OnceLock<String>,
}

impl Column {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Integer(name) | Self::Text(name) | Self::Blob(name) => name,
        }
    }
}

impl Table {
    /// Rows are added; one with a key that is there is an error.
    pub const fn append(name: &'static str, columns: &'static [Column]) -> Self {
        Self { name, columns, key: 0, clash: Clash::Fail, sql: OnceLock::new() }
    }

    /// Rows are added; of those with the same first `key` columns the first stays.
    pub const fn keep_first(name: &'static str, key: usize, columns: &'static [Column]) -> Self {
        Self { name, columns, key, clash: Clash::Keep, sql: OnceLock::new() }
    }

    /// Rows are added or, by their first `key` columns, replaced.
    pub const fn keep_last(name: &'static str, key: usize, columns: &'static [Column]) -> Self {
        Self { name, columns, key, clash: Clash::Replace, sql: OnceLock::new() }
    }

    /// A value of another kind than its column's is a mistake of this program.
    fn check(&self, row: &[&dyn Bind]) -> Result<()> {
        if row.len() != self.columns.len() {
            return Err(Error::column(row.len(), format!("{} has {} columns", self.name, self.columns.len())));
        }
        for (index, (column, value)) in self.columns.iter().zip(row).enumerate() {
            let fits = matches!(
                (column, value.bind()),
                (_, Value::Null)
                    | (Column::Integer(_), Value::Integer(_))
                    | (Column::Text(_), Value::Text(_))
                    | (Column::Blob(_), Value::Blob(_))
            );
            if matches!(value.bind(), Value::Text(text) if text.contains('\0')) {
                return Err(Error::column(index, format!("{}.{} is a text with NUL", self.name, column.name())));
            }
            if !fits {
                return Err(Error::column(index, format!("{}.{} is of another kind", self.name, column.name())));
            }
        }
        Ok(())
    }

    pub(super) const fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// How many of the first columns tell rows apart of which one statement may hold only the last.
    pub(super) const fn replaces_by(&self) -> Option<usize> {
        match self.clash {
            Clash::Replace => Some(self.key),
            Clash::Fail | Clash::Keep => None,
        }
    }

    /// For one row: `INSERT INTO name (a, b) VALUES (?1, ?2)`.
    pub(super) fn one(&self) -> &str {
        self.sql.get_or_init(|| {
            let places: Vec<String> = (1..=self.columns.len()).map(|number| format!("?{number}")).collect();
            format!("{} VALUES ({}){}", self.into(), places.join(", "), self.clash())
        })
    }

    /// For many, with its first array at `?first`:
    /// `INSERT INTO name (a, b) SELECT * FROM unnest (?1::BIGINT[], ?2::TEXT[])`.
    pub(super) fn many(&self, first: usize) -> String {
        let arrays: Vec<String> = (first..).zip(self.columns).map(|(number, column)| array(number, *column)).collect();
        format!("{} SELECT * FROM unnest ({}){}", self.into(), arrays.join(", "), self.clash())
    }

    fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name()).collect()
    }

    fn into(&self) -> String {
        format!("INSERT INTO {} ({})", self.name, self.names().join(", "))
    }

    fn clash(&self) -> String {
        let names = self.names();
        let (key, values) = names.split_at(self.key.min(names.len()));
        match self.clash {
            Clash::Fail => String::new(),
            Clash::Keep => format!(" ON CONFLICT ({}) DO NOTHING", key.join(", ")),
            Clash::Replace => {
                let set: Vec<String> = values.iter().map(|name| format!("{name} = excluded.{name}")).collect();
                format!(" ON CONFLICT ({}) DO UPDATE SET {}", key.join(", "), set.join(", "))
            }
        }
    }
}

fn array(number: usize, column: Column) -> String {
    let kind = match column {
        Column::Integer(_) => "BIGINT",
        Column::Text(_) => "TEXT",
        Column::Blob(_) => "BYTEA",
    };
    format!("?{number}::{kind}[]")
}

impl Connection {
    /// Writes a row, its columns in the table's order.
    pub fn put(&self, table: &'static Table, row: &[&dyn Bind]) -> Result<()> {
        table.check(row)?;
        match &self.driver {
            Driver::Sqlite(driver) => driver.put(table, row),
            Driver::Postgres(driver) => driver.put(table, row),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Column::{Blob, Integer, Text};
    use super::*;
    use crate::store::sql::params;
    use crate::testing::tables;

    static SETTING: Table = Table::keep_last("setting", 1, &[Text("key"), Blob("value")]);
    static FIRST: Table = Table::keep_first("setting", 1, &[Text("key"), Blob("value")]);
    static CHECKPOINT: Table = Table::append("checkpoint", &[Integer("size"), Integer("at"), Text("note")]);

    fn value(connection: &Connection, key: &str) -> Vec<u8> {
        connection.query_row("SELECT value FROM setting WHERE key = ?1", [key], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_row_that_was_put_is_there_for_the_next_question() {
        let connection = tables();
        let before = connection.changes();
        for (key, number) in [("a", 1_u8), ("b", 2), ("a", 3)] {
            connection.put(&SETTING, params![key, [number]]).unwrap();
        }
        assert_eq!(connection.changes() - before, 3);
        assert_eq!((value(&connection, "a"), value(&connection, "b")), (vec![3], vec![2]));
        connection.put(&FIRST, params!["a", [9_u8]]).unwrap();
        connection.put(&FIRST, params!["c", [4_u8]]).unwrap();
        assert_eq!((value(&connection, "a"), value(&connection, "c")), (vec![3], vec![4]));
        for size in 0..2_500 {
            connection.put(&CHECKPOINT, params![size, 0, "票"]).unwrap();
        }
        let (count, note): (i64, String) = connection
            .query_row("SELECT count(*), min(note) FROM checkpoint", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!((count, note.as_str()), (2_500, "票"));
    }

    #[test]
    fn what_a_refused_job_put_is_taken_back_and_nothing_else() {
        let connection = tables();
        connection.execute_batch("BEGIN").unwrap();
        connection.savepoint();
        connection.put(&SETTING, params!["kept", [1_u8]]).unwrap();
        connection.release().unwrap();
        connection.savepoint();
        connection.put(&SETTING, params!["kept", [2_u8]]).unwrap();
        connection.put(&SETTING, params!["new", [2_u8]]).unwrap();
        connection.roll_back_to_savepoint().unwrap();
        connection.savepoint();
        // The same with a question in between, which sends what waited.
        connection.put(&SETTING, params!["kept", [3_u8]]).unwrap();
        assert_eq!(value(&connection, "kept"), [3]);
        connection.roll_back_to_savepoint().unwrap();
        connection.commit().unwrap();
        assert_eq!(value(&connection, "kept"), [1]);
        let count: i64 = connection.query_row("SELECT count(*) FROM setting", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1);
    }
}
