//! A batch of payments for the bank (批量付款文件): a CSV that online banking imports.
//!
//! Promise: the rows are the payments, once each, and their sum is stated beside them; no cell can be taken for a formula
//! by a spreadsheet, and no account number loses its leading zeros there.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Money, RequestId};

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The request that it pays; named in the file so that the bank's answer finds it again.
    pub request: RequestId,
    /// Who gets it (收款户名).
    pub payee: String,
    /// Their account (收款账号): digits, at most 32.
    pub account: String,
    /// Their bank and branch (开户行).
    pub bank: String,
    /// How much.
    pub amount: Money,
    /// What for (用途), at most 60 characters.
    pub purpose: String,
}

/// A file for the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// The file: UTF-8 with a byte order mark, as spreadsheets on Windows expect.
    pub csv: String,
    /// How many payments.
    pub count: usize,
    /// Their sum.
    pub total: Money,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// There is nothing to pay.
    #[error("there is nothing to pay")]
    Empty,
    /// A request is paid twice.
    #[error("{0} is paid twice")]
    Twice(RequestId),
    /// An amount is not greater than zero, or the sum leaves the range of money.
    #[error("the amount of {0} is impossible")]
    Amount(RequestId),
    /// An account number is missing or has something else than digits.
    #[error("the account number of {0} is not one")]
    Account(RequestId),
    /// A payee has no name.
    #[error("the payee of {0} has no name")]
    Payee(RequestId),
}

/// The longest account number, in digits.
const LONGEST_ACCOUNT: usize = 32;
/// The longest purpose, in characters.
const LONGEST_PURPOSE: usize = 60;

impl Batch {
    /// The file of some payments, in their order.
    pub fn of(payments: &[Payment]) -> Result<Self, BatchError> {
        let mut seen = BTreeSet::new();
        let mut total = Money::ZERO;
        let mut csv = String::from("\u{feff}序号,收款户名,收款账号,开户行,金额,币种,用途,单号\r\n");
        for (number, payment) in (1..).zip(payments) {
            let Payment { request, payee, account, bank, amount, purpose } = payment;
            if !seen.insert(*request) {
                return Err(BatchError::Twice(*request));
            }
            if payee.trim().is_empty() {
                return Err(BatchError::Payee(*request));
            }
            let digits = (1..=LONGEST_ACCOUNT).contains(&account.len()) && account.bytes().all(|b| b.is_ascii_digit());
            if !digits {
                return Err(BatchError::Account(*request));
            }
            total = total.checked_add(*amount).filter(|_| amount.is_positive()).ok_or(BatchError::Amount(*request))?;
            let purpose: String = purpose.chars().take(LONGEST_PURPOSE).collect();
            // The tab keeps a spreadsheet from reading the account as a number; banks strip it.
            let _ = write!(
                csv,
                "{number},{},\"\t{account}\",{},{amount},CNY,{},{request}\r\n",
                cell(payee),
                cell(bank),
                cell(&purpose)
            );
        }
        if payments.is_empty() {
            return Err(BatchError::Empty);
        }
        Ok(Self { csv, count: payments.len(), total })
    }
}

/// A quoted cell (RFC 4180) that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let formula = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(number: u8, fen: i64) -> Payment {
        Payment {
            request: RequestId([number; 16]),
            payee: "张伟".into(),
            account: "0622848001234567890".into(),
            bank: "中国工商银行北京分行".into(),
            amount: Money::from_fen(fen),
            purpose: "差旅报销".into(),
        }
    }

    #[test]
    fn the_file_holds_each_payment_once_and_their_sum() {
        let batch = Batch::of(&[payment(1, 123_456), payment(2, 1)]).unwrap();
        assert_eq!((batch.count, batch.total), (2, Money::from_fen(123_457)));
        let rows: Vec<&str> = batch.csv.split("\r\n").collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(
            rows[1],
            "1,\"张伟\",\"\t0622848001234567890\",\"中国工商银行北京分行\",1234.56,CNY,\"差旅报销\",01010101-0101-0101-0101-010101010101"
        );
    }

    #[test]
    fn nothing_in_it_is_a_formula_or_breaks_a_row() {
        let wicked = Payment { payee: "=HYPERLINK(\"x\")".into(), purpose: "a\r\nb".into(), ..payment(1, 100) };
        let csv = Batch::of(&[wicked]).unwrap().csv;
        assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\")\"") && csv.contains("\"a  b\""), "{csv}");
        assert_eq!(csv.lines().count(), 2);
    }

    #[test]
    fn what_a_bank_would_refuse_is_refused_here() {
        let id = RequestId([1; 16]);
        assert_eq!(Batch::of(&[]), Err(BatchError::Empty));
        assert_eq!(Batch::of(&[payment(1, 1), payment(1, 1)]), Err(BatchError::Twice(id)));
        assert_eq!(Batch::of(&[payment(1, 0)]), Err(BatchError::Amount(id)));
        assert_eq!(Batch::of(&[Payment { account: "62 28".into(), ..payment(1, 1) }]), Err(BatchError::Account(id)));
        assert_eq!(Batch::of(&[Payment { payee: " ".into(), ..payment(1, 1) }]), Err(BatchError::Payee(id)));
        assert_eq!(Batch::of(&[payment(1, i64::MAX), payment(2, 1)]), Err(BatchError::Amount(RequestId([2; 16]))));
    }
}
