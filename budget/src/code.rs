//! Codes: the short names that a company gives its departments, projects, accounts and budget lines.
//!
//! Promise: a code is 1 to 48 characters of `A–Z a–z 0–9 . _ -`, so it is safe in a URL, a file, a
//! log and a spreadsheet.

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A short stable name inside one list: a department, an account, a budget line (编码).
///
/// Clones share one text, because a ledger names the same few lines in every entry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(Arc<str>);

/// The text cannot be a [`Code`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a code: {0:?}")]
pub struct CodeError(pub String);

impl Code {
    /// Longest code, in characters.
    pub const LONGEST: usize = 48;

    /// The code in `text`, or why it is none.
    pub fn new(text: &str) -> Result<Self, CodeError> {
        let fits = (1..=Self::LONGEST).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if fits && plain { Ok(Self(text.into())) } else { Err(CodeError(text.chars().take(64).collect())) }
    }

    /// For texts that this crate builds itself from digits and letters.
    pub(crate) fn from_plain(text: String) -> Self {
        debug_assert!(Self::new(&text).is_ok(), "{text:?} is no code");
        Self(text.into())
    }

    /// The text of the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Code {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::new(&text)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.as_str().to_owned()
    }
}

impl<C> minicbor::Encode<C> for Code {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Code {
    fn decode(decoder: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::new(decoder.str()?).map_err(minicbor::decode::Error::message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_text_is_a_code() {
        for good in ["MKT", "2026Q3", "6602.01", "a_b-c"] {
            assert_eq!(Code::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "市场部", "a b", "a/b", &"x".repeat(49)] {
            assert!(Code::new(bad).is_err(), "{bad}");
        }
    }
}
