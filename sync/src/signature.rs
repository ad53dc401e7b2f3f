//! Keys of devices, and what they sign.
//!
//! Promise: a signature says which device, which purpose and which bytes, so that a signature given
//! for one purpose is worthless for another. Browsers sign and verify with WebCrypto; the relay
//! verifies here (feature `gate`).

use budget::{AllowanceId, DeviceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::DocumentKey;

/// A signature scheme that browsers have (RFC 8032; FIPS 186-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum Algorithm {
    /// Ed25519: a public key of 32 bytes.
    #[n(1)]
    #[serde(rename = "ed25519")]
    Ed25519,
    /// ECDSA with P-256 and SHA-256, for browsers without Ed25519: a public key of 65 bytes
    /// (uncompressed point), signatures as r ‖ s.
    #[n(2)]
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
}

/// Both schemes have signatures of 64 bytes.
pub const SIGNATURE_LENGTH: usize = 64;

/// A device's public key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct PublicKey {
    /// Its scheme.
    #[n(0)]
    pub algorithm: Algorithm,
    /// The raw key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

impl PublicKey {
    /// The device that owns this key: the first 16 bytes of SHA-256 over scheme and key.
    pub fn device(&self) -> DeviceId {
        let mut hash = Sha256::new();
        hash.update([match self.algorithm {
            Algorithm::Ed25519 => 1,
            Algorithm::EcdsaP256 => 2,
        }]);
        hash.update(&self.bytes);
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        DeviceId(id)
    }

    /// Whether `signature` is this key's over `message`. Wrong lengths and malformed keys are no.
    #[cfg(feature = "gate")]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.algorithm {
            Algorithm::Ed25519 => {
                let Ok(key) = <[u8; 32]>::try_from(self.bytes.as_slice()) else {
                    return false;
                };
                let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&key) else {
                    return false;
                };
                let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else {
                    return false;
                };
                key.verify_strict(message, &signature).is_ok()
            }
            Algorithm::EcdsaP256 => {
                use p256::ecdsa::signature::Verifier;
                let Ok(key) = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.bytes) else {
                    return false;
                };
                let Ok(signature) = p256::ecdsa::Signature::from_slice(signature) else {
                    return false;
                };
                key.verify(message, &signature).is_ok()
            }
        }
    }
}

/// What a device signs for one change of a document.
pub fn change_message(document: &DocumentKey, hash: &[u8; 32]) -> Vec<u8> {
    let mut message = b"suanpan-change-1\0".to_vec();
    message.extend_from_slice(document.to_string().as_bytes());
    message.push(0);
    message.extend_from_slice(hash);
    message
}

/// What the relay signs, with its own key, for one change of a program that cannot sign: that it came on a session of
/// this device. Such a change has this signature in the place of its device's. It holds for drafts and comments only;
/// there is nothing of the kind for a record, which its person signs or which does not exist.
pub fn vouch_message(document: &DocumentKey, hash: &[u8; 32], device: DeviceId) -> Vec<u8> {
    let mut message = b"suanpan-vouch-1\0".to_vec();
    message.extend_from_slice(document.to_string().as_bytes());
    message.push(0);
    message.extend_from_slice(hash);
    message.extend_from_slice(&device.bytes());
    message
}

/// What a device signs for one record.
pub fn record_message(body: &[u8]) -> Vec<u8> {
    let mut message = b"suanpan-record-1\0".to_vec();
    message.extend_from_slice(body);
    message
}

/// What a device signs for one spend under an allowance (额度), by the spend's hash, which covers the allowance.
pub fn spend_message(hash: &[u8; 32]) -> Vec<u8> {
    let mut message = b"suanpan-spend-1\0".to_vec();
    message.extend_from_slice(hash);
    message
}

/// What a device signs for its last word on an allowance: how many spends it made, and the hash of the last.
pub fn close_message(allowance: AllowanceId, count: u32, last: &[u8; 32]) -> Vec<u8> {
    let mut message = b"suanpan-close-1\0".to_vec();
    message.extend_from_slice(&allowance.bytes());
    message.extend_from_slice(&count.to_be_bytes());
    message.extend_from_slice(last);
    message
}

/// What a device signs to prove at sign-in that it holds the key it enrols.
pub fn enrolment_message(login: &str) -> Vec<u8> {
    let mut message = b"suanpan-enrol-1\0".to_vec();
    message.extend_from_slice(login.as_bytes());
    message
}

/// What a device signs with its present key to name the key that takes its place (密钥轮换). The new
/// key signs the same bytes, so that nobody names a key that they do not hold.
pub fn rotation_message(device: DeviceId, next: &PublicKey) -> Vec<u8> {
    let mut message = b"suanpan-rotation-1\0".to_vec();
    message.extend_from_slice(&device.bytes());
    message.extend_from_slice(&next.device().bytes());
    message
}

/// What a device signs to renew its session; `at` is its clock in milliseconds.
pub fn refresh_message(refresh_token: &str, at: i64) -> Vec<u8> {
    let mut message = b"suanpan-refresh-1\0".to_vec();
    message.extend_from_slice(refresh_token.as_bytes());
    message.push(0);
    message.extend_from_slice(at.to_string().as_bytes());
    message
}

#[cfg(all(test, feature = "gate"))]
mod tests {
    use super::*;
    use ed25519_dalek::Signer;

    #[test]
    fn a_signature_holds_for_its_bytes_and_purpose_only() {
        let secret = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let key = PublicKey { algorithm: Algorithm::Ed25519, bytes: secret.verifying_key().to_bytes().to_vec() };
        let message = record_message(b"approve");
        let signature = secret.sign(&message).to_bytes();
        assert!(key.verifies(&message, &signature));
        assert!(!key.verifies(&record_message(b"reject"), &signature));
        assert!(!key.verifies(&enrolment_message("approve"), &signature));
        assert!(!key.verifies(&message, &signature[..63]));
        let other = PublicKey { bytes: vec![0; 5], ..key };
        assert!(!other.verifies(&message, &signature));
    }

    #[test]
    fn a_browser_without_ed25519_is_understood() {
        use p256::ecdsa::signature::Signer as _;
        let secret = p256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
        let point = secret.verifying_key().to_encoded_point(false);
        let key = PublicKey { algorithm: Algorithm::EcdsaP256, bytes: point.as_bytes().to_vec() };
        let signature: p256::ecdsa::Signature = secret.sign(b"x");
        assert!(key.verifies(b"x", &signature.to_bytes()));
        assert!(!key.verifies(b"y", &signature.to_bytes()));
    }

    #[test]
    fn a_device_is_named_by_its_key() {
        let key = |byte| PublicKey { algorithm: Algorithm::Ed25519, bytes: vec![byte; 32] };
        assert_eq!(key(1).device(), key(1).device());
        assert_ne!(key(1).device(), key(2).device());
    }
}
