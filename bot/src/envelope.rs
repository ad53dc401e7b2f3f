//! The encrypted envelope of a callback, as WeCom (企业微信) and DingTalk's event subscription use it.
//!
//! `AES-256-CBC(random16 ‖ length ‖ message ‖ receiver ‖ padding)` in base64, under a SHA-1 signature (WeCom path/90968,
//! open-dingtalk/DingTalk-Callback-Crypto). Two traps, both measured on real keys: the key's base64 ends in stray bits
//! that a strict decoder refuses, and the padding fills blocks of **32** bytes, so a library's PKCS#7 refuses it.
//!
//! The promise: the signature is compared first and in constant time, nothing is decrypted before it fits, and every
//! failure after that looks the same from outside, so that nobody can learn from our answers (no padding oracle).

mod block;
#[cfg(test)]
pub(crate) mod vectors;

use crate::secret::Secret;
use crate::signature;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};

pub(crate) use block::{Key, decrypt, encrypt};

/// Takes the stray bits that nearly every EncodingAESKey ends in.
const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// Messages are padded to a multiple of this many bytes, and a padding is never empty.
const PADDED_TO: usize = 32;
/// Random bytes in front, so that equal messages do not look equal.
const RANDOM: usize = 16;
const LENGTH: usize = 4;

/// An envelope as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The message in base64.
    pub encrypted: String,
    /// [`signature::envelope`] over the rest.
    pub signature: String,
    /// When it was sealed, as the platform writes it.
    pub timestamp: String,
    /// The sender's random text.
    pub nonce: String,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the EncodingAESKey is not 43 characters of base64")]
pub struct UnusableKey;

/// The envelope is not from the platform, or not for us. One error for every reason; the reason is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the envelope is not genuine")]
pub struct Forged;

/// What opens and seals envelopes for one receiver.
#[derive(Debug, Clone)]
pub struct Envelope {
    token: Secret,
    key: Key,
    receiver: String,
}

impl Envelope {
    /// `token` and `encoding_aes_key` as the platform's console shows them. `receiver` is the corpId in WeCom, the AppKey
    /// in DingTalk's event subscription, the suiteKey of a third-party suite.
    pub fn new(token: Secret, encoding_aes_key: &Secret, receiver: &str) -> Result<Self, UnusableKey> {
        let bytes = LENIENT.decode(format!("{}=", encoding_aes_key.reveal().trim())).map_err(|_| UnusableKey)?;
        let key = Key::new(bytes.try_into().map_err(|_| UnusableKey)?);
        Ok(Self { token, key, receiver: receiver.to_owned() })
    }

    /// The message, if the platform sealed it for us.
    pub fn open(&self, sealed: &Sealed) -> Result<Vec<u8>, Forged> {
        let expected = signature::envelope(self.token.reveal(), &sealed.timestamp, &sealed.nonce, &sealed.encrypted);
        if !signature::same(&expected, &sealed.signature.to_ascii_lowercase()) {
            return Err(refused("signature"));
        }
        let bytes = STANDARD.decode(&sealed.encrypted).map_err(|_| refused("base64"))?;
        let plain = decrypt(&self.key, self.key.vector(), &bytes).ok_or_else(|| refused("length"))?;
        let content = unpad(&plain).ok_or_else(|| refused("padding"))?;
        let (message, receiver) = split(content).ok_or_else(|| refused("structure"))?;
        if receiver != self.receiver.as_bytes() {
            return Err(refused("receiver"));
        }
        Ok(message.to_vec())
    }

    /// Seals a message. `random` must be fresh for each one.
    pub fn seal(&self, message: &[u8], random: [u8; RANDOM], timestamp: &str, nonce: &str) -> Sealed {
        let mut plain = random.to_vec();
        // A message of 4 GB does not fit into memory that an answer is made in.
        plain.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        plain.extend_from_slice(message);
        plain.extend_from_slice(self.receiver.as_bytes());
        let missing = PADDED_TO - plain.len() % PADDED_TO;
        plain.resize(plain.len() + missing, u8::try_from(missing).unwrap_or_default());
        let encrypted = STANDARD.encode(encrypt(&self.key, self.key.vector(), plain));
        let signature = signature::envelope(self.token.reveal(), timestamp, nonce, &encrypted);
        Sealed { encrypted, signature, timestamp: timestamp.to_owned(), nonce: nonce.to_owned() }
    }
}

fn refused(reason: &str) -> Forged {
    tracing::warn!(reason, "a callback envelope was refused");
    Forged
}

/// The content in front of its padding: 1 to 32 bytes, each of which says how many they are.
fn unpad(plain: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*plain.last()?);
    let (content, padding) = plain.split_at_checked(plain.len().checked_sub(count)?)?;
    let whole = (1..=PADDED_TO).contains(&count) && padding.iter().all(|byte| usize::from(*byte) == count);
    whole.then_some(content)
}

/// Message and receiver behind the random bytes and the length.
fn split(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = content.get(RANDOM..)?.split_at_checked(LENGTH)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    rest.split_at_checked(usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests;
