//! What one line of one document holds.

use serde::{Deserialize, Serialize};

use super::{Entry, EntryKind};
use crate::{Code, Money};

/// A hold on every line of a control set, and what became of it (占用).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The budget lines that it holds, sorted.
    pub lines: Vec<Code>,
    /// Everything ever reserved.
    pub reserved: Money,
    /// What of it was spent and not reversed.
    pub consumed: Money,
    /// What of it was given back.
    pub released: Money,
    /// What it still holds.
    pub outstanding: Money,
}

impl Reservation {
    pub(super) const fn new(lines: Vec<Code>) -> Self {
        Self { lines, reserved: Money::ZERO, consumed: Money::ZERO, released: Money::ZERO, outstanding: Money::ZERO }
    }

    /// Invariant 2.
    pub(super) fn is_whole(&self) -> bool {
        let accounted = self.consumed.checked_add(self.released).and_then(|sum| sum.checked_add(self.outstanding));
        accounted == Some(self.reserved)
            && [self.consumed, self.released, self.outstanding].iter().all(|amount| *amount >= Money::ZERO)
    }

    /// The reservation after one entry of its own; `None` when the entry draws more than there is.
    pub(super) fn after(&self, entry: &Entry) -> Option<Self> {
        let mut next = self.clone();
        let amount = entry.amount;
        match entry.kind {
            EntryKind::Reserve => {
                // A reservation that was emptied may be made again on other lines, for a revision
                // of the request that is charged elsewhere.
                if self.outstanding == Money::ZERO && self.consumed == Money::ZERO {
                    next.lines.clone_from(&entry.lines);
                } else if next.lines != entry.lines {
                    return None;
                }
                next.reserved = self.reserved.checked_add(amount)?;
                next.outstanding = self.outstanding.checked_add(amount)?;
            }
            EntryKind::Consume => {
                next.consumed = self.consumed.checked_add(amount)?;
                next.outstanding = self.outstanding.checked_sub(amount)?;
            }
            EntryKind::Release => {
                next.released = self.released.checked_add(amount)?;
                next.outstanding = self.outstanding.checked_sub(amount)?;
            }
            EntryKind::Reverse => {
                next.consumed = self.consumed.checked_sub(amount)?;
                next.released = self.released.checked_add(amount)?;
            }
            EntryKind::Appropriate | EntryKind::TransferIn | EntryKind::TransferOut => return None,
        }
        next.is_whole().then_some(next)
    }
}
