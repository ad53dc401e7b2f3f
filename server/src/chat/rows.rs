//! The outbox's rows in the terms of [`bot::outbox`].
//!
//! The authority writes a row in the transaction that changed what a card says; here they are read,
//! leased and settled. What is sent when is [`bot::outbox`]'s to say.

use crate::store::sql::{Connection, OptionalExtension, params};
use bot::SurfaceHandle;
use bot::outbox::{Row, RowState};
use budget::{PersonId, RequestId, Timestamp};

use super::desk::CardOf;
use crate::authority::outbox::{self, DINGTALK};
use crate::store::StoreError;

/// A row and the question of its card.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) row: Row,
    pub(super) card: CardOf,
    stored: outbox::Row,
}

/// Every row of the cards that have something to send.
pub(super) fn waiting(connection: &Connection, sends_once: bool) -> Result<Vec<Found>, StoreError> {
    outbox::waiting(connection, DINGTALK)?.into_iter().map(|stored| found(stored, sends_once)).collect()
}

fn found(stored: outbox::Row, sends_once: bool) -> Result<Found, StoreError> {
    let state = state_of(&stored.state)
        .ok_or_else(|| StoreError::corrupt(format!("outbox row {} is {:?}", stored.id, stored.state)))?;
    let row = Row {
        id: stored.id,
        card: stored.card.clone(),
        version: stored.version,
        creates: stored.creates,
        sends_once,
        queued_at: milliseconds(stored.queued_at),
        next_at: milliseconds(stored.next_at),
        attempts: stored.attempts,
        lease_until: stored.lease_until.map(milliseconds),
        state,
        last_error: stored.last_error.clone(),
    };
    let card =
        CardOf { request: stored.request, revision: stored.revision, step: stored.step, approver: stored.person };
    Ok(Found { row, card, stored })
}

impl Found {
    /// Writes what changed in a row.
    pub(super) fn put(&self, connection: &Connection, row: &Row) -> Result<(), StoreError> {
        let changed = outbox::Row {
            next_at: timestamp(row.next_at),
            attempts: row.attempts,
            lease_until: row.lease_until.map(timestamp),
            state: word(row.state).to_owned(),
            last_error: row.last_error.clone(),
            ..self.stored.clone()
        };
        outbox::store(connection, &changed)
    }
}

/// When something has to be sent next; `None` when nothing waits.
pub(super) fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let next: Option<i64> = connection
        .prepare_cached(
            "SELECT min(CASE WHEN next_at > coalesce(lease_until, 0) THEN next_at ELSE lease_until END)
             FROM outbox WHERE surface = ?1 AND state = 'waiting'",
        )?
        .query_row([DINGTALK], |row| row.get(0))?;
    Ok(next.map(Timestamp))
}

/// Lets go what a server held that is no more: only one server has the data folder.
pub(super) fn release_leases(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE outbox SET lease_until = ?2 WHERE surface = ?1 AND state = 'waiting' AND lease_until > ?2",
        )?
        .execute(params![DINGTALK, now.0])?;
    Ok(())
}

/// The question of a card.
pub(super) fn card(connection: &Connection, key: &str) -> Result<Option<CardOf>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT request, revision, step, person FROM outbox WHERE surface = ?1 AND card = ?2 LIMIT 1")?
        .query_row(params![DINGTALK, key], |row| {
            Ok(CardOf {
                request: RequestId(row.get(0)?),
                revision: row.get(1)?,
                step: row.get(2)?,
                approver: PersonId(row.get(3)?),
            })
        })
        .optional()?)
}

/// Queues a card's newest view once more, because the card does not show it.
pub(super) fn show_again(connection: &Connection, key: &str, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE outbox SET state = 'waiting', next_at = ?3, lease_until = NULL
             WHERE id = (SELECT id FROM outbox WHERE surface = ?1 AND card = ?2 ORDER BY version DESC, id DESC LIMIT 1)",
        )?
        .execute(params![DINGTALK, key, now.0])?;
    Ok(())
}

/// Tries at once what waits for this person, who has an account now.
pub(super) fn hurry(connection: &Connection, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE outbox SET next_at = ?3 WHERE surface = ?1 AND person = ?2 AND state = 'waiting' AND next_at > ?3",
        )?
        .execute(params![DINGTALK, person.bytes(), now.0])?;
    Ok(())
}

/// Remembers what is needed to change a card that the platform has.
pub(super) fn keep_handle(
    connection: &Connection,
    key: &str,
    handle: &SurfaceHandle,
    now: Timestamp,
) -> Result<(), StoreError> {
    let json = serde_json::to_string(handle).map_err(|error| StoreError::corrupt(format!("card {key}: {error}")))?;
    connection
        .prepare_cached(
            "INSERT INTO chat_card (card, handle, sent_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (card) DO UPDATE SET handle = excluded.handle, sent_at = excluded.sent_at",
        )?
        .execute(params![key, json, now.0])?;
    Ok(())
}

/// What is needed to change a card, if the platform has it.
pub(super) fn handle(connection: &Connection, key: &str) -> Result<Option<SurfaceHandle>, StoreError> {
    let json: Option<String> = connection
        .prepare_cached("SELECT handle FROM chat_card WHERE card = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    json.map(|json| serde_json::from_str(&json).map_err(|error| StoreError::corrupt(format!("card {key}: {error}"))))
        .transpose()
}

fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or_default()
}

fn timestamp(milliseconds: u64) -> Timestamp {
    Timestamp(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

const fn word(state: RowState) -> &'static str {
    match state {
        RowState::Waiting => "waiting",
        RowState::Sent => "sent",
        RowState::Superseded => "superseded",
        RowState::Dead => "dead",
    }
}

fn state_of(text: &str) -> Option<RowState> {
    [RowState::Waiting, RowState::Sent, RowState::Superseded, RowState::Dead]
        .into_iter()
        .find(|state| word(*state) == text)
}
