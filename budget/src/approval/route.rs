//! From rules and facts to the people who decide.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Approver, Condition, Rules};
use crate::{Code, Money, Organisation, PersonId, RequestKind, Role, Timestamp};

/// What routing looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What kind of request it is.
    pub kind: RequestKind,
    /// Who submitted it.
    pub claimant: PersonId,
    /// The department that it is charged to.
    pub department: Code,
    /// The projects that it is charged to.
    pub projects: BTreeSet<Code>,
    /// Its total.
    pub total: Money,
}

/// The steps of one request, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The rules that made it.
    pub rules_version: u32,
    /// The steps; never empty.
    pub steps: Vec<Step>,
}

/// One step: any of its approvers decides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What people call it.
    pub name: String,
    /// Who may decide it, before delegation; never empty.
    pub approvers: BTreeSet<PersonId>,
}

impl Step {
    /// Who may decide it now, each with the person in whose place they act (代).
    pub fn deciders(&self, organisation: &Organisation, now: Timestamp, facts: &Facts) -> Vec<(PersonId, PersonId)> {
        let excluded = BTreeSet::from([facts.claimant]);
        self.approvers
            .iter()
            .map(|approver| (organisation.acting_for(*approver, now, facts.kind, facts.total, &excluded), *approver))
            .collect()
    }
}

/// Why a request cannot be routed. It is kept and an administrator is told; it is never dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    /// A step applies and nobody can decide it.
    #[error("nobody can decide the step {0}")]
    NobodyDecides(String),
    /// No step applies: the rules have a hole.
    #[error("no rule covers this request")]
    NoRule,
}

/// The route of a request by these rules.
pub fn route(rules: &Rules, organisation: &Organisation, facts: &Facts) -> Result<Route, RoutingError> {
    let mut steps: Vec<Step> = Vec::new();
    for rule in rules.steps.iter().filter(|rule| applies(&rule.condition, facts)) {
        for approvers in groups(&rule.approver, organisation, facts) {
            if approvers.is_empty() {
                return Err(RoutingError::NobodyDecides(rule.name.clone()));
            }
            // Asking the same people twice adds a day and no judgement.
            if !steps.iter().any(|step| step.approvers == approvers) {
                steps.push(Step { name: rule.name.clone(), approvers });
            }
        }
    }
    if steps.is_empty() { Err(RoutingError::NoRule) } else { Ok(Route { rules_version: rules.version, steps }) }
}

fn applies(condition: &Condition, facts: &Facts) -> bool {
    (condition.kinds.is_empty() || condition.kinds.contains(&facts.kind))
        && condition.above.is_none_or(|limit| facts.total > limit)
        && (!condition.with_project || !facts.projects.is_empty())
}

/// One group of possible approvers for each step that the rule makes.
fn groups(approver: &Approver, organisation: &Organisation, facts: &Facts) -> Vec<BTreeSet<PersonId>> {
    match approver {
        Approver::DepartmentHead => vec![upward(organisation, facts)],
        Approver::ProjectManager => facts
            .projects
            .iter()
            .map(|project| match organisation.project_managers.get(project) {
                Some(id) if *id != facts.claimant && organisation.active(*id).is_some() => BTreeSet::from([*id]),
                // Their own project: the line above decides.
                _ => upward(organisation, facts),
            })
            .collect(),
        Approver::AnyOf(role) => {
            let people: BTreeSet<_> =
                organisation.with_role(*role).map(|p| p.id).filter(|id| *id != facts.claimant).collect();
            vec![if people.is_empty() { executives(organisation, facts) } else { people }]
        }
    }
}

/// The nearest head who is not the claimant, else an executive.
fn upward(organisation: &Organisation, facts: &Facts) -> BTreeSet<PersonId> {
    organisation
        .heads_upward(&facts.department)
        .into_iter()
        .find(|head| *head != facts.claimant)
        .map_or_else(|| executives(organisation, facts), |head| BTreeSet::from([head]))
}

fn executives(organisation: &Organisation, facts: &Facts) -> BTreeSet<PersonId> {
    organisation.with_role(Role::Executive).map(|p| p.id).filter(|id| *id != facts.claimant).collect()
}
