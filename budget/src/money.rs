//! Money (金额) as whole fen, so that nothing is ever rounded without somebody asking for it.
//!
//! The promise: a [`Money`] is exact, arithmetic that could overflow says so by returning `None`, and every text form
//! is the same on every machine. There are deliberately no `+` and `-` operators.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

mod text;
mod uppercase;
pub(crate) mod yuan;

pub use text::MoneyError;

/// An amount of renminbi in fen (分), a hundredth of a yuan. May be negative: refunds and red invoices are.
///
/// In JSON and in CBOR it is the bare integer of fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Money(#[n(0)] i64);

impl Money {
    /// Nothing at all: ¥0.00.
    pub const ZERO: Self = Self(0);

    /// An amount from whole fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// An amount from whole yuan, or `None` when it does not fit.
    pub const fn from_yuan(yuan: i64) -> Option<Self> {
        match yuan.checked_mul(100) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// An amount from a decimal number of yuan, only when it is exact to the fen.
    pub fn from_decimal(yuan: Decimal) -> Option<Self> {
        let fen = yuan.checked_mul(Decimal::ONE_HUNDRED)?;
        if fen.fract().is_zero() { fen.to_i64().map(Self) } else { None }
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The amount in yuan, exactly.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// True for ¥0.00.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// [`Money::is_zero`] for serialisers, which call with a reference.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde and minicbor call")]
    pub(crate) const fn is_zero_ref(&self) -> bool {
        self.0 == 0
    }

    /// True below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// True above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum, or `None` on overflow.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The difference, or `None` on overflow.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The opposite amount, or `None` on overflow.
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The amount without its sign, or `None` on overflow.
    pub const fn checked_abs(self) -> Option<Self> {
        match self.0.checked_abs() {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The product with a whole count, or `None` on overflow.
    pub const fn checked_mul(self, count: i64) -> Option<Self> {
        match self.0.checked_mul(count) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The product with a rate, rounded half away from zero to the fen as tax is (四舍五入), or `None` on overflow.
    pub fn checked_mul_rate(self, rate: Decimal) -> Option<Self> {
        Decimal::from(self.0)
            .checked_mul(rate)?
            .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
            .to_i64()
            .map(Self)
    }

    /// The sum of all amounts, or `None` on overflow. The sum of none is ¥0.00.
    pub fn checked_sum<I: IntoIterator<Item = Self>>(amounts: I) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// With thousands grouped, for reading: `1,234.50`.
    pub fn grouped(self) -> String {
        let digits = (self.0.unsigned_abs() / 100).to_string();
        let mut text = String::from(if self.0 < 0 { "-" } else { "" });
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        format!("{text}.{:02}", self.0.unsigned_abs() % 100)
    }

    /// What a person typed or a document printed: `¥1,234.5`, `１２`, `-3.20`, `12元`.
    ///
    /// Commas must stand between groups of three digits, so that a decimal comma is never taken for thousands.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        text::parse(text).map(Self)
    }

    /// The amount in capital numerals (大写金额), by the rules of 《支付结算办法》 annex one: `叁佰贰拾伍元零肆分`.
    ///
    /// 整 closes a whole number of yuan and is left out after 角, as in the annex's own examples; 零 is left out where the
    /// annex allows it with or without (五（三）: 元 or 万 is 0 and the place below is not); a negative amount begins with 负.
    /// The words 人民币 are the caller's to put before it. For vouchers written by hand 《会计基础工作规范》 article 52 (3)
    /// asks for 整 after 角 as well.
    pub fn chinese_uppercase(self) -> String {
        uppercase::write(self.0)
    }
}

impl fmt::Display for Money {
    /// Always two decimals, no grouping: `1234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        f.pad(&text)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
