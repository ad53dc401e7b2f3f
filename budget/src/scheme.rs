//! The budget scheme: which budget lines exist, and which of them a charge must fit.
//!
//! Promise: a published scheme answers every coding block with one sorted set of lines, the same
//! set on a phone and in the authority. What would be ambiguous is refused when the scheme is
//! published, never when a claim is made.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::coding::Tree;
use crate::{Code, CodingBlock, Dimension};

/// What happens when a line has too little left (控制方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Control {
    /// The charge is refused (刚性控制).
    #[default]
    #[n(0)]
    Hard,
    /// The charge passes and the warning is kept (柔性控制).
    #[n(1)]
    Warn,
    /// The line only counts (不控制).
    #[n(2)]
    None,
}

/// Whether a line counts amounts with or without value added tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum TaxBasis {
    /// With tax (含税).
    #[default]
    #[n(0)]
    Inclusive,
    /// Without tax (不含税).
    #[n(1)]
    Exclusive,
}

/// One budget line (预算项): it fixes some dimensions to a node of their trees and leaves the rest open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetLine {
    /// Its code, unique in the scheme.
    pub code: Code,
    /// What people call it.
    pub name: String,
    /// The nodes that a block must lie within; a dimension that is absent is open.
    pub fixes: BTreeMap<Dimension, Code>,
    /// What happens when too little is left.
    #[serde(default)]
    pub control: Control,
    /// Which amounts it counts.
    #[serde(default)]
    pub tax_basis: TaxBasis,
    /// Shares of the limit, in percent, at which people are told (预警阈值).
    #[serde(default)]
    pub thresholds: BTreeSet<u8>,
}

impl BudgetLine {
    /// Whether a charge with this block counts against this line.
    pub fn covers(&self, block: &CodingBlock, trees: &BTreeMap<Dimension, Tree>) -> bool {
        self.fixes.iter().all(|(dimension, node)| {
            block
                .get(*dimension)
                .is_some_and(|member| trees.get(dimension).map_or(member == node, |tree| tree.is_within(member, node)))
        })
    }
}

/// The trees of all dimensions and the lines over them (预算方案).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Draft", into = "Draft")]
pub struct Scheme {
    trees: BTreeMap<Dimension, Tree>,
    lines: BTreeMap<Code, BudgetLine>,
}

/// A scheme as it is written down, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// The tree of each dimension.
    pub trees: BTreeMap<Dimension, Tree>,
    /// The lines over them.
    pub lines: Vec<BudgetLine>,
}

/// Why a scheme cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemeError {
    /// Two lines share a code.
    #[error("two budget lines have the code {0}")]
    DuplicateCode(Code),
    /// Two lines fix the same nodes, so a charge would count twice against one limit.
    #[error("the budget lines {0} and {1} cover exactly the same charges")]
    SameCharges(Code, Code),
    /// A line fixes a node that its tree does not have.
    #[error("the budget line {line} names {node}, which {dimension:?} does not have")]
    UnknownMember {
        /// The line.
        line: Code,
        /// The dimension whose tree lacks the node.
        dimension: Dimension,
        /// The node.
        node: Code,
    },
    /// A line fixes nothing, so it would cover every charge by accident.
    #[error("the budget line {0} fixes no dimension")]
    CoversEverything(Code),
}

/// Most lines that one block may have to fit; a scheme that asks for more is a mistake.
pub const LARGEST_CONTROL_SET: usize = 32;

impl Scheme {
    /// Checks and publishes a scheme.
    pub fn publish(draft: Draft) -> Result<Self, SchemeError> {
        let mut lines = BTreeMap::new();
        let mut seen: BTreeMap<BTreeMap<Dimension, Code>, Code> = BTreeMap::new();
        for line in draft.lines {
            if line.fixes.is_empty() {
                return Err(SchemeError::CoversEverything(line.code));
            }
            for (dimension, node) in &line.fixes {
                if draft.trees.get(dimension).and_then(|tree| tree.get(node)).is_none() {
                    return Err(SchemeError::UnknownMember {
                        line: line.code,
                        dimension: *dimension,
                        node: node.clone(),
                    });
                }
            }
            if let Some(other) = seen.insert(line.fixes.clone(), line.code.clone()) {
                return Err(SchemeError::SameCharges(other, line.code));
            }
            if lines.contains_key(&line.code) {
                return Err(SchemeError::DuplicateCode(line.code));
            }
            lines.insert(line.code.clone(), line);
        }
        Ok(Self { trees: draft.trees, lines })
    }

    /// The lines that a charge with this block must fit, sorted by code (控制集).
    pub fn control_set(&self, block: &CodingBlock) -> Vec<&BudgetLine> {
        self.lines.values().filter(|line| line.covers(block, &self.trees)).take(LARGEST_CONTROL_SET).collect()
    }

