//! A reason as it is read: one bag of fields, of which its code names those that count.
//!
//! The phone reads reasons before its first page stands. What serde derives for an enum with a tag keeps each reason
//! twice and is 37 KB of program before it is optimised; this reads the same and is much smaller.

use serde::Deserialize;

use super::{Because, Reason};
use crate::approval::Bounds;
use crate::{Code, Money, PersonId, RequestId};

/// Every field that any reason has.
#[derive(Deserialize)]
pub(super) struct Fields {
    code: String,
    table: Option<String>,
    bounds: Option<Bounds>,
    amount: Option<Money>,
    name: Option<String>,
    project: Option<Code>,
    days: Option<u16>,
    sum: Option<Money>,
    siblings: Option<Vec<RequestId>>,
    person: Option<PersonId>,
    because: Option<Because>,
    step: Option<String>,
    by: Option<PersonId>,
    delegate: Option<PersonId>,
    working_days: Option<u8>,
}

/// What a reason lacks, or a code that is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoReason {
    #[error("unknown reason `{0}`")]
    Unknown(String),
    #[error("missing field `{0}`")]
    Missing(&'static str),
}

fn need<T>(field: Option<T>, name: &'static str) -> Result<T, NoReason> {
    field.ok_or(NoReason::Missing(name))
}

impl TryFrom<Fields> for Reason {
    type Error = NoReason;

    fn try_from(fields: Fields) -> Result<Self, NoReason> {
        let amount = || need(fields.amount, "amount");
        let person = || need(fields.person, "person");
        let by = || need(fields.by, "by");
        Ok(match fields.code.as_str() {
            "tier" => Self::Tier {
                table: need(fields.table, "table")?,
                bounds: need(fields.bounds, "bounds")?,
                amount: amount()?,
            },
            "addition" => Self::Addition { name: need(fields.name, "name")? },
            "project" => Self::Project { project: need(fields.project, "project")? },
            "overStandard" => Self::OverStandard { amount: amount()? },
            "overBudget" => Self::OverBudget { amount: amount()? },
            "together" => Self::Together {
                days: need(fields.days, "days")?,
                sum: need(fields.sum, "sum")?,
                siblings: need(fields.siblings, "siblings")?,
            },
            "skipped" => Self::Skipped { person: person()?, because: need(fields.because, "because")? },
            "vacant" => Self::Vacant,
            "merged" => Self::Merged { step: need(fields.step, "step")? },
            "added" => Self::Added { by: by()? },
            "handed" => Self::Handed { by: by()? },
            "givenBack" => Self::GivenBack { by: by()? },
            "replaces" => Self::Replaces { person: person()? },
            "standsIn" => Self::StandsIn { person: person()? },
            "standInUnfit" => Self::StandInUnfit { person: person()?, delegate: need(fields.delegate, "delegate")? },
            "escalated" => Self::Escalated { working_days: need(fields.working_days, "working_days")? },
            _ => return Err(NoReason::Unknown(fields.code)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LI: PersonId = PersonId([1; 16]);
    const FIVE: Money = Money::from_fen(500);

    fn every_reason() -> Vec<Reason> {
        let project: Code = "P1".parse().unwrap();
        vec![
            Reason::Tier {
                table: "费用".into(),
                bounds: Bounds { lower: Some((FIVE, true)), upper: None },
                amount: FIVE,
            },
            Reason::Addition { name: "合同".into() },
            Reason::Project { project },
            Reason::OverStandard { amount: FIVE },
            Reason::OverBudget { amount: FIVE },
            Reason::Together { days: 7, sum: FIVE, siblings: vec![RequestId([2; 16])] },
            Reason::Skipped { person: LI, because: Because::Payee },
            Reason::Vacant,
            Reason::Merged { step: "部门".into() },
            Reason::Added { by: LI },
            Reason::Handed { by: LI },
            Reason::GivenBack { by: LI },
            Reason::Replaces { person: LI },
            Reason::StandsIn { person: LI },
            Reason::StandInUnfit { person: LI, delegate: LI },
            Reason::Escalated { working_days: 3 },
        ]
    }

    #[test]
    fn every_reason_is_read_as_it_was_written() {
        for reason in every_reason() {
            // A new reason belongs into the list above.
            match reason {
                Reason::Tier { .. }
                | Reason::Addition { .. }
                | Reason::Project { .. }
                | Reason::OverStandard { .. }
                | Reason::OverBudget { .. }
                | Reason::Together { .. }
                | Reason::Skipped { .. }
                | Reason::Vacant
                | Reason::Merged { .. }
                | Reason::Added { .. }
                | Reason::Handed { .. }
                | Reason::GivenBack { .. }
                | Reason::Replaces { .. }
                | Reason::StandsIn { .. }
                | Reason::StandInUnfit { .. }
                | Reason::Escalated { .. } => {}
            }
            let written = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<Reason>(&written).unwrap(), reason, "{written}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| serde_json::from_str::<Reason>(text).unwrap_err().to_string();
        assert!(error(r#"{"code":"whim"}"#).contains("unknown reason `whim`"));
        assert!(error(r#"{"code":"skipped","because":"left"}"#).contains("missing field `person`"));
        assert!(error(r#"{"code":"skipped","person":7}"#).contains("expected"));
    }
}
