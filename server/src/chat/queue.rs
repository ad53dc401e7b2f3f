//! What the two queues of a platform have in common: cards (`outbox`) and messages (`chat_notice`) are due, leased and
//! settled alike, in the terms of [`bot::outbox`].

use bot::Platform;
use bot::outbox::RowState;
use budget::Timestamp;

use crate::store::StoreError;
use crate::store::sql::{Connection, params};

/// Rows of a queue that are taken at once.
pub(super) const AT_ONCE: usize = 8;
/// How long somebody without an account is waited for before looking again, in milliseconds.
pub(super) const UNBOUND_WAIT: u64 = 60 * 60 * 1000;

/// A queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    /// Cards and their views.
    Cards,
    /// Messages of the authority's own.
    Messages,
}

impl Queue {
    pub(super) const ALL: [Self; 2] = [Self::Cards, Self::Messages];

    const fn table(self) -> &'static str {
        match self {
            Self::Cards => "outbox",
            Self::Messages => "chat_notice",
        }
    }

    /// What is sent in one piece: every view of a card, or one message.
    const fn unit(self) -> &'static str {
        match self {
            Self::Cards => "card",
            Self::Messages => "id",
        }
    }

    /// When something may be sent next; `None` when nothing waits. A card waits for the last of its views.
    pub(super) fn next_due(self, connection: &Connection, platform: Platform) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = connection
            .prepare_cached(&format!(
                "SELECT min(unit.due) FROM (
                   SELECT max(CASE WHEN next_at > coalesce(lease_until, 0) THEN next_at ELSE lease_until END) AS due
                   FROM {} WHERE surface = ?1 AND state = 'waiting' GROUP BY {}) AS unit",
                self.table(),
                self.unit()
            ))?
            .query_row([platform.word()], |row| row.get(0))?;
        Ok(next.map(Timestamp))
    }

    /// Lets go what a server held that is no more: only one server has the data folder.
    pub(super) fn release_leases(
        self,
        connection: &Connection,
        platform: Platform,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        connection
            .prepare_cached(&format!(
                "UPDATE {} SET lease_until = ?2 WHERE surface = ?1 AND state = 'waiting' AND lease_until > ?2",
                self.table()
            ))?
            .execute(params![platform.word(), now.0])?;
        Ok(())
    }
}

/// A moment as [`bot::outbox`] counts it.
pub(super) fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or_default()
}

/// A moment as the tables keep it.
pub(super) fn timestamp(milliseconds: u64) -> Timestamp {
    Timestamp(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

/// A state as the tables write it.
pub(super) const fn word(state: RowState) -> &'static str {
    match state {
        RowState::Waiting => "waiting",
        RowState::Sent => "sent",
        RowState::Superseded => "superseded",
        RowState::Dead => "dead",
    }
}

/// The state that a table names.
pub(super) fn state_of(text: &str) -> Option<RowState> {
    [RowState::Waiting, RowState::Sent, RowState::Superseded, RowState::Dead]
        .into_iter()
        .find(|state| word(*state) == text)
}
