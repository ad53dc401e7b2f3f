//! The outbox's rows in the terms of [`bot::outbox`].
//!
//! The authority writes a row in the transaction that changed what a card says; here they are read,
//! leased and settled. What is sent when is [`bot::outbox`]'s to say.

use crate::store::sql::{Connection, OptionalExtension, params};
use bot::outbox::Row;
use bot::{Platform, SurfaceHandle};
use budget::{PersonId, RequestId, Timestamp};

use super::desk::CardOf;
use super::queue::{milliseconds, state_of, timestamp, word};
use crate::authority::outbox;
use crate::store::StoreError;

/// A row and the question of its card.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) row: Row,
    pub(super) card: CardOf,
    stored: outbox::Row,
}

/// Every row of these cards.
pub(super) fn of_cards(connection: &Connection, cards: &[String], sends_once: bool) -> Result<Vec<Found>, StoreError> {
    outbox::rows_of(connection, cards)?.into_iter().map(|stored| found(stored, sends_once)).collect()
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

/// The question of a card.
pub(super) fn card(connection: &Connection, key: &str) -> Result<Option<CardOf>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT request, revision, step, person FROM outbox WHERE card = ?1 LIMIT 1")?
        .query_row(params![key], |row| {
            Ok(CardOf {
                request: RequestId(row.get(0)?),
                revision: row.get(1)?,
                step: row.get(2)?,
                approver: PersonId(row.get(3)?),
            })
        })
        .optional()?)
}

/// Queues a card's newest view once more, because the card does not show it. It counts as written now, so that the age of
/// the card gives up nothing; when the card was made stays what it was, because its buttons' time counts from there.
pub(super) fn show_again(connection: &Connection, key: &str, due: Timestamp) -> Result<(), StoreError> {
    let newest: Option<(i64, bool, String)> = connection
        .prepare_cached("SELECT id, creates, state FROM outbox WHERE card = ?1 ORDER BY version DESC, id DESC LIMIT 1")?
        .query_row(params![key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match newest {
        // On its way already, or nothing to show it on.
        None => {}
        Some((_, true, state)) if state != "sent" => {}
        Some((id, true, _)) => {
            // A further row takes the view over; the one that made the card steps behind it.
            connection
                .prepare_cached(
                    "INSERT INTO outbox
                       (surface, card, version, creates, request, revision, step, person, queued_at, next_at)
                     SELECT surface, card, version, 0, request, revision, step, person, ?2, ?2 FROM outbox WHERE id = ?1",
                )?
                .execute(params![id, due.0])?;
            connection.prepare_cached("UPDATE outbox SET version = version - 1 WHERE id = ?1")?.execute(params![id])?;
        }
        Some((id, false, _)) => {
            connection
                .prepare_cached(
                    "UPDATE outbox SET state = 'waiting', queued_at = ?2, next_at = ?2, attempts = 0, lease_until = NULL
                     WHERE id = ?1",
                )?
                .execute(params![id, due.0])?;
        }
    }
    Ok(())
}

/// Tries a dead letter again: its newest view, as if it had just been written.
pub(super) fn revive(connection: &Connection, key: &str, now: Timestamp) -> Result<bool, StoreError> {
    let revived = connection
        .prepare_cached(
            "UPDATE outbox SET state = 'waiting', next_at = ?2, queued_at = ?2, attempts = 0, lease_until = NULL
             WHERE card = ?1 AND state = 'dead'",
        )?
        .execute(params![key, now.0])?;
    Ok(revived > 0)
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

/// Whether a message is met for the first time.
pub(super) fn meet(connection: &Connection, platform: Platform, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let fresh = connection
        .prepare_cached("INSERT INTO chat_message (platform, id, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![platform.word(), id, now.0])?;
    Ok(fresh > 0)
}

/// The originals of a request that can be shown in place.
pub(super) fn originals(connection: &Connection, request: RequestId) -> Result<Vec<String>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT attachment.blob FROM attachment JOIN blob ON blob.sha256 = attachment.blob
         WHERE attachment.request = ?1 AND blob.media_type IN ('image/jpeg', 'image/png', 'image/webp')
         ORDER BY attachment.blob",
    )?;
    let rows = rows.query_map([request.bytes()], |row| row.get::<Vec<u8>>(0))?;
    rows.map(|row| Ok(hex::encode(row?))).collect()
}

/// A card that was given up, for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetter {
    /// The card's name.
    pub card: String,
    /// Its platform.
    pub platform: String,
    /// The request on it.
    pub request: RequestId,
    /// Whose it is.
    pub person: PersonId,
    /// What went wrong last.
    pub error: String,
    /// Since when it waited.
    pub queued_at: Timestamp,
}

/// Cards that were given up, the newest first.
pub(super) fn dead(connection: &Connection, most: u32) -> Result<Vec<DeadLetter>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT card, surface, request, person, last_error, queued_at FROM outbox WHERE state = 'dead'
         ORDER BY id DESC LIMIT ?1",
    )?;
    let rows = rows.query_map(params![most], |row| {
        Ok(DeadLetter {
            card: row.get(0)?,
            platform: row.get(1)?,
            request: RequestId(row.get(2)?),
            person: PersonId(row.get(3)?),
            error: row.get::<Option<String>>(4)?.unwrap_or_default(),
            queued_at: Timestamp(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many views wait for a platform, and since when the oldest does.
pub(super) fn backlog(connection: &Connection, platform: Platform) -> Result<(u64, Option<Timestamp>), StoreError> {
    let (count, oldest): (i64, Option<i64>) = connection
        .prepare_cached("SELECT count(*), min(queued_at) FROM outbox WHERE surface = ?1 AND state = 'waiting'")?
        .query_row([platform.word()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((u64::try_from(count).unwrap_or_default(), oldest.map(Timestamp)))
}
