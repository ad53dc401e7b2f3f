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
//!
//! The same row tells the others where the server that writes is reached, and counts its batches in
//! the batches themselves: a server that only follows sees by one number whether it has heard of all.

use super::{Connection, Driver, OptionalExtension, Result, params};

/// How long a server that does not renew its lease keeps it, in seconds.
pub(in crate::store) const LEASE_SECONDS: u64 = 6;
/// How long it may take to load what it decides with before it first renews it, in seconds. One that
/// ends meanwhile is still replaced at once, by its connection.
const LOADING_SECONDS: u64 = 60;

/// The right to write, for as long as its epoch is the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Lease {
    epoch: i64,
}

/// The server that writes, as the others see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leader {
    /// Which of all that ever wrote.
    pub epoch: i64,
    /// Where other servers reach it, once it has loaded its state; `None` when it was not told.
    pub address: Option<String>,
    /// How many batches were ever committed.
    pub batches: u64,
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
                    "UPDATE writer_lease SET epoch = epoch + 1, address = NULL, holder = pg_backend_pid (),
                       renewed_at = clock_timestamp () + interval '{LOADING_SECONDS} seconds',
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

    /// Says that this server writes now, and where others reach it. Returns how many batches were ever committed;
    /// `None` when another server has taken the lease meanwhile.
    pub(in crate::store) fn announce(self, connection: &Connection, address: Option<&str>) -> Result<Option<u64>> {
        let Driver::Postgres(_) = &connection.driver else {
            return Ok(Some(0));
        };
        let batches: Option<i64> = connection
            .query_row(
                "UPDATE writer_lease SET renewed_at = clock_timestamp (), address = ?2
                 WHERE id = 1 AND epoch = ?1 RETURNING batches",
                params![self.epoch, address],
                |row| row.get(0),
            )
            .optional()?;
        Ok(batches.map(counted))
    }

    /// Who has the lease.
    pub(in crate::store) fn holder(connection: &Connection) -> Result<Leader> {
        connection.query_row("SELECT epoch, address, batches FROM writer_lease WHERE id = 1", [], |row| {
            Ok(Leader { epoch: row.get(0)?, address: row.get(1)?, batches: counted(row.get(2)?) })
        })
    }

    /// Says that this server still writes; false when another one does.
    pub(in crate::store) fn renew(self, connection: &Connection) -> Result<bool> {
        match &connection.driver {
            Driver::Sqlite(_) => Ok(true),
            Driver::Postgres(driver) => Ok(driver.count_of(&self.renewal(0))? == 1),
        }
    }

    /// The statement that renews the lease and counts so many batches.
    pub(super) fn renewal(self, batches: u8) -> String {
        format!(
            "UPDATE writer_lease SET renewed_at = clock_timestamp (), batches = batches + {batches}
             WHERE id = 1 AND epoch = {}",
            self.epoch
        )
    }
}

fn counted(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