    /// One line.
    pub fn line(&self, code: &Code) -> Option<&BudgetLine> {
        self.lines.get(code)
    }

    /// Every line, by code.
    pub fn lines(&self) -> impl Iterator<Item = &BudgetLine> {
        self.lines.values()
    }

    /// The tree of one dimension.
    pub fn tree(&self, dimension: Dimension) -> Option<&Tree> {
        self.trees.get(&dimension)
    }

    /// The name of a member, or its code when the tree does not have it.
    pub fn name<'a>(&'a self, dimension: Dimension, code: &'a Code) -> &'a str {
        self.tree(dimension).and_then(|tree| tree.get(code)).map_or(code.as_str(), |m| m.name.as_str())
    }

    /// The first dimension in which the block names a member that its tree does not have.
    pub fn unknown_member(&self, block: &CodingBlock) -> Option<(Dimension, Code)> {
        Dimension::ALL.into_iter().find_map(|dimension| {
            let member = block.get(dimension)?;
            let known = self.tree(dimension).is_some_and(|tree| tree.get(member).is_some());
            (!known).then(|| (dimension, member.clone()))
        })
    }
}

impl TryFrom<Draft> for Scheme {
    type Error = SchemeError;

    fn try_from(draft: Draft) -> Result<Self, SchemeError> {
        Self::publish(draft)
    }
}

impl From<Scheme> for Draft {
    fn from(scheme: Scheme) -> Self {
        Self { trees: scheme.trees, lines: scheme.lines.into_values().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::Member;

    fn code(text: &str) -> Code {
        Code::new(text).unwrap()
    }

    fn trees() -> BTreeMap<Dimension, Tree> {
        let tree = |rows: &[(&str, Option<&str>)]| {
            Tree::new(rows.iter().map(|(c, p)| Member { code: code(c), name: (*c).into(), parent: p.map(code) }))
        };
        BTreeMap::from([
            (Dimension::Period, tree(&[("2026", None), ("2026Q3", Some("2026")), ("2026-09", Some("2026Q3"))])),
            (Dimension::Department, tree(&[("ALL", None), ("MKT", Some("ALL")), ("RND", Some("ALL"))])),
        ])
    }

    fn line(name: &str, fixes: &[(Dimension, &str)]) -> BudgetLine {
        BudgetLine {
            code: code(name),
            name: name.into(),
            fixes: fixes.iter().map(|(d, c)| (*d, code(c))).collect(),
            control: Control::Hard,
            tax_basis: TaxBasis::Inclusive,
            thresholds: BTreeSet::new(),
        }
    }

    #[test]
    fn a_block_must_fit_every_line_that_covers_it() {
        use Dimension::{Department, Period};
        let scheme = Scheme::publish(Draft {
            trees: trees(),
            lines: vec![
                line("Q3-MKT", &[(Period, "2026Q3"), (Department, "MKT")]),
                line("COMPANY", &[(Period, "2026"), (Department, "ALL")]),
                line("Q3-RND", &[(Period, "2026Q3"), (Department, "RND")]),
            ],
        })
        .unwrap();
        let block =
            CodingBlock { period: Some(code("2026-09")), department: Some(code("MKT")), ..CodingBlock::default() };
        let set: Vec<_> = scheme.control_set(&block).into_iter().map(|l| l.code.as_str()).collect();
        assert_eq!(set, ["COMPANY", "Q3-MKT"]);
        let elsewhere = CodingBlock { department: Some(code("MKT")), ..CodingBlock::default() };
        assert!(scheme.control_set(&elsewhere).is_empty());
    }

    #[test]
    fn what_would_be_ambiguous_cannot_be_published() {
        use Dimension::Department;
        let publish = |lines| Scheme::publish(Draft { trees: trees(), lines }).unwrap_err();
        assert_eq!(
            publish(vec![line("A", &[(Department, "MKT")]), line("B", &[(Department, "MKT")])]),
            SchemeError::SameCharges(code("A"), code("B"))
        );
        assert_eq!(
            publish(vec![line("A", &[(Department, "MKT")]), line("A", &[(Department, "RND")])]),
            SchemeError::DuplicateCode(code("A"))
        );
        assert_eq!(publish(vec![line("A", &[])]), SchemeError::CoversEverything(code("A")));
        assert!(matches!(publish(vec![line("A", &[(Department, "HR")])]), SchemeError::UnknownMember { .. }));
    }

    #[test]
    fn a_scheme_survives_its_text_form() {
        let scheme =
            Scheme::publish(Draft { trees: trees(), lines: vec![line("A", &[(Dimension::Department, "MKT")])] })
                .unwrap();
        let json = serde_json::to_string(&scheme).unwrap();
        assert_eq!(serde_json::from_str::<Scheme>(&json).unwrap(), scheme);
    }
}
