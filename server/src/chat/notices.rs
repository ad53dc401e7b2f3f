//! Sends the authority's messages to one platform, in the policy of [`bot::outbox`].
//!
//! Promise: a message is leased on disk before it is sent and settled afterwards, so none is forgotten. A message, unlike a
//! card, has no name that a platform knows: where an answer was lost it is sent again rather than lost, and only then can
//! it come twice.

use bot::outbox::{self, Row, RowState, Send};
use bot::{ChatIdentity, Notice, SendError};
use budget::Timestamp;

use super::accounts;
use super::desk::Desk;
use super::queue::{AT_ONCE, UNBOUND_WAIT, milliseconds, timestamp, word};
use crate::authority::notice::Recipient;
use crate::store::StoreError;
use crate::store::sql::{Connection, params};

/// Where a message goes.
pub(super) enum To {
    Person(ChatIdentity),
    Group(String),
}

/// A message on its way.
pub(super) struct Job {
    pub(super) send: Send,
    pub(super) to: To,
    pub(super) notice: Notice,
}

/// What to send now, leased. `ready` says when somebody may be written to, if not now.
pub(super) fn plan(
    connection: &Connection,
    desk: &Desk,
    now: Timestamp,
    mut ready: impl FnMut(&To) -> Result<(), u64>,
) -> Result<Vec<Job>, StoreError> {
    let now = milliseconds(now);
    let waiting = waiting(connection, desk)?;
    let rows: Vec<Row> = waiting.iter().map(|(row, ..)| row.clone()).collect();
    let plan = outbox::next(now, AT_ONCE, &rows);
    for row in &plan.settle {
        put(connection, row)?;
    }
    let mut jobs = Vec::new();
    for send in plan.sends {
        let Some((_, recipient, notice)) = waiting.iter().find(|(row, ..)| row.id == send.newest.id) else { continue };
        let to = match recipient {
            Recipient::Group(group) => Some(To::Group(group.clone())),
            Recipient::Person(person) => {
                accounts::account(connection, desk.platform, &desk.corporation, *person)?.map(To::Person)
            }
        };
        let later = match &to {
            None => Err(now.saturating_add(UNBOUND_WAIT)),
            Some(to) => ready(to),
        };
        match (to, later) {
            (Some(to), Ok(())) => {
                put(connection, &send.newest)?;
                jobs.push(Job { send, to, notice: notice.clone() });
            }
            (_, later) => {
                let next_at = later.err().unwrap_or(now);
                put(connection, &Row { next_at, lease_until: None, ..send.newest })?;
            }
        }
    }
    Ok(jobs)
}

/// Stores what became of a message.
pub(super) fn settle(
    connection: &Connection,
    now: Timestamp,
    send: Send,
    result: &Result<(), SendError>,
) -> Result<(), StoreError> {
    let now = milliseconds(now);
    for row in outbox::after(now, bot::backoff::jitter(), send, result) {
        put(connection, &row)?;
    }
    Ok(())
}

fn waiting(connection: &Connection, desk: &Desk) -> Result<Vec<(Row, Recipient, Notice)>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT id, recipient, title, body, path, queued_at, next_at, attempts, lease_until, last_error
         FROM chat_notice WHERE surface = ?1 AND state = 'waiting' ORDER BY id",
    )?;
    let rows = rows.query_map([desk.platform.word()], |row| {
        let id: i64 = row.get(0)?;
        let (recipient, title): (String, String) = (row.get(1)?, row.get(2)?);
        let (body, path): (String, String) = (row.get(3)?, row.get(4)?);
        let waits = Row {
            id,
            card: format!("notice-{id}"),
            version: 1,
            creates: true,
            sends_once: true,
            queued_at: milliseconds(Timestamp(row.get(5)?)),
            next_at: milliseconds(Timestamp(row.get(6)?)),
            attempts: row.get(7)?,
            lease_until: row.get::<Option<i64>>(8)?.map(Timestamp).map(milliseconds),
            state: RowState::Waiting,
            last_error: row.get(9)?,
        };
        let url = if path.is_empty() { path } else { format!("{}{path}", desk.origin) };
        Ok((waits, recipient, Notice { title, lines: body.lines().map(str::to_owned).collect(), url }))
    })?;
    rows.map(|row| {
        let (row, recipient, notice) = row?;
        let to = Recipient::parse(&recipient)
            .ok_or_else(|| StoreError::corrupt(format!("a message goes to {recipient:?}")))?;
        Ok((row, to, notice))
    })
    .collect()
}

fn put(connection: &Connection, row: &Row) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE chat_notice SET next_at = ?2, attempts = ?3, lease_until = ?4, state = ?5, last_error = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            row.id,
            timestamp(row.next_at).0,
            row.attempts,
            row.lease_until.map(|until| timestamp(until).0),
            word(row.state),
            row.last_error
        ])?;
    Ok(())
}
