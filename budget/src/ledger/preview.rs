//! The answer while somebody is still typing: what would be left, without holding anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Charge, Shortage};
use crate::scheme::Control;
use crate::{Code, LineId, Money, Scheme};

/// What the budget says to some charges that are not yet submitted (预算试算).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Each budget line that the charges count on.
    pub lines: Vec<LineAnswer>,
    /// Claim lines that no budget line covers.
    pub uncovered: Vec<LineId>,
}

/// What one budget line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineAnswer {
    /// The budget line.
    pub line: Code,
    /// What the charges ask of it.
    pub requested: Money,
    /// What it has, as far as is known.
    pub available: Money,
    /// What it lacks; zero when it is enough.
    pub lacking: Money,
    /// What happens then.
    pub control: Control,
}

impl Answer {
    /// What the scheme says to `charges` when `available` tells what each line has left.
    ///
    /// A line whose balance is not known to the caller (because they may not see it) is left out.
    pub fn compute(scheme: &Scheme, charges: &[Charge], available: impl Fn(&Code) -> Option<Money>) -> Self {
        let mut wanted: BTreeMap<Code, Money> = BTreeMap::new();
        let mut uncovered = Vec::new();
        for charge in charges {
            let lines = scheme.control_set(&charge.block);
            if lines.is_empty() {
                uncovered.push(charge.line);
            }
            for line in lines {
                let sum = wanted.entry(line.code.clone()).or_default();
                // A sum beyond the range of money cannot fit any line; the authority says so by name.
                let counted = charge.counted(line.tax_basis).and_then(|amount| sum.checked_add(amount));
                *sum = counted.unwrap_or(*sum);
            }
        }
        let lines = wanted
            .into_iter()
            .filter_map(|(line, requested)| {
                let available = available(&line)?;
                let lacking = requested.checked_sub(available)?.max(Money::ZERO);
                let control = scheme.line(&line).map_or(Control::None, |line| line.control);
                Some(LineAnswer { line, requested, available, lacking, control })
            })
            .collect();
        Self { lines, uncovered }
    }

    /// Whether the authority would refuse these charges.
    pub fn is_refused(&self) -> bool {
        !self.uncovered.is_empty()
            || self.lines.iter().any(|line| line.control == Control::Hard && line.lacking > Money::ZERO)
    }

    /// The line with the least left after these charges: the one number to show.
    pub fn tightest(&self) -> Option<&LineAnswer> {
        self.lines
            .iter()
            .filter(|line| line.control != Control::None)
            .min_by_key(|line| line.available.checked_sub(line.requested))
    }
}

impl From<&Shortage> for LineAnswer {
    fn from(shortage: &Shortage) -> Self {
        Self {
            line: shortage.line.clone(),
            requested: shortage.requested,
            available: shortage.available,
            lacking: shortage.lacking,
            control: Control::Hard,
        }
    }
}
