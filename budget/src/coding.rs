//! The coding block: what a charge is for.
//!
//! Promise: each dimension is a tree of dated members with codes; a block names at most one member
//! per dimension; ancestors are found without loops even in broken data.

mod tree;

use serde::{Deserialize, Serialize};

pub use tree::{DEEPEST, Member, Tree};

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

    /// Whether it names everything that another block names, as far as these dimensions go.
    pub fn includes(&self, other: &Self, dimensions: impl IntoIterator<Item = Dimension>) -> bool {
        dimensions
            .into_iter()
            .all(|dimension| other.get(dimension).is_none_or(|member| self.get(dimension) == Some(member)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_period_codes() {
        let date: Date = "2026-09-30".parse().unwrap();
        assert_eq!(month_code(date).as_str(), "2026-09");
        assert_eq!(quarter_code(date).as_str(), "2026Q3");
    }
}
