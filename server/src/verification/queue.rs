//! The queue's rows: what waits, what may be asked now, what was answered.

use budget::{Date, RequestId, Timestamp};
use serde::Serialize;

use super::{A_DAY, Finding, Outcome, ProviderFault, Question, RECHECK_DAYS, RECHECK_FOR_DAYS, Reply, State};
use crate::store::StoreError;
use crate::store::sql::{Connection, OptionalExtension, Parameters, Row, params};

/// Invoices that are asked about in one round, and of which a person is shown at once.
const MOST: u32 = 5_000;
/// How long a question waits after a fault of the provider: an hour, in milliseconds.
const AFTER_FAULT: i64 = 3_600_000;
const DAY: i64 = 86_400_000;

/// An invoice in the queue, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The question.
    pub question: Question,
    /// Which live request claims it; none when that was refused or taken back.
    pub request: Option<RequestId>,
    /// How it stands.
    pub state: State,
    /// The same in words.
    pub words: &'static str,
    /// The newest answer.
    pub finding: Option<Finding>,
    /// When it is asked about next, at the earliest.
    pub due_at: Timestamp,
    /// An answer of a day before this one is an old one.
    #[serde(skip)]
    pub since: Date,
    /// How often it was asked about on the day of the newest question.
    pub asked: u32,
    #[serde(skip)]
    asked_on: String,
}

impl Entry {
    /// Whether the ration of the day lets it be asked about.
    fn is_within_ration(&self, today: Date) -> bool {
        self.asked < A_DAY || self.asked_on != today.to_string()
    }
}

/// Never again.
const NEVER: i64 = i64::MAX;

const ENTRIES: &str = "SELECT v.question, v.state, v.finding, v.due_at, v.since, v.asked_on, v.asked,
    (SELECT c.request FROM claimed_invoice c WHERE c.identity = v.identity ORDER BY c.day, c.request LIMIT 1)
  FROM verification v";
/// Some live request claims it.
const CLAIMED: &str = "EXISTS (SELECT 1 FROM claimed_invoice c WHERE c.identity = v.identity)";

fn entry(row: &Row<'_>) -> Result<Entry, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt(format!("verification: {what}"));
    let question: String = row.get(0)?;
    let state: String = row.get(1)?;
    let state = State::of(&state).ok_or_else(|| corrupt(&state))?;
    let finding: Option<String> = row.get(2)?;
    let finding = finding.map(|json| serde_json::from_str(&json)).transpose();
    let since: String = row.get(4)?;
    Ok(Entry {
        question: serde_json::from_str(&question).map_err(|error| corrupt(&error.to_string()))?,
        state,
        words: state.text(),
        finding: finding.map_err(|error| corrupt(&error.to_string()))?,
        due_at: Timestamp(row.get(3)?),
        since: since.parse().map_err(|_| corrupt(&since))?,
        asked_on: row.get(5)?,
        asked: u32::try_from(row.get::<i64>(6)?).unwrap_or(u32::MAX),
        request: row.get::<Option<[u8; 16]>>(7)?.map(RequestId),
    })
}

fn entries(connection: &Connection, sql: &str, parameters: impl Parameters) -> Result<Vec<Entry>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(entry(&row)?);
    }
    Ok(found)
}

