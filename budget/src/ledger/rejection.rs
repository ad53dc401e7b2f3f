//! Why a command is refused. The order of the variants is the order of the checks.

use serde::{Deserialize, Serialize};

use crate::{Code, Dimension, DocumentId, LineId, Money};

/// What a line lacks for a command, and who holds its money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// The line.
    pub line: Code,
    /// What the command asks of it.
    pub requested: Money,
    /// What it has.
    pub available: Money,
    /// `requested − available` (超出).
    pub lacking: Money,
    /// The largest holders, at most [`Shortage::MOST_HOLDERS`].
    pub holders: Vec<Holder>,
}

impl Shortage {
    /// Holders named in a rejection; the whole list is a query of its own.
    pub const MOST_HOLDERS: usize = 5;
}

/// A request that holds or has spent money of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The request.
    pub document: DocumentId,
    /// What it still holds.
    pub outstanding: Money,
    /// What it has spent.
    pub consumed: Money,
}

impl Holder {
    pub(super) const fn new(document: DocumentId) -> Self {
        Self { document, outstanding: Money::ZERO, consumed: Money::ZERO }
    }

    pub(super) fn matters(&self) -> bool {
        self.outstanding > Money::ZERO || self.consumed > Money::ZERO
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase", tag = "code")]
pub enum Rejection {
    /// The id was used for a command with another body.
    #[error("this command's id was used for another command")]
    IdReused,
    /// The command names nothing to do.
    #[error("the command has no line")]
    Empty,
    /// An amount is zero or negative.
    #[error("an amount is not greater than zero")]
    NotPositive,
    /// One claim line is named twice.
    #[error("line {line} is named twice")]
    LineTwice {
        /// The claim line.
        line: LineId,
    },
    /// The sums leave the range of money.
    #[error("an amount is too large")]
    TooLarge,
    /// The block names a member that its dimension does not have.
    #[error("{dimension:?} has no member {member}")]
    UnknownMember {
        /// The claim line.
        line: LineId,
        /// The dimension.
        dimension: Dimension,
        /// The member.
        member: Code,
    },
    /// No budget line covers the charge, so nothing allows it (无预算).
    #[error("no budget line covers line {line}")]
    NoBudgetLine {
        /// The claim line.
        line: LineId,
    },
    /// There is no budget line with this code.
    #[error("there is no budget line {line}")]
    UnknownBudgetLine {
        /// The code.
        line: Code,
    },
    /// A transfer from a line to itself.
    #[error("a transfer needs two lines")]
    SameLine,
    /// The document holds money on this line already.
    #[error("line {line} holds money already")]
    AlreadyReserved {
        /// The claim line.
        line: LineId,
    },
    /// The document holds nothing on this line.
    #[error("line {line} holds nothing")]
    NotReserved {
        /// The claim line.
        line: LineId,
    },
    /// More would be taken back than was spent.
    #[error("line {line} has spent less than that")]
    NotConsumed {
        /// The claim line.
        line: LineId,
    },
    /// Lines under hard control have too little left (超预算).
    #[error("the budget lacks money on {} line(s)", shortages.len())]
    Insufficient {
        /// What lacks where, sorted by line.
        shortages: Vec<Shortage>,
    },
}

impl Rejection {
    /// The stable code that texts and clients use.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IdReused => "id_reused",
            Self::Empty => "no_line",
            Self::NotPositive => "amount_not_positive",
            Self::LineTwice { .. } => "line_twice",
            Self::TooLarge => "amount_too_large",
            Self::UnknownMember { .. } => "unknown_member",
            Self::NoBudgetLine { .. } => "no_budget_line",
            Self::UnknownBudgetLine { .. } => "unknown_budget_line",
            Self::SameLine => "same_line",
            Self::AlreadyReserved { .. } => "already_reserved",
            Self::NotReserved { .. } => "not_reserved",
            Self::NotConsumed { .. } => "not_consumed",
            Self::Insufficient { .. } => "insufficient_budget",
        }
    }
}
