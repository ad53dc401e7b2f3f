//! The lease: which server writes to a PostgreSQL database.
//!
//! Promise: of all batches that are ever committed, those of one epoch are one server's, and no
//! batch of an earlier epoch follows one of a later. The lease alone could not promise that: a
//! server that was paused does not know that its time is over. So the epoch is a row, and each
//! batch begins by locking and checking that row; whoever takes over has to change it first.
//!
//! A server that ends, however it ends, takes its connection with it, and the next one takes over at
//! once. A server that stands still keeps its connection; its lease runs out instead,
//! [`LEASE_SECONDS`] after it last renewed it. SQLite needs none of this: the lock on the data folder
//! keeps a second server out.

use super::{Connection, Driver, OptionalExtension, Result};

/// How long a server that does not renew its lease keeps it, in seconds.
pub(in crate::store) const LEASE_SECONDS: u64 = 6;
/// The right to write, for as long as its epoch is the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Lease {
    epoch: i64,
}

impl Lease {
    /// Takes the lease if it is free or has run out; `None` while another server has it.
    pub(in crate::store) fn take(connection: &Connection) -> Result<Option<Self>> {
        let Driver::Postgres(_) = &connection.driver else {
            return Ok(Some(Self { epoch: 0 }));
        };
        let epoch = connection
            .query_row(
                &format!(
                    "UPDATE writer_lease SET epoch = epoch + 1, renewed_at = clock_timestamp (), holder = pg_backend_pid (),
                       holder_since = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid ())
                     WHERE id = 1 AND (renewed_at < clock_timestamp () - interval '{LEASE_SECONDS} seconds'
                       OR NOT EXISTS (SELECT FROM pg_stat_activity
                          WHERE pid = holder AND (backend_start IS NULL OR backend_start = holder_since)))
                     RETURNING epoch"
                ),
                [],
                |row| row.get(0),
            )
            .optional()?;
        Ok(epoch.map(|epoch| Self { epoch }))
    }

    /// Says that this server still writes; false when another one does.
    pub(in crate::store) fn renew(self, connection: &Connection) -> Result<bool> {
        match &connection.driver {
            Driver::Sqlite(_) => Ok(true),
            Driver::Postgres(driver) => Ok(driver.count_of(&self.renewal())? == 1),
        }
    }

    pub(super) fn renewal(self) -> String {
        format!("UPDATE writer_lease SET renewed_at = clock_timestamp () WHERE id = 1 AND epoch = {}", self.epoch)
    }
}
