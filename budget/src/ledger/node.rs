//! Budget lines and control sets by number, so that deciding a command touches only what it moves.

use std::collections::BTreeMap;

use super::alert::Crossing;
use super::{Balance, ControlSet, EntryKind};
use crate::scheme::{Control, TaxBasis};
use crate::{Code, Currency, Date, Dimension, Money, Scheme};

/// A budget line's number, in the order in which the ledger met it.
pub(super) type NodeId = u32;
/// A control set's number, in the order in which the ledger met it.
pub(super) type SetId = u32;

/// What the scheme says of a line.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) control: Control,
    pub(super) basis: TaxBasis,
    pub(super) currency: Currency,
    pub(super) thresholds: Box<[u8]>,
    /// The last day on which the period that it fixes takes charges.
    pub(super) closing: Option<(Code, Date)>,
}

/// A line that left the scheme is no longer a limit for what was reserved on it before.
impl Default for Rule {
    fn default() -> Self {
        Self {
            control: Control::None,
            basis: TaxBasis::Inclusive,
            currency: Currency::CNY,
            thresholds: Box::default(),
            closing: None,
        }
    }
}

/// What is counted on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count {
    pub(super) balance: Balance,
    /// The most that was ever used since the limit last changed: thresholds below it have been told.
    pub(super) peak: Money,
}

impl Count {
    pub(super) fn after(self, kind: EntryKind, amount: Money, held: bool) -> Option<Self> {
        let balance = self.balance.after(kind, amount, held)?;
        let used = balance.used()?;
        let peak = if balance.limit == self.balance.limit { self.peak.max(used) } else { used };
        Some(Self { balance, peak })
    }

    pub(super) fn available(self) -> Money {
        // `Balance::after` refuses what leaves the range.
        self.balance.available().unwrap_or_default()
    }

    /// Whether a share of the limit was reached since the limit last changed.
    fn reached(self, percent: u8) -> bool {
        self.peak > Money::ZERO
            && i128::from(self.peak.fen()) * 100 >= i128::from(percent) * i128::from(self.balance.limit.fen())
    }
}

/// A budget line.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) code: Code,
    pub(super) rule: Rule,
    pub(super) count: Count,
}

impl Node {
    /// The thresholds that are reached now and were not before.
    pub(super) fn crossings(&self, before: Count) -> impl Iterator<Item = Crossing> + use<'_> {
        let after = self.count;
        self.rule.thresholds.iter().filter(move |percent| after.reached(**percent) && !before.reached(**percent)).map(
            move |percent| Crossing {
                line: self.code.clone(),
                percent: *percent,
                used: after.peak,
                limit: after.balance.limit,
            },
        )
    }
}

/// A control set and the lines in it.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) basis: TaxBasis,
    pub(super) codes: ControlSet,
    pub(super) nodes: Box<[NodeId]>,
}

/// All lines and sets.
#[derive(Debug, Clone, Default)]
pub(super) struct Nodes {
    rows: Vec<Node>,
    by_code: BTreeMap<Code, NodeId>,
    sets: Vec<Set>,
    set_ids: BTreeMap<(TaxBasis, ControlSet), SetId>,
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn place(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

impl Nodes {
    /// Takes the rules of a scheme; lines that are new start at zero.
    pub(super) fn rule_by(&mut self, scheme: &Scheme) {
        for row in &mut self.rows {
            // What a line counts stays known after it left the scheme.
            row.rule = Rule { basis: row.rule.basis, currency: row.rule.currency, ..Rule::default() };
        }
        for line in scheme.lines() {
            let id = self.node(&line.code);
            let closing = line.fixes.get(&Dimension::Period).and_then(|period| scheme.closing(period));
            let rule = Rule {
                control: line.control,
                basis: line.tax_basis,
                currency: line.currency,
                thresholds: line.thresholds.iter().copied().collect(),
                closing: closing.map(|(period, day)| (period.clone(), day)),
            };
            if let Some(row) = self.rows.get_mut(place(id)) {
                row.rule = rule;
            }
        }
    }

    /// The number of a line; a new one for a line that was never met.
    pub(super) fn node(&mut self, code: &Code) -> NodeId {
        if let Some(id) = self.by_code.get(code) {
            return *id;
        }
        let id = number(self.rows.len());
        self.rows.push(Node { code: code.clone(), rule: Rule::default(), count: Count::default() });
        self.by_code.insert(code.clone(), id);
        id
    }

    /// The number of a set; a new one for a set that was never met.
    pub(super) fn set(&mut self, basis: TaxBasis, codes: ControlSet) -> SetId {
        let key = (basis, codes);
        if let Some(id) = self.set_ids.get(&key) {
            return *id;
        }
        let nodes = key.1.iter().map(|code| self.node(code)).collect();
        let id = number(self.sets.len());
        self.sets.push(Set { basis, codes: key.1.clone(), nodes });
        self.set_ids.insert(key, id);
        id
    }

    pub(super) fn find(&self, code: &Code) -> Option<NodeId> {
        self.by_code.get(code).copied()
    }

    pub(super) fn get(&self, id: NodeId) -> Option<&Node> {
        self.rows.get(place(id))
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.rows.get_mut(place(id))
    }

    pub(super) fn of_set(&self, id: SetId) -> Option<&Set> {
        self.sets.get(place(id))
    }

    /// Every line, by code.
    pub(super) fn by_code(&self) -> impl Iterator<Item = &Node> {
        self.by_code.values().filter_map(|id| self.get(*id))
    }
}
