//! Names of documents.

use core::fmt;
use core::str::FromStr;

use budget::{PersonId, RequestId};

/// Which document: its kind and whose it is. Text form `claim/00010203-…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKey {
    /// The content of a request; its owner writes it.
    Claim(RequestId),
    /// The comments on a request; its participants write them.
    Thread(RequestId),
    /// What a person's devices share; only they write it.
    Preferences(PersonId),
}

/// The text names no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a document: {0:?}")]
pub struct DocumentKeyError(String);

impl DocumentKey {
    /// The request that it belongs to, if any.
    pub const fn request(&self) -> Option<RequestId> {
        match self {
            Self::Claim(id) | Self::Thread(id) => Some(*id),
            Self::Preferences(_) => None,
        }
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(id) => write!(f, "claim/{id}"),
            Self::Thread(id) => write!(f, "thread/{id}"),
            Self::Preferences(id) => write!(f, "prefs/{id}"),
        }
    }
}

impl FromStr for DocumentKey {
    type Err = DocumentKeyError;

    fn from_str(text: &str) -> Result<Self, DocumentKeyError> {
        let refused = || DocumentKeyError(text.chars().take(64).collect());
        let (kind, id) = text.split_once('/').ok_or_else(refused)?;
        match kind {
            "claim" => id.parse().map(Self::Claim).map_err(|_| refused()),
            "thread" => id.parse().map(Self::Thread).map_err(|_| refused()),
            "prefs" => id.parse().map(Self::Preferences).map_err(|_| refused()),
            _ => Err(refused()),
        }
    }
}

impl<C> minicbor::Encode<C> for DocumentKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.to_string())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for DocumentKey {
    fn decode(decoder: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        decoder.str()?.parse().map_err(minicbor::decode::Error::message)
    }
}
