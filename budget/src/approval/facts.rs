//! What routing looks at.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Measure, When};
use crate::{Code, CodingBlock, Dimension, Money, Organisation, PersonId, RequestId, RequestKind, Scheme, Timestamp};

/// What routing looks at, apart from rules and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// What kind of request it is.
    pub kind: RequestKind,
    /// Who submitted it.
    pub claimant: PersonId,
    /// The department that it is charged to.
    pub department: Code,
    /// The projects that it is charged to.
    #[serde(default)]
    pub projects: BTreeSet<Code>,
    /// Its total.
    pub total: Money,
    /// People other than the claimant who get the money (收款人).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub payees: BTreeSet<PersonId>,
    /// Suppliers, by name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub vendors: BTreeSet<String>,
    /// Every member that a line is charged to, and those above them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<(Dimension, Code)>,
    /// What the budget lacks for it (超预算).
    #[serde(default)]
    pub over_budget: Money,
    /// What is over a travel standard (超标).
    #[serde(default)]
    pub over_standard: Money,
    /// Earlier requests that count together with it, see [`super::aggregate`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<Sibling>,
}

/// An earlier request that counts together with a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sibling {
    /// Which request.
    pub request: RequestId,
    /// Its total.
    pub total: Money,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

impl Facts {
    /// The least that every request has.
    pub const fn new(kind: RequestKind, claimant: PersonId, department: Code, total: Money) -> Self {
        Self {
            kind,
            claimant,
            department,
            projects: BTreeSet::new(),
            total,
            payees: BTreeSet::new(),
            vendors: BTreeSet::new(),
            members: BTreeSet::new(),
            over_budget: Money::ZERO,
            over_standard: Money::ZERO,
            siblings: Vec::new(),
        }
    }

    /// With everything that its lines are charged to.
    #[must_use]
    pub fn charged<'a>(mut self, scheme: &Scheme, blocks: impl IntoIterator<Item = &'a CodingBlock>) -> Self {
        for block in blocks {
            for dimension in Dimension::ALL {
                let Some(code) = block.get(dimension) else { continue };
                self.members.insert((dimension, code.clone()));
                let above = scheme.tree(dimension).into_iter().flat_map(|tree| tree.path(code));
                self.members.extend(above.map(|member| (dimension, member.code.clone())));
                if dimension == Dimension::Project {
                    self.projects.insert(code.clone());
                }
            }
        }
        self
    }

    /// The total with what counts together.
    pub fn together(&self) -> Money {
        let siblings = self.siblings.iter().map(|sibling| sibling.total);
        Money::checked_sum(siblings.chain([self.total])).unwrap_or(Money::from_fen(i64::MAX))
    }

    /// The amount that a rule looks at.
    pub fn measured(&self, measure: Measure) -> Money {
        match measure {
            Measure::Total => self.together(),
            Measure::OverStandard => self.over_standard,
            Measure::OverBudget => self.over_budget,
        }
    }

    /// Whether a rule's conditions hold.
    pub fn hold(&self, when: &When, organisation: &Organisation) -> bool {
        let charged = |dimension: Dimension, codes: &BTreeSet<Code>| {
            codes.is_empty() || codes.iter().any(|code| self.members.contains(&(dimension, code.clone())))
        };
        (when.kinds.is_empty() || when.kinds.contains(&self.kind))
            && when.with_project.is_none_or(|with| with != self.projects.is_empty())
            && when.over_budget.is_none_or(|over| over == self.over_budget.is_positive())
            && when.over_standard.is_none_or(|over| over == self.over_standard.is_positive())
            && (when.departments.is_empty()
                || organisation.path(&self.department).any(|department| when.departments.contains(department)))
            && charged(Dimension::Account, &when.accounts)
            && charged(Dimension::Project, &when.projects)
            && charged(Dimension::CostCentre, &when.cost_centres)
            && charged(Dimension::ProductLine, &when.product_lines)
            && (when.project_types.is_empty()
                || self
                    .projects
                    .iter()
                    .filter_map(|project| organisation.project_types.get(project))
                    .any(|kind| when.project_types.contains(kind)))
    }
}
