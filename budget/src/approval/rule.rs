//! Approval rules as versioned data: the one form that people write, the server keeps and devices read.
//!
//! ```toml
//! name = "费用审批规则"
//!
//! [[table]]                                  # the first table whose conditions hold is used (审批矩阵)
//! name = "差旅费"
//! when = { kinds = ["expenseClaim"], accounts = ["TRAVEL"] }
//!
//! [[table.tier]]                             # bounds: above (不含), from (含), below (不含), upTo (含); in yuan
//! upTo = 3000
//! steps = [{ name = "部门负责人", phase = "approve", by = { head = 0 } }]
//!
//! [[table.tier]]
//! above = 3000
//! steps = [
//!   { name = "财务", phase = "review", by = { role = "finance" } },
//!   { name = "总经理", phase = "ratify", by = { role = "executive" } },
//! ]
//!
//! [[addition]]                               # asked besides, before the table's steps of the same phase
//! name = "项目经理"
//! when = { withProject = true }
//! step = { name = "项目经理", phase = "review", by = "projectManager", mode = "all" }
//!
//! [aggregate]                                # splitting does not help (拆单)
//! days = 7
//! same = ["claimant", "vendor", "project"]
//!
//! [escalation]                               # silence is passed on upward, it never approves
//! workingDays = 2
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::money::yuan;
use crate::{Code, Money, PersonId, RequestKind, Role};

/// A published set of rules (审批规则). A request stays with the version that routed it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RuleSet {
    /// Goes up by one with each publication.
    pub version: u32,
    /// What people call it.
    pub name: String,
    /// Whether somebody who is found for two steps is asked twice.
    pub repeat: Repeat,
    /// The matrices; the first one whose conditions hold is used.
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
    /// What is asked beside the matrix.
    #[serde(rename = "addition", skip_serializing_if = "Vec::is_empty")]
    pub additions: Vec<Addition>,
    /// What counts together, so that splitting a request does not help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// What silence leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
}

/// Whether somebody who is found for two steps is asked twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Repeat {
    /// Once, at the last of their steps: asking twice adds a day and no judgement.
    #[default]
    Once,
    /// At each step.
    Each,
}

/// A matrix of approval (审批矩阵): tiers of amounts, each with its steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// What people call it.
    pub name: String,
    /// Which requests it is for; without conditions, all.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
    /// The tiers; together they cover every amount, each once.
    #[serde(rename = "tier")]
    pub tiers: Vec<Tier>,
}

/// A range of amounts and its steps (金额档).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Tier {
    /// More than this; the amount itself not (不含).
    #[serde(with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub above: Option<Money>,
    /// This and more (含).
    #[serde(with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub from: Option<Money>,
    /// Less than this; the amount itself not (不含).
    #[serde(with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub below: Option<Money>,
    /// This and less (含).
    #[serde(with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Money>,
    /// Who has to agree, in this order; never empty.
    pub steps: Vec<StepRule>,
}

/// A range of amounts with explicit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bounds {
    /// The lower end and whether it belongs to the range.
    pub lower: Option<(Money, bool)>,
    /// The upper end and whether it belongs to the range.
    pub upper: Option<(Money, bool)>,
}

impl Bounds {
    /// The range as whole fen: from the first number to the one before the second.
    pub(super) fn fen(self) -> (i64, i64) {
        let low = self.lower.map_or(i64::MIN, |(at, inside)| at.fen().saturating_add(i64::from(!inside)));
        let high = self.upper.map_or(i64::MAX, |(at, inside)| at.fen().saturating_add(i64::from(inside)));
        (low, high)
    }

    /// Whether the amount lies in the range.
    pub fn contains(self, amount: Money) -> bool {
        let (low, high) = self.fen();
        (low..high).contains(&amount.fen())
    }
}

fn bounds(above: Option<Money>, from: Option<Money>, below: Option<Money>, up_to: Option<Money>) -> Bounds {
    Bounds {
        lower: from.map(|at| (at, true)).or(above.map(|at| (at, false))),
        upper: up_to.map(|at| (at, true)).or(below.map(|at| (at, false))),
    }
}

