//! What a scheme must be before it is published.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, LARGEST_CONTROL_SET, Scheme};
use crate::coding::{DEEPEST, Tree};
use crate::{Code, CodingBlock, Currency, Dimension};

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
    /// A threshold of nothing would be crossed by everything.
    #[error("the budget line {0} has a threshold of 0 %")]
    EmptyThreshold(Code),
    /// A member lies below one that its tree does not have.
    #[error("{member} of {dimension:?} lies below {parent}, which does not exist")]
    UnknownParent {
        /// The dimension.
        dimension: Dimension,
        /// The member.
        member: Code,
        /// What it names as the node above it.
        parent: Code,
    },
    /// A member lies below itself.
    #[error("{member} of {dimension:?} lies below itself")]
    Cycle {
        /// The dimension.
        dimension: Dimension,
        /// A member on the loop.
        member: Code,
    },
    /// A tree has too many levels.
    #[error("{member} of {dimension:?} lies deeper than {DEEPEST} levels")]
    TooDeep {
        /// The dimension.
        dimension: Dimension,
        /// The member.
        member: Code,
    },
    /// A member is written under another code than its own.
    #[error("a member of {dimension:?} stands under the code {key} and calls itself {code}")]
    MisplacedMember {
        /// The dimension.
        dimension: Dimension,
        /// Where it stands.
        key: Code,
        /// What it says.
        code: Code,
    },
    /// A member ends before it begins.
    #[error("{member} of {dimension:?} ends before it begins")]
    NeverValid {
        /// The dimension.
        dimension: Dimension,
        /// The member.
        member: Code,
    },
    /// A charge would count in two currencies at once.
    #[error("the budget lines {line} in {currency} and {other} in {other_currency} cover the same charge")]
    MixedCurrency {
        /// A line.
        line: Code,
        /// Its currency.
        currency: Currency,
        /// A line that covers some of the same charges.
        other: Code,
        /// Its currency.
        other_currency: Currency,
    },
    /// A charge would have to fit more lines than make sense.
    #[error("what {0} covers would have to fit more than {LARGEST_CONTROL_SET} budget lines")]
    TooManyLines(Code),
    /// A closing names a period that does not exist.
    #[error("there is no period {0} that could close")]
    UnknownPeriod(Code),
}

/// Trees, lines and closings, each by itself.
pub(super) fn draft(draft: &Draft) -> Result<(), SchemeError> {
    for (dimension, members) in &draft.trees {
        tree(*dimension, members)?;
    }
    lines(draft)?;
    let periods = draft.trees.get(&Dimension::Period);
    let unknown = draft.closings.keys().find(|period| periods.and_then(|tree| tree.get(period)).is_none());
    unknown.map_or(Ok(()), |period| Err(SchemeError::UnknownPeriod(period.clone())))
}

fn tree(dimension: Dimension, tree: &Tree) -> Result<(), SchemeError> {
    for (key, member) in tree.entries() {
        if *key != member.code {
            return Err(SchemeError::MisplacedMember { dimension, key: key.clone(), code: member.code.clone() });
        }
        if matches!((member.from, member.until), (Some(from), Some(until)) if until < from) {
            return Err(SchemeError::NeverValid { dimension, member: member.code.clone() });
        }
        if let Some(parent) = member.parent.as_ref().filter(|parent| tree.get(parent).is_none()) {
            return Err(SchemeError::UnknownParent { dimension, member: member.code.clone(), parent: parent.clone() });
        }
    }
    for member in tree.members() {
        // The path stops at the deepest level; what still has a node above it there is on a loop
        // or too deep.
        let Some(last) = tree.path(&member.code).last().filter(|last| last.parent.is_some()) else { continue };
        let loops = tree.path(&member.code).skip(1).any(|above| above.code == member.code);
        return Err(if loops {
            SchemeError::Cycle { dimension, member: member.code.clone() }
        } else if tree.path(&last.code).skip(1).any(|above| above.code == last.code) {
            SchemeError::Cycle { dimension, member: last.code.clone() }
        } else {
            SchemeError::TooDeep { dimension, member: member.code.clone() }
        });
    }
    Ok(())
}

fn lines(draft: &Draft) -> Result<(), SchemeError> {
    let mut codes: BTreeSet<&Code> = BTreeSet::new();
    let mut seen: BTreeMap<&BTreeMap<Dimension, Code>, &Code> = BTreeMap::new();
    for line in &draft.lines {
        if line.fixes.is_empty() {
            return Err(SchemeError::CoversEverything(line.code.clone()));
        }
        if line.thresholds.contains(&0) {
            return Err(SchemeError::EmptyThreshold(line.code.clone()));
        }
        for (dimension, node) in &line.fixes {
            if draft.trees.get(dimension).and_then(|tree| tree.get(node)).is_none() {
                let (line, node) = (line.code.clone(), node.clone());
                return Err(SchemeError::UnknownMember { line, dimension: *dimension, node });
            }
        }
        if let Some(other) = seen.insert(&line.fixes, &line.code) {
            return Err(SchemeError::SameCharges(other.clone(), line.code.clone()));
        }
        if !codes.insert(&line.code) {
            return Err(SchemeError::DuplicateCode(line.code.clone()));
        }
    }
    Ok(())
}

/// What only the whole shows: for each line, the lines that cover all that it covers.
pub(super) fn overlaps(scheme: &Scheme) -> Result<(), SchemeError> {
    for line in scheme.lines() {
        let mut block = CodingBlock::default();
        for (dimension, node) in &line.fixes {
            block.set(*dimension, Some(node.clone()));
        }
        let over = scheme.control_set(&block);
        if over.len() > LARGEST_CONTROL_SET {
            return Err(SchemeError::TooManyLines(line.code.clone()));
        }
        if let Some(other) = over.into_iter().find(|other| other.currency != line.currency) {
            return Err(SchemeError::MixedCurrency {
                line: line.code.clone(),
                currency: line.currency,
                other: other.code.clone(),
                other_currency: other.currency,
            });
        }
    }
    Ok(())
}
