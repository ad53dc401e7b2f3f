//! Allowances on the authority's side: granted, settled, closed. See [`crate::ledger::Spend`].

use super::{Decider, escrow_step, positive};
use crate::ledger::allowance::{Part, purpose};
use crate::ledger::command::counted;
use crate::ledger::node::SetId;
use crate::ledger::rehearsal::Step;
use crate::ledger::{Allowance, AllowanceState, EntryKind, Escrow, Exception, Rejection, Spend};
use crate::scheme::TaxBasis;
use crate::{AllowanceId, CodingBlock, DeviceId, DocumentId, LineId, Money, Timestamp};

impl Decider<'_> {
    pub(super) fn allow(
        &mut self,
        allowance: AllowanceId,
        device: DeviceId,
        block: &CodingBlock,
        amount: Money,
        expires: Timestamp,
    ) -> Result<(), Rejection> {
        positive(amount)?;
        if self.draft.allowance(self.ledger, allowance).is_some() {
            return Err(Rejection::AllowanceExists { allowance });
        }
        if expires <= self.now {
            return Err(Rejection::AllowanceExpired);
        }
        let charge = crate::ledger::Charge::new(LineId::default(), block.clone(), amount);
        let compiled = self.sets_for(DocumentId(allowance.bytes()), &charge)?;
        for set in compiled.sets.into_iter().flatten() {
            if let Some(allowance) = self.open_for(device, set).filter(|open| *open != allowance) {
                return Err(Rejection::AllowanceOpen { allowance });
            }
            let granted = Escrow::Granted { allowance, device, expires, block: block.clone() };
            self.step(escrow_step(EntryKind::Allow, set, amount, granted))?;
        }
        Ok(())
    }

    /// The open allowance of a device on a set, as it would be after the steps so far.
    fn open_for(&self, device: DeviceId, set: SetId) -> Option<AllowanceId> {
        let is_open = |allowance: &Allowance| {
            allowance.state == AllowanceState::Open
                && allowance.device == device
                && allowance.parts.iter().flatten().any(|part| part.set == set)
        };
        let stored = self.ledger.allowances.open_for(device, set);
        let drafted = self.draft.allowances.iter().find(|(_, allowance)| is_open(allowance)).map(|(id, _)| *id);
        drafted.or_else(|| stored.filter(|id| self.draft.allowance(self.ledger, *id).is_some_and(|a| is_open(&a))))
    }

    pub(super) fn settle(&mut self, id: AllowanceId, spends: &[Spend]) -> Result<(), Rejection> {
        self.allowance(id)?;
        if spends.is_empty() {
            return Err(Rejection::Empty);
        }
        for spend in spends {
            positive(spend.amount)?;
            if spend.tax.is_negative() || spend.tax >= spend.amount {
                return Err(Rejection::WrongTax { line: spend.line });
            }
            self.settle_one(id, spend)?;
        }
        Ok(())
    }

    fn settle_one(&mut self, id: AllowanceId, spend: &Spend) -> Result<(), Rejection> {
        let allowance = self.allowance(id)?;
        let hash = spend.hash(id);
        let expected = allowance.count.saturating_add(1);
        if self.draft.spend(self.ledger, id, spend.sequence) == Some(hash) || self.draft.is_stray(self.ledger, id, hash)
        {
            return Ok(());
        }
        if spend.sequence == 0 || spend.sequence > expected {
            return Err(Rejection::SpendsMissing { allowance: id, expected });
        }
        let follows = spend.sequence == expected && spend.previous == allowance.last;
        let exception = if follows { self.exception(&allowance, spend) } else { Some(Exception::Forked) };
        let spent = Escrow::Spent { allowance: id, sequence: spend.sequence, hash, follows, exception };
        for part in allowance.parts.into_iter().flatten() {
            let amount = counted(spend.amount, spend.tax, self.basis(part.set));
            let amount = amount.ok_or(Rejection::WrongTax { line: spend.line })?;
            if exception.is_some() {
                self.spend_step(EntryKind::Exception, part.set, spend, amount, &spent)?;
                continue;
            }
            // What the request holds already is not held a second time.
            let key = (spend.document, spend.line, part.set);
            let twice = self.draft.hold(self.ledger, &key).outstanding().min(amount);
            let fresh = amount.checked_sub(twice).ok_or(Rejection::TooLarge)?;
            if twice.is_positive() {
                self.spend_step(EntryKind::Return, part.set, spend, twice, &spent)?;
            }
            if fresh.is_positive() {
                self.spend_step(EntryKind::Settle, part.set, spend, fresh, &spent)?;
            }
        }
        Ok(())
    }

    /// Why a spend that has its place in the chain does not count.
    fn exception(&self, allowance: &Allowance, spend: &Spend) -> Option<Exception> {
        match allowance.state {
            AllowanceState::Closed => return Some(Exception::AfterClose),
            AllowanceState::ForceClosed => return Some(Exception::ForceClosed),
            AllowanceState::Open => {}
        }
        if allowance.cloned {
            return Some(Exception::Cloned);
        }
        if spend.at >= allowance.expires {
            return Some(Exception::Expired);
        }
        if allowance.purpose != purpose(&spend.block) {
            return Some(Exception::OtherLines);
        }
        let covers = |part: &Part| {
            let amount = counted(spend.amount, spend.tax, self.basis(part.set));
            part.rest().zip(amount).is_some_and(|(rest, amount)| amount <= rest)
        };
        (!allowance.parts.iter().flatten().all(covers)).then_some(Exception::BeyondGrant)
    }

    fn spend_step(
        &mut self,
        kind: EntryKind,
        set: SetId,
        spend: &Spend,
        amount: Money,
        spent: &Escrow,
    ) -> Result<(), Rejection> {
        self.step(Step {
            kind,
            set,
            document: Some(spend.document),
            line: Some(spend.line),
            amount,
            escrow: Some(Box::new(spent.clone())),
        })
    }

    pub(super) fn close(&mut self, id: AllowanceId, count: u32, last: [u8; 32]) -> Result<(), Rejection> {
        let allowance = self.allowance(id)?;
        if count > allowance.count {
            let expected = allowance.count.saturating_add(1);
            return Err(Rejection::SpendsMissing { allowance: id, expected });
        }
        if count != allowance.count || last != allowance.last {
            // Whoever says so does not know of spends that were settled: it is not the only device.
            let set = self.ledger.nodes.set(TaxBasis::Inclusive, crate::ledger::ControlSet::default());
            return self.step(escrow_step(EntryKind::Exception, set, Money::ZERO, Escrow::Denied { allowance: id }));
        }
        if allowance.state != AllowanceState::Open || allowance.cloned {
            return Ok(());
        }
        self.end(id, &allowance, false)
    }

    pub(super) fn force_close(&mut self, id: AllowanceId) -> Result<(), Rejection> {
        let allowance = self.allowance(id)?;
        match allowance.state {
            AllowanceState::Open => self.end(id, &allowance, true),
            AllowanceState::Closed | AllowanceState::ForceClosed => Ok(()),
        }
    }

    fn end(&mut self, id: AllowanceId, allowance: &Allowance, forced: bool) -> Result<(), Rejection> {
        for part in allowance.parts.into_iter().flatten() {
            let rest = part.rest().ok_or(Rejection::TooLarge)?;
            let ended = Escrow::Ended { allowance: id, forced };
            self.step(escrow_step(EntryKind::Return, part.set, rest, ended))?;
        }
        Ok(())
    }

    fn allowance(&self, id: AllowanceId) -> Result<Allowance, Rejection> {
        self.draft.allowance(self.ledger, id).ok_or(Rejection::UnknownAllowance { allowance: id })
    }
}
