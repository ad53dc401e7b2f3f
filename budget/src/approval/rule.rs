//! Approval rules as versioned data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Money, RequestKind, Role};

/// A published set of rules (审批规则). A request stays with the version that routed it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// Goes up by one with each publication.
    pub version: u32,
    /// The steps in their order; those whose condition holds apply.
    pub steps: Vec<StepRule>,
}

/// One step of approval and when it applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepRule {
    /// What people call the step.
    pub name: String,
    /// When it applies.
    #[serde(default)]
    pub condition: Condition,
    /// Who decides it.
    pub approver: Approver,
}

/// When a step applies; every part that is present has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// Only these kinds of request; empty means all.
    pub kinds: BTreeSet<RequestKind>,
    /// Only totals above this amount; the amount itself is not above (不含).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<Money>,
    /// Only requests with a line on a project.
    pub with_project: bool,
}

/// Who decides a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is", content = "role")]
pub enum Approver {
    /// The head of the claimant's department, or the next head upward.
    DepartmentHead,
    /// The manager of each project that is charged.
    ProjectManager,
    /// Anybody with this role (或签).
    AnyOf(Role),
}
