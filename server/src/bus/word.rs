//! A word: which batches it speaks of, and what they moved.
//!
//! Its text is short and always fits what `NOTIFY` takes: `17 19 b rUUID dclaim/UUID`, or `17 240 *` when naming
//! everything would be too long.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::authority::Effect;

/// The most things that a word names. A name is at most 45 bytes long, a payload of PostgreSQL 8,000.
const MOST: usize = 150;

/// What moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Moved {
    /// These things.
    These(BTreeSet<Effect>),
    /// More than can be named.
    Everything,
}

/// What the server that writes tells the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The first batch it speaks of.
    pub(crate) first: u64,
    /// The last; the one before the first when no new batch is counted yet.
    pub(crate) last: u64,
    /// What they moved.
    pub(crate) moved: Moved,
}

impl Default for Moved {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Moved {
    /// Takes more of it in. What waits for chat platforms concerns the server that writes alone.
    pub(super) fn add(&mut self, effects: &[Effect]) {
        let Self::These(known) = self else { return };
        known.extend(effects.iter().filter(|effect| **effect != Effect::Outbox));
        if known.len() > MOST {
            *self = Self::Everything;
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::These(known) if known.is_empty())
    }
}

/// The text is no word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a word of the bus")]
pub(crate) struct WordError;

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.first, self.last)?;
        let Moved::These(effects) = &self.moved else {
            return f.write_str(" *");
        };
        effects.iter().try_for_each(|effect| match effect {
            Effect::Document(key) => write!(f, " d{key}"),
            Effect::Request(request) => write!(f, " r{request}"),
            Effect::Device(device) => write!(f, " v{device}"),
            Effect::Budget => f.write_str(" b"),
            Effect::Company => f.write_str(" c"),
            Effect::Fingerprints => f.write_str(" f"),
            Effect::Outbox => Ok(()),
        })
    }
}

impl FromStr for Word {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let mut parts = text.split(' ');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).ok_or(WordError);
        let (first, last) = (number()?, number()?);
        let mut effects = BTreeSet::new();
        for part in parts {
            if part == "*" {
                return Ok(Self { first, last, moved: Moved::Everything });
            }
            effects.insert(effect(part).ok_or(WordError)?);
        }
        Ok(Self { first, last, moved: Moved::These(effects) })
    }
}

fn effect(text: &str) -> Option<Effect> {
    let kind = text.chars().next()?;
    let name = text.get(kind.len_utf8()..)?;
    match kind {
        'd' => name.parse().ok().map(Effect::Document),
        'r' => name.parse().ok().map(Effect::Request),
        'v' => name.parse().ok().map(Effect::Device),
        'b' if name.is_empty() => Some(Effect::Budget),
        'c' if name.is_empty() => Some(Effect::Company),
        'f' if name.is_empty() => Some(Effect::Fingerprints),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use budget::{DeviceId, PersonId, RequestId};
    use sync::DocumentKey;

    use super::*;

    fn id(number: u16) -> RequestId {
        let mut bytes = [0xff; 16];
        for (to, from) in bytes.iter_mut().zip(number.to_be_bytes()) {
            *to = from;
        }
        RequestId(bytes)
    }

    #[test]
    fn a_word_comes_back_as_it_went() {
        let effects = [
            Effect::Document(DocumentKey::Claim(id(1))),
            Effect::Document(DocumentKey::Thread(id(2))),
            Effect::Document(DocumentKey::Preferences(PersonId([3; 16]))),
            Effect::Request(id(4)),
            Effect::Device(DeviceId([5; 16])),
            Effect::Budget,
            Effect::Company,
            Effect::Fingerprints,
        ];
        for moved in [Moved::These(effects.into()), Moved::default(), Moved::Everything] {
            let word = Word { first: 17, last: 19, moved };
            assert_eq!(word.to_string().parse(), Ok(word));
        }
        for broken in ["", "1", "1 x", "1 2 q", "1 2 bb", "1 2 rnobody", "-1 2", "1 2 "] {
            assert_eq!(broken.parse::<Word>(), Err(WordError), "{broken}");
        }
    }

    #[test]
    fn however_much_moves_a_word_fits_into_notify() {
        let mut moved = Moved::default();
        moved.add(&[Effect::Outbox]);
        assert!(moved.is_nothing());
        let mut longest = 0;
        for number in 0..1_000 {
            moved.add(&[Effect::Document(DocumentKey::Thread(id(number)))]);
            longest = longest.max(Word { first: u64::MAX, last: u64::MAX, moved: moved.clone() }.to_string().len());
        }
        assert_eq!(moved, Moved::Everything);
        assert!((6_000..8_000).contains(&longest), "{longest}");
    }
}
