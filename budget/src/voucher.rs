//! Vouchers (记账凭证): what bookkeeping writes about a claim, an advance and a payment.
//!
//! Promise: debits equal credits, or there is no voucher. Which ledger account each thing is booked on is the company's
//! own table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::settlement::Settlement;
use crate::{Code, Date, Money};

/// Where things are booked (科目对照). The demo company's first four digits are those of the appendix to 《企业会计准则——应用
/// 指南》 (财会〔2006〕18号), the columns of VAT those of 《增值税会计处理规定》 (财会〔2016〕22号); the rest is its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountMap {
    /// Each budget account to its expense account.
    pub expenses: BTreeMap<Code, Code>,
    /// Expense on budget accounts that are not named.
    pub other_expense: Code,
    /// Input tax (应交税费—应交增值税—进项税额).
    pub input_tax: Code,
    /// What employees owe for advances (其他应收款—员工借款).
    pub advances: Code,
    /// What the company owes employees (其他应付款—员工报销).
    pub payable: Code,
    /// The bank account that pays (银行存款).
    pub bank: Code,
}

/// The text is not a table of accounts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a table of accounts: {0}")]
pub struct AccountMapError(pub String);

impl AccountMap {
    /// The text of the demo company's table.
    pub const EXAMPLE: &str = include_str!("../data/accounts.toml");

    /// The table in a text of the form of `budget/data/accounts.toml`.
    pub fn parse(text: &str) -> Result<Self, AccountMapError> {
        toml::from_str(text).map_err(|error| AccountMapError(error.to_string()))
    }

    /// The table of the demo company.
    pub fn example() -> Result<Self, AccountMapError> {
        Self::parse(Self::EXAMPLE)
    }
}

/// One line of a voucher (分录); one of its two amounts is zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Posting {
    /// The ledger account.
    pub account: Code,
    /// What for (摘要).
    pub summary: String,
    /// Debit (借).
    pub debit: Money,
    /// Credit (贷).
    pub credit: Money,
}

/// A voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Voucher {
    /// Booked on this day.
    pub date: Date,
    /// Its lines.
    pub postings: Vec<Posting>,
}

/// Why there is no voucher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoucherError {
    /// Debits are not credits.
    #[error("debits {debits} are not credits {credits}")]
    Unbalanced {
        /// Sum of the debits.
        debits: Money,
        /// Sum of the credits.
        credits: Money,
    },
    /// An amount is negative, or a sum leaves the range of money.
    #[error("an amount is impossible")]
    Impossible,
}

/// An expense of a claim: on which budget account, and what of it is tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expense {
    /// The budget account.
    pub account: Code,
    /// What is reimbursed, tax included.
    pub amount: Money,
    /// Its input tax.
    pub tax: Money,
}

impl Voucher {
    /// Debits and credits.
    pub fn totals(&self) -> Option<(Money, Money)> {
        let debits = Money::checked_sum(self.postings.iter().map(|posting| posting.debit))?;
        let credits = Money::checked_sum(self.postings.iter().map(|posting| posting.credit))?;
        Some((debits, credits))
    }

    fn balanced(self) -> Result<Self, VoucherError> {
        let negative = self.postings.iter().any(|p| p.debit.is_negative() || p.credit.is_negative());
        let (debits, credits) = self.totals().filter(|_| !negative).ok_or(VoucherError::Impossible)?;
        if debits == credits { Ok(self) } else { Err(VoucherError::Unbalanced { debits, credits }) }
    }
}

#[derive(Default)]
struct Lines(Vec<Posting>);

impl Lines {
    fn debit(&mut self, account: &Code, summary: &str, amount: Money) {
        self.add(account, summary, amount, Money::ZERO);
    }

    fn credit(&mut self, account: &Code, summary: &str, amount: Money) {
        self.add(account, summary, Money::ZERO, amount);
    }

    /// Nothing is not booked.
    fn add(&mut self, account: &Code, summary: &str, debit: Money, credit: Money) {
        if !(debit.is_zero() && credit.is_zero()) {
            self.0.push(Posting { account: account.clone(), summary: summary.into(), debit, credit });
        }
    }

