//! The ledger's rows: commands with their answers, entries, and the caches of balances.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::{Column, Connection, Table, params};
use budget::ledger::{Answer as BudgetAnswer, Balance, Decision, EntryKind, Rejection};
use budget::{Code, Command, DocumentId, Ledger, PersonId, RequestState, Timestamp, pre_approval};

pub(crate) use rows::{entries, load};

use super::journal::Leaf;
use super::{Answer, Authority, Effect, Refused, Reply};
use crate::store::StoreError;

/// Commands: the same command again is the same row.
static COMMAND: Table = Table::keep_first(
    "ledger_command",
    1,
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
/// The cache of what documents hold.
static HOLDING: Table = Table::keep_last(
    "holding",
    2,
    &[Column::Text("line"), Column::Blob("document"), Column::Integer("outstanding"), Column::Integer("consumed")],
);

/// What a command did to the rest of the state.
pub(super) struct Charged {
    /// The ledger's answer.
    pub(super) decision: Decision,
    /// Budget lines whose balance moved.
    pub(super) moved: BTreeSet<Code>,
}

impl Authority {
    /// Applies one command and writes what follows: the answer, the entries, their leaves and the
    /// caches. The same command again writes nothing.
    pub(super) fn charge(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        command: &Command,
    ) -> Result<Charged, StoreError> {
        let decision = self.ledger.apply(now, command);
        let rejection = match &decision {
            Err(Rejection::IdReused) => {
                return Ok(Charged { decision, moved: BTreeSet::new() });
            }
            Err(rejection) => Some(
                serde_json::to_string(rejection)
                    .map_err(|error| StoreError::corrupt(format!("ledger command {}: {error}", command.id)))?,
            ),
            Ok(_) => None,
        };
        let body = minicbor::to_vec(command).unwrap_or_default();
        connection.put(&COMMAND, params![command.id.bytes(), now.0, body, rejection])?;
        let mut moved = BTreeSet::new();
        let mut documents: BTreeMap<DocumentId, bool> = BTreeMap::new();
        // A command that was decided before comes back without entries.
        for entry in decision.iter().flat_map(|outcome| &outcome.entries) {
            rows::write_entry(connection, entry)?;
            moved.extend(entry.lines.iter().cloned());
            if let Some(document) = entry.document {
                *documents.entry(document).or_insert(true) &= entry.kind == EntryKind::Reserve;
            }
            self.journal.append(connection, now, &Leaf::Entry(entry.clone()))?;
        }
        if let Ok(outcome) = &decision {
            self.write_alerts(connection, now, &outcome.alerts)?;
        }
        self.write_balances(connection, moved.iter().cloned())?;
        for (document, only_more) in documents {
            self.write_holdings(connection, document, only_more)?;
        }
        Ok(Charged { decision, moved })
    }

    /// Runs a command of the finance department: releases of budget and transfers. Refusals carry
    /// the ledger's own codes.
    pub fn command(&mut self, connection: &Connection, now: Timestamp, by: PersonId, command: &Command) -> Reply<()> {
        use budget::ledger::Action::{Appropriate, Transfer};
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

    /// Tells the owners of requests that are over budget whether their money is there now
    /// (可重新占用), and takes the word back when somebody else was quicker.
    pub(super) fn prompt_again(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        moved: &BTreeSet<Code>,
    ) -> Result<Vec<Effect>, StoreError> {
        let fits = |request: &super::Request| {
            let available = |line: &Code| self.ledger.balance(line).and_then(Balance::available);
            let taken = self.taken_by(request.view.answers, &request.charges);
            let charges = pre_approval::beyond(&request.charges, &taken);
            !BudgetAnswer::compute(self.ledger.scheme(), &charges, available).is_refused()
        };
        let changed: Vec<_> = self
            .requests
            .values()
            .filter(|request| request.view.state == RequestState::OverBudget)
            .filter(|request| request.view.shortages.iter().any(|shortage| moved.contains(&shortage.line)))
            .filter(|request| fits(request) != request.view.may_reserve_again)
            .cloned()
            .collect();
        let mut effects = Vec::new();
        for mut request in changed {
            request.view.may_reserve_again = !request.view.may_reserve_again;
            effects.push(Effect::Request(request.view.id));
            self.put_request(connection, now, request)?;
        }
        Ok(effects)
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

    /// Writes the cache of what a document holds. When it only holds more than before, no row of it
    /// has to go.
    fn write_holdings(&self, connection: &Connection, document: DocumentId, only_more: bool) -> Result<(), StoreError> {
        if !only_more {
            connection.prepare_cached("DELETE FROM holding WHERE document = ?1")?.execute([document.bytes()])?;
        }
        for (line, (outstanding, consumed)) in holdings(&self.ledger, document) {
            connection.put(&HOLDING, params![line.as_str(), document.bytes(), outstanding, consumed])?;
        }
        Ok(())
    }
}

/// What a document holds and has spent of each budget line, in fen.
pub(crate) fn holdings(ledger: &Ledger, document: DocumentId) -> BTreeMap<Code, (i64, i64)> {
    let mut holdings: BTreeMap<Code, (i64, i64)> = BTreeMap::new();
    for (_, held) in ledger.reservations(document) {
        if held.outstanding.is_zero() && held.consumed.is_zero() {
            continue;
        }
        for line in &held.lines {
            let sums = holdings.entry(line.clone()).or_default();
            sums.0 = sums.0.saturating_add(held.outstanding.fen());
            sums.1 = sums.1.saturating_add(held.consumed.fen());
        }
    }
    holdings
}
