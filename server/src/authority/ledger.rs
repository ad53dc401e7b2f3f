//! The ledger's rows: commands with their answers, entries, and the caches of balances.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::{Column, Connection, Table, params};
use budget::ledger::{Action, ControlSet, Decision};
use budget::{Code, Command, DocumentId, Ledger, PersonId, Timestamp};

pub(crate) use rows::{entries, lines, load};

use super::journal::Leaf;
use super::waiting::Moved;
use super::{Answer, Authority, Effect, Refused, Reply};
use crate::random::sha256;
use crate::store::StoreError;

/// Commands with their answers.
static COMMAND: Table = Table::append(
    "ledger_command",
    &[Column::Blob("id"), Column::Integer("at"), Column::Blob("body"), Column::Text("rejection")],
);
/// The cache of balances.
static BALANCE: Table = Table::keep_last(
    "balance",
    1,
    &[
        Column::Text("line"),
        Column::Integer("limit_fen"),
        Column::Integer("consumed"),
        Column::Integer("reserved"),
        Column::Integer("escrowed"),
        Column::Integer("carried"),
    ],
);
/// The cache of what documents hold, by the budget lines that hold it together.
static HOLDING: Table = Table::append(
    "holding",
    &[Column::Blob("document"), Column::Text("lines"), Column::Integer("outstanding"), Column::Integer("consumed")],
);
/// Which budget lines hold together, each with its lines.
static CONTROL_SET: Table = Table::append("control_set", &[Column::Text("line"), Column::Text("lines")]);

/// What a command did to the rest of the state.
pub(super) struct Charged {
    /// The ledger's answer.
    pub(super) decision: Decision,
    /// What moved.
    pub(super) moved: Moved,
}

impl Authority {
    /// Applies one command and writes what follows: the answer, the entries, their leaves and the
    /// caches. The same command again writes nothing, and so does its id with another body.
    pub(super) fn charge(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        command: &Command,
    ) -> Result<Charged, StoreError> {
        // What was decided before is in the books: its answer is all that is asked for.
        let known = self.ledger.is_answered(command.id);
        let begins = self.begins(command);
        let decision = self.ledger.apply(now, command);
        if known {
            return Ok(Charged { decision, moved: Moved::default() });
        }
        let rejection = match &decision {
            Err(rejection) => Some(
                serde_json::to_string(rejection)
                    .map_err(|error| StoreError::corrupt(format!("ledger command {}: {error}", command.id)))?,
            ),
            Ok(_) => None,
        };
        let body = minicbor::to_vec(command).unwrap_or_default();
        let hash = sha256(&[&body]);
        let mut lines = BTreeSet::new();
        let mut documents = BTreeSet::new();
        let entries = decision.as_ref().map_or(&[][..], |outcome| &outcome.entries);
        if entries.is_empty() {
            let rejection = rejection.as_ref().map(|json| sha256(&[json.as_bytes()]).into());
            let leaf = Leaf::Answered { command: command.id, body: hash, rejection, at: now };
            self.journal.append(connection, now, &leaf)?;
        }
        let mut made_by = Some(hash.into());
        for entry in entries {
            rows::write_entry(connection, entry)?;
            lines.extend(entry.lines.iter().cloned());
            documents.extend(entry.document);
            self.journal.append(connection, now, &Leaf::Entry(entry.clone(), made_by.take()))?;
        }
        connection.put(&COMMAND, params![command.id.bytes(), now.0, body, rejection])?;
        if let Ok(outcome) = &decision {
            self.write_alerts(connection, now, &outcome.alerts)?;
        }
        self.write_balances(connection, lines.iter().cloned())?;
        for document in &documents {
            self.write_holdings(connection, *document, begins)?;
        }
        Ok(Charged { decision, moved: Moved { lines, documents } })
    }

    /// Runs a command of the finance department: releases of budget and transfers. Refusals carry
    /// the ledger's own codes.
    pub fn command(&mut self, connection: &Connection, now: Timestamp, by: PersonId, command: &Command) -> Reply<()> {
        use Action::{Appropriate, Transfer};
        if !self.books.organisation.has_role(by, budget::Role::Finance)
            || !matches!(command.action, Appropriate { .. } | Transfer { .. })
        {
            return Ok(Answer::refused(Refused::new(sync::view::codes::NOT_ALLOWED, "only finance moves budgets")));
        }
        let charged = self.charge(connection, now, command)?;
        if let Err(rejection) = &charged.decision {
            return Ok(Answer::refused(Refused::new(rejection.code(), rejection.to_string())));
        }
        let mut effects = vec![Effect::Budget];
        effects.extend(self.prompt_again(connection, now, &charged.moved)?);
        Ok(Answer::done((), effects))
    }

    /// Writes the cache of these lines' balances.
    pub(super) fn write_balances(
        &self,
        connection: &Connection,
        lines: impl Iterator<Item = Code>,
    ) -> Result<(), StoreError> {
        for line in lines {
            let balance = self.ledger.balance(&line).unwrap_or_default();
            let row = params![
                line.as_str(),
                balance.limit.fen(),
                balance.consumed.fen(),
                balance.reserved.fen(),
                balance.escrowed.fen(),
                balance.carried.fen()
            ];
            connection.put(&BALANCE, row)?;
        }
        Ok(())
    }

    /// Whether a command is the first that holds something for its document.
    fn begins(&self, command: &Command) -> bool {
        matches!(&command.action, Action::Reserve { document, .. }
            if command.also.is_empty() && self.ledger.reservations(*document).next().is_none())
    }

    /// Writes the cache of what a document holds. When it begins, no row of it has to go.
    fn write_holdings(
        &mut self,
        connection: &Connection,
        document: DocumentId,
        begins: bool,
    ) -> Result<(), StoreError> {
        if !begins {
            connection.prepare_cached("DELETE FROM holding WHERE document = ?1")?.execute([document.bytes()])?;
        }
        for (set, (outstanding, consumed)) in holdings(&self.ledger, document) {
            let lines = rows::lines(&set)?;
            if self.control_sets.insert(set.clone()) {
                for line in &set {
                    connection.put(&CONTROL_SET, params![line.as_str(), lines])?;
                }
            }
            connection.put(&HOLDING, params![document.bytes(), lines, outstanding, consumed])?;
        }
        Ok(())
    }
}

/// What a document holds and has spent, in fen, by the budget lines that hold it together.
pub(crate) fn holdings(ledger: &Ledger, document: DocumentId) -> BTreeMap<ControlSet, (i64, i64)> {
    let mut holdings: BTreeMap<ControlSet, (i64, i64)> = BTreeMap::new();
    for (_, held) in ledger.reservations(document) {
        if held.outstanding.is_zero() && held.consumed.is_zero() {
            continue;
        }
        let sums = holdings.entry(held.lines).or_default();
        sums.0 = sums.0.saturating_add(held.outstanding.fen());
        sums.1 = sums.1.saturating_add(held.consumed.fen());
    }
    holdings
}

/// Every set of budget lines that has a row.
pub(super) fn control_sets(connection: &Connection) -> Result<BTreeSet<ControlSet>, StoreError> {
    let mut rows = connection.prepare("SELECT DISTINCT lines FROM control_set")?;
    let rows = rows.query_map([], |row| row.get::<String>(0))?;
    rows.map(|json| serde_json::from_str(&json?).map_err(|error| StoreError::corrupt(format!("control set: {error}"))))
        .collect()
}
