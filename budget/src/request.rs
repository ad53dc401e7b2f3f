//! Requests: everything that is handed in and decided, and the states it goes through.
//!
//! Promise: a state changes only along [`RequestState::allows`]; nothing is approved that was not
//! submitted, nothing paid that was not approved.

use serde::{Deserialize, Serialize};

/// What kind of request it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum RequestKind {
    /// Money already spent (报销).
    #[n(0)]
    ExpenseClaim,
    /// Leave to spend (事前申请).
    #[n(1)]
    PreApproval,
    /// Money taken in advance (借款).
    #[n(2)]
    Advance,
    /// Money owed to a supplier (付款).
    #[n(3)]
    Payment,
    /// A budget plan (预算编制).
    #[n(4)]
    BudgetPlan,
    /// A budget transfer or adjustment (预算调整).
    #[n(5)]
    BudgetAdjustment,
    /// New approval rules (审批规则变更).
    #[n(6)]
    RuleChange,
}

impl RequestKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::ExpenseClaim,
        Self::PreApproval,
        Self::Advance,
        Self::Payment,
        Self::BudgetPlan,
        Self::BudgetAdjustment,
        Self::RuleChange,
    ];

    /// The kinds that a person writes as a document, with the word that stands in it.
    pub const WRITTEN: [(Self, &'static str); 4] = [
        (Self::ExpenseClaim, "expenseClaim"),
        (Self::PreApproval, "preApproval"),
        (Self::Advance, "advance"),
        (Self::Payment, "payment"),
    ];

    /// The kind that a document names; one that names none is a claim.
    pub fn written(word: &str) -> Option<Self> {
        if word.is_empty() {
            return Some(Self::ExpenseClaim);
        }
        Self::WRITTEN.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }

    /// The word that stands in a document of this kind; none for what nobody writes as one.
    pub fn word(self) -> Option<&'static str> {
        Self::WRITTEN.iter().find(|(kind, _)| *kind == self).map(|(_, word)| *word)
    }

    /// Whether its lines are charged to the budget when it is handed in. Money that is lent is not spent (借款不占预算).
    pub const fn holds_budget(self) -> bool {
        matches!(self, Self::ExpenseClaim | Self::PreApproval | Self::Payment)
    }

    /// Whether money leaves when it is agreed to.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::ExpenseClaim | Self::Advance | Self::Payment)
    }
}

/// Where a request stands. Only the authority changes it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum RequestState {
    /// Being written (草稿).
    #[n(0)]
    Draft,
    /// Waiting for a decision (审批中).
    #[n(1)]
    InApproval,
    /// Agreed, not yet paid (已批准).
    #[n(2)]
    Approved,
    /// Paid; its budget is consumed (已付款).
    #[n(3)]
    Paid,
    /// Given back to be mended (已退回).
    #[n(4)]
    Returned,
    /// Refused (已驳回).
    #[n(5)]
    Rejected,
    /// Taken back by its owner (已撤回).
    #[n(6)]
    Withdrawn,
    /// Kept because the budget lacks money for it (超预算).
    #[n(7)]
    OverBudget,
    /// Filed with its vouchers, or, of a pre-approval, closed (已归档).
    #[n(8)]
    Archived,
}

impl RequestState {
    /// Whether the authority may move a request from this state to `next`.
    pub const fn allows(self, next: Self) -> bool {
        use RequestState::{Approved, Archived, Draft, InApproval, OverBudget, Paid, Rejected, Returned, Withdrawn};
        matches!(
            (self, next),
            (Draft | Returned | Rejected | Withdrawn | OverBudget, InApproval | OverBudget)
                | (InApproval, InApproval | Approved | Returned | Rejected | Withdrawn)
                | (OverBudget, Withdrawn)
                | (Approved, Paid | Archived)
                | (Paid, Archived)
        )
    }

    /// Whether its owner may edit the draft and hand it in (again).
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned | Self::Rejected | Self::Withdrawn | Self::OverBudget)
    }

    /// Whether the budget holds money for it.
    pub const fn holds_budget(self) -> bool {
        matches!(self, Self::InApproval | Self::Approved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RequestState::{Approved, Archived, Draft, InApproval, OverBudget, Paid, Rejected, Returned, Withdrawn};

    const ALL: [RequestState; 9] =
        [Draft, InApproval, Approved, Paid, Returned, Rejected, Withdrawn, OverBudget, Archived];

    #[test]
    fn nothing_is_paid_that_was_not_approved() {
        for state in ALL {
            assert_eq!(state.allows(Paid), state == Approved, "{state:?}");
            assert_eq!(state.allows(Approved), state == InApproval, "{state:?}");
            assert!(!state.allows(Draft), "{state:?}");
        }
    }

    #[test]
    fn what_is_editable_holds_no_budget() {
        for state in ALL {
            assert!(!(state.is_editable() && state.holds_budget()), "{state:?}");
            if state.is_editable() {
                assert!(state.allows(InApproval), "{state:?}");
            }
        }
    }
}
