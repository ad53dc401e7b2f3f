//! The right to write: taking it, keeping it, losing it, and looking on meanwhile.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::thread::Keeper;
use super::{Entry, Standing, State};
use crate::store::sql::{Connection, Lease};
use crate::store::{StoreError, migrations, setting};

/// How often a server that waits to take over looks whether it may, and how far the other one is.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(250);

/// What the thread has in its hands.
pub(super) struct Hands<S> {
    /// What it writes with, while it may.
    pub(super) loaded: Option<Loaded<S>>,
    /// The connection on which it looks whether it may, meanwhile.
    looking: Option<Connection>,
    /// What it last said in the log about not writing.
    said: &'static str,
}

/// A connection and the state that agrees with it.
pub(super) struct Loaded<S> {
    pub(super) connection: Connection,
    pub(super) lease: Lease,
    pub(super) state: S,
}

impl Keeper {
    /// Waits until this server may write or, if it comes to follow, until it can.
    pub(super) fn enter<S: State>(&self, hands: &mut Hands<S>) -> Result<(), StoreError> {
        loop {
            match self.load(&mut hands.looking) {
                Ok(loaded) => {
                    hands.loaded = Some(loaded);
                    return Ok(());
                }
                Err(StoreError::NotLeader) => hands.say(&StoreError::NotLeader),
                Err(error) => return Err(error),
            }
            let current = hands.looking.as_ref().map_or(Ok(false), migrations::is_current)?;
            if current && self.entry != Entry::Alone {
                return Ok(());
            }
            std::thread::sleep(TRY_AGAIN);
        }
    }

    /// Loads the state if this server may write; otherwise keeps the connection, to look again, and says who writes.
    fn load<S: State>(&self, looking: &mut Option<Connection>) -> Result<Loaded<S>, StoreError> {
        let connection = match looking.take() {
            Some(connection) => connection,
            None => {
                let connection = self.database.open_for_writing()?;
                migrations::lay_foundation(&connection)?;
                connection
            }
        };
        // A program that does not know these tables must not take them from one that does.
        migrations::is_current(&connection)?;
        let Some(lease) = Lease::take(&connection)? else {
            self.follow(&connection)?;
            *looking = Some(connection);
            return Err(StoreError::NotLeader);
        };
        migrations::migrate(&connection)?;
        if let Some(latest) = setting::latest_instant(&connection)? {
            self.clock.at_least(latest);
        }
        let state = S::load(&connection)?;
        let batches = lease.announce(&connection, self.entry.address())?.ok_or(StoreError::NotLeader)?;
        self.counters.began.store(batches, Ordering::Release);
        self.counters.written.store(batches, Ordering::Release);
        self.stand(Standing::Leads);
        Ok(Loaded { connection, lease, state })
    }

    /// Says who writes, and tells no time earlier than they did.
    fn follow(&self, connection: &Connection) -> Result<(), StoreError> {
        let leader = Lease::holder(connection)?;
        if migrations::is_current(connection)?
            && let Some(latest) = setting::latest_instant(connection)?
        {
            self.clock.at_least(latest);
        }
        self.stand(Standing::Follows(leader));
        Ok(())
    }

    fn stand(&self, standing: Standing) {
        self.counters.standing.send_if_modified(|known| {
            let changed = *known != standing;
            *known = standing;
            changed
        });
    }

    /// Nothing waits: says that this server still writes, or looks whether it may again.
    pub(super) fn keep_lease<S: State>(&self, hands: &mut Hands<S>) {
        let Some(Loaded { connection, lease, .. }) = &hands.loaded else {
            return self.load_again(hands);
        };
        match lease.renew(connection) {
            Ok(true) => {}
            Ok(false) => self.start_over(hands),
            Err(error) => {
                tracing::error!(%error, "the lease could not be renewed");
                self.start_over(hands);
            }
        }
    }

    /// What is in memory cannot be trusted any more.
    pub(super) fn start_over<S: State>(&self, hands: &mut Hands<S>) {
        self.counters.recoveries.fetch_add(1, Ordering::Relaxed);
        self.stand(Standing::Recovers);
        // Dropping the connection rolls back whatever is still open.
        hands.loaded = None;
        self.load_again(hands);
    }

    pub(super) fn load_again<S: State>(&self, hands: &mut Hands<S>) {
        match self.load(&mut hands.looking) {
            Ok(loaded) => {
                hands.loaded = Some(loaded);
                hands.said = "";
                tracing::info!("this server writes now");
            }
            Err(error) => {
                hands.say(&error);
                if !matches!(error, StoreError::NotLeader) {
                    self.stand(Standing::Recovers);
                }
            }
        }
    }
}

impl<S> Default for Hands<S> {
    fn default() -> Self {
        Self { loaded: None, looking: None, said: "" }
    }
}

impl<S> Hands<S> {
    /// Whether another server writes.
    pub(super) const fn follows(&self) -> bool {
        self.looking.is_some()
    }

    /// Once for each reason.
    fn say(&mut self, error: &StoreError) {
        if self.said != error.code() {
            match error {
                StoreError::NotLeader => tracing::warn!("another server writes to this database"),
                error => tracing::error!(code = error.code(), %error, "the database cannot be loaded"),
            }
        }
        self.said = error.code();
    }
}
