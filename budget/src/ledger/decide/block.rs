//! From a coding block to its control sets, remembered until the scheme changes.

use std::sync::Arc;

use super::Decider;
use crate::ledger::node::SetId;
use crate::ledger::{Charge, ControlSet, Rejection};
use crate::scheme::{LARGEST_CONTROL_SET, TaxBasis};
use crate::{Code, CodingBlock, Currency, Date, Dimension, DocumentId, LineId};

/// Most blocks that are remembered; a company has a few thousand.
const MOST_BLOCKS: usize = 65_536;

/// What a block means under the scheme in force.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Compiled {
    /// The lines that count with tax, and those that count without.
    pub(in crate::ledger) sets: [Option<SetId>; 2],
    currency: Currency,
    /// The days on which all its members are valid.
    from: Option<Date>,
    until: Option<Date>,
    /// The last day on which its period takes charges.
    closing: Option<Date>,
}

impl Decider<'_> {
    pub(super) fn compile(&mut self, line: LineId, block: &CodingBlock) -> Result<Compiled, Rejection> {
        let scheme = Arc::clone(&self.ledger.scheme);
        let (resolved, unknown) = scheme.resolve(block);
        if let Some((dimension, member)) = unknown.and_then(|at| Some((at, block.get(at)?.clone()))) {
            return Err(Rejection::UnknownMember { line, dimension, member });
        }
        if block.period.is_none() && scheme.has_periods() {
            return Err(Rejection::NoPeriod { line });
        }
        if let Some(known) = self.ledger.blocks.get(&resolved) {
            return Ok(*known);
        }
        let lines: Vec<_> = scheme.lines_over(&resolved).into_iter().filter_map(|code| scheme.line(code)).collect();
        let Some(first) = lines.first() else { return Err(Rejection::NoBudgetLine { line }) };
        if lines.len() > LARGEST_CONTROL_SET {
            return Err(Rejection::TooManyLines { line });
        }
        if let Some(other) = lines.iter().find(|other| other.currency != first.currency) {
            let (expected, found) = (other.currency, first.currency);
            return Err(Rejection::MixedCurrency { line: other.code.clone(), expected, found });
        }
        let sets = TaxBasis::ALL.map(|basis| {
            let codes: ControlSet =
                lines.iter().filter(|line| line.tax_basis == basis).map(|line| line.code.clone()).collect();
            (!codes.is_empty()).then(|| self.ledger.nodes.set(basis, codes))
        });
        let members = Dimension::ALL.into_iter().filter_map(|dimension| {
            let member = block.get(dimension)?;
            Some(scheme.tree(dimension)?.path(member))
        });
        let (mut from, mut until) = (None, None);
        for member in members.flatten() {
            from = from.max(member.from);
            until = [until, member.until].into_iter().flatten().min();
        }
        let closing = block.period.as_ref().and_then(|period| scheme.closing(period)).map(|(_, day)| day);
        let compiled = Compiled { sets, currency: first.currency, from, until, closing };
        if self.ledger.blocks.len() >= MOST_BLOCKS {
            self.ledger.blocks.clear();
        }
        self.ledger.blocks.insert(resolved, compiled);
        Ok(compiled)
    }

    /// The sets of a new charge, which has to be allowed today.
    pub(super) fn sets_for(&mut self, document: DocumentId, charge: &Charge) -> Result<Compiled, Rejection> {
        let compiled = self.compile(charge.line, &charge.block)?;
        let day = charge.on.unwrap_or(self.today);
        if compiled.from.is_some_and(|from| day < from) || compiled.until.is_some_and(|until| day > until) {
            let (dimension, member) = self
                .ledger
                .scheme
                .not_valid_on(&charge.block, day)
                .ok_or(Rejection::NoBudgetLine { line: charge.line })?;
            return Err(Rejection::NotValid { line: charge.line, dimension, member, day });
        }
        if charge.currency != compiled.currency {
            let line = compiled.sets.iter().flatten().find_map(|set| self.first_line(*set));
            let line = line.ok_or(Rejection::NoBudgetLine { line: charge.line })?;
            return Err(Rejection::MixedCurrency { line, expected: compiled.currency, found: charge.currency });
        }
        if compiled.closing.is_some_and(|last| self.today > last) && !self.draft.is_admitted(self.ledger, document) {
            let closed = charge.block.period.as_ref().and_then(|period| self.ledger.scheme.closing(period));
            let (period, until) = closed.ok_or(Rejection::NoPeriod { line: charge.line })?;
            return Err(Rejection::PeriodClosed { period: period.clone(), until });
        }
        Ok(compiled)
    }

    /// More on what is held already: the periods of its lines have to be open too.
    pub(super) fn still_open(&self, document: DocumentId, set: SetId) -> Result<(), Rejection> {
        if self.draft.is_admitted(self.ledger, document) {
            return Ok(());
        }
        let nodes = self.ledger.nodes.of_set(set).map(|set| &set.nodes);
        let closed = nodes
            .into_iter()
            .flatten()
            .filter_map(|node| self.ledger.nodes.get(*node)?.rule.closing.as_ref())
            .find(|(_, last)| self.today > *last);
        match closed {
            Some((period, until)) => Err(Rejection::PeriodClosed { period: period.clone(), until: *until }),
            None => Ok(()),
        }
    }

    fn first_line(&self, set: SetId) -> Option<Code> {
        self.ledger.nodes.of_set(set)?.codes.first().cloned()
    }
}
