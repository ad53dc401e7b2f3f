//! Settling a claim against advances (冲账): what an advance covers, what is paid, what comes back.
//!
//! Promise: an advance never consumes budget, the claim does; every fen of a claim is either covered by an advance or
//! paid, and an advance is never drawn below nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Money, PersonId, RequestId, Timestamp};

/// An advance that was paid (借款).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Advance {
    /// The request.
    pub request: RequestId,
    /// Who owes it.
    pub person: PersonId,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// What of it is not settled.
    pub outstanding: Money,
}

/// Which advances a claim is set against.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Choice {
    /// The oldest first.
    #[default]
    OldestFirst,
    /// These, in this order.
    Chosen(Vec<RequestId>),
    /// None: the claim is paid in full.
    Nothing,
}

/// What a claim leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// What each advance covers, in the order of use.
    pub covered: Vec<(RequestId, Money)>,
    /// What is still paid to the claimant (补付).
    pub pay: Money,
    /// What the claimant gives back of the advances that are closed with it (退回).
    pub refund: Money,
    /// Each closed advance and what comes back of it.
    pub refunds: Vec<(RequestId, Money)>,
}

/// Why a claim cannot be settled this way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettlementError {
    /// A chosen advance is not there or not the claimant's.
    #[error("{0} is no open advance of the claimant")]
    NotTheirs(RequestId),
    /// An advance is chosen twice.
    #[error("{0} is chosen twice")]
    Twice(RequestId),
    /// An amount is negative or leaves the range of money.
    #[error("an amount is impossible")]
    Impossible,
}

impl SettlementError {
    /// The stable code that texts and clients use.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotTheirs(_) => "not_their_advance",
            Self::Twice(_) => "advance_twice",
            Self::Impossible => "impossible_amount",
        }
    }
}

/// Settles a claim of `total` against the claimant's open advances. With `close`, the advances that it touched are done:
/// what is left of them comes back.
pub fn settle(
    claimant: PersonId,
    total: Money,
    advances: &[Advance],
    choice: &Choice,
    close: bool,
) -> Result<Settlement, SettlementError> {
    let impossible = || SettlementError::Impossible;
    if total.is_negative() || advances.iter().any(|advance| advance.outstanding.is_negative()) {
        return Err(impossible());
    }
    let mut left = total;
    let mut settlement = Settlement::default();
    for advance in chosen(claimant, advances, choice)? {
        let covered = advance.outstanding.min(left);
        left = left.checked_sub(covered).ok_or_else(impossible)?;
        let rest = advance.outstanding.checked_sub(covered).ok_or_else(impossible)?;
        // An advance that the claim does not reach stays open, unless it was named.
        let touched = covered.is_positive() || matches!(choice, Choice::Chosen(_));
        if covered.is_positive() {
            settlement.covered.push((advance.request, covered));
        }
        if close && touched && rest.is_positive() {
            settlement.refund = settlement.refund.checked_add(rest).ok_or_else(impossible)?;
            settlement.refunds.push((advance.request, rest));
        }
    }
    settlement.pay = left;
    Ok(settlement)
}