impl Tier {
    /// Its range.
    pub fn bounds(&self) -> Bounds {
        bounds(self.above, self.from, self.below, self.up_to)
    }
}

/// Something asked beside the matrix: the project's manager, or who answers for what is over a standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Addition {
    /// What people call it.
    pub name: String,
    /// Which requests it is for.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
    /// Which amount its bounds look at.
    #[serde(default)]
    pub measure: Measure,
    /// More than this; the amount itself not (不含).
    #[serde(default, with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub above: Option<Money>,
    /// This and more (含).
    #[serde(default, with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub from: Option<Money>,
    /// Less than this; the amount itself not (不含).
    #[serde(default, with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub below: Option<Money>,
    /// This and less (含).
    #[serde(default, with = "yuan::optional", skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Money>,
    /// Who has to agree.
    pub step: StepRule,
}

impl Addition {
    /// Its range.
    pub fn bounds(&self) -> Bounds {
        bounds(self.above, self.from, self.below, self.up_to)
    }
}

/// An amount of a request that rules may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// The total, with what counts together.
    #[default]
    Total,
    /// What is over the travel standard (超标部分).
    OverStandard,
    /// What the budget lacks (超预算部分).
    OverBudget,
}

/// Which requests a rule is for; every part that is present has to hold. A member of a dimension stands for
/// everything below it too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct When {
    /// Only these kinds of request.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<RequestKind>,
    /// Only what is charged to one of these departments.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub departments: BTreeSet<Code>,
    /// Only with a line on one of these accounts.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub accounts: BTreeSet<Code>,
    /// Only with a line on one of these projects.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub projects: BTreeSet<Code>,
    /// Only with a line on a project of one of these types.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub project_types: BTreeSet<Code>,
    /// Only with a line on one of these cost centres.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub cost_centres: BTreeSet<Code>,
    /// Only with a line on one of these product lines.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub product_lines: BTreeSet<Code>,
    /// Only with (or only without) a line on a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_project: Option<bool>,
    /// Only over the budget (预算外), or only inside it (预算内).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_budget: Option<bool>,
    /// Only over a travel standard (超标), or only inside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_standard: Option<bool>,
}

impl When {
    /// Whether it holds for every request.
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it holds for every request of its kinds.
    pub(super) fn only_kinds(&self) -> bool {
        *self == Self { kinds: self.kinds.clone(), ..Self::default() }
    }
}

/// A step that a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepRule {
    /// What people call the step.
    pub name: String,
    /// Its place in the order of phases.
    #[serde(default)]
    pub phase: Phase,
    /// Who is asked.
    pub by: Selector,
    /// How many of them have to agree.
    #[serde(default)]
    pub mode: Mode,
}

/// The three acts of approval, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Whether it is true and complete (审核).
    Review,
    /// Whether it may be spent (审批).
    #[default]
    Approve,
    /// The last word (核准).
    Ratify,
}

/// How many of those who are asked have to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// One of them (或签).
    #[default]
    Any,
    /// All of them (会签).
    All,
}

/// Whom a step asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Selector {
    /// The head of the charged department (0), of the one above it (1), and so on; the topmost at most.
    Head(u8),
    /// The manager of each project that is charged.
    ProjectManager,
    /// Everybody with this role.
    Role(Role),
    /// Everybody with this role who serves the nearest department upward that somebody serves (单位财务).
    EntityRole(Role),
    /// Whoever fills this post.
    Post(Code),
    /// This person.
    Person(PersonId),
}

/// What counts together (拆单防范): requests of the last days that agree in every key count with the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aggregate {
    /// How many days back, the day of submission included.
    pub days: u16,
    /// In what they have to agree.
    pub same: BTreeSet<Key>,
    /// From how many requests on, the new one included, they count together.
    #[serde(default = "two")]
    pub at_least: u16,
    /// Only these kinds; empty means all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<RequestKind>,
}

const fn two() -> u16 {
    2
}

/// In what requests agree that count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    /// The same person submits.
    Claimant,
    /// A supplier is the same, or neither names one.
    Vendor,
    /// A project is the same, or neither names one.
    Project,
}

/// What silence leads to (超时上报).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Escalation {
    /// After so many working days a further person upward is asked too.
    pub working_days: u8,
}
