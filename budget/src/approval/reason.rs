//! Why a request goes to somebody, in words.
//!
//! Promise: a reason is data; its words are made here, once for each language, so that card, page and log say the same.

mod fields;

use core::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::{Code, Money, PersonId, RequestId};

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// 简体中文.
    #[default]
    #[serde(rename = "zh")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// Why somebody who would be asked cannot decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Because {
    /// They submitted it.
    Claimant,
    /// They are paid by it.
    Payee,
    /// Claimant or payee lets them decide in their place.
    Delegate,
    /// They have left.
    Left,
}

/// Why a step is there, or why it is before this person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "code", try_from = "fields::Fields")]
pub enum Reason {
    /// A tier of a matrix asks for it.
    Tier {
        /// The matrix.
        table: String,
        /// The tier.
        bounds: Bounds,
        /// The amount that it looked at.
        amount: Money,
    },
    /// An addition asks for it.
    Addition {
        /// What it is called.
        name: String,
    },
    /// A project is charged.
    Project {
        /// Which.
        project: Code,
    },
    /// Part of it is over a travel standard.
    OverStandard {
        /// How much.
        amount: Money,
    },
    /// The budget lacks money for it.
    OverBudget {
        /// How much.
        amount: Money,
    },
    /// It counts together with earlier requests, and together they cross a limit.
    Together {
        /// How many days back.
        days: u16,
        /// The sum, this request included.
        sum: Money,
        /// The earlier ones.
        siblings: Vec<RequestId>,
    },
    /// Somebody who would be asked may not decide, so that the next person upward is.
    Skipped {
        /// Who.
        person: PersonId,
        /// Why.
        because: Because,
    },
    /// Nobody fills the place, so that the next person upward is asked.
    Vacant,
    /// Somebody is found for an earlier step too and is asked once, here.
    Merged {
        /// The earlier step.
        step: String,
    },
    /// An approver asked for another opinion (加签).
    Added {
        /// Who asked.
        by: PersonId,
    },
    /// An approver handed it over (转交).
    Handed {
        /// Who did.
        by: PersonId,
    },
    /// It was given back to this step (退回).
    GivenBack {
        /// By whom.
        by: PersonId,
    },
    /// The person before has left.
    Replaces {
        /// Who left.
        person: PersonId,
    },
    /// Somebody decides in an absent person's place (代).
    StandsIn {
        /// Who is away.
        person: PersonId,
    },
    /// Somebody is away and the one they named may not decide this request; it goes up one level.
    StandInUnfit {
        /// Who is away.
        person: PersonId,
        /// Whom they named.
        delegate: PersonId,
    },
    /// Nobody answered in time, so that a further person is asked too.
    Escalated {
        /// After how many working days each time.
        working_days: u8,
    },
}

impl Reason {
    /// The words of it.
    pub fn text(&self, language: Language, name: &dyn Fn(PersonId) -> String) -> String {
        match language {
            Language::Chinese => self.chinese(name),
            Language::English => self.english(name),
        }
    }

    fn chinese(&self, name: &dyn Fn(PersonId) -> String) -> String {
        match self {
            Self::Tier { table, bounds, amount } => {
                format!("按“{table}”：金额 {}{}", amount.grouped(), range(*bounds, ["，", "≥", ">", "≤", "<", " 且 "]))
            }
            Self::Addition { name } => format!("另按“{name}”"),
            Self::Project { project } => format!("涉及项目 {project}"),
            Self::OverStandard { amount } => format!("超标准 {}", amount.grouped()),
            Self::OverBudget { amount } => format!("超预算 {}", amount.grouped()),
            Self::Together { days, sum, siblings } => {
                format!("{days} 天内与另外 {} 笔合计 {}，合并计算", siblings.len(), sum.grouped())
            }
            Self::Skipped { person, because } => {
                let because = match because {
                    Because::Claimant => "是申请人",
                    Because::Payee => "是收款人",
                    Because::Delegate => "受申请人或收款人委托",
                    Because::Left => "已离职",
                };
                format!("{}{because}，由上一级审批", name(*person))
            }
            Self::Vacant => "岗位空缺，由上一级审批".into(),
            Self::Merged { step } => format!("与“{step}”同一人，只审一次"),
            Self::Added { by } => format!("{}加签", name(*by)),
            Self::Handed { by } => format!("{}转交", name(*by)),
            Self::GivenBack { by } => format!("{}退回到此步", name(*by)),
            Self::Replaces { person } => format!("{}已离职或不能审批，改由本人", name(*person)),
            Self::StandsIn { person } => format!("代{}", name(*person)),
            Self::StandInUnfit { person, delegate } => {
                format!("{}外出，{}不能审批本单，由上一级审批", name(*person), name(*delegate))
            }
            Self::Escalated { working_days } => format!("超过 {working_days} 个工作日未处理，上报上一级"),
        }
    }

    fn english(&self, name: &dyn Fn(PersonId) -> String) -> String {
        match self {
            Self::Tier { table, bounds, amount } => {
                format!("by “{table}”: {}{}", amount.grouped(), range(*bounds, [" is ", "≥", ">", "≤", "<", " and "]))
            }
            Self::Addition { name } => format!("also by “{name}”"),
            Self::Project { project } => format!("charges project {project}"),
            Self::OverStandard { amount } => format!("{} over the standard", amount.grouped()),
            Self::OverBudget { amount } => format!("{} over the budget", amount.grouped()),
            Self::Together { days, sum, siblings } => {
                format!("with {} more within {days} days it comes to {}", siblings.len(), sum.grouped())
            }
            Self::Skipped { person, because } => {
                let because = match because {
                    Because::Claimant => "submitted it",
                    Because::Payee => "is paid by it",
                    Because::Delegate => "was delegated by claimant or payee",
                    Because::Left => "has left",
                };
                format!("{} {because}; the next level decides", name(*person))
            }
            Self::Vacant => "the post is vacant; the next level decides".into(),
            Self::Merged { step } => format!("the same person as “{step}”, asked once"),
            Self::Added { by } => format!("added by {}", name(*by)),
            Self::Handed { by } => format!("handed over by {}", name(*by)),
            Self::GivenBack { by } => format!("given back to this step by {}", name(*by)),
            Self::Replaces { person } => format!("in place of {}, who left or may not decide", name(*person)),
            Self::StandsIn { person } => format!("for {}", name(*person)),
            Self::StandInUnfit { person, delegate } => {
                format!("{} is away and {} may not decide this; the next level does", name(*person), name(*delegate))
            }
            Self::Escalated { working_days } => {
                format!("no answer for {working_days} working days; the next level is asked too")
            }
        }
    }
}

/// A range in words; empty when it covers everything.
fn range(bounds: Bounds, [lead, from, above, up_to, below, and]: [&str; 6]) -> String {
    let mut text = String::new();
    if let Some((at, inside)) = bounds.lower {
        let _ = write!(text, "{lead}{}{}", if inside { from } else { above }, at.grouped());
    }
    if let Some((at, inside)) = bounds.upper {
        let _ = write!(
            text,
            "{}{}{}",
            if text.is_empty() { lead } else { and },
            if inside { up_to } else { below },
            at.grouped()
        );
    }
    text
}
