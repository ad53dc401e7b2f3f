//! People, their departments and roles, and who stands in for whom.
//!
//! Promise: one answer to "who is above", "who answers for this", "may this person act for that
//! one", the same on a phone and in the authority.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Code, Money, PersonId, RequestKind, Timestamp};

/// What a person may do beyond handing in claims (角色).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Hands in claims; everybody has this (员工).
    Employee,
    /// Answers for projects (项目经理).
    ProjectManager,
    /// Answers for a department (部门负责人).
    DepartmentHead,
    /// Reviews claims and releases budgets (财务).
    Finance,
    /// Pays approved claims (出纳).
    Cashier,
    /// Decides what exceeds a department's authority (高管).
    Executive,
    /// Sees everything and changes nothing (审计).
    Auditor,
    /// Keeps people and settings (管理员).
    Administrator,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Never reused.
    pub id: PersonId,
    /// What they type to sign in.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Where they work.
    pub department: Code,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// False once they have left: they neither sign in nor decide.
    pub active: bool,
}

/// `from` lets `to` decide in their place for a while (委托).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delegation {
    /// Whose items move.
    pub from: PersonId,
    /// Who decides them.
    pub to: PersonId,
    /// Which kinds of request; empty means all.
    #[serde(default)]
    pub kinds: BTreeSet<RequestKind>,
    /// The largest total that it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Money>,
    /// From this instant.
    pub starts: Timestamp,
    /// Until this instant, which is not included.
    pub ends: Timestamp,
}

impl Delegation {
    /// Whether it covers such a request now.
    pub fn covers(&self, now: Timestamp, kind: RequestKind, total: Money) -> bool {
        (self.starts..self.ends).contains(&now)
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && self.cap.is_none_or(|cap| total <= cap)
    }
}

/// The company as routing and visibility see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organisation {
    /// What the company is called.
    pub name: String,
    /// Its unified social credit code (统一社会信用代码): the buyer on its invoices.
    pub tax_id: String,
    /// Everybody.
    pub people: BTreeMap<PersonId, Person>,
    /// Who answers for each department.
    pub department_heads: BTreeMap<Code, PersonId>,
    /// The department above each department.
    pub department_parents: BTreeMap<Code, Code>,
    /// Who answers for each project.
    pub project_managers: BTreeMap<Code, PersonId>,
    /// Who stands in for whom.
    pub delegations: Vec<Delegation>,
}

impl Organisation {
    /// The person, if they are still here.
    pub fn active(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id).filter(|person| person.active)
    }

    /// Whether an active person has a role.
    pub fn has_role(&self, id: PersonId, role: Role) -> bool {
        self.active(id).is_some_and(|person| person.roles.contains(&role))
    }

    /// Everybody active with a role, by id.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Person> {
        self.people.values().filter(move |person| person.active && person.roles.contains(&role))
    }

    /// The active heads from this department upward, nearest first.
    pub fn heads_upward(&self, department: &Code) -> Vec<PersonId> {
        core::iter::successors(Some(department), |d| self.department_parents.get(*d))
            .take(crate::coding::DEEPEST)
            .filter_map(|d| self.department_heads.get(d).copied())
            .filter(|id| self.active(*id).is_some())
            .collect()
    }

    /// Who acts for `person` on such a request now: the person, or the end of a chain of
    /// delegations. A chain never leads to `excluded`, nor back to somebody already on it.
    pub fn acting_for(
        &self,
        person: PersonId,
        now: Timestamp,
        kind: RequestKind,
        total: Money,
        excluded: &BTreeSet<PersonId>,
    ) -> PersonId {
        let mut seen = BTreeSet::from([person]);
        let mut acting = person;
        while let Some(next) = self.delegations.iter().find(|d| {
            d.from == acting
                && d.covers(now, kind, total)
                && self.active(d.to).is_some()
                && !excluded.contains(&d.to)
                && !seen.contains(&d.to)
        }) {
            acting = next.to;
            seen.insert(acting);
        }
        acting
    }
}
