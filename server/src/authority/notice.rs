//! Messages of the authority's own to people and groups in chat: a threshold that was crossed, the day's checkpoint.
//!
//! Promise: a message is queued in the transaction of what it tells, and once: its name says what it tells, and a second
//! one of that name to the same recipient is none. Sending it is `chat`'s.

use std::collections::BTreeSet;

use budget::ledger::Crossing;
use budget::{Code, Dimension, PersonId, Role, Timestamp};

use super::{Authority, Effect, journal, outbox};
use crate::store::StoreError;
use crate::store::sql::{Connection, params};

/// The hour in China from which on the day's checkpoint is sent: when people read it.
const CHECKPOINT_HOUR: i64 = 9;
const HOUR: i64 = 3_600_000;

/// A group in a chat platform (群).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The platform's word.
    pub surface: String,
    /// The platform's name for the group.
    pub id: String,
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// To a person's account on the platform.
    Person(PersonId),
    /// To a group.
    Group(String),
}

impl Recipient {
    fn text(&self) -> String {
        match self {
            Self::Person(person) => format!("person:{person}"),
            Self::Group(group) => format!("group:{group}"),
        }
    }

    /// The recipient in a row.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("person", id) => id.parse().ok().map(Self::Person),
            ("group", id) => Some(Self::Group(id.to_owned())),
            _ => None,
        }
    }
}

/// What a message says.
pub(super) struct Words<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) body: &'a str,
    pub(super) path: &'a str,
}

/// Queues a message, unless it was queued before.
pub(super) fn queue(
    connection: &Connection,
    now: Timestamp,
    surface: &str,
    recipient: &Recipient,
    words: &Words<'_>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO chat_notice (surface, name, recipient, title, body, path, queued_at, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute(params![surface, words.name, recipient.text(), words.title, words.body, words.path, now.0])?;
    Ok(())
}

impl Authority {
    /// Writes the thresholds that a command crossed, once each, and tells those whom they concern.
    pub(super) fn write_alerts(
        &self,
        connection: &Connection,
        now: Timestamp,
        alerts: &[Crossing],
    ) -> Result<(), StoreError> {
        for alert in alerts {
            let sequence: i64 = connection
                .prepare_cached(
                    "INSERT INTO budget_alert (sequence, at, line, percent, used, limit_fen)
                     VALUES ((SELECT coalesce(max(sequence), 0) + 1 FROM budget_alert), ?1, ?2, ?3, ?4, ?5)
                     RETURNING sequence",
                )?
                .query_row(
                    params![now.0, alert.line.as_str(), i64::from(alert.percent), alert.used.fen(), alert.limit.fen()],
                    |row| row.get(0),
                )?;
            self.tell_alert(connection, now, sequence, alert)?;
        }
        Ok(())
    }

    fn tell_alert(
        &self,
        connection: &Connection,
        now: Timestamp,
        sequence: i64,
        alert: &Crossing,
    ) -> Result<(), StoreError> {
        let Crossing { line, percent, used, limit } = alert;
        let name = self.ledger.scheme().line(line).map_or(line.as_str(), |line| line.name.as_str());
        let left = limit.checked_sub(*used).unwrap_or_default().grouped();
        let (used, limit) = (used.grouped(), limit.grouped());
        let title = format!("预算预警：{name} 已达 {percent}%");
        let body = format!(
            "已用（含占用） {used}，预算 {limit}，可用 {left}\n\
             Budget alert: {name} has reached {percent} %. Used and reserved {used}, budget {limit}, available {left}"
        );
        let (key, path) = (format!("alert/{sequence}"), format!("/budget/{line}"));
        let words = Words { name: &key, title: &title, body: &body, path: &path };
        for person in self.answer_for(line) {
            for surface in outbox::surfaces(connection, person)? {
                queue(connection, now, &surface, &Recipient::Person(person), &words)?;
            }
        }
        Ok(())
    }

    /// Who answers for a budget line: the head of its department, the manager of its project, and finance.
    fn answer_for(&self, line: &Code) -> BTreeSet<PersonId> {
        let organisation = &self.books.organisation;
        let mut people: BTreeSet<PersonId> = organisation.with_role(Role::Finance).map(|person| person.id).collect();
        let Some(line) = self.ledger.scheme().line(line) else { return people };
        if let Some(department) = line.fixes.get(&Dimension::Department) {
            people.extend(organisation.heads_upward(department).first());
        }
        let project = line.fixes.get(&Dimension::Project);
        let manager = project.and_then(|project| organisation.project_managers.get(project));
        people.extend(manager.copied().filter(|person| organisation.active(*person).is_some()));
        people
    }

    /// Sends the day's checkpoint of the journal to a group, once a day from nine o'clock on (China). Whoever keeps one can
    /// prove later that nothing before it was changed, without trusting this server.
    pub fn post_checkpoint(
        &self,
        connection: &Connection,
        now: Timestamp,
        group: &Group,
    ) -> Result<Vec<Effect>, StoreError> {
        let hour = (now.0.div_euclid(HOUR) + 8).rem_euclid(24);
        let name = format!("checkpoint/{}", now.china_date());
        let recipient = Recipient::Group(group.id.clone());
        let known: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM chat_notice WHERE surface = ?1 AND name = ?2 AND recipient = ?3)",
            )?
            .query_row(params![group.surface, name, recipient.text()], |row| row.get(0))?;
        if hour < CHECKPOINT_HOUR || known || journal::size(connection)? == 0 {
            return Ok(Vec::new());
        }
        let note = self.checkpoint(connection, now)?;
        let title = format!("算盘日志检查点 {0} · Suanpan's checkpoint of {0}", now.china_date());
        let words = Words { name: &name, title: &title, body: &note, path: "" };
        queue(connection, now, &group.surface, &recipient, &words)?;
        Ok(vec![Effect::Outbox])
    }
}
