//! The coding block: what a charge is for.
//!
//! Promise: each dimension is a tree of members with codes; a block names at most one member per
//! dimension; ancestors are found without loops even in broken data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Code, Date};

/// One way of looking at money (维度).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Dimension {
    /// When (期间): year, quarter, month.
    #[n(0)]
    Period,
    /// Which department answers for it (部门).
    #[n(1)]
    Department,
    /// Which cost centre bears it (成本中心).
    #[n(2)]
    CostCentre,
    /// Which project and task it serves (项目/任务).
    #[n(3)]
    Project,
    /// Which product line it serves (产品线).
    #[n(4)]
    ProductLine,
    /// What kind of expense it is (科目).
    #[n(5)]
    Account,
}

impl Dimension {
    /// Every dimension, in the order in which a block is written.
    pub const ALL: [Self; 6] =
        [Self::Period, Self::Department, Self::CostCentre, Self::Project, Self::ProductLine, Self::Account];
}

/// What one charge is for (预算编码): at most one member per dimension.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(rename_all = "camelCase", default)]
#[cbor(map)]
pub struct CodingBlock {
    /// When: a month such as `2026-09`.
    #[n(0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Code>,
    /// The department that answers for it.
    #[n(1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<Code>,
    /// The cost centre that bears it.
    #[n(2)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_centre: Option<Code>,
    /// The project or task.
    #[n(3)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Code>,
    /// The product line.
    #[n(4)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_line: Option<Code>,
    /// The account.
    #[n(5)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Code>,
}

impl CodingBlock {
    /// The member of one dimension.
    pub const fn get(&self, dimension: Dimension) -> Option<&Code> {
        match dimension {
            Dimension::Period => self.period.as_ref(),
            Dimension::Department => self.department.as_ref(),
            Dimension::CostCentre => self.cost_centre.as_ref(),
            Dimension::Project => self.project.as_ref(),
            Dimension::ProductLine => self.product_line.as_ref(),
            Dimension::Account => self.account.as_ref(),
        }
    }

    /// Names or clears the member of one dimension.
    pub fn set(&mut self, dimension: Dimension, member: Option<Code>) {
        *match dimension {
            Dimension::Period => &mut self.period,
            Dimension::Department => &mut self.department,
            Dimension::CostCentre => &mut self.cost_centre,
            Dimension::Project => &mut self.project,
            Dimension::ProductLine => &mut self.product_line,
            Dimension::Account => &mut self.account,
        } = member;
    }
}

/// The month that a day belongs to, as a period's code: `2026-09`.
pub fn month_code(date: Date) -> Code {
    Code::from_plain(format!("{:04}-{:02}", date.year(), date.month()))
}

/// The quarter that a day belongs to, as a period's code: `2026Q3`.
pub fn quarter_code(date: Date) -> Code {
    Code::from_plain(format!("{:04}Q{}", date.year(), date.quarter()))
}

/// One node of a dimension's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its code, unique inside the dimension.
    pub code: Code,
    /// What people call it.
    pub name: String,
    /// The node above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Code>,
}

/// The tree of one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    members: BTreeMap<Code, Member>,
}

/// Deepest tree, in levels; deeper data is cut here instead of looping.
pub const DEEPEST: usize = 12;

impl Tree {
    /// The tree of these members; a later member with the same code replaces an earlier one.
    pub fn new(members: impl IntoIterator<Item = Member>) -> Self {
        Self { members: members.into_iter().map(|m| (m.code.clone(), m)).collect() }
    }

    /// The member with this code.
    pub fn get(&self, code: &Code) -> Option<&Member> {
        self.members.get(code)
    }

    /// Every member, by code.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// The member and everything above it, nearest first.
    pub fn path<'a>(&'a self, code: &Code) -> impl Iterator<Item = &'a Member> {
        core::iter::successors(self.members.get(code), |member| {
            member.parent.as_ref().and_then(|parent| self.members.get(parent))
        })
        .take(DEEPEST)
    }

    /// Whether `code` is `ancestor` or lies below it.
    pub fn is_within(&self, code: &Code, ancestor: &Code) -> bool {
        self.path(code).any(|member| member.code == *ancestor)
    }

    /// How many levels lie above this member; 0 for a root or an unknown code.
    pub fn depth(&self, code: &Code) -> usize {
        self.path(code).count().saturating_sub(1)
    }

    /// The members whose parent is `parent`.
    pub fn children<'a>(&'a self, parent: Option<&'a Code>) -> impl Iterator<Item = &'a Member> {
        self.members.values().filter(move |member| member.parent.as_ref() == parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(code: &str, parent: Option<&str>) -> Member {
        Member { code: Code::new(code).unwrap(), name: code.into(), parent: parent.map(|p| Code::new(p).unwrap()) }
    }

    #[test]
    fn a_path_leads_to_the_root() {
        let tree = Tree::new([member("2026", None), member("2026Q3", Some("2026")), member("2026-09", Some("2026Q3"))]);
        let month = Code::new("2026-09").unwrap();
        let path: Vec<_> = tree.path(&month).map(|m| m.code.as_str()).collect();
        assert_eq!(path, ["2026-09", "2026Q3", "2026"]);
        assert!(tree.is_within(&month, &Code::new("2026").unwrap()));
        assert!(!tree.is_within(&Code::new("2026").unwrap(), &month));
        assert_eq!(tree.depth(&month), 2);
    }

    #[test]
    fn a_loop_in_the_data_ends() {
        let tree = Tree::new([member("A", Some("B")), member("B", Some("A"))]);
        assert_eq!(tree.path(&Code::new("A").unwrap()).count(), DEEPEST);
    }

    #[test]
    fn dates_have_period_codes() {
        let date: Date = "2026-09-30".parse().unwrap();
        assert_eq!(month_code(date).as_str(), "2026-09");
        assert_eq!(quarter_code(date).as_str(), "2026Q3");
    }
}
