//! Signed heads of the journal, in the form of C2SP tlog-checkpoint and signed-note.
//!
//! ```text
//! suanpan/1f0e…                       the journal's name: from the server's key, so it names one journal
//! 42                                  how many leaves
//! 0ohHL…=                             the root over them
//!
//! — suanpan/1f0e… Az3grl…=            the signature: four bytes of key id, then Ed25519
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::merkle::Hash;
use crate::random::sha256;

/// The byte that means Ed25519 in a signed note's key.
const ED25519: u8 = 0x01;

/// A head of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The journal's name.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a note is no checkpoint of this journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It has not the form.
    #[error("检查点格式不对 · the checkpoint is malformed")]
    Malformed,
    /// No signature of this key holds.
    #[error("检查点签名无效 · the checkpoint is not signed by this key")]
    BadSignature,
}

/// The name of the journal that this key signs.
pub fn origin(key: &VerifyingKey) -> String {
    let hash = sha256(&[key.as_bytes()]);
    format!("suanpan/{}", hex::encode(hash.get(..8).unwrap_or(&hash)))
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[ED25519], key.as_bytes()]);
    let mut id = [0; 4];
    for (to, from) in id.iter_mut().zip(hash) {
        *to = from;
    }
    id
}

/// The key as text, for configuring a witness (signed-note's verifier key).
pub fn verifier(key: &VerifyingKey) -> String {
    let name = origin(key);
    let mut bytes = vec![ED25519];
    bytes.extend_from_slice(key.as_bytes());
    format!("{name}+{}+{}", hex::encode(key_id(&name, key)), STANDARD.encode(bytes))
}

/// The key in such a text.
pub fn parse_verifier(text: &str) -> Option<VerifyingKey> {
    let (name, rest) = text.trim().split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let bytes = STANDARD.decode(key).ok()?;
    let (algorithm, bytes) = bytes.split_first()?;
    let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
    (*algorithm == ED25519 && id == hex::encode(key_id(name, &key))).then_some(key)
}

/// The signed head.
pub fn sign(key: &SigningKey, size: u64, root: Hash) -> String {
    let public = key.verifying_key();
    let name = origin(&public);
    let text = format!("{name}\n{size}\n{}\n", STANDARD.encode(root));
    let mut signature = key_id(&name, &public).to_vec();
    signature.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
    format!("{text}\n\u{2014} {name} {}\n", STANDARD.encode(signature))
}

/// The head in a note, once a signature of `key` holds.
pub fn open(note: &str, key: &VerifyingKey) -> Result<Checkpoint, CheckpointError> {
    let (text, signatures) = note.split_once("\n\n").ok_or(CheckpointError::Malformed)?;
    let text = format!("{text}\n");
    let mut lines = text.lines();
    let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
        return Err(CheckpointError::Malformed);
    };
    let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(CheckpointError::Malformed)?;
    let number: u64 = size.parse().map_err(|_| CheckpointError::Malformed)?;
    if number.to_string() != size {
        return Err(CheckpointError::Malformed);
    }
    let id = key_id(origin, key);
    let signed = signatures.lines().any(|line| {
        let Some(rest) = line.strip_prefix("\u{2014} ") else {
            return false;
        };
        let Some((name, encoded)) = rest.split_once(' ') else {
            return false;
        };
        let Ok(bytes) = STANDARD.decode(encoded) else {
            return false;
        };
        let Some((found, signature)) = bytes.split_first_chunk::<4>() else {
            return false;
        };
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        name == origin && *found == id && key.verify_strict(text.as_bytes(), &signature).is_ok()
    });
    if signed {
        Ok(Checkpoint { origin: origin.to_owned(), size: number, root })
    } else {
        Err(CheckpointError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_opens_with_its_key_only() {
        let key = SigningKey::from_bytes(&[3; 32]);
        let note = sign(&key, 42, [9; 32]);
        let public = key.verifying_key();
        let opened = open(&note, &public).unwrap();
        assert_eq!((opened.size, opened.root), (42, [9; 32]));
        assert_eq!(parse_verifier(&verifier(&public)), Some(public));
        let other = SigningKey::from_bytes(&[4; 32]).verifying_key();
        assert_eq!(open(&note, &other), Err(CheckpointError::BadSignature));
        assert_eq!(open(&note.replace("\n42\n", "\n41\n"), &public), Err(CheckpointError::BadSignature));
        assert_eq!(open(&note.replace("\n42\n", "\n042\n"), &public), Err(CheckpointError::Malformed));
        assert_eq!(open("", &public), Err(CheckpointError::Malformed));
    }

    #[test]
    fn the_published_example_key_is_read() {
        // The verifier key of the signed-note specification's example.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert!(parse_verifier(text).is_some());
        assert!(parse_verifier(&text.replace("c74f20a3", "c74f20a4")).is_none());
    }
}
