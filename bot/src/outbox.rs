//! Which card to send next, when to try again, when to give up. Pure policy: the server stores the rows and does the
//! sending; time and randomness are arguments.
//!
//! The promises, each held by a property test:
//!
//! - **Newest only.** Of the views that wait for one card, only the newest is sent; a view is never sent after a newer one.
//! - **One at a time.** A card has at most one send in flight, so the order of sends is the order of arrival.
//! - **Nothing is forgotten.** A row ends as sent, superseded or dead (a dead letter that somebody must look at).
//! - **No blind repeats.** A send whose answer was lost is repeated only under an idempotency key.
//!
//! All times are Unix milliseconds. The server's loop is: [`next`] → store [`Plan::settle`] and the leases of
//! [`Plan::sends`] in one transaction → send → [`after`] → store.

use crate::backoff;
use crate::surface::SendError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A row that has waited this long is given up.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(24);

/// How long one send holds its card. Longer than any adapter's own time limits together, so an expired lease means that
/// the sender died.
pub const LEASE: Duration = Duration::from_secs(90);

/// How long a row for the very card that was just tapped must wait: DingTalk forbids changing a card while its
/// callback is being answered (2 s). Add it to [`Row::next_at`] when a tap's own transaction writes the row.
pub const TAP_HOLD: Duration = Duration::from_secs(3);

/// How long to wait when the corporation's call quota is used up.
pub const QUOTA_WAIT: Duration = Duration::from_hours(1);

/// One view that waits to be shown on one card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The row's own number.
    pub id: i64,
    /// The card, by its key ([`crate::surface::Delivery::key`]). Rows of one card are coalesced.
    pub card: String,
    /// Grows with every view of the card, whatever the cause; the order in which views replace each other.
    pub version: u64,
    /// Whether this is the row that first puts the card before people. Each card has exactly one such row, its first.
    pub creates: bool,
    /// Whether the platform makes one card of the same key sent twice ([`crate::surface::ChatAdapter::sends_once`]).
    pub sends_once: bool,
    /// When the row was written.
    pub queued_at: u64,
    /// Not to be sent before this moment.
    pub next_at: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// While a send is in flight: when it must be over.
    pub lease_until: Option<u64>,
    /// How the row stands.
    pub state: RowState,
    /// What went wrong last, for the administrator.
    pub last_error: Option<String>,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// To be sent, or in flight.
    Waiting,
    /// Its view was shown.
    Sent,
    /// A newer view was shown instead.
    Superseded,
    /// Given up: a dead letter.
    Dead,
}

/// What to do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Cards to send, the longest waiting first.
    pub sends: Vec<Send>,
    /// Rows that are over without a send, with their new contents.
    pub settle: Vec<Row>,
}

/// One send: the newest view of one card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// The card.
    pub card: String,
    /// Whether the card has to be created (`send`) or exists already (`update`).
    pub creates: bool,
    /// The row whose view is sent, leased. Store it before sending.
    pub newest: Row,
    /// Older rows that this send answers as well, leased. Store them before sending.
    pub covers: Vec<Row>,
}

/// Plans at most `limit` sends. `rows` must hold every waiting row of the cards in it and, for these cards, the
/// creating row and the newest sent row even if they are over; more rows do no harm, order does not matter.
pub fn next(now: u64, limit: usize, rows: &[Row]) -> Plan {
    let mut cards: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        cards.entry(&row.card).or_default().push(row);
    }
    let mut plan = Plan::default();
    for (card, rows) in cards {
        plan_card(now, card, &rows, &mut plan);
    }
    plan.sends.sort_by_key(|send| (send.newest.next_at, send.newest.id));
    plan.sends.truncate(limit);
    plan
}

