//! The balance of one budget line.

use serde::{Deserialize, Serialize};

use super::EntryKind;
use crate::Money;

/// What a line may spend and what became of it. All amounts in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// What was released to it (下达), with transfers.
    pub limit: Money,
    /// What is spent (已执行).
    pub consumed: Money,
    /// What open requests hold (已占用).
    pub reserved: Money,
    /// What devices may spend offline (额度).
    pub escrowed: Money,
}

impl Balance {
    /// `limit − consumed − reserved − escrowed` (可用); `None` only when the sum leaves 64 bits.
    pub fn available(self) -> Option<Money> {
        self.limit.checked_sub(self.consumed)?.checked_sub(self.reserved)?.checked_sub(self.escrowed)
    }

    /// The balance after one entry; `None` when it would go where no entry may lead.
    pub(super) fn after(mut self, kind: EntryKind, amount: Money) -> Option<Self> {
        match kind {
            EntryKind::Appropriate | EntryKind::TransferIn => self.limit = self.limit.checked_add(amount)?,
            EntryKind::TransferOut => self.limit = self.limit.checked_sub(amount)?,
            EntryKind::Reserve => self.reserved = self.reserved.checked_add(amount)?,
            EntryKind::Release => self.reserved = self.reserved.checked_sub(amount)?,
            EntryKind::Consume => {
                self.reserved = self.reserved.checked_sub(amount)?;
                self.consumed = self.consumed.checked_add(amount)?;
            }
            EntryKind::Reverse => self.consumed = self.consumed.checked_sub(amount)?,
        }
        let whole = self.reserved >= Money::ZERO && self.consumed >= Money::ZERO && self.available().is_some();
        whole.then_some(self)
    }
}
