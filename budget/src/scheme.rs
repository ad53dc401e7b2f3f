//! The budget scheme: which budget lines exist, and which of them a charge must fit.
//!
//! Promise: a published scheme answers every coding block with one sorted set of lines, the same
//! set on a phone and in the authority. What would be ambiguous is refused when the scheme is
//! published, never when a claim is made.
//!
//! Publishing compiles an index, so that asking for a control set costs as much as the trees are
//! deep, however many lines there are.

mod check;
mod index;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use check::SchemeError;
pub(crate) use index::Resolved;

use crate::coding::Tree;
use crate::{Code, CodingBlock, Currency, Date, Dimension};
use index::Index;

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
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
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

impl TaxBasis {
    /// Both, in the order in which a charge is counted.
    pub const ALL: [Self; 2] = [Self::Inclusive, Self::Exclusive];

    /// Whether tax is counted; text forms leave that out.
    pub fn is_inclusive(&self) -> bool {
        *self == Self::Inclusive
    }
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
    /// The currency that it counts.
    #[serde(default, skip_serializing_if = "Currency::is_cny")]
    pub currency: Currency,
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
    closings: BTreeMap<Code, Date>,
    index: Index,
}

/// A scheme as it is written down, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// The tree of each dimension.
    pub trees: BTreeMap<Dimension, Tree>,
    /// The lines over them.
    pub lines: Vec<BudgetLine>,
    /// Periods that close (关账): the last day on which each still takes charges. What arrives
    /// later needs a decision of the finance department.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub closings: BTreeMap<Code, Date>,
}

/// Most lines that one block may have to fit; a scheme that asks for more is a mistake.
pub const LARGEST_CONTROL_SET: usize = 32;

impl Scheme {
    /// Checks and publishes a scheme.
    pub fn publish(draft: Draft) -> Result<Self, SchemeError> {
        check::draft(&draft)?;
        let Draft { trees, lines, closings } = draft;
        let lines: BTreeMap<Code, BudgetLine> = lines.into_iter().map(|line| (line.code.clone(), line)).collect();
        let index = Index::new(&trees, &lines);
        let scheme = Self { trees, lines, closings, index };
        check::overlaps(&scheme)?;
        Ok(scheme)
    }

    /// The lines that a charge with this block must fit, sorted by code (控制集). A member that
    /// its tree does not have is within nothing.
    pub fn control_set(&self, block: &CodingBlock) -> Vec<&BudgetLine> {
        let (resolved, _) = self.index.resolve(block);
        self.index.lines(&resolved).into_iter().filter_map(|code| self.lines.get(code)).collect()
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
        let (_, unknown) = self.index.resolve(block);
        unknown.and_then(|dimension| Some((dimension, block.get(dimension)?.clone())))
    }

    /// The first member of the block, or member above one, that is not valid on this day.
    pub fn not_valid_on(&self, block: &CodingBlock, day: Date) -> Option<(Dimension, Code)> {
        Dimension::ALL.into_iter().find_map(|dimension| {
            let stale = self.tree(dimension)?.path(block.get(dimension)?).find(|member| {
                member.from.is_some_and(|from| day < from) || member.until.is_some_and(|until| day > until)
            })?;
            Some((dimension, stale.code.clone()))
        })
    }

    /// The last day on which a period takes charges, with the period that closes: the earliest of
    /// the period and those above it (关账截止日).
    pub fn closing(&self, period: &Code) -> Option<(&Code, Date)> {
        self.tree(Dimension::Period)?
            .path(period)
            .filter_map(|member| self.closings.get_key_value(&member.code))
            .map(|(code, day)| (code, *day))
            .min_by_key(|(_, day)| *day)
    }

    /// Every period that closes.
    pub const fn closings(&self) -> &BTreeMap<Code, Date> {
        &self.closings
    }

    /// Whether charges have to say their period.
    pub fn has_periods(&self) -> bool {
        self.tree(Dimension::Period).is_some_and(|tree| tree.members().next().is_some())
    }

    /// The members that a block names, as the index counts them, and the first dimension in which
    /// one is unknown.
    pub(crate) fn resolve(&self, block: &CodingBlock) -> (Resolved, Option<Dimension>) {
        self.index.resolve(block)
    }

    /// The codes of the lines over resolved members, sorted.
    pub(crate) fn lines_over(&self, resolved: &Resolved) -> Vec<&Code> {
        self.index.lines(resolved)
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
        Self { trees: scheme.trees, lines: scheme.lines.into_values().collect(), closings: scheme.closings }
    }
}
