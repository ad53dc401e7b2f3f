//! The device's side of an allowance: what it may still spend with nobody to ask.

use serde::{Deserialize, Serialize};

use super::allowance::genesis;
use super::{Action, Signature, Spend};
use crate::{AllowanceId, CodingBlock, DocumentId, LineId, Money, Timestamp};

/// An allowance in the hands of its device (额度钱包). The device keeps it durably before it shows
/// a spend to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Purse {
    allowance: AllowanceId,
    block: CodingBlock,
    granted: Money,
    expires: Timestamp,
    spends: Vec<Spend>,
    settled: u32,
    closed: bool,
}

/// Why a device may not spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PurseError {
    /// An amount is not greater than zero, or its tax is not less than it.
    #[error("an amount is not greater than zero")]
    NotPositive,
    /// The device has given its last word.
    #[error("the allowance is closed")]
    Closed,
    /// The allowance has expired; what is left stays set aside until it is closed.
    #[error("the allowance has expired")]
    Expired,
    /// More than is left.
    #[error("the allowance has only {left} left")]
    TooLittle {
        /// What is left.
        left: Money,
    },
}

impl PurseError {
    /// The stable code that texts and clients use.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotPositive => "amount_not_positive",
            Self::Closed => "allowance_closed",
            Self::Expired => "allowance_expired",
            Self::TooLittle { .. } => "allowance_too_small",
        }
    }
}

impl Purse {
    /// The purse of a grant, as the authority signed it.
    pub const fn new(allowance: AllowanceId, block: CodingBlock, granted: Money, expires: Timestamp) -> Self {
        Self { allowance, block, granted, expires, spends: Vec::new(), settled: 0, closed: false }
    }

    /// What may still be spent.
    pub fn left(&self) -> Money {
        let spent = Money::checked_sum(self.spends.iter().map(|spend| spend.amount)).unwrap_or(self.granted);
        self.granted.checked_sub(spent).unwrap_or_default()
    }

    /// Spends offline, finally. The caller keeps the purse before it tells anybody.
    pub fn spend(
        &mut self,
        now: Timestamp,
        document: DocumentId,
        line: LineId,
        amount: Money,
        tax: Money,
    ) -> Result<&Spend, PurseError> {
        if !amount.is_positive() || tax.is_negative() || tax >= amount {
            return Err(PurseError::NotPositive);
        }
        if self.closed {
            return Err(PurseError::Closed);
        }
        if now >= self.expires {
            return Err(PurseError::Expired);
        }
        let left = self.left();
        if amount > left {
            return Err(PurseError::TooLittle { left });
        }
        let spend = Spend {
            sequence: self.count().saturating_add(1),
            previous: self.last(),
            document,
            line,
            block: self.block.clone(),
            amount,
            tax,
            at: now,
            signature: None,
        };
        self.spends.push(spend);
        self.spends.last().ok_or(PurseError::NotPositive)
    }

    /// The spends that the device has not signed yet, by number and hash.
    pub fn unsigned(&self) -> impl Iterator<Item = (u32, [u8; 32])> + use<'_> {
        let unsigned = self.spends.iter().filter(|spend| spend.signature.is_none());
        unsigned.map(|spend| (spend.sequence, spend.hash(self.allowance)))
    }

    /// Keeps the device's signature of a spend.
    pub fn sign(&mut self, sequence: u32, signature: Signature) {
        if let Some(spend) = self.spends.iter_mut().find(|spend| spend.sequence == sequence) {
            spend.signature = Some(signature);
        }
    }

    /// What the authority has not acknowledged yet: report it whenever there is a signal. The authority takes signed
    /// spends only.
    pub fn report(&self) -> Option<Action> {
        let spends: Vec<Spend> = self.spends.iter().filter(|spend| spend.sequence > self.settled).cloned().collect();
        (!spends.is_empty()).then_some(Action::Settle { allowance: self.allowance, spends })
    }

    /// The authority has settled spends up to this number.
    pub fn acknowledge(&mut self, sequence: u32) {
        self.settled = self.settled.max(sequence.min(self.count()));
    }

    /// The authority misses the spends from this number on: they are reported again.
    pub fn report_from(&mut self, sequence: u32) {
        self.settled = self.settled.min(sequence.saturating_sub(1));
    }

    /// The device's last word, to be signed. From here on it does not spend.
    pub fn close(&mut self) -> Action {
        self.closed = true;
        Action::Close { allowance: self.allowance, count: self.count(), last: self.last(), signature: None }
    }

    /// Whether the device has given its last word.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Everything that was spent.
    pub fn spends(&self) -> &[Spend] {
        &self.spends
    }

    fn count(&self) -> u32 {
        self.spends.last().map_or(0, |spend| spend.sequence)
    }

    fn last(&self) -> [u8; 32] {
        self.spends.last().map_or_else(|| genesis(self.allowance), |spend| spend.hash(self.allowance))
    }
}
