//! A prepared statement.

use super::{Error, Parameters, Result, Row, Rows, postgres, sqlite};

/// A statement that the database has parsed and planned.
pub struct Statement<'c>(Prepared<'c>);

enum Prepared<'c> {
    Sqlite { driver: &'c sqlite::Driver, statement: rusqlite::Statement<'c> },
    SqliteCached { driver: &'c sqlite::Driver, statement: rusqlite::CachedStatement<'c> },
    Postgres { driver: &'c postgres::Driver, prepared: postgres::Prepared },
}

impl<'c> Statement<'c> {
    pub(super) const fn sqlite(driver: &'c sqlite::Driver, statement: rusqlite::Statement<'c>) -> Self {
        Self(Prepared::Sqlite { driver, statement })
    }

    pub(super) const fn sqlite_cached(driver: &'c sqlite::Driver, statement: rusqlite::CachedStatement<'c>) -> Self {
        Self(Prepared::SqliteCached { driver, statement })
    }

    pub(super) const fn postgres(driver: &'c postgres::Driver, prepared: postgres::Prepared) -> Self {
        Self(Prepared::Postgres { driver, prepared })
    }

    /// Runs it and returns how many rows it changed.
    #[expect(clippy::needless_pass_by_value, reason = "an array or `params!` is written where it is used")]
    pub fn execute(&mut self, parameters: impl Parameters) -> Result<usize> {
        let values = parameters.values();
        match &mut self.0 {
            Prepared::Sqlite { driver, statement } => driver.execute(statement, &values),
            Prepared::SqliteCached { driver, statement } => driver.execute(statement, &values),
            Prepared::Postgres { driver, prepared } => driver.execute(prepared, &values),
        }
    }

    /// Reads the first row; [`Error::NoRow`] when there is none.
    pub fn query_row<T>(&mut self, parameters: impl Parameters, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        let mut rows = self.query(parameters)?;
        let row = rows.next()?.ok_or(Error::NoRow)?;
        read(&row)
    }

    /// Reads every row. They are all read before this returns.
    pub fn query_map<T>(
        &mut self,
        parameters: impl Parameters,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<std::vec::IntoIter<Result<T>>> {
        let mut all = Vec::new();
        let mut rows = self.query(parameters)?;
        while let Some(row) = rows.next()? {
            all.push(read(&row));
        }
        Ok(all.into_iter())
    }

    /// The rows, to be read one after the other.
    #[expect(clippy::needless_pass_by_value, reason = "an array or `params!` is written where it is used")]
    pub fn query(&mut self, parameters: impl Parameters) -> Result<Rows<'_>> {
        let values = parameters.values();
        match &mut self.0 {
            Prepared::Sqlite { driver, statement } => driver.query(statement, &values).map(Rows::sqlite),
            Prepared::SqliteCached { driver, statement } => driver.query(statement, &values).map(Rows::sqlite),
            Prepared::Postgres { driver, prepared } => driver.query(prepared, &values).map(Rows::postgres),
        }
    }
}
