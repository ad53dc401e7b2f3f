//! Cards for chat platforms: which person's question waits to be shown or brought up to date.
//!
//! A row says only *which* card; what it shows is read when it is sent, so only the newest view is
//! ever sent. Rows are in the transaction of what they tell, so none is lost and none tells what
//! was rolled back.

use crate::store::sql::{self, Connection, Row as SqlRow, params};
use budget::{PersonId, RequestId, RequestState, Timestamp};

use super::{Authority, Effect, number};
use crate::store::StoreError;

/// The platform of the rows written here.
pub const DINGTALK: &str = "dingtalk";
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

/// Every row of the cards that have one waiting, oldest first: what `bot::outbox::next` wants.
pub fn waiting(connection: &Connection, surface: &str) -> Result<Vec<Row>, StoreError> {
    let mut rows = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE card IN (SELECT card FROM outbox WHERE state = 'waiting' AND surface = ?1) ORDER BY id"
    ))?;
    let rows = rows.query_map([surface], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
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

impl Authority {
    /// Queues what a request's cards have to show now: the open question for each decider, and the
    /// new state for every card that was shown before.
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
        let mut insert = connection.prepare_cached(
            "INSERT INTO outbox (surface, card, version, creates, request, revision, step, person, queued_at, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let version = number::stored(request.position);
        let mut wrote = false;
        let shown: Vec<(String, i64, i64, [u8; 16])> = {
            let mut cards = connection
                .prepare_cached("SELECT card, revision, step, person FROM outbox WHERE request = ?1 AND creates = 1")?;
            let cards =
                cards.query_map([id.bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            cards.collect::<Result<_, _>>()?
        };
        for (card, revision, step, person) in &shown {
            let held = now.plus(TAP_HOLD);
            let row = params![DINGTALK, card, version, 0, id.bytes(), revision, step, person, now.0, held.0];
            insert.execute(row)?;
            wrote = true;
        }
        if let (RequestState::InApproval, Some(step)) = (view.state, view.step) {
            for decider in &view.deciders {
                let card = card(DINGTALK, id, view.revision, step, decider.person);
                if shown.iter().any(|(known, ..)| *known == card) {
                    continue;
                }
                let person = decider.person.bytes();
                insert.execute(params![
                    DINGTALK,
                    card,
                    version,
                    1,
                    id.bytes(),
                    view.revision,
                    step,
                    person,
                    now.0,
                    now.0
                ])?;
                wrote = true;
            }
        }
        Ok(if wrote { vec![Effect::Outbox] } else { Vec::new() })
    }
}
