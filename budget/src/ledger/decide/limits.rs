//! Limits: released, taken back, moved.

use super::{Decider, positive};
use crate::ledger::{EntryKind, Rejection};
use crate::{Code, Money};

impl Decider<'_> {
    pub(super) fn appropriate(&mut self, line: &Code, amount: Money) -> Result<(), Rejection> {
        positive(amount)?;
        self.known(line)?;
        self.on_line(EntryKind::Appropriate, line, amount)
    }

    pub(super) fn withdraw(&mut self, line: &Code, amount: Money) -> Result<(), Rejection> {
        positive(amount)?;
        self.known(line)?;
        self.must_have(line);
        self.on_line(EntryKind::Withdraw, line, amount)
    }

    pub(super) fn transfer(&mut self, from: &Code, to: &Code, amount: Money) -> Result<(), Rejection> {
        positive(amount)?;
        self.known(from)?;
        self.known(to)?;
        if from == to {
            return Err(Rejection::SameLine);
        }
        let currency = |line: &Code| self.ledger.scheme.line(line).map(|line| line.currency).unwrap_or_default();
        let (expected, found) = (currency(to), currency(from));
        if expected != found {
            return Err(Rejection::MixedCurrency { line: to.clone(), expected, found });
        }
        self.must_have(from);
        self.on_line(EntryKind::TransferOut, from, amount)?;
        self.on_line(EntryKind::TransferIn, to, amount)
    }

    /// Budget that is taken away has to be there, also where charges are only warned of.
    fn must_have(&mut self, line: &Code) {
        let node = self.ledger.nodes.node(line);
        self.draft.strict.insert(node);
    }
}
