//! AES-256 in CBC mode over whole blocks, with no opinion on padding: each platform pads in its own way.

use aes::Aes256;
use cbc::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use std::fmt;

const BLOCK: usize = 16;

/// A key that is not printed.
#[derive(Clone)]
pub(crate) struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl Key {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first half of the key, which WeCom and DingTalk prescribe as the initial vector.
    pub(super) fn vector(&self) -> [u8; BLOCK] {
        self.0.first_chunk().copied().unwrap_or_default()
    }
}

/// The plain bytes, padding included; `None` unless there is a whole number of blocks and at least one.
pub(crate) fn decrypt(key: &Key, vector: [u8; BLOCK], bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = bytes.to_vec();
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut plain);
    if blocks.is_empty() || !rest.is_empty() {
        return None;
    }
    cbc::Decryptor::<Aes256>::new(&key.0.into(), &vector.into()).decrypt_blocks(blocks);
    Some(plain)
}

/// The encrypted bytes of whole blocks. What is left over at the end is dropped: the caller has padded.
pub(crate) fn encrypt(key: &Key, vector: [u8; BLOCK], mut plain: Vec<u8>) -> Vec<u8> {
    plain.truncate(plain.len() - plain.len() % BLOCK);
    let (blocks, _) = Array::slice_as_chunks_mut(&mut plain);
    cbc::Encryptor::<Aes256>::new(&key.0.into(), &vector.into()).encrypt_blocks(blocks);
    plain
}
