//! Cards for chat platforms: which person's question waits to be shown or brought up to date.
//!
//! A row says only *which* card; what it shows is read when it is sent, so only the newest view is
//! ever sent. Rows are in the transaction of what they tell, so none is lost and none tells what
//! was rolled back.

use crate::store::sql::{self, Connection, Row as SqlRow, params};
use budget::{PersonId, RequestId, RequestState, Timestamp};

use super::{Authority, Effect, number};
use crate::store::StoreError;

/// A card that is just being tapped must not be changed while its tap is answered.
const TAP_HOLD: i64 = 3_000;

/// One row: a view of one card that waits to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// The platform.
    pub surface: String,
    /// The card: 32 hex digits, one card for each person, request, revision and step.
    pub card: String,
    /// Grows with every view of a card.
    pub version: u64,
    /// Whether it puts the card before the person.
    pub creates: bool,
    /// The request on the card.
    pub request: RequestId,
    /// The revision on the card.
    pub revision: u32,
    /// The step on the card, from 0.
    pub step: u32,
    /// Whose card it is.
    pub person: PersonId,
    /// When it was written.
    pub queued_at: Timestamp,
    /// Not to be sent before.
    pub next_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// While a send is in flight: when it must be over.
    pub lease_until: Option<Timestamp>,
    /// `waiting`, `sent`, `superseded` or `dead`.
    pub state: String,
    /// What went wrong last.
    pub last_error: Option<String>,
}

const COLUMNS: &str = "id, surface, card, version, creates, request, revision, step, person, queued_at, next_at, \
                       attempts, lease_until, state, last_error";

/// The name of one person's card for one step of one revision.
pub fn card(surface: &str, request: RequestId, revision: u32, step: u32, person: PersonId) -> String {
    let parts: [&[u8]; 5] =
        [surface.as_bytes(), &request.bytes(), &revision.to_be_bytes(), &step.to_be_bytes(), &person.bytes()];
    hex::encode(number::derived_id("card", &parts))
}

/// The cards whose turn it may be now, the longest waiting first, at most so many: of theirs no row is in flight and none
/// is held back. Each costs two looks at an index, however many wait behind it.
pub fn due(connection: &Connection, surface: &str, now: Timestamp, most: usize) -> Result<Vec<String>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT card FROM outbox WHERE surface = ?1 AND state = 'waiting' AND next_at <= ?2
           AND NOT EXISTS (SELECT 1 FROM outbox AS other WHERE other.card = outbox.card AND other.state = 'waiting'
                             AND (other.next_at > ?2 OR other.lease_until > ?2))
         ORDER BY next_at, id LIMIT ?3",
    )?;
    let rows = rows.query_map(params![surface, now.0, i64::try_from(most).unwrap_or(i64::MAX)], |row| row.get(0))?;
    let mut cards: Vec<String> = Vec::new();
    for card in rows {
        let card = card?;
        // A card may have several views to show; only its newest will be.
        if !cards.contains(&card) {
            cards.push(card);
        }
    }
    Ok(cards)
}

/// Every row of these cards, oldest first: what `bot::outbox::next` wants.
pub fn rows_of(connection: &Connection, cards: &[String]) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    let mut of_card = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE card = ?1"))?;
    for card in cards {
        for found in of_card.query_map([card], row)? {
            rows.push(found?);
        }
    }
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Stores what became of a row: its next moment, attempts, lease, state and error.
pub fn store(connection: &Connection, row: &Row) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE outbox SET next_at = ?2, attempts = ?3, lease_until = ?4, state = ?5, last_error = ?6 WHERE id = ?1")?
        .execute(params![
            row.id,
            row.next_at.0,
            row.attempts,
            row.lease_until.map(|until| until.0),
            row.state,
            row.last_error
        ])?;
    Ok(())
}

