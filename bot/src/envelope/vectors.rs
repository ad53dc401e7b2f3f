//! The published and cross-checked vectors, read by the tests of every module that has a part in them.
//!
//! `vectors.json` was made with the vendors' own libraries and checked by at least two implementations that are not ours;
//! each entry says by which.

use super::{Envelope, Sealed};
use crate::Secret;
use serde_json::Value;

/// One entry of the file.
#[derive(Debug, Clone)]
pub(crate) struct Vector(pub(crate) Value);

impl Vector {
    /// A text of the entry.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} in {}", self.0))
    }

    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    /// What opens it.
    pub(crate) fn envelope(&self) -> Envelope {
        let key = Secret::new(self.text("encoding_aes_key"));
        Envelope::new(Secret::new(self.text("token")), &key, self.text("receive_id")).unwrap()
    }

    pub(crate) fn sealed(&self) -> Sealed {
        Sealed {
            encrypted: self.text("encrypt").to_owned(),
            signature: self.text("msg_signature").to_owned(),
            timestamp: self.text("timestamp").to_owned(),
            nonce: self.text("nonce").to_owned(),
        }
    }

    /// The entry with one text replaced.
    pub(crate) fn with(&self, name: &str, text: &str) -> Self {
        let mut changed = self.clone();
        changed.0[name] = text.into();
        changed
    }
}

/// Every entry of one part of the file.
pub(crate) fn part(name: &str) -> Vec<Vector> {
    let file: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    file[name].as_array().unwrap().iter().cloned().map(Vector).collect()
}

/// One entry of the positive part.
pub(crate) fn positive(name: &str) -> Vector {
    part("vectors").into_iter().find(|vector| vector.name() == name).unwrap()
}

/// One entry of the extra part.
pub(crate) fn extra(name: &str) -> Vector {
    part("extra").into_iter().find(|vector| vector.name() == name).unwrap()
}
