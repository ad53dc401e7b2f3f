//! Answering a pre-approval (事前申请): what a claim takes over of what was held for it, and gives back.
//!
//! ```text
//! pre-approval  ──hold──▶  claim handed in: what it answers goes over to the claim, the rest of the claim is a new check
//!                          claim refused or taken back: it goes back to the pre-approval
//! closed        ──rest──▶  free
//! ```
//!
//! Promise: a claim takes no more of a line than the line holds, only for the same purpose, and each fen for one line of
//! the claim. Both sides are actions of one command, so that nobody else can come between them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::coding::Dimension;
use crate::ledger::{Action, Charge, Ledger};
use crate::{CodingBlock, DocumentId, LineId, Money};

/// What one line of a claim took over of one line of a pre-approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// The line of the pre-approval.
    pub from: LineId,
    /// The line of the claim.
    pub to: LineId,
    /// How much.
    pub amount: Money,
}

/// What each line of a document holds, as its lines that are counted with tax say it; where there is none of these, as
/// the others do.
pub fn held(ledger: &Ledger, document: DocumentId) -> BTreeMap<LineId, Money> {
    let mut sums: BTreeMap<LineId, [Option<Money>; 2]> = BTreeMap::new();
    for (line, held) in ledger.reservations(document) {
        let [with_tax, without] = sums.entry(line).or_default();
        let sum = if held.basis.is_inclusive() { with_tax } else { without };
        *sum = sum.unwrap_or_default().checked_add(held.outstanding);
    }
    sums.into_iter().map(|(line, [with_tax, without])| (line, with_tax.or(without).unwrap_or_default())).collect()
}

/// What a claim with these charges takes over of a pre-approval's lines, of which each still holds `held`: line by line in
/// the order of the claim, from the lines for the same purpose in the order of the pre-approval.
pub fn take(approved: &[Charge], held: &BTreeMap<LineId, Money>, charges: &[Charge]) -> Vec<Taken> {
    let mut left = held.clone();
    let mut taken = Vec::new();
    for charge in charges {
        let mut wanted = charge.amount;
        for line in approved.iter().filter(|line| same_purpose(&line.block, &charge.block)) {
            let Some(rest) = left.get_mut(&line.line) else { continue };
            let amount = wanted.min(*rest);
            let (Some(fewer), Some(less)) = (wanted.checked_sub(amount), rest.checked_sub(amount)) else { continue };
            if amount.is_positive() {
                taken.push(Taken { from: line.line, to: charge.line, amount });
                (wanted, *rest) = (fewer, less);
            }
        }
    }
    taken
}

/// What of these charges is not taken over, which is what the budget is asked for anew.
pub fn beyond(charges: &[Charge], taken: &[Taken]) -> Vec<Charge> {
    let rest = charges.iter().filter_map(|charge| {
        let covered =
            Money::checked_sum(taken.iter().filter(|taken| taken.to == charge.line).map(|taken| taken.amount))?;
        let amount = charge.amount.checked_sub(covered).filter(|amount| amount.is_positive())?;
        Some(Charge { amount, ..charge.clone() })
    });
    rest.collect()
}

/// Whether spending is what was agreed to: everything that the pre-approval names, the claim names too. When it was
/// spent may differ; the period that the claim charges is checked like any other.
fn same_purpose(approved: &CodingBlock, spent: &CodingBlock) -> bool {
    spent.includes(approved, Dimension::ALL.into_iter().filter(|dimension| *dimension != Dimension::Period))
}

/// The pre-approval's side of taking over: each line holds less.
pub fn hand_over(document: DocumentId, held: &BTreeMap<LineId, Money>, taken: &[Taken]) -> Vec<Action> {
    let less = sums(taken).into_iter().filter_map(|(line, amount)| {
        let amount = held.get(&line)?.checked_sub(amount)?;
        Some(Action::Adjust { document, line, amount, tax: Money::ZERO })
    });
    less.collect()
}

/// The pre-approval's side of giving back: each line holds again what was taken of it.
pub fn give_back(
    document: DocumentId,
    approved: &[Charge],
    held: &BTreeMap<LineId, Money>,
    taken: &[Taken],
) -> Vec<Action> {
    let more = sums(taken).into_iter().filter_map(|(line, amount)| {
        let still = held.get(&line).copied().unwrap_or_default();
        if still.is_positive() {
            return Some(Action::Adjust { document, line, amount: still.checked_add(amount)?, tax: Money::ZERO });
        }
        // A line that holds nothing any more is held anew.
        let charge = approved.iter().find(|charge| charge.line == line)?;
        Some(Action::Reserve { document, charges: vec![Charge { amount, ..charge.clone() }] })
    });
    more.collect()
}

