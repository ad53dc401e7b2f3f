//! Why a command is refused. The order of the variants is the order of the checks.

use serde::{Deserialize, Serialize};

use crate::{AllowanceId, Code, Currency, Date, Dimension, DocumentId, LineId, Money};

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
    /// The largest open holds, at most [`Shortage::MOST_HOLDERS`].
    pub holders: Vec<Holder>,
}

impl Shortage {
    /// Holders named in a rejection; the whole list is a query of its own.
    pub const MOST_HOLDERS: usize = 5;
}

/// Who holds money of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HeldBy {
    /// A request (单据).
    Document(DocumentId),
    /// A device's allowance (额度).
    Allowance(AllowanceId),
}

/// Somebody who holds or has spent money of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// Who.
    #[serde(flatten)]
    pub by: HeldBy,
    /// What they still hold.
    pub outstanding: Money,
    /// What they have spent.
    pub consumed: Money,
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
    /// Tax is negative or not less than the amount.
    #[error("the tax of line {line} is not between zero and its amount")]
    WrongTax {
        /// The claim line.
        line: LineId,
    },
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
    /// The charge does not say which period it belongs to.
    #[error("line {line} names no period")]
    NoPeriod {
        /// The claim line.
        line: LineId,
    },
    /// A member of the block is not valid on the day of the charge.
    #[error("{member} of {dimension:?} is not valid on {day}")]
    NotValid {
        /// The claim line.
        line: LineId,
        /// The dimension.
        dimension: Dimension,
        /// The member.
        member: Code,
        /// The day.
        day: Date,
    },
    /// No budget line covers the charge, so nothing allows it (无预算).
    #[error("no budget line covers line {line}")]
    NoBudgetLine {
        /// The claim line.
        line: LineId,
    },
    /// The charge would have to fit more lines than make sense.
    #[error("line {line} would have to fit too many budget lines")]
    TooManyLines {
        /// The claim line.
        line: LineId,
    },
    /// A line counts in another currency.
    #[error("the budget line {line} counts {expected}, not {found}")]
    MixedCurrency {
        /// The budget line.
        line: Code,
        /// Its currency.
        expected: Currency,
        /// The currency of the amount.
        found: Currency,
    },
    /// The period takes no charges any more; the finance department may let the request in (已关账).
    #[error("the period {period} took charges until {until}")]
    PeriodClosed {
        /// The period that closed.
        period: Code,
        /// Its last day.
        until: Date,
    },
    /// The period of the line is not over.
    #[error("the period of the budget line {line} is not closed")]
    PeriodOpen {
        /// The budget line.
        line: Code,
        /// The last day on which it takes charges, if that is known.
        until: Option<Date>,
    },
    /// There is no budget line with this code.
    #[error("there is no budget line {line}")]
    UnknownBudgetLine {
        /// The code.
        line: Code,
    },
    /// One budget line is named twice.
    #[error("the budget line {line} is named twice")]
    BudgetLineTwice {
        /// The code.
        line: Code,
    },
    /// A transfer from a line to itself.
    #[error("a transfer needs two lines")]
    SameLine,
    /// Two lines that count differently cannot follow each other.
    #[error("the budget lines {from} and {to} do not count alike")]
    LinesDiffer {
        /// A line.
        from: Code,
        /// The other.
        to: Code,
    },
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
    /// The allowance's id was used before.
    #[error("there is an allowance {allowance} already")]
    AllowanceExists {
        /// The allowance.
        allowance: AllowanceId,
    },
    /// The device has an open allowance for the same lines.
    #[error("the device has the open allowance {allowance} for the same lines")]
    AllowanceOpen {
        /// The one that it has.
        allowance: AllowanceId,
    },
    /// The allowance would expire before it begins.
    #[error("the allowance would expire before it begins")]
    AllowanceExpired,
    /// There is no such allowance.
    #[error("there is no allowance {allowance}")]
    UnknownAllowance {
        /// The allowance.
        allowance: AllowanceId,
    },
    /// Spends are missing before those that were reported.
    #[error("the allowance {allowance} misses its spends from number {expected} on")]
    SpendsMissing {
        /// The allowance.
        allowance: AllowanceId,
        /// The first that is missing.
        expected: u32,
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
            Self::WrongTax { .. } => "wrong_tax",
            Self::LineTwice { .. } => "line_twice",
            Self::TooLarge => "amount_too_large",
            Self::UnknownMember { .. } => "unknown_member",
            Self::NoPeriod { .. } => "no_period",
            Self::NotValid { .. } => "member_not_valid",
            Self::NoBudgetLine { .. } => "no_budget_line",
            Self::TooManyLines { .. } => "too_many_budget_lines",
            Self::MixedCurrency { .. } => "mixed_currency",
            Self::PeriodClosed { .. } => "period_closed",
            Self::PeriodOpen { .. } => "period_open",
            Self::UnknownBudgetLine { .. } => "unknown_budget_line",
            Self::BudgetLineTwice { .. } => "budget_line_twice",
            Self::SameLine => "same_line",
            Self::LinesDiffer { .. } => "budget_lines_differ",
            Self::AlreadyReserved { .. } => "already_reserved",
            Self::NotReserved { .. } => "not_reserved",
            Self::NotConsumed { .. } => "not_consumed",
            Self::AllowanceExists { .. } => "allowance_exists",
            Self::AllowanceOpen { .. } => "allowance_open",
            Self::AllowanceExpired => "allowance_expired",
            Self::UnknownAllowance { .. } => "unknown_allowance",
            Self::SpendsMissing { .. } => "spends_missing",
            Self::Insufficient { .. } => "insufficient_budget",
        }
    }
}
