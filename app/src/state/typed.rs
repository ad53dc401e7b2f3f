//! From what a person typed to what a field holds, and back.
//!
//! Promise: text that is no value of its field stays as it was typed, with the code of what is wrong.

use budget::{Date, Money, RequestId};
use sync::{Field, Place, Scalar};

/// A field that somebody types in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, minicbor::Encode, minicbor::Decode)]
pub(crate) struct Spot {
    #[n(0)]
    pub(crate) request: RequestId,
    #[n(1)]
    pub(crate) place: Place,
    #[n(2)]
    pub(crate) field: Field,
}

/// The value that a text means for a field, or the stable code of what is wrong with it.
pub(crate) fn parse(field: Field, text: &str) -> Result<Scalar, &'static str> {
    let trimmed = text.trim();
    let value = match field {
        Field::Amount | Field::Total if trimmed.is_empty() => Scalar::Integer(0),
        Field::Amount | Field::Total => {
            // A point that waits for its digits is not yet wrong.
            let amount =
                Money::parse(trimmed.trim_end_matches(['.', '．', '。'])).map_err(budget::money::MoneyError::code)?;
            if amount.is_negative() {
                return Err("amount_not_positive");
            }
            Scalar::Integer(amount.fen())
        }
        Field::Date | Field::IssuedOn if trimmed.is_empty() => Scalar::Text(String::new()),
        Field::Date | Field::IssuedOn => {
            Scalar::Text(trimmed.parse::<Date>().map_err(|_| "date_malformed")?.to_string())
        }
        _ => Scalar::Text(text.to_owned()),
    };
    if field.accepts(&value) { Ok(value) } else { Err("too_long") }
}
