//! The balance of one budget line.

use serde::{Deserialize, Serialize};

use super::EntryKind;
use crate::Money;

/// What a line may spend and what became of it. All amounts in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// What was released to it (下达), with transfers and what was carried over.
    pub limit: Money,
    /// What is spent (已执行).
    pub consumed: Money,
    /// What open requests hold (已占用).
    pub reserved: Money,
    /// What devices may spend offline (额度).
    pub escrowed: Money,
    /// What of the limit came from the last year (上年结转).
    #[serde(default, skip_serializing_if = "Money::is_zero_ref")]
    pub carried: Money,
}

impl Balance {
    /// `limit − consumed − reserved − escrowed` (可用); `None` only when the sum leaves 64 bits.
    pub fn available(self) -> Option<Money> {
        self.limit.checked_sub(self.used()?)
    }

    /// `consumed + reserved + escrowed`: what thresholds look at; `None` when it leaves 64 bits.
    pub fn used(self) -> Option<Money> {
        self.consumed.checked_add(self.reserved)?.checked_add(self.escrowed)
    }

    /// The balance after one entry; `None` when it would go where no entry may lead. `held` says
    /// whether the entry belongs to a line of a request.
    pub(super) fn after(mut self, kind: EntryKind, amount: Money, held: bool) -> Option<Self> {
        match kind {
            EntryKind::Appropriate | EntryKind::TransferIn => self.limit = self.limit.checked_add(amount)?,
            EntryKind::TransferOut | EntryKind::Withdraw | EntryKind::Lapse => {
                self.limit = self.limit.checked_sub(amount)?;
            }
            EntryKind::Reserve => self.reserved = self.reserved.checked_add(amount)?,
            EntryKind::Release => self.reserved = self.reserved.checked_sub(amount)?,
            EntryKind::Consume => {
                self.reserved = self.reserved.checked_sub(amount)?;
                self.consumed = self.consumed.checked_add(amount)?;
            }
            EntryKind::Reverse => self.consumed = self.consumed.checked_sub(amount)?,
            EntryKind::CarryOut => {
                self.limit = self.limit.checked_sub(amount)?;
                if held {
                    self.reserved = self.reserved.checked_sub(amount)?;
                }
            }
            EntryKind::CarryIn => {
                self.limit = self.limit.checked_add(amount)?;
                self.carried = self.carried.checked_add(amount)?;
                if held {
                    self.reserved = self.reserved.checked_add(amount)?;
                }
            }
            EntryKind::Allow => self.escrowed = self.escrowed.checked_add(amount)?,
            EntryKind::Settle => {
                self.escrowed = self.escrowed.checked_sub(amount)?;
                self.reserved = self.reserved.checked_add(amount)?;
            }
            EntryKind::Return => self.escrowed = self.escrowed.checked_sub(amount)?,
            EntryKind::Exception | EntryKind::Admit => {}
        }
        let parts = [self.reserved, self.consumed, self.escrowed];
        (parts.iter().all(|part| *part >= Money::ZERO) && self.available().is_some()).then_some(self)
    }
}
