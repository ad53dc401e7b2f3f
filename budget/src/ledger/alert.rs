//! Thresholds: shares of a limit at which people are told.

use serde::{Deserialize, Serialize};

use crate::{Code, Money};

/// A line reached a threshold (预警). It is told once, however often the use goes back and forth,
/// until the line's limit changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Crossing {
    /// The line.
    pub line: Code,
    /// The share of the limit, in percent.
    pub percent: u8,
    /// What was used then: consumed + reserved + escrowed.
    pub used: Money,
    /// The limit then.
    pub limit: Money,
}
