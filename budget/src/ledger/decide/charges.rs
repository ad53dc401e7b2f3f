//! What requests hold and spend.

use std::collections::BTreeSet;

use super::{Decider, positive};
use crate::ledger::command::counted;
use crate::ledger::node::SetId;
use crate::ledger::reservation::{Hold, HoldKey};
use crate::ledger::{Charge, Draw, EntryKind, Rejection};
use crate::scheme::TaxBasis;
use crate::{DocumentId, LineId, Money};

impl Decider<'_> {
    pub(super) fn reserve(&mut self, document: DocumentId, charges: &[Charge]) -> Result<(), Rejection> {
        each_once(charges.iter().map(Charge::draw))?;
        for charge in charges {
            let compiled = self.sets_for(document, charge)?;
            let held = self.draft.held(self.ledger, document, Some(charge.line));
            if held.iter().any(|(_, hold)| hold.outstanding().is_positive() || hold.consumed.is_positive()) {
                return Err(Rejection::AlreadyReserved { line: charge.line });
            }
            self.on_each(EntryKind::Reserve, compiled.sets, document, &charge.draw())?;
        }
        Ok(())
    }

    pub(super) fn adjust(
        &mut self,
        document: DocumentId,
        line: LineId,
        amount: Money,
        tax: Money,
    ) -> Result<(), Rejection> {
        // Nothing at all is no charge that could be wrong.
        let nothing = amount.is_zero() && tax.is_zero();
        if !nothing {
            each_once(core::iter::once(Draw { line, amount, tax }))?;
        }
        for parts in self.open(document, line)? {
            let Some((newest, _)) = parts.last().copied() else { continue };
            let target = if nothing { Some(Money::ZERO) } else { counted(amount, tax, self.basis(newest)) };
            let target = target.ok_or(Rejection::WrongTax { line })?;
            let mut difference = target.checked_sub(sum(&parts)?).ok_or(Rejection::TooLarge)?;
            if difference.is_positive() {
                self.still_open(document, newest)?;
                self.on_hold(EntryKind::Reserve, newest, document, line, difference)?;
            }
            // What is too much goes back from the newest on.
            for (set, hold) in parts.into_iter().rev() {
                let back = difference.checked_neg().ok_or(Rejection::TooLarge)?.min(hold.outstanding());
                if back.is_positive() {
                    self.on_hold(EntryKind::Release, set, document, line, back)?;
                    difference = difference.checked_add(back).ok_or(Rejection::TooLarge)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn consume(&mut self, document: DocumentId, draws: &[Draw], close: bool) -> Result<(), Rejection> {
        each_once(draws.iter().cloned())?;
        for draw in draws {
            self.spend(document, draw)?;
        }
        if close { self.release(document) } else { Ok(()) }
    }

    pub(super) fn post(&mut self, document: DocumentId, charges: &[Charge], close: bool) -> Result<(), Rejection> {
        each_once(charges.iter().map(Charge::draw))?;
        for charge in charges {
            let draw = charge.draw();
            match self.spend(document, &draw) {
                // A reservation that is used up pays nothing more: the budget is asked.
                Err(Rejection::NotReserved { .. }) => {
                    let compiled = self.sets_for(document, charge)?;
                    self.on_each(EntryKind::Reserve, compiled.sets, document, &draw)?;
                    self.on_each(EntryKind::Consume, compiled.sets, document, &draw)?;
                }
                other => other?,
            }
        }
        if close { self.release(document) } else { Ok(()) }
    }

    pub(super) fn release(&mut self, document: DocumentId) -> Result<(), Rejection> {
        for ((_, line, set), hold) in self.draft.held(self.ledger, document, None) {
            if hold.outstanding().is_positive() {
                self.on_hold(EntryKind::Release, set, document, line, hold.outstanding())?;
            }
        }
        Ok(())
    }

    pub(super) fn reverse(&mut self, document: DocumentId, draws: &[Draw]) -> Result<(), Rejection> {
        each_once(draws.iter().cloned())?;
        for Draw { line, amount, tax } in draws.iter().cloned() {
            let mut held = self.draft.held(self.ledger, document, Some(line));
            held.retain(|(_, hold)| hold.consumed.is_positive());
            held.sort_by_key(|(_, hold)| core::cmp::Reverse(hold.since));
            if held.is_empty() {
                return Err(Rejection::NotConsumed { line });
            }
            for basis in TaxBasis::ALL {
                let mut parts = held.iter().filter(|((_, _, set), _)| self.basis(*set) == basis).peekable();
                if parts.peek().is_none() {
                    continue;
                }
                let mut rest = counted(amount, tax, basis).ok_or(Rejection::WrongTax { line })?;
                let parts: Vec<_> = parts.map(|((_, _, set), hold)| (*set, hold.consumed)).collect();
                for (set, consumed) in parts {
                    let back = rest.min(consumed);
                    if back.is_positive() {
                        self.on_hold(EntryKind::Reverse, set, document, line, back)?;
                        rest = rest.checked_sub(back).ok_or(Rejection::TooLarge)?;
                    }
                }
                if rest.is_positive() {
                    return Err(Rejection::NotConsumed { line });
                }
            }
        }
        Ok(())
    }

    /// Draws on what a line holds, the oldest hold first; what is more is held first, on the newest,
    /// which is a new check.
    fn spend(&mut self, document: DocumentId, draw: &Draw) -> Result<(), Rejection> {
        let line = draw.line;
        for parts in self.open(document, line)? {
            let Some((newest, _)) = parts.last().copied() else { continue };
            let wanted = counted(draw.amount, draw.tax, self.basis(newest)).ok_or(Rejection::WrongTax { line })?;
            let overflow = wanted.checked_sub(sum(&parts)?).ok_or(Rejection::TooLarge)?;
            if overflow.is_positive() {
                self.still_open(document, newest)?;
                self.on_hold(EntryKind::Reserve, newest, document, line, overflow)?;
            }
            let mut rest = wanted;
            for (set, _) in parts {
                let drawn = self.draft.hold(self.ledger, &(document, line, set)).outstanding().min(rest);
                if drawn.is_positive() {
                    self.on_hold(EntryKind::Consume, set, document, line, drawn)?;
                    rest = rest.checked_sub(drawn).ok_or(Rejection::TooLarge)?;
                }
            }
        }
        // What is left without tax when nothing is left with it was only a guess of the tax.
        let held = self.draft.held(self.ledger, document, Some(line));
        let with_tax = |(key, _): &&(HoldKey, Hold)| self.basis(key.2).is_inclusive();
        let guessed = held.iter().any(|part| with_tax(&part))
            && !held.iter().filter(with_tax).any(|(_, hold)| hold.outstanding().is_positive());
        for ((_, _, set), hold) in held.into_iter().filter(|(_, hold)| guessed && hold.outstanding().is_positive()) {
            self.on_hold(EntryKind::Release, set, document, line, hold.outstanding())?;
        }
        Ok(())
    }

    /// What a line holds with tax and without, each oldest first: the parts that are open, or else
    /// the newest.
    fn open(&self, document: DocumentId, line: LineId) -> Result<[Vec<(SetId, Hold)>; 2], Rejection> {
        let mut held = self.draft.held(self.ledger, document, Some(line));
        if !held.iter().any(|(_, hold)| hold.outstanding().is_positive()) {
            return Err(Rejection::NotReserved { line });
        }
        held.sort_by_key(|(_, hold)| hold.since);
        Ok(TaxBasis::ALL.map(|basis| {
            let of_basis = held.iter().filter(|((_, _, set), _)| self.basis(*set) == basis);
            let all: Vec<_> = of_basis.map(|((_, _, set), hold)| (*set, *hold)).collect();
            let open: Vec<_> = all.iter().copied().filter(|(_, hold)| hold.outstanding().is_positive()).collect();
            if open.is_empty() { all.last().copied().into_iter().collect() } else { open }
        }))
    }

    /// The same step on the lines that count with tax and on those that count without.
    fn on_each(
        &mut self,
        kind: EntryKind,
        sets: [Option<SetId>; 2],
        document: DocumentId,
        draw: &Draw,
    ) -> Result<(), Rejection> {
        for set in sets.into_iter().flatten() {
            let amount = counted(draw.amount, draw.tax, self.basis(set));
            let amount = amount.ok_or(Rejection::WrongTax { line: draw.line })?;
            self.on_hold(kind, set, document, draw.line, amount)?;
        }
        Ok(())
    }
}

/// What these parts still hold together.
fn sum(parts: &[(SetId, Hold)]) -> Result<Money, Rejection> {
    Money::checked_sum(parts.iter().map(|(_, hold)| hold.outstanding())).ok_or(Rejection::TooLarge)
}

/// At least one line, each once, each with an amount and a tax that can be.
fn each_once(draws: impl Iterator<Item = Draw>) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    for Draw { line, amount, tax } in draws {
        positive(amount)?;
        if tax.is_negative() || tax >= amount {
            return Err(Rejection::WrongTax { line });
        }
        if !seen.insert(line) {
            return Err(Rejection::LineTwice { line });
        }
    }
    if seen.is_empty() { Err(Rejection::Empty) } else { Ok(()) }
}
