//! What one line of one document holds on one control set.

use serde::{Deserialize, Serialize};

use super::node::SetId;
use super::{ControlSet, EntryKind};
use crate::scheme::TaxBasis;
use crate::{DocumentId, LineId, Money};

/// A hold on every line of a control set, and what became of it (占用).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The budget lines that it holds, sorted.
    pub lines: ControlSet,
    /// Whether its amounts are with or without tax.
    pub basis: TaxBasis,
    /// The entry that opened it.
    pub since: u64,
    /// Everything ever reserved.
    pub reserved: Money,
    /// What of it was spent and not reversed.
    pub consumed: Money,
    /// What of it was given back or carried to another year.
    pub released: Money,
    /// What it still holds.
    pub outstanding: Money,
}

/// One line of a document on one set. A line may have several: for amounts with and without tax,
/// and for each year that it was carried through.
pub(super) type HoldKey = (DocumentId, LineId, SetId);

/// The amounts of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Hold {
    pub(super) since: u64,
    pub(super) reserved: Money,
    pub(super) consumed: Money,
    pub(super) released: Money,
}

impl Hold {
    /// What is left of it, zero if anything is wrong; [`Hold::after`] lets nothing wrong arise.
    pub(super) fn outstanding(&self) -> Money {
        self.rest().unwrap_or_default()
    }

    fn rest(&self) -> Option<Money> {
        self.reserved.checked_sub(self.consumed)?.checked_sub(self.released)
    }

    /// Invariant 2: consumed + released + outstanding = reserved, and none is negative.
    pub(super) fn is_whole(&self) -> bool {
        self.rest().is_some_and(|rest| rest >= Money::ZERO)
            && [self.consumed, self.released].iter().all(|amount| *amount >= Money::ZERO)
    }

    /// The hold after one entry of its own; `None` when the entry draws more than there is.
    pub(super) fn after(mut self, kind: EntryKind, amount: Money, sequence: u64) -> Option<Self> {
        match kind {
            EntryKind::Reserve | EntryKind::CarryIn | EntryKind::Settle => {
                if self.outstanding().is_zero() {
                    self.since = sequence;
                }
                self.reserved = self.reserved.checked_add(amount)?;
            }
            EntryKind::Consume => self.consumed = self.consumed.checked_add(amount)?,
            EntryKind::Release | EntryKind::CarryOut => self.released = self.released.checked_add(amount)?,
            EntryKind::Reverse => {
                self.consumed = self.consumed.checked_sub(amount)?;
                self.released = self.released.checked_add(amount)?;
            }
            _ => return None,
        }
        self.is_whole().then_some(self)
    }

    /// Whether entries of this kind change holds.
    pub(super) const fn moved_by(kind: EntryKind) -> bool {
        matches!(
            kind,
            EntryKind::Reserve
                | EntryKind::CarryIn
                | EntryKind::Settle
                | EntryKind::Consume
                | EntryKind::Release
                | EntryKind::CarryOut
                | EntryKind::Reverse
        )
    }
}
