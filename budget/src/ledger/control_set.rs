//! The budget lines that one charge must fit, as entries name them.

use core::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Code;

/// Codes of budget lines, sorted (控制集). Clones share one list: a ledger names few sets in many entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlSet(Arc<[Code]>);

impl Default for ControlSet {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl FromIterator<Code> for ControlSet {
    fn from_iter<I: IntoIterator<Item = Code>>(codes: I) -> Self {
        let mut codes: Vec<Code> = codes.into_iter().collect();
        codes.sort_unstable();
        codes.dedup();
        Self(codes.into())
    }
}

impl Deref for ControlSet {
    type Target = [Code];

    fn deref(&self) -> &[Code] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a ControlSet {
    type Item = &'a Code;
    type IntoIter = core::slice::Iter<'a, Code>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Serialize for ControlSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for ControlSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Vec::deserialize(deserializer)?.into()))
    }
}

impl<C> minicbor::Encode<C> for ControlSet {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.array(u64::try_from(self.0.len()).unwrap_or(u64::MAX))?;
        self.0.iter().try_for_each(|code| code.encode(encoder, context))
    }
}

impl<'b, C> minicbor::Decode<'b, C> for ControlSet {
    fn decode(decoder: &mut minicbor::Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self(Vec::<Code>::decode(decoder, context)?.into()))
    }
}
