//! Identifiers: sixteen bytes, minted on the device that makes the thing.
//!
//! Promise: an id is made once and travels unchanged, so a retry after a lost answer names the same
//! thing. The text form is the hyphenated UUID; the binary form is the sixteen bytes.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The text is not a hyphenated UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: {0:?}")]
pub struct IdError(pub String);

fn parse(text: &str) -> Result<[u8; 16], IdError> {
    let refused = || IdError(text.chars().take(64).collect());
    if text.len() != 36 {
        return Err(refused());
    }
    let mut bytes = [0u8; 16];
    let mut digits = 0usize;
    for (position, letter) in text.chars().enumerate() {
        if matches!(position, 8 | 13 | 18 | 23) {
            if letter != '-' {
                return Err(refused());
            }
            continue;
        }
        let digit = letter.to_digit(16).ok_or_else(refused)?;
        let digit = u8::try_from(digit).map_err(|_| refused())?;
        let byte = bytes.get_mut(digits / 2).ok_or_else(refused)?;
        *byte = (*byte << 4) | digit;
        digits += 1;
    }
    if digits == 32 { Ok(bytes) } else { Err(refused()) }
}

fn write(bytes: [u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The sixteen bytes.
            pub const fn bytes(self) -> [u8; 16] {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), " "))?;
                write(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let bytes = decoder.bytes()?;
                let bytes = <[u8; 16]>::try_from(bytes)
                    .map_err(|_| minicbor::decode::Error::message("an identifier has 16 bytes"))?;
                Ok(Self(bytes))
            }
        }
    )*};
}

identifiers! {
    /// Money that a device may spend offline (额度), from its grant to its end.
    AllowanceId;
    /// One command to the ledger; the same id is the same command for ever.
    CommandId;
    /// A device that signs: derived from its public key, see `sync::signature`.
    DeviceId;
    /// One revision of a request as the ledger sees it: what a reservation belongs to.
    DocumentId;
    /// An invoice attached to a claim.
    InvoiceId;
    /// A line of a claim.
    LineId;
    /// A person of the organisation.
    PersonId;
    /// A request of any kind: claim, application, plan, adjustment.
    RequestId;
}

impl RequestId {
    /// The ledger's document for this request. One request holds one set of reservations,
    /// whichever revision made them.
    pub const fn document(self) -> DocumentId {
        DocumentId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let id = RequestId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string(), "00010203-0405-0607-0809-0a0b0c0d0eff");
        assert_eq!(id.to_string().parse(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<RequestId>(&json).unwrap(), id);
        let bytes = minicbor::to_vec(id).unwrap();
        assert_eq!(minicbor::decode::<RequestId>(&bytes).unwrap(), id);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "0001", "00010203-0405-0607-0809-0a0b0c0d0ef", "0001020300405-0607-0809-0a0b0c0d0eff", "报销"]
        {
            assert!(text.parse::<RequestId>().is_err(), "{text}");
        }
    }
}
