//! From one year into the next (年末结转): what is committed moves, what is free lapses.

use std::collections::{BTreeMap, BTreeSet};

use super::Decider;
use crate::ledger::node::{NodeId, SetId};
use crate::ledger::reservation::HoldKey;
use crate::ledger::{Carry, CarryPolicy, ControlSet, EntryKind, Rejection};
use crate::{Code, Date, Dimension};

impl Decider<'_> {
    pub(super) fn carry_forward(&mut self, lines: &[Carry], policy: CarryPolicy) -> Result<(), Rejection> {
        let mut next: BTreeMap<&Code, &Code> = BTreeMap::new();
        for Carry { from, to } in lines {
            self.may_follow(from, to)?;
            if self.closing(from)?.is_none() {
                return Err(Rejection::PeriodOpen { line: from.clone(), until: None });
            }
            if next.insert(from, to).is_some() {
                return Err(Rejection::BudgetLineTwice { line: from.clone() });
            }
        }
        if next.is_empty() {
            return Err(Rejection::Empty);
        }
        if policy == CarryPolicy::None {
            return Ok(());
        }
        for key in self.held_on(next.keys().copied()) {
            let amount = self.draft.hold(self.ledger, &key).outstanding();
            let (document, line, set) = key;
            let onward = self.onward(set, &next);
            self.on_hold(EntryKind::CarryOut, set, document, line, amount)?;
            self.on_hold(EntryKind::CarryIn, onward, document, line, amount)?;
        }
        if policy == CarryPolicy::All {
            for (from, to) in next {
                let node = self.ledger.nodes.node(from);
                let free = self.draft.count(self.ledger, node).available();
                if free.is_positive() {
                    self.on_line(EntryKind::CarryOut, from, free)?;
                    self.on_line(EntryKind::CarryIn, to, free)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn lapse(&mut self, lines: &[Code], release: bool) -> Result<(), Rejection> {
        let mut seen = BTreeSet::new();
        for line in lines {
            self.known(line)?;
            let until = self.closing(line)?;
            if until.is_none_or(|last| self.today <= last) {
                return Err(Rejection::PeriodOpen { line: line.clone(), until });
            }
            if !seen.insert(line) {
                return Err(Rejection::BudgetLineTwice { line: line.clone() });
            }
        }
        if seen.is_empty() {
            return Err(Rejection::Empty);
        }
        if release {
            for key in self.held_on(lines.iter()) {
                let amount = self.draft.hold(self.ledger, &key).outstanding();
                self.on_hold(EntryKind::Release, key.2, key.0, key.1, amount)?;
            }
        }
        for line in lines {
            let node = self.ledger.nodes.node(line);
            let free = self.draft.count(self.ledger, node).available();
            if free.is_positive() {
                self.on_line(EntryKind::Lapse, line, free)?;
            }
        }
        Ok(())
    }

    fn may_follow(&self, from: &Code, to: &Code) -> Result<(), Rejection> {
        self.known(from)?;
        self.known(to)?;
        if from == to {
            return Err(Rejection::SameLine);
        }
        let kind = |line: &Code| self.ledger.scheme.line(line).map(|line| (line.tax_basis, line.currency));
        if kind(from) == kind(to) { Ok(()) } else { Err(Rejection::LinesDiffer { from: from.clone(), to: to.clone() }) }
    }

    /// The last day on which the period that a line fixes takes charges.
    fn closing(&self, line: &Code) -> Result<Option<Date>, Rejection> {
        let scheme = &self.ledger.scheme;
        let row = scheme.line(line).ok_or_else(|| Rejection::UnknownBudgetLine { line: line.clone() })?;
        let period = row.fixes.get(&Dimension::Period);
        Ok(period.and_then(|period| scheme.closing(period)).map(|(_, day)| day))
    }

    /// The open holds on these lines, oldest first.
    fn held_on<'c>(&self, lines: impl Iterator<Item = &'c Code>) -> Vec<HoldKey> {
        let nodes: BTreeSet<NodeId> = lines.filter_map(|line| self.ledger.nodes.find(line)).collect();
        let stored = nodes.iter().flat_map(|node| self.ledger.open.holds(*node));
        let mut keys: BTreeSet<HoldKey> =
            stored.filter_map(|id| self.ledger.holds.row(id)).map(|(key, _)| key).collect();
        let touches = |set: SetId| {
            self.ledger.nodes.of_set(set).is_some_and(|set| set.nodes.iter().any(|node| nodes.contains(node)))
        };
        keys.extend(self.draft.holds.keys().filter(|key| touches(key.2)));
        let mut held: Vec<_> = keys.into_iter().map(|key| (self.draft.hold(self.ledger, &key), key)).collect();
        held.retain(|(hold, _)| hold.outstanding().is_positive());
        held.sort_by_key(|(hold, key)| (hold.since, *key));
        held.into_iter().map(|(_, key)| key).collect()
    }

    /// The same set in the next year; lines that do not end stay.
    fn onward(&mut self, set: SetId, next: &BTreeMap<&Code, &Code>) -> SetId {
        let Some(old) = self.ledger.nodes.of_set(set) else { return set };
        let basis = old.basis;
        let codes: ControlSet = old.codes.iter().map(|code| (*next.get(code).unwrap_or(&code)).clone()).collect();
        self.ledger.nodes.set(basis, codes)
    }
}
