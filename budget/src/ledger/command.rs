//! Commands: what somebody wants of the ledger, under an id that is answered once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Action;
use crate::scheme::TaxBasis;
use crate::{CodingBlock, CommandId, Currency, Date, LineId, Money};

/// One line of a request that wants money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Charge {
    /// The claim line.
    #[n(0)]
    pub line: LineId,
    /// What it is for.
    #[n(1)]
    pub block: CodingBlock,
    /// How much, with tax.
    #[n(2)]
    pub amount: Money,
    /// What of it is tax that lines without tax do not count.
    #[cbor(n(3), skip_if = "Money::is_zero_ref")]
    #[serde(default, skip_serializing_if = "Money::is_zero_ref")]
    pub tax: Money,
    /// The day on which the members of the block have to be valid; the day of the command when missing.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
    /// The currency of the amount.
    #[cbor(n(5), skip_if = "Currency::is_cny")]
    #[serde(default, skip_serializing_if = "Currency::is_cny")]
    pub currency: Currency,
}

impl Charge {
    /// A charge in renminbi without tax to set apart, on the day of the command.
    pub fn new(line: LineId, block: CodingBlock, amount: Money) -> Self {
        Self { line, block, amount, tax: Money::ZERO, on: None, currency: Currency::CNY }
    }

    /// What a line of this kind counts; `None` when tax is not less than the amount.
    pub fn counted(&self, basis: TaxBasis) -> Option<Money> {
        counted(self.amount, self.tax, basis)
    }

    /// The spending of the whole charge.
    pub const fn draw(&self) -> Draw {
        Draw { line: self.line, amount: self.amount, tax: self.tax }
    }
}

/// What a payment spends of one line's reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Draw {
    /// The claim line.
    #[n(0)]
    pub line: LineId,
    /// How much is spent, with tax. More than the line holds is a new check for the difference.
    #[n(1)]
    pub amount: Money,
    /// What of it is tax that lines without tax do not count.
    #[cbor(n(2), skip_if = "Money::is_zero_ref")]
    #[serde(default, skip_serializing_if = "Money::is_zero_ref")]
    pub tax: Money,
}

impl Draw {
    /// A draw without tax to set apart.
    pub const fn new(line: LineId, amount: Money) -> Self {
        Self { line, amount, tax: Money::ZERO }
    }
}

/// The amount as lines of this kind count it; `None` when it leaves nothing.
pub(super) fn counted(amount: Money, tax: Money, basis: TaxBasis) -> Option<Money> {
    match basis {
        TaxBasis::Inclusive => Some(amount),
        TaxBasis::Exclusive => amount.checked_sub(tax).filter(|net| net.is_positive()),
    }
}

/// A command with the id under which it is answered once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Command {
    /// Minted by whoever wants it done, before it is first sent.
    #[n(0)]
    pub id: CommandId,
    /// What to do.
    #[n(1)]
    pub action: Action,
    /// What to do with it, all or nothing (联动): each is decided on what those before it would leave.
    #[cbor(n(2), skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Action>,
}

/// The first half of SHA-256 over a command's canonical bytes: whether an id comes back with
/// another body. Nobody gains by finding two bodies for an id of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint([u8; 16]);

impl Command {
    /// A command that does one thing.
    pub const fn new(id: CommandId, action: Action) -> Self {
        Self { id, action, also: Vec::new() }
    }

    /// A command that does several things or none of them.
    pub const fn linked(id: CommandId, action: Action, also: Vec<Action>) -> Self {
        Self { id, action, also }
    }

    /// What tells this command from another with the same id.
    pub fn fingerprint(&self) -> Fingerprint {
        // Encoding into memory cannot fail; an empty body would only make two ids look alike.
        let bytes = minicbor::to_vec(self).unwrap_or_default();
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let (half, _) = hash.split_at(16);
        Fingerprint(half.try_into().unwrap_or_default())
    }
}
