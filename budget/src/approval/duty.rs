//! Segregation of duties (不相容职务分离): which two acts on one request need two people.
//!
//! Promise: one table for every act on a request; a refusal names the pair.

use serde::{Deserialize, Serialize};

use crate::PersonId;

/// Something that somebody does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Duty {
    /// Hands it in (经办).
    Submit,
    /// Gets its money (收款).
    Receive,
    /// Agrees to it (审批).
    Approve,
    /// Pays it (付款).
    Pay,
    /// Books it (记账).
    Book,
}

/// Pairs that need two people, with the reason of each. The order of a pair does not matter.
///
/// The Accounting Law (《会计法》, as revised in 2024, in force since 2024-07-01) asks for the pairs with booking: article 25
/// (1) separates who keeps the books from who approves (审批), handles (经办) and keeps the assets (财物保管), article 35
/// keeps a cashier (出纳) from the books of income, expense, claims and debts. Of these duties it names no other pair. Those of
/// handing in, receiving, approving and paying are our reading of the control that 《企业内部控制基本规范》 (财会〔2008〕7号)
/// calls the separation of incompatible duties, and leaves to the company to work out.
pub const SEPARATED: [(Duty, Duty, &str); 8] = [
    (Duty::Submit, Duty::Approve, "submit_and_approve"),
    (Duty::Submit, Duty::Pay, "submit_and_pay"),
    (Duty::Submit, Duty::Book, "submit_and_book"),
    (Duty::Receive, Duty::Approve, "receive_and_approve"),
    (Duty::Receive, Duty::Pay, "receive_and_pay"),
    (Duty::Approve, Duty::Pay, "approve_and_pay"),
    (Duty::Approve, Duty::Book, "approve_and_book"),
    (Duty::Pay, Duty::Book, "pay_and_book"),
];

/// Two duties in one hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: who does one does not do the other")]
#[serde(rename_all = "camelCase")]
pub struct DutyConflict {
    /// What the person did before.
    pub before: Duty,
    /// What they want to do now.
    pub now: Duty,
    /// The stable code of the pair.
    #[serde(skip_deserializing)]
    pub code: &'static str,
}

/// Whether somebody may do this after what was done, by whomever.
pub fn separated(
    done: impl IntoIterator<Item = (PersonId, Duty)>,
    person: PersonId,
    now: Duty,
) -> Result<(), DutyConflict> {
    let mine = done.into_iter().filter(|(by, _)| *by == person);
    for (_, before) in mine {
        let pair = SEPARATED
            .iter()
            .find(|(one, other, _)| (*one == before && *other == now) || (*other == before && *one == now));
        if let Some((_, _, code)) = pair {
            return Err(DutyConflict { before, now, code });
        }
    }
    Ok(())
}
