//! Amounts as people write them in tables of rules: whole yuan as a number, others as a text such as `"199.50"`.
//!
//! Promise: a binary fraction is refused, never rounded.

use core::fmt;

use serde::{Deserializer, Serializer, de};

use crate::Money;

// Eight bytes are more than a pointer in the browser and no more than one elsewhere.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(crate) fn serialize<S: Serializer>(amount: &Money, to: S) -> Result<S::Ok, S::Error> {
    if amount.fen() % 100 == 0 { to.serialize_i64(amount.fen() / 100) } else { to.collect_str(amount) }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
    from.deserialize_any(Visitor)
}

/// The same for an amount that may be missing.
pub(crate) mod optional {
    use serde::{Deserializer, Serializer};

    use crate::Money;

    // The form that serde calls.
    #[expect(clippy::ref_option)]
    pub(crate) fn serialize<S: Serializer>(amount: &Option<Money>, to: S) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => super::serialize(amount, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Money>, D::Error> {
        super::deserialize(from).map(Some)
    }
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
