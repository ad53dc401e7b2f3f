//! The ledger's rows: commands with their answers, entries, and the caches of balances.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::{Connection, params};
use budget::ledger::{Answer as BudgetAnswer, Balance, Decision, Rejection};
use budget::{Code, Command, DocumentId, Ledger, PersonId, RequestState, Timestamp};

pub(crate) use rows::{entries, load};

use super::journal::Leaf;
use super::{Answer, Authority, Effect, Refused, Reply};
use crate::store::StoreError;

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
        connection
            .prepare_cached(
                "INSERT INTO ledger_command (id, at, body, rejection) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?
            .execute(params![command.id.bytes(), now.0, minicbor::to_vec(command).unwrap_or_default(), rejection])?;
        let mut moved = BTreeSet::new();
        let mut documents = BTreeSet::new();
        // A command that was decided before comes back without entries.
        for entry in decision.iter().flat_map(|outcome| &outcome.entries) {
            rows::write_entry(connection, entry)?;
            moved.extend(entry.lines.iter().cloned());
            documents.extend(entry.document);
            self.journal.append(connection, now, &Leaf::Entry(entry.clone()))?;
        }
        self.write_balances(connection, moved.iter().cloned())?;
        for document in documents {
            self.write_holdings(connection, document)?;
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
            !BudgetAnswer::compute(self.ledger.scheme(), &request.charges, available).is_refused()
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
        let mut write = connection.prepare_cached(
            "INSERT INTO balance (line, limit_fen, consumed, reserved, escrowed, carried)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (line) DO UPDATE SET limit_fen = excluded.limit_fen, consumed = excluded.consumed,
               reserved = excluded.reserved, escrowed = excluded.escrowed, carried = excluded.carried",
        )?;
        for line in lines {
            let balance = self.ledger.balance(&line).unwrap_or_default();
            write.execute(params![
                line.as_str(),
                balance.limit.fen(),
                balance.consumed.fen(),
                balance.reserved.fen(),
                balance.escrowed.fen(),
                balance.carried.fen()
            ])?;
        }
        Ok(())
    }

    fn write_holdings(&self, connection: &Connection, document: DocumentId) -> Result<(), StoreError> {
        connection.prepare_cached("DELETE FROM holding WHERE document = ?1")?.execute([document.bytes()])?;
        let mut write = connection
            .prepare_cached("INSERT INTO holding (line, document, outstanding, consumed) VALUES (?1, ?2, ?3, ?4)")?;
        for (line, (outstanding, consumed)) in holdings(&self.ledger, document) {
            write.execute(params![line.as_str(), document.bytes(), outstanding, consumed])?;
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