    fn voucher(self, date: Date) -> Result<Voucher, VoucherError> {
        Voucher { date, postings: self.0 }.balanced()
    }
}

/// A claim (报销): expense and input tax against what advances cover and what is owed; what comes back of advances.
pub fn of_claim(
    map: &AccountMap,
    date: Date,
    summary: &str,
    expenses: &[Expense],
    settlement: &Settlement,
) -> Result<Voucher, VoucherError> {
    let mut net: BTreeMap<&Code, Money> = BTreeMap::new();
    let mut tax = Money::ZERO;
    for expense in expenses {
        let account = map.expenses.get(&expense.account).unwrap_or(&map.other_expense);
        let without = expense.amount.checked_sub(expense.tax).ok_or(VoucherError::Impossible)?;
        let sum = net.entry(account).or_default();
        *sum = sum.checked_add(without).ok_or(VoucherError::Impossible)?;
        tax = tax.checked_add(expense.tax).ok_or(VoucherError::Impossible)?;
    }
    let mut lines = Lines::default();
    for (account, amount) in net {
        lines.debit(account, summary, amount);
    }
    lines.debit(&map.input_tax, summary, tax);
    lines.debit(&map.bank, &format!("{summary}，退回借款"), settlement.refund);
    let covered = Money::checked_sum(settlement.covered.iter().map(|(_, amount)| *amount));
    lines.credit(&map.advances, &format!("{summary}，冲借款"), covered.ok_or(VoucherError::Impossible)?);
    lines.credit(&map.advances, &format!("{summary}，退回借款"), settlement.refund);
    lines.credit(&map.payable, summary, settlement.pay);
    lines.voucher(date)
}

/// A payment (付款) of what is owed.
pub fn of_payment(map: &AccountMap, date: Date, summary: &str, amount: Money) -> Result<Voucher, VoucherError> {
    let mut lines = Lines::default();
    lines.debit(&map.payable, summary, amount);
    lines.credit(&map.bank, summary, amount);
    lines.voucher(date)
}

/// An advance (借款) that is paid out: no expense, no budget.
pub fn of_advance(map: &AccountMap, date: Date, summary: &str, amount: Money) -> Result<Voucher, VoucherError> {
    let mut lines = Lines::default();
    lines.debit(&map.advances, summary, amount);
    lines.credit(&map.bank, summary, amount);
    lines.voucher(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn day() -> Date {
        "2026-11-20".parse().unwrap()
    }

    #[test]
    fn what_does_not_balance_is_no_voucher() {
        let map = AccountMap::example().unwrap();
        let expense = Expense { account: Code::new("TRAVEL").unwrap(), amount: money("100"), tax: money("6") };
        let pays = |pay| Settlement { pay: money(pay), ..Settlement::default() };
        let voucher = of_claim(&map, day(), "差旅", std::slice::from_ref(&expense), &pays("100")).unwrap();
        assert_eq!(voucher.totals(), Some((money("100"), money("100"))));
        assert_eq!(voucher.postings.len(), 3);
        let refused = of_claim(&map, day(), "差旅", std::slice::from_ref(&expense), &pays("99.99"));
        assert_eq!(refused, Err(VoucherError::Unbalanced { debits: money("100"), credits: money("99.99") }));
        let negative = Expense { tax: money("101"), ..expense };
        assert_eq!(of_claim(&map, day(), "差旅", &[negative], &pays("100")), Err(VoucherError::Impossible));
    }

    #[test]
    fn advances_and_payments_touch_no_expense() {
        let map = AccountMap::example().unwrap();
        let accounts = |voucher: Voucher| voucher.postings.into_iter().map(|p| p.account).collect::<Vec<_>>();
        let advance = of_advance(&map, day(), "借款", money("3000")).unwrap();
        assert_eq!(accounts(advance), [map.advances.clone(), map.bank.clone()]);
        let payment = of_payment(&map, day(), "付款", money("254")).unwrap();
        assert_eq!(accounts(payment), [map.payable.clone(), map.bank]);
    }
}
