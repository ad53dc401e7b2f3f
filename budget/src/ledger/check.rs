//! What must always hold, over the whole state; and the rungs before another scheme comes into force.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::{NodeId, SetId};
use super::{Crossing, Ledger};
use crate::scheme::{BudgetLine, Control};
use crate::{Code, Money, Scheme};

/// Why a scheme cannot follow the one in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// A line with money on it would count otherwise than it did.
    #[error("the budget line {0} has money on it, so what it counts stays")]
    CountsOtherwise(Code),
    /// A line would come under hard control with less than nothing left.
    #[error("the budget line {line} is overspent by {lacking}, so it cannot come under hard control")]
    Overspent {
        /// The line.
        line: Code,
        /// What it lacks.
        lacking: Money,
    },
}

impl PublishError {
    /// The stable code that texts and clients use.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CountsOtherwise(_) => "line_counts_otherwise",
            Self::Overspent { .. } => "line_overspent",
        }
    }
}

impl Ledger {
    /// Replaces the scheme. Lines that are new start at zero; lines that are gone keep their
    /// balances so that old reservations can still be consumed and released. Thresholds that are
    /// new and reached already are told.
    pub fn publish(&mut self, scheme: Scheme) -> Result<Vec<Crossing>, PublishError> {
        for line in scheme.lines() {
            self.may_follow(line)?;
        }
        let before: BTreeMap<Code, Box<[u8]>> =
            self.nodes.by_code().map(|node| (node.code.clone(), node.rule.thresholds.clone())).collect();
        self.nodes.rule_by(&scheme);
        self.blocks.clear();
        self.scheme = Arc::new(scheme);
        let told = |crossing: &Crossing| {
            before.get(&crossing.line).is_some_and(|thresholds| thresholds.contains(&crossing.percent))
        };
        let nothing = super::node::Count::default();
        let reached = self.nodes.by_code().flat_map(|node| node.crossings(nothing));
        Ok(reached.filter(|crossing| !told(crossing)).collect())
    }

    fn may_follow(&self, line: &BudgetLine) -> Result<(), PublishError> {
        let Some(node) = self.nodes.find(&line.code).and_then(|id| self.nodes.get(id)) else { return Ok(()) };
        let balance = node.count.balance;
        let unused = [balance.consumed, balance.reserved, balance.escrowed].iter().all(|amount| amount.is_zero());
        if !unused && (line.tax_basis, line.currency) != (node.rule.basis, node.rule.currency) {
            return Err(PublishError::CountsOtherwise(line.code.clone()));
        }
        let available = node.count.available();
        if line.control == Control::Hard && available.is_negative() {
            let lacking = available.checked_neg().unwrap_or_default();
            return Err(PublishError::Overspent { line: line.code.clone(), lacking });
        }
        Ok(())
    }

    /// Every promise over the whole state; the name of the first broken one.
    pub fn check_invariants(&self) -> Result<(), &'static str> {
        let (mut reserved, mut consumed, mut escrowed) = (Sums::default(), Sums::default(), Sums::default());
        for (key, hold) in self.holds.iter() {
            if !hold.is_whole() {
                return Err("a reservation is not consumed + released + outstanding");
            }
            reserved.add(self, key.2, hold.outstanding());
            consumed.add(self, key.2, hold.consumed);
        }
        for (_, allowance) in self.allowances.iter() {
            if !allowance.is_whole() {
                return Err("more was spent under an allowance than was granted");
            }
            for part in allowance.parts.iter().flatten() {
                escrowed.add(self, part.set, part.rest().unwrap_or_default());
            }
        }
        if self.transferred != 0 {
            return Err("transfers do not sum to zero");
        }
        for node in self.nodes.by_code() {
            let balance = node.count.balance;
            if node.rule.control == Control::Hard && balance.available().is_none_or(|available| available < Money::ZERO)
            {
                return Err("a line under hard control is overspent");
            }
            let id = self.nodes.find(&node.code).unwrap_or_default();
            if reserved.of(id) != balance.reserved {
                return Err("a line's reserved amount is not the sum of its reservations");
            }
            if consumed.of(id) != balance.consumed {
                return Err("a line's consumed amount is not the sum of what was drawn");
            }
            if escrowed.of(id) != balance.escrowed {
                return Err("a line's escrowed amount is not the sum of its allowances");
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Sums(BTreeMap<NodeId, i64>);

impl Sums {
    fn add(&mut self, ledger: &Ledger, set: SetId, amount: Money) {
        for node in ledger.nodes.of_set(set).into_iter().flat_map(|set| &set.nodes) {
            let sum = self.0.entry(*node).or_default();
            *sum = sum.saturating_add(amount.fen());
        }
    }

    fn of(&self, node: NodeId) -> Money {
        Money::from_fen(self.0.get(&node).copied().unwrap_or_default())
    }
}