fn sums(taken: &[Taken]) -> BTreeMap<LineId, Money> {
    let mut sums: BTreeMap<LineId, Money> = BTreeMap::new();
    for Taken { from, amount, .. } in taken {
        let sum = sums.entry(*from).or_default();
        *sum = sum.checked_add(*amount).unwrap_or(*sum);
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Code;

    fn charge(line: u8, account: &str, fen: i64) -> Charge {
        let account = Some(Code::new(account).unwrap());
        Charge::new(LineId([line; 16]), CodingBlock { account, ..CodingBlock::default() }, Money::from_fen(fen))
    }

    fn whole(approved: &[Charge]) -> BTreeMap<LineId, Money> {
        approved.iter().map(|charge| (charge.line, charge.amount)).collect()
    }

    #[track_caller]
    fn check(approved: &[Charge], charges: &[Charge], expected: &[(u8, u8, i64)]) {
        let taken = take(approved, &whole(approved), charges);
        let found: Vec<_> = taken.iter().map(|taken| (taken.from.0[0], taken.to.0[0], taken.amount.fen())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_line_takes_from_the_lines_for_its_purpose() {
        let approved = [charge(1, "OFFICE", 450), charge(2, "COURIER", 50)];
        check(&approved, &[charge(7, "OFFICE", 500), charge(8, "COURIER", 20)], &[(1, 7, 450), (2, 8, 20)]);
        check(&approved, &[charge(7, "TRAVEL", 500)], &[]);
        check(&approved, &[charge(7, "OFFICE", 300), charge(8, "OFFICE", 300)], &[(1, 7, 300), (1, 8, 150)]);
        let two = [charge(1, "OFFICE", 100), charge(2, "OFFICE", 100)];
        check(&two, &[charge(7, "OFFICE", 150)], &[(1, 7, 100), (2, 7, 50)]);
    }

    #[test]
    fn the_month_may_differ_and_what_was_left_open_too() {
        let month = |charge: Charge, period: &str| {
            let period = Some(Code::new(period).unwrap());
            Charge { block: CodingBlock { period, ..charge.block.clone() }, ..charge }
        };
        let (planned, spent) = (month(charge(1, "OFFICE", 9), "2026-11"), month(charge(7, "OFFICE", 9), "2026-12"));
        check(&[planned], std::slice::from_ref(&spent), &[(1, 7, 9)]);
        let anything = Charge { block: CodingBlock::default(), ..charge(1, "OFFICE", 5) };
        check(std::slice::from_ref(&anything), &[spent], &[(1, 7, 5)]);
        check(&[charge(1, "OFFICE", 5)], &[anything], &[]);
    }

    proptest! {
        #[test]
        fn nothing_is_taken_twice(
            approved in prop::collection::vec((0_usize..3, 1_i64..100), 0..5),
            charges in prop::collection::vec((0_usize..3, 1_i64..100), 0..5),
        ) {
            let accounts = ["A", "B", "C"];
            let of = |first: u8, list: &[(usize, i64)]| -> Vec<Charge> {
                (first..).zip(list).map(|(line, (account, fen))| charge(line, accounts[*account], *fen)).collect()
            };
            let (approved, charges) = (of(1, &approved), of(100, &charges));
            let held = whole(&approved);
            let taken = take(&approved, &held, &charges);
            let sum = |of: &dyn Fn(&Taken) -> bool| -> i64 {
                taken.iter().filter(|taken| of(taken)).map(|taken| taken.amount.fen()).sum()
            };
            for (index, account) in accounts.iter().enumerate() {
                let account = Code::new(account).unwrap();
                let total = |list: &[Charge]| -> i64 {
                    list.iter().filter(|c| c.block.account.as_ref() == Some(&account)).map(|c| c.amount.fen()).sum()
                };
                let of = |taken: &Taken| charges.iter().any(|c| c.line == taken.to && c.block.account.as_ref() == Some(&account));
                prop_assert_eq!(sum(&of), total(&approved).min(total(&charges)), "{}", index);
            }
            for line in &approved {
                prop_assert!(sum(&|taken| taken.from == line.line) <= line.amount.fen());
            }
            for charge in &charges {
                prop_assert!(sum(&|taken| taken.to == charge.line) <= charge.amount.fen());
            }
        }
    }
}
