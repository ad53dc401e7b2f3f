//! Randomness from the operating system, for secrets and for ids that the server mints.
//!
//! Promise: if the operating system has no randomness, nothing is made from less.

use sha2::{Digest, Sha256};

/// The operating system gave no randomness.
#[derive(Debug, Clone, thiserror::Error)]
#[error("操作系统没有提供随机数 · the operating system gave no random numbers: {0}")]
pub struct RandomError(getrandom::Error);

/// `N` random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(RandomError)?;
    Ok(bytes)
}

/// SHA-256 of the parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