/// Requests that claim an invoice which is not in the queue yet.
pub(crate) fn unqueued(connection: &Connection) -> Result<Vec<RequestId>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT DISTINCT c.request FROM claimed_invoice c LEFT JOIN verification v ON v.identity = c.identity
         WHERE v.identity IS NULL LIMIT 50",
    )?;
    let rows = rows.query_map([], |row| Ok(RequestId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts an invoice into the queue, unless it is there. `holds`: our own checks hold.
pub(crate) fn add(connection: &Connection, now: Timestamp, question: &Question, holds: bool) -> Result<(), StoreError> {
    let state = match (question.can_be_asked(), holds) {
        (false, _) => State::Outside,
        (true, true) => State::Local,
        (true, false) => State::Waiting,
    };
    let json = serde_json::to_string(question).map_err(|error| StoreError::corrupt(error.to_string()))?;
    // What was asked before the claim is as good as what is asked now: the day of issue is where answers begin.
    let since = question.issued_on.unwrap_or_else(|| now.china_date()).to_string();
    let due = if state == State::Outside { NEVER } else { now.0 };
    connection
        .prepare_cached(
            "INSERT INTO verification (identity, question, state, due_at, since) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (identity) DO NOTHING",
        )?
        .execute(params![question.identity, json, state.word(), due, since])?;
    Ok(())
}

/// Everything in the queue, what needs a person first.
pub(crate) fn list(connection: &Connection, most: u32) -> Result<Vec<Entry>, StoreError> {
    let order = "CASE v.state WHEN 'differs' THEN 0 WHEN 'waiting' THEN 1 WHEN 'local' THEN 2 ELSE 3 END, v.identity";
    entries(connection, &format!("{ENTRIES} WHERE {CLAIMED} ORDER BY {order} LIMIT ?1"), params![most])
}

/// How one invoice stands.
#[cfg(test)]
pub(crate) fn of(connection: &Connection, identity: &str) -> Result<Option<Entry>, StoreError> {
    Ok(entries(connection, &format!("{ENTRIES} WHERE v.identity = ?1"), params![identity])?.pop())
}

/// What may be asked now, the longest waiting first: what nobody asked about yet, what the authority did not know a day ago,
/// and what was verified and paid some days ago.
pub(crate) fn due(connection: &Connection, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
    let paid = "EXISTS (SELECT 1 FROM claimed_invoice c JOIN payment p ON p.request = c.request
                WHERE c.identity = v.identity AND p.at > ?2)";
    let sql = format!(
        "{ENTRIES} WHERE v.due_at <= ?1 AND {CLAIMED} AND (v.state IN ('local', 'waiting', 'differs') OR {paid})
         ORDER BY v.due_at, v.identity LIMIT ?3"
    );
    let today = now.china_date();
    let mut found = entries(connection, &sql, params![now.0, now.0 - RECHECK_FOR_DAYS * DAY, MOST])?;
    found.retain(|entry| entry.is_within_ration(today));
    Ok(found)
}

/// Notes what came of a question. Returns the finding when it is one that a person has to look at.
pub(crate) fn note(
    connection: &Connection,
    now: Timestamp,
    identity: &str,
    reply: &Result<Reply, ProviderFault>,
) -> Result<Option<Finding>, StoreError> {
    let today = now.china_date();
    let known: Option<(String, i64)> = connection
        .prepare_cached("SELECT asked_on, asked FROM verification WHERE identity = ?1")?
        .query_row([identity], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((asked_on, asked)) = known else { return Ok(None) };
    let asked = if asked_on == today.to_string() { asked + 1 } else { 1 };
    match reply {
        Ok(Reply::NotYet) => {
            connection
                .prepare_cached("UPDATE verification SET state = 'waiting' WHERE identity = ?1 AND state = 'local'")?
                .execute([identity])?;
            Ok(None)
        }
        Err(_) => {
            connection
                .prepare_cached("UPDATE verification SET asked_on = ?2, asked = ?3, due_at = ?4 WHERE identity = ?1")?
                .execute(params![identity, today.to_string(), asked, now.0 + AFTER_FAULT])?;
            Ok(None)
        }
        Ok(Reply::Found(finding)) => {
            let due = match finding.outcome {
                Outcome::Agrees => now.0 + RECHECK_DAYS * DAY,
                // A fresh invoice reaches the platform a day later.
                Outcome::Unknown => now.0 + DAY,
                Outcome::Differs | Outcome::Reversed | Outcome::Void => NEVER,
            };
            let since = Date::from_days(finding.on.days() + 1).to_string();
            let json = serde_json::to_string(finding).map_err(|error| StoreError::corrupt(error.to_string()))?;
            connection
                .prepare_cached(
                    "UPDATE verification SET state = ?2, finding = ?3, asked_on = ?4, asked = ?5, due_at = ?6, since = ?7
                     WHERE identity = ?1",
                )?
                .execute(params![identity, finding.state().word(), json, today.to_string(), asked, due, since])?;
            connection
                .prepare_cached(
                    "INSERT INTO verification_answer (sequence, identity, at, finding)
                     VALUES ((SELECT coalesce(max(sequence), 0) + 1 FROM verification_answer), ?1, ?2, ?3)",
                )?
                .execute(params![identity, now.0, json])?;
            Ok(Some(finding.clone()).filter(|finding| finding.state() == State::Differs))
        }
    }
}