fn row(row: &SqlRow<'_>) -> sql::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        surface: row.get(1)?,
        card: row.get(2)?,
        version: number::counted(row.get(3)?),
        creates: row.get(4)?,
        request: RequestId(row.get(5)?),
        revision: number::small(row.get(6)?),
        step: number::small(row.get(7)?),
        person: PersonId(row.get(8)?),
        queued_at: Timestamp(row.get(9)?),
        next_at: Timestamp(row.get(10)?),
        attempts: number::small(row.get(11)?),
        lease_until: row.get::<Option<i64>>(12)?.map(Timestamp),
        state: row.get(13)?,
        last_error: row.get(14)?,
    })
}

/// A card that was put before somebody, or is to be.
struct Known {
    surface: String,
    card: String,
    revision: u32,
    step: u32,
    person: PersonId,
}

impl Authority {
    /// Queues what a request's cards have to show now: the open question for each decider on each platform where they
    /// have an account, and the new state for every card that was shown before.
    pub(super) fn queue_cards(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        id: RequestId,
    ) -> Result<Vec<Effect>, StoreError> {
        let Some(request) = self.requests.get(&id) else {
            return Ok(Vec::new());
        };
        let view = &request.view;
        let version = number::stored(request.position);
        let shown = shown(connection, id)?;
        for known in &shown {
            insert(connection, version, id, known, false, now, now.plus(TAP_HOLD))?;
        }
        let mut wrote = !shown.is_empty();
        if let (RequestState::InApproval, Some(step)) = (view.state, view.step) {
            for decider in &view.deciders {
                for surface in surfaces(connection, decider.person)? {
                    let card = card(&surface, id, view.revision, step, decider.person);
                    if shown.iter().any(|known| known.card == card) {
                        continue;
                    }
                    let known = Known { surface, card, revision: view.revision, step, person: decider.person };
                    insert(connection, version, id, &known, true, now, now)?;
                    wrote = true;
                }
            }
        }
        Ok(if wrote { vec![Effect::Outbox] } else { Vec::new() })
    }

    /// Queues every question that waits for somebody who has a new account.
    pub fn greet(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
    ) -> Result<Vec<Effect>, StoreError> {
        let waits = |request: &super::Request| {
            request.view.state == RequestState::InApproval && request.view.decides_for(person).is_some()
        };
        let waiting: Vec<RequestId> =
            self.requests.iter().filter(|(_, request)| waits(request)).map(|(id, _)| *id).collect();
        let mut effects = Vec::new();
        for id in waiting {
            effects.extend(self.queue_cards(connection, now, id)?);
        }
        Ok(effects)
    }
}

/// The platforms on which somebody has an account.
pub(super) fn surfaces(connection: &Connection, person: PersonId) -> Result<Vec<String>, StoreError> {
    let mut rows =
        connection.prepare_cached("SELECT DISTINCT platform FROM chat_identity WHERE person = ?1 ORDER BY platform")?;
    let rows = rows.query_map([person.bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The cards of a request.
fn shown(connection: &Connection, id: RequestId) -> Result<Vec<Known>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT surface, card, revision, step, person FROM outbox WHERE request = ?1 AND creates = 1 ORDER BY id",
    )?;
    let rows = rows.query_map([id.bytes()], |row| {
        Ok(Known {
            surface: row.get(0)?,
            card: row.get(1)?,
            revision: number::small(row.get(2)?),
            step: number::small(row.get(3)?),
            person: PersonId(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn insert(
    connection: &Connection,
    version: i64,
    request: RequestId,
    known: &Known,
    creates: bool,
    now: Timestamp,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    let Known { surface, card, revision, step, person } = known;
    connection
        .prepare_cached(
            "INSERT INTO outbox (surface, card, version, creates, request, revision, step, person, queued_at, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            surface,
            card,
            version,
            i64::from(creates),
            request.bytes(),
            revision,
            step,
            person.bytes(),
            now.0,
            next_at.0
        ])?;
    Ok(())
}
