//! Input tax on passenger transport (旅客运输进项税额): rail, air, road and water.
//!
//! Promise: the rates, their days and their sources are data, see `budget/data/passenger-tax.toml`; a day for which nobody
//! compared a row with the law is said to be unchecked.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::{Date, Money};

/// How somebody travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// By plane: fare and fuel surcharge, without the civil aviation fund (民航发展基金).
    Air,
    /// By train.
    Rail,
    /// By coach or taxi; a receipt that names nobody, such as a taxi's, gives no tax.
    Road,
    /// By ship.
    Water,
}

/// One row: the rate by which a fare is taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxRule {
    /// For which transport.
    pub mode: Mode,
    /// The rate; the tax is `fare ÷ (1 + rate) × rate`.
    pub rate: Decimal,
    /// Valid from this day.
    pub from: Date,
    /// Valid until this day, which is included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// The last day for which the row was compared with the law.
    pub checked_until: Date,
    /// The law.
    pub source: String,
}

/// The rules, as dated data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PassengerTax {
    #[serde(rename = "rule")]
    rules: Vec<TaxRule>,
}

/// What tax a fare holds, and by which row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taxed {
    /// The tax.
    pub tax: Money,
    /// The law, or `invoice` when the invoice states the tax.
    pub source: String,
    /// The row was not yet compared with the law for this day: a person has to look.
    pub unchecked: bool,
}

/// What is wrong with a table of tax rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    /// It cannot be read; the text says where.
    #[error("not a table of tax rules: {0}")]
    Malformed(String),
    /// A rule ends before it begins.
    #[error("rule {row} ends on {to}, before it begins")]
    DatesReversed {
        /// Which rule, from 1.
        row: usize,
        /// Its last day.
        to: Date,
    },
    /// A rate that is no part of a price.
    #[error("rule {row} has the rate {rate}")]
    Rate {
        /// Which rule, from 1.
        row: usize,
        /// The rate.
        rate: Decimal,
    },
    /// Two rules for one way of travelling hold on one day.
    #[error("rules {first} and {second} both hold on {example}")]
    Ambiguous {
        /// One rule, from 1.
        first: usize,
        /// The other.
        second: usize,
        /// A day on which both hold.
        example: Date,
    },
}

impl PassengerTax {
    /// The text of the rules of mainland China, as far as they are known here.
    pub const CHINA: &str = include_str!("../../data/passenger-tax.toml");

    /// The rules in a text of the form of `budget/data/passenger-tax.toml`.
    pub fn parse(text: &str) -> Result<Self, TaxError> {
        let table: Self = toml::from_str(text).map_err(|error| TaxError::Malformed(error.to_string()))?;
        for (row, rule) in (1..).zip(&table.rules) {
            if let Some(to) = rule.to.filter(|to| *to < rule.from) {
                return Err(TaxError::DatesReversed { row, to });
            }
            if rule.rate.is_sign_negative() || rule.rate >= Decimal::ONE {
                return Err(TaxError::Rate { row, rate: rule.rate });
            }
            for (first, other) in (1..row).zip(&table.rules) {
                let example = rule.from.max(other.from);
                let holds = |rule: &TaxRule| rule.to.is_none_or(|to| example <= to);
                if rule.mode == other.mode && holds(rule) && holds(other) {
                    return Err(TaxError::Ambiguous { first, second: row, example });
                }
            }
        }
        Ok(table)
    }

    /// The rules of mainland China, as far as they are known here.
    pub fn china() -> Result<Self, TaxError> {
        Self::parse(Self::CHINA)
    }

    /// The tax in a fare on a day; `None` when no row holds, or the traveller is not named on the ticket.
    pub fn of(&self, mode: Mode, fare: Money, day: Date, traveller_named: bool) -> Option<Taxed> {
        let valid = |rule: &&TaxRule| rule.mode == mode && rule.from <= day && rule.to.is_none_or(|to| day <= to);
        let rule = self.rules.iter().filter(|_| traveller_named).find(valid)?;
        let tax = tax_inside(fare, rule.rate)?;
        Some(Taxed { tax, source: rule.source.clone(), unchecked: day > rule.checked_until })
    }
}

/// The tax inside an amount, `amount ÷ (1 + rate) × rate`, rounded half away from zero to the fen.
pub(super) fn tax_inside(amount: Money, rate: Decimal) -> Option<Money> {
    let tax = amount.to_decimal().checked_mul(rate)?.checked_div(Decimal::ONE.checked_add(rate)?)?;
    Money::from_decimal(tax.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}
