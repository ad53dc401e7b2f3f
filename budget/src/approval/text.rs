//! Rules as people write them: TOML, with amounts in yuan.
//!
//! Promise: reading what was written gives the same rules, and a mistake is named with its line.

use super::RuleSet;

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
