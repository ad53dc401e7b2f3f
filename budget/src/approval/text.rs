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

/// Amounts of rules: whole yuan as a number, others as a text such as `"199.50"`.
pub(super) mod yuan {
    use core::fmt;

    use serde::{Deserializer, Serializer, de};

    use crate::Money;

    // The form that serde calls.
    #[expect(clippy::ref_option)]
    pub(in crate::approval) fn serialize<S: Serializer>(amount: &Option<Money>, to: S) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) if amount.fen() % 100 == 0 => to.serialize_i64(amount.fen() / 100),
            Some(amount) => to.collect_str(amount),
            None => to.serialize_none(),
        }
    }

    pub(in crate::approval) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Money>, D::Error> {
        from.deserialize_any(Visitor).map(Some)
    }

    struct Visitor;

    impl de::Visitor<'_> for Visitor {
        type Value = Money;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an amount in yuan, such as 3000 or \"199.50\"")
        }

        fn visit_i64<E: de::Error>(self, yuan: i64) -> Result<Money, E> {
            Money::from_yuan(yuan).ok_or_else(|| E::custom("the amount is too large"))
        }

        fn visit_u64<E: de::Error>(self, yuan: u64) -> Result<Money, E> {
            i64::try_from(yuan).map_err(E::custom).and_then(|yuan| self.visit_i64(yuan))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Money, E> {
            Money::parse(text).map_err(E::custom)
        }
    }
}