fn plan_card(now: u64, card: &str, rows: &[&Row], plan: &mut Plan) {
    let is = |state| move |row: &&&Row| row.state == state;
    let in_flight = |row: &&Row| row.lease_until.is_some_and(|until| until > now);
    let shown = rows.iter().filter(is(RowState::Sent)).map(|row| row.version).max();
    let created = rows.iter().find(|row| row.creates).map(|row| row.state);
    let mut waiting: Vec<Row> = rows.iter().filter(is(RowState::Waiting)).map(|row| (*row).clone()).collect();
    if waiting.iter().any(|row| in_flight(&row)) {
        return;
    }
    let settle = |mut row: Row, state, why: &str| {
        row.state = state;
        row.lease_until = None;
        row.last_error = Some(why.to_owned());
        row
    };
    // A card that could not be created has nothing to update, and never will.
    if created == Some(RowState::Dead) {
        plan.settle.extend(waiting.into_iter().map(|row| settle(row, RowState::Dead, "outbox.card_never_created")));
        return;
    }
    let mut live = Vec::new();
    waiting.sort_by_key(|row| (row.version, row.id));
    // The sender died with the creating request perhaps done, and asking twice would make two cards.
    let doubtful = waiting.iter().any(|row| row.creates && row.lease_until.is_some() && !row.sends_once);
    for row in waiting {
        if doubtful {
            plan.settle.push(settle(row, RowState::Dead, "send.ambiguous"));
        } else if shown.is_some_and(|shown| shown >= row.version) {
            plan.settle.push(settle(row, RowState::Superseded, "outbox.superseded"));
        } else {
            live.push(row);
        }
    }
    let Some(newest) = live.pop() else { return };
    if now.saturating_sub(newest.queued_at) >= millis(GIVE_UP_AFTER) {
        plan.settle.push(settle(newest, RowState::Dead, "outbox.too_old"));
        plan.settle.extend(live.into_iter().map(|row| settle(row, RowState::Dead, "outbox.too_old")));
        return;
    }
    // A fresh view does not jump the queue that an older one was told to wait in.
    let due = live.iter().map(|row| row.next_at).fold(newest.next_at, u64::max);
    if due > now {
        return;
    }
    let lease = |mut row: Row| {
        row.lease_until = Some(now.saturating_add(millis(LEASE)));
        row
    };
    plan.sends.push(Send {
        card: card.to_owned(),
        creates: created == Some(RowState::Waiting),
        newest: lease(newest),
        covers: live.into_iter().map(lease).collect(),
    });
}

/// The rows of a send after its result, to be stored. `jitter` is any random byte.
pub fn after(now: u64, jitter: u8, send: Send, result: &Result<(), SendError>) -> Vec<Row> {
    let Send { creates, newest, covers, .. } = send;
    let repeatable = newest.sends_once || !creates;
    let verdict = match result {
        Ok(()) | Err(SendError::PartlyFailed { .. }) => Verdict::Shown,
        Err(SendError::Permanent(_) | SendError::Stale(_)) => Verdict::Over,
        Err(SendError::Ambiguous(_)) if !repeatable => Verdict::Over,
        Err(SendError::Retry { after, .. }) => Verdict::Again(*after),
        Err(SendError::QuotaExhausted(_)) => Verdict::Again(Some(QUOTA_WAIT)),
        Err(SendError::Ambiguous(_) | SendError::TokenExpired) => Verdict::Again(None),
    };
    let error = result.as_ref().err().map(|error| format!("{}: {error}", error.code()));
    let newest_version = newest.version;
    std::iter::once(newest)
        .chain(covers)
        .map(|mut row| {
            row.lease_until = None;
            row.attempts = row.attempts.saturating_add(1);
            row.last_error.clone_from(&error);
            match verdict {
                // The creating row stays on record as sent: the card exists from here on.
                Verdict::Shown if row.version == newest_version || row.creates => {
                    row.state = RowState::Sent;
                }
                Verdict::Shown => row.state = RowState::Superseded,
                Verdict::Over => row.state = RowState::Dead,
                Verdict::Again(asked) => {
                    let own = backoff::wait(row.attempts.saturating_sub(1), jitter);
                    row.next_at = now.saturating_add(millis(own.max(asked.unwrap_or_default())));
                }
            }
            row
        })
        .collect()
}

#[derive(Clone, Copy)]
enum Verdict {
    Shown,
    Over,
    Again(Option<Duration>),
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
