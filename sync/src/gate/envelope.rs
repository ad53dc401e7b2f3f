//! What a change says on its outside: its name, its actor and what it follows.
//!
//! Promise: read without the merge engine, in time that grows with the bytes alone. It proves nothing: the gate
//! computes all of it again.

use sha2::{Digest, Sha256};

use super::bounds::{CHANGE_CHUNK, LARGEST_CHANGE, MAGIC, MOST_DEPENDENCIES, Reader};

/// The outside of a plain change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its name.
    pub hash: [u8; 32],
    /// Who made it.
    pub actor: [u8; 16],
    /// The changes that it follows.
    pub dependencies: Vec<[u8; 32]>,
}

impl Envelope {
    /// The outside of the change in these bytes; `None` when they are no plain change of a size that is admitted.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LARGEST_CHANGE {
            return None;
        }
        let mut reader = Reader(bytes);
        if reader.take(4)? != MAGIC {
            return None;
        }
        reader.take(4)?;
        // A change is named by what follows its checksum.
        let hash = Sha256::digest(reader.0).into();
        if reader.byte()? != CHANGE_CHUNK || usize::try_from(reader.unsigned()?) != Ok(reader.0.len()) {
            return None;
        }
        let count = reader.unsigned()?;
        if count > MOST_DEPENDENCIES {
            return None;
        }
        let mut dependencies = Vec::new();
        for _ in 0..count {
            dependencies.push(reader.take(32)?.try_into().ok()?);
        }
        if reader.unsigned()? != 16 {
            return None;
        }
        Some(Self { hash, actor: reader.take(16)?.try_into().ok()?, dependencies })
    }
}