fn chosen<'a>(
    claimant: PersonId,
    advances: &'a [Advance],
    choice: &Choice,
) -> Result<Vec<&'a Advance>, SettlementError> {
    let open = |advance: &&Advance| advance.person == claimant && advance.outstanding.is_positive();
    let mut theirs: Vec<&Advance> = advances.iter().filter(open).collect();
    match choice {
        Choice::Nothing => Ok(Vec::new()),
        Choice::OldestFirst => {
            theirs.sort_by_key(|advance| (advance.paid_at, advance.request));
            Ok(theirs)
        }
        Choice::Chosen(requests) => {
            let mut seen = BTreeSet::new();
            requests
                .iter()
                .map(|request| {
                    if !seen.insert(request) {
                        return Err(SettlementError::Twice(*request));
                    }
                    let found = theirs.iter().find(|advance| advance.request == *request);
                    found.copied().ok_or(SettlementError::NotTheirs(*request))
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ME: PersonId = PersonId([1; 16]);

    fn advance(number: u8, yuan: i64) -> Advance {
        let outstanding = Money::from_yuan(yuan).unwrap();
        Advance { request: RequestId([number; 16]), person: ME, paid_at: Timestamp(i64::from(number)), outstanding }
    }

    #[track_caller]
    fn check(total: &str, advances: &[Advance], choice: &Choice, covered: &[(u8, &str)], pay: &str, refund: &str) {
        let money = |text: &str| Money::parse(text).unwrap();
        let found = settle(ME, money(total), advances, choice, true).unwrap();
        let covered: Vec<_> = covered.iter().map(|(n, amount)| (RequestId([*n; 16]), money(amount))).collect();
        assert_eq!((found.covered, found.pay, found.refund), (covered, money(pay), money(refund)), "{total}");
    }

    #[test]
    fn the_difference_is_paid_or_comes_back() {
        check("9999", &[advance(1, 8_888)], &Choice::OldestFirst, &[(1, "8888")], "1111", "0");
        check("820", &[advance(1, 879)], &Choice::OldestFirst, &[(1, "820")], "0", "59");
        check("777", &[], &Choice::OldestFirst, &[], "777", "0");
        check("3000", &[advance(1, 3_000)], &Choice::OldestFirst, &[(1, "3000")], "0", "0");
        check("500", &[advance(1, 3_000)], &Choice::Nothing, &[], "500", "0");
    }

    #[test]
    fn the_oldest_goes_first_unless_somebody_chooses() {
        let two = [advance(2, 500), advance(1, 300)];
        check("400", &two, &Choice::OldestFirst, &[(1, "300"), (2, "100")], "0", "400");
        check("200", &two, &Choice::OldestFirst, &[(1, "200")], "0", "100"); // the second stays open
        let only = Choice::Chosen(vec![RequestId([2; 16])]);
        check("400", &two, &only, &[(2, "400")], "0", "100");
    }

    #[test]
    fn only_ones_own_open_advances_count_and_each_once() {
        let other = Advance { person: PersonId([9; 16]), ..advance(1, 300) };
        let id = RequestId([1; 16]);
        let chosen = |ids: &[RequestId]| Choice::Chosen(ids.to_vec());
        let settle = |advances: &[Advance], choice: &Choice| settle(ME, Money::from_fen(1), advances, choice, false);
        assert_eq!(settle(&[other], &chosen(&[id])), Err(SettlementError::NotTheirs(id)));
        assert_eq!(settle(&[advance(1, 0)], &chosen(&[id])), Err(SettlementError::NotTheirs(id)));
        assert_eq!(settle(&[advance(1, 3)], &chosen(&[id, id])), Err(SettlementError::Twice(id)));
        assert_eq!(settle(&[other], &Choice::OldestFirst).unwrap().pay, Money::from_fen(1));
    }

    proptest! {
        #[test]
        fn every_fen_is_covered_or_paid(total in 0_i64..10_000, amounts in proptest::collection::vec(0_i64..5_000, 0..6)) {
            let advances: Vec<Advance> = (0_u8..).zip(amounts).map(|(n, fen)| Advance { outstanding: Money::from_fen(fen), ..advance(n, 0) }).collect();
            let found = settle(ME, Money::from_fen(total), &advances, &Choice::OldestFirst, true).unwrap();
            let covered: i64 = found.covered.iter().map(|(_, amount)| amount.fen()).sum();
            prop_assert_eq!(covered + found.pay.fen(), total);
            prop_assert!(found.pay.is_zero() || found.refund.is_zero(), "nobody pays and gets back at once");
            for (request, amount) in &found.covered {
                let advance = advances.iter().find(|advance| advance.request == *request).unwrap();
                prop_assert!(*amount <= advance.outstanding);
            }
        }
    }
}
