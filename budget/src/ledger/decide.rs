//! How the ledger decides a command: a ladder of named refusals, rehearsed step by step.

mod block;
mod charges;
mod escrow;
mod limits;
mod year_end;

use super::node::{Node, SetId};
use super::rehearsal::{Rehearsal, Step};
use super::{Action, ControlSet, EntryKind, Escrow, Ledger, Rejection, Shortage};
use crate::scheme::{Control, TaxBasis};
use crate::{Code, Date, DocumentId, LineId, Money, Timestamp};

pub(super) use block::Compiled;

/// A command on its way up the ladder. The ledger is changed in nothing but its memory of control sets.
pub(super) struct Decider<'a> {
    ledger: &'a mut Ledger,
    now: Timestamp,
    today: Date,
    draft: Rehearsal,
}

/// What a command will do once it is decided.
pub(super) struct Plan {
    pub(super) rehearsal: Rehearsal,
    pub(super) warnings: Vec<Shortage>,
}

impl<'a> Decider<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, now: Timestamp) -> Self {
        Self { ledger, now, today: now.china_date(), draft: Rehearsal::default() }
    }

    /// The rungs of one action.
    pub(super) fn run(&mut self, action: &Action) -> Result<(), Rejection> {
        match action {
            Action::Appropriate { line, amount } => self.appropriate(line, *amount),
            Action::Withdraw { line, amount } => self.withdraw(line, *amount),
            Action::Transfer { from, to, amount } => self.transfer(from, to, *amount),
            Action::Reserve { document, charges } => self.reserve(*document, charges),
            Action::Adjust { document, line, amount, tax } => self.adjust(*document, *line, *amount, *tax),
            Action::Consume { document, draws, close } => self.consume(*document, draws, *close),
            Action::Post { document, charges, close } => self.post(*document, charges, *close),
            Action::Release { document } => self.release(*document),
            Action::Reverse { document, draws } => self.reverse(*document, draws),
            Action::Admit { document } => self.admit(*document),
            Action::CarryForward { lines, policy } => self.carry_forward(lines, *policy),
            Action::Lapse { lines, release } => self.lapse(lines, *release),
            Action::Allow { allowance, device, block, amount, expires } => {
                self.allow(*allowance, *device, block, *amount, *expires)
            }
            Action::Settle { allowance, spends } => self.settle(*allowance, spends),
            Action::Close { allowance, count, last, .. } => self.close(*allowance, *count, *last),
            Action::ForceClose { allowance } => self.force_close(*allowance),
        }
    }

    /// The last rung: every line has what is wanted of it.
    pub(super) fn finish(self) -> Result<Plan, Rejection> {
        let (mut lacking, mut warnings) = (Vec::new(), Vec::new());
        for (id, after) in &self.draft.nodes {
            let Some(node) = self.ledger.nodes.get(*id) else { continue };
            let (before, left) = (node.count.available(), after.available());
            // Whoever gives back, or only moves, is never refused.
            if left >= Money::ZERO || left >= before {
                continue;
            }
            let hard = node.rule.control == Control::Hard || self.draft.strict.contains(id);
            if hard || node.rule.control == Control::Warn {
                let list = if hard { &mut lacking } else { &mut warnings };
                list.push(self.shortage(*id, node, before, left)?);
            }
        }
        if lacking.is_empty() {
            return Ok(Plan { rehearsal: self.draft, warnings });
        }
        lacking.sort_by(|a, b| a.line.cmp(&b.line));
        Err(Rejection::Insufficient { shortages: lacking })
    }

    fn shortage(&self, id: u32, node: &Node, before: Money, left: Money) -> Result<Shortage, Rejection> {
        let Ledger { holds, allowances, open, .. } = &*self.ledger;
        Ok(Shortage {
            line: node.code.clone(),
            requested: before.checked_sub(left).ok_or(Rejection::TooLarge)?,
            available: before,
            lacking: left.checked_neg().ok_or(Rejection::TooLarge)?,
            holders: open.largest(holds, allowances, id, Shortage::MOST_HOLDERS),
        })
    }

    fn step(&mut self, step: Step) -> Result<(), Rejection> {
        self.draft.fold(self.ledger, step).ok_or(Rejection::TooLarge)
    }

    /// A step on a line by itself.
    fn on_line(&mut self, kind: EntryKind, line: &Code, amount: Money) -> Result<(), Rejection> {
        let set = self.set_of(line);
        self.step(Step { kind, set, document: None, line: None, amount, escrow: None })
    }

    /// A step on what a request holds.
    fn on_hold(
        &mut self,
        kind: EntryKind,
        set: SetId,
        document: DocumentId,
        line: LineId,
        amount: Money,
    ) -> Result<(), Rejection> {
        self.step(Step { kind, set, document: Some(document), line: Some(line), amount, escrow: None })
    }

    fn set_of(&mut self, line: &Code) -> SetId {
        self.ledger.nodes.set(TaxBasis::Inclusive, ControlSet::from_iter([line.clone()]))
    }

    fn basis(&self, set: SetId) -> TaxBasis {
        self.ledger.nodes.of_set(set).map(|set| set.basis).unwrap_or_default()
    }

    fn known(&self, line: &Code) -> Result<(), Rejection> {
        match self.ledger.scheme.line(line) {
            Some(_) => Ok(()),
            None => Err(Rejection::UnknownBudgetLine { line: line.clone() }),
        }
    }

    /// The finance department's word for a request (跨期入账).
    fn admit(&mut self, document: DocumentId) -> Result<(), Rejection> {
        let set = self.ledger.nodes.set(TaxBasis::Inclusive, ControlSet::default());
        let step = Step {
            kind: EntryKind::Admit,
            set,
            document: Some(document),
            line: None,
            amount: Money::ZERO,
            escrow: None,
        };
        self.step(step)
    }
}

fn positive(amount: Money) -> Result<(), Rejection> {
    if amount.is_positive() { Ok(()) } else { Err(Rejection::NotPositive) }
}

/// A step that says something about an allowance.
fn escrow_step(kind: EntryKind, set: SetId, amount: Money, escrow: Escrow) -> Step {
    Step { kind, set, document: None, line: None, amount, escrow: Some(Box::new(escrow)) }
}
