//! Transactions: the writer's batch with a savepoint for each job, and a reader's moment.

use std::ops::Deref;

use super::{Connection, Driver, Error, Lease, Result};

/// One moment of the database, for reading: everything asked through it is of that moment. It ends
/// when it is dropped.
pub struct Moment<'c>(&'c Connection);

impl Deref for Moment<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        // Nothing was written. A connection that fails here fails at its next use, by name.
        drop(self.0.execute_batch("ROLLBACK"));
    }
}

impl Connection {
    /// Holds one moment of the database for reading.
    pub fn moment(&self) -> Result<Moment<'_>> {
        match &self.driver {
            Driver::Sqlite(driver) => driver.execute_batch("BEGIN DEFERRED")?,
            Driver::Postgres(driver) => driver.execute_batch("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")?,
        }
        Ok(Moment(self))
    }

    /// Begins a batch of the writer. [`Error::Fenced`] when another server has taken the lease.
    pub(in crate::store) fn begin(&self, lease: Lease) -> Result<()> {
        match &self.driver {
            Driver::Sqlite(driver) => driver.execute_batch("BEGIN IMMEDIATE"),
            Driver::Postgres(driver) => {
                // One round trip. The row stays locked until COMMIT, so that nobody can take the
                // lease between this check and the end of the batch.
                match driver.count_of(&format!("BEGIN; {}", lease.renewal(1)))? {
                    1 => Ok(()),
                    _ => Err(Error::Fenced),
                }
            }
        }
    }

    /// Makes the batch durable.
    pub(in crate::store) fn commit(&self) -> Result<()> {
        match &self.driver {
            Driver::Sqlite(driver) => driver.execute_batch("COMMIT"),
            Driver::Postgres(driver) => driver.commit(),
        }
    }

    /// Begins a job's part of the batch.
    pub(in crate::store) fn savepoint(&self) {
        match &self.driver {
            Driver::Sqlite(driver) => driver.savepoint(),
            Driver::Postgres(driver) => driver.savepoint(),
        }
    }

    /// Keeps what the job wrote.
    pub(in crate::store) fn release(&self) -> Result<()> {
        match &self.driver {
            Driver::Sqlite(driver) => driver.release(),
            Driver::Postgres(driver) => {
                driver.release();
                Ok(())
            }
        }
    }

    /// Takes back what the job wrote.
    pub(in crate::store) fn roll_back_to_savepoint(&self) -> Result<()> {
        match &self.driver {
            Driver::Sqlite(driver) => driver.roll_back_to_savepoint(),
            Driver::Postgres(driver) => driver.roll_back_to_savepoint(),
        }
    }
}
