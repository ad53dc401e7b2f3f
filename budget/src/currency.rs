//! Currencies, by their ISO 4217 letters.
//!
//! Promise: amounts of two currencies are never added. A line counts in one currency and refuses
//! charges in another by name; conversion is done once, before a charge is made.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A currency (币种); renminbi unless something else is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text is not three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a currency: {0:?}")]
pub struct CurrencyError(pub String);

impl Currency {
    /// Renminbi (人民币).
    pub const CNY: Self = Self(*b"CNY");

    /// The currency with these letters, such as `USD`.
    pub fn new(text: &str) -> Result<Self, CurrencyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(CurrencyError(text.chars().take(16).collect())),
        }
    }

    /// Whether it is renminbi, which text forms leave out.
    pub fn is_cny(&self) -> bool {
        *self == Self::CNY
    }

    fn letters(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::CNY
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letters())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letters())
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        Self::new(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.letters().to_owned()
    }
}

impl<C> minicbor::Encode<C> for Currency {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(self.letters())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Currency {
    fn decode(decoder: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::new(decoder.str()?).map_err(minicbor::decode::Error::message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_capital_letters_are_a_currency() {
        assert_eq!(Currency::new("USD").unwrap().to_string(), "USD");
        assert!(Currency::new("CNY").unwrap().is_cny());
        for bad in ["", "cny", "CN", "CNYX", "元", "C1Y"] {
            assert!(Currency::new(bad).is_err(), "{bad}");
        }
    }
}
