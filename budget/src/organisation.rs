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
    /// Only requests charged to one of these departments or below; empty means all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub departments: BTreeSet<Code>,
    /// The largest total that it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Money>,
    /// Whether `to` may pass it on by a delegation of their own (转委托); not by default.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub redelegable: bool,
    /// From this instant.
    pub starts: Timestamp,
    /// Until this instant, which is not included.
    pub ends: Timestamp,
}

impl Delegation {
    /// From this instant until that one, of everything.
    pub const fn new(from: PersonId, to: PersonId, starts: Timestamp, ends: Timestamp) -> Self {
        Self {
            from,
            to,
            kinds: BTreeSet::new(),
            departments: BTreeSet::new(),
            cap: None,
            redelegable: false,
            starts,
            ends,
        }
    }

    /// Whether it is in force at this instant.
    pub fn in_force(&self, now: Timestamp) -> bool {
        (self.starts..self.ends).contains(&now)
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
    /// Posts beside the head of a department (岗位), such as the finance director, by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub posts: BTreeMap<Code, Post>,
    /// The departments for which a person's roles count (服务范围), with what lies below them; who is not named
    /// here serves the whole company.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub serves: BTreeMap<PersonId, BTreeSet<Code>>,
    /// The type of each project (项目类型), for rules about types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub project_types: BTreeMap<Code, Code>,
    /// The grade of each person (职级), for travel standards.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grades: BTreeMap<PersonId, Code>,
}

/// A post that somebody fills (岗位).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Post {
    /// What people call it.
    pub name: String,
    /// Who fills it.
    pub holders: BTreeSet<PersonId>,
}

impl Organisation {
    /// The code of the post that is asked where nobody upward may decide (最后审批人), such as on the chief's own
    /// requests.
    pub const LAST_RESORT: &str = "LAST";

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

    /// This department and those above it, nearest first; a loop in the data ends.
    pub fn path<'a>(&'a self, department: &'a Code) -> impl Iterator<Item = &'a Code> {
        core::iter::successors(Some(department), |d| self.department_parents.get(*d)).take(crate::coding::DEEPEST)
    }

    /// The active heads from this department upward, nearest first.
    pub fn heads_upward(&self, department: &Code) -> Vec<PersonId> {
        self.path(department)
            .filter_map(|d| self.department_heads.get(d).copied())
            .filter(|id| self.active(*id).is_some())
            .collect()
    }
}
