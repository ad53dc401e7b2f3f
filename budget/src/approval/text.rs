//! Rules as people write them: TOML, with amounts in yuan; and where in the text a fault lies.
//!
//! Promise: reading what was written gives the same rules, and a mistake is named with its line.

use super::{Fault, RuleSet};

/// The text is not a set of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TextError(pub String);

impl RuleSet {
    /// The rules in a text. They still have to be checked, see [`super::check`].
    pub fn parse(text: &str) -> Result<Self, TextError> {
        toml::from_str(text).map_err(|error| TextError(error.to_string()))
    }

    /// The rules as a text.
    pub fn write(&self) -> Result<String, TextError> {
        toml::to_string(self).map_err(|error| TextError(error.to_string()))
    }
}

impl Fault {
    /// The line of the text on which the rule or the step that it names stands, from 1; none where it names none, or
    /// the text writes the name in a way of its own.
    pub fn line(&self, text: &str) -> Option<usize> {
        let (rule, step) = self.place();
        let mut in_rule = rule.is_none();
        let mut header = "";
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim_start();
            if line.starts_with('[') {
                header = line;
            }
            let of_rule = line.starts_with("name") && (header.starts_with("[[table]]") || header == "[[addition]]");
            if of_rule && rule.is_some_and(|rule| names(line, rule)) {
                if step.is_none() {
                    return Some(number);
                }
                in_rule = true;
            } else if in_rule && !of_rule && step.is_some_and(|step| names(line, step)) {
                return Some(number);
            }
        }
        None
    }

    /// The rule and the step that it names.
    fn place(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Unreachable { table, .. }
            | Self::NoStep { table, .. }
            | Self::TiersOverlap { table, .. }
            | Self::TierGap { table, .. } => (Some(table), None),
            Self::BoundTwice { rule } | Self::BoundsReversed { rule, .. } | Self::Unknown { rule, .. } => {
                (Some(rule), None)
            }
            Self::PhaseOrder { table, step } => (Some(table), Some(step)),
            Self::Vacant { step, .. } | Self::NobodyDecides { step, .. } => (None, Some(step)),
            Self::NoTable { .. } | Self::Aggregate | Self::Escalation => (None, None),
        }
    }
}

/// Whether a line of TOML says `name = "…"` with this name, by itself or inside braces.
fn names(line: &str, name: &str) -> bool {
    line.split("name").skip(1).any(|after| {
        let value = after.trim_start().strip_prefix('=').map(str::trim_start).unwrap_or_default();
        ['"', '\''].iter().any(|quote| {
            value
                .strip_prefix(*quote)
                .and_then(|value| value.strip_prefix(name))
                .is_some_and(|end| end.starts_with(*quote))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::{Money, RequestKind};

    use super::*;

    const TEXT: &str = r#"name = "费用"

[[table]]
name = "费用"
[[table.tier]]
upTo = 3000
steps = [
  { name = "财务", phase = "review", by = { role = "finance" } },
]

[[table]]
name = "差旅"
[[table.tier]]
steps = [{ phase = "approve", name = "财务", by = { role = "finance" } }]
"#;

    #[track_caller]
    fn check(fault: &Fault, expected: Option<usize>) {
        assert_eq!(fault.line(TEXT), expected, "{fault:?}");
    }

    #[test]
    fn a_fault_lies_where_its_rule_or_step_is_named() {
        let example = Money::ZERO;
        check(&Fault::TierGap { table: "费用".into(), example }, Some(4));
        check(&Fault::TierGap { table: "差旅".into(), example }, Some(12));
        check(&Fault::PhaseOrder { table: "差旅".into(), step: "财务".into() }, Some(14));
        check(&Fault::Vacant { step: "财务".into(), example: "Finance".into() }, Some(8));
        check(&Fault::Vacant { step: "财".into(), example: "Finance".into() }, None);
        check(&Fault::NoTable { kind: RequestKind::Payment }, None);
    }

    #[test]
    fn the_same_in_the_text_that_the_form_writes() {
        let text = RuleSet::parse(TEXT).unwrap().write().unwrap();
        let line = |fault: Fault| fault.line(&text).and_then(|line| text.lines().nth(line - 1)).unwrap().to_owned();
        assert_eq!(line(Fault::TierGap { table: "差旅".into(), example: Money::ZERO }), "name = \"差旅\"");
        assert_eq!(line(Fault::Vacant { step: "财务".into(), example: "Finance".into() }), "name = \"财务\"");
    }
}
