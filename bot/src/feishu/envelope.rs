//! Feishu's encrypted body: `base64(vector16 ‖ AES-256-CBC(message ‖ padding))` under SHA-256 of the Encrypt Key.

use crate::envelope::{Key, decrypt};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const BLOCK: usize = 16;

/// The message; `None` if it was not encrypted with this key.
pub(super) fn open(encrypt_key: &Secret, encrypted: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(encrypted).ok()?;
    let (vector, blocks) = bytes.split_first_chunk::<BLOCK>()?;
    let key = Key::new(Sha256::digest(encrypt_key.reveal().as_bytes()).into());
    let mut plain = decrypt(&key, *vector, blocks)?;
    let count = usize::from(*plain.last()?);
    let kept = plain.len().checked_sub(count)?;
    let whole = (1..=BLOCK).contains(&count) && plain.get(kept..)?.iter().all(|byte| usize::from(*byte) == count);
    plain.truncate(kept);
    whole.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::open;
    use crate::Secret;
    use crate::envelope::vectors::extra;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn the_vector_opens_with_its_key_and_with_no_other() {
        let vector = extra("feishu-card-action-trigger");
        let body: Value = serde_json::from_str(vector.text("body")).unwrap();
        let encrypted = body["encrypt"].as_str().unwrap();
        let key = Secret::new(vector.text("encrypt_key"));
        assert_eq!(open(&key, encrypted).unwrap(), vector.text("plaintext").as_bytes());
        let other = open(&Secret::new("other"), encrypted);
        assert!(other.is_none_or(|plain| serde_json::from_slice::<Value>(&plain).is_err()));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[A-Za-z0-9+/=]{0,200}") {
            let _ = open(&Secret::new("k"), &text);
        }
    }
}
