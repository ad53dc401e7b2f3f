//! A row of an answer, and rows one after the other.

use rusqlite::types::ValueRef;

use super::postgres::Raw;
use super::{Error, FromValue, Result, Value};

/// One row.
pub struct Row<'a>(Found<'a>);

enum Found<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(postgres::Row),
}

impl Row<'_> {
    /// The column at `index`, counted from 0.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T> {
        let value = match &self.0 {
            Found::Sqlite(row) => match row.get_ref(index)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(_) => return Err(Error::column(index, "a floating-point number was found")),
                ValueRef::Text(text) => {
                    Value::Text(std::str::from_utf8(text).map_err(|error| Error::column(index, error))?)
                }
                ValueRef::Blob(bytes) => Value::Blob(bytes),
            },
            Found::Postgres(row) => row.try_get::<_, Raw<'_>>(index)?.0,
        };
        T::from_value(value).map_err(|reason| Error::Column { column: index, reason })
    }
}

/// The rows of an answer.
pub struct Rows<'s>(Answer<'s>);

enum Answer<'s> {
    /// Read from the file as they are asked for.
    Sqlite(rusqlite::Rows<'s>),
    /// All here already.
    Postgres(std::vec::IntoIter<postgres::Row>),
}

impl<'s> Rows<'s> {
    pub(super) const fn sqlite(rows: rusqlite::Rows<'s>) -> Self {
        Self(Answer::Sqlite(rows))
    }

    pub(super) fn postgres(rows: Vec<postgres::Row>) -> Self {
        Self(Answer::Postgres(rows.into_iter()))
    }

    /// The next row, until there is none.
    #[expect(clippy::should_implement_trait, reason = "a row borrows from the answer that it belongs to")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        match &mut self.0 {
            Answer::Sqlite(rows) => Ok(rows.next()?.map(|row| Row(Found::Sqlite(row)))),
            Answer::Postgres(rows) => Ok(rows.next().map(|row| Row(Found::Postgres(row)))),
        }
    }
}
