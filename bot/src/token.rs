//! The signed permission behind a button (操作令牌).
//!
//! A card travels through a chat platform and back through a person's phone, so nothing in a callback can be trusted but
//! what we signed ourselves: which request, which step, which revision, which approver, which verb, until when. The
//! server still checks that the platform's user is that approver and that the approver may act now: a token alone is
//! not authority.
//!
//! Form: `base64url(version ‖ CBOR ‖ HMAC-SHA256)`, without padding, at most [`LONGEST`] characters.

use crate::card::CardAction;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use minicbor::{Decode, Encode};
use sha2::Sha256;
use std::fmt;

/// The longest token in characters. DingTalk limits a card value to 1 KB and WeCom a button key to 1024 bytes.
pub const LONGEST: usize = 1024;

const VERSION: u8 = 1;
const SIGNATURE_BYTES: usize = 32;
/// Separates these signatures from any other use of the same key.
const DOMAIN: &[u8] = b"suanpan card action\0";

/// What a button permits, once its signature has been verified.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ActionToken {
    /// The request to decide.
    #[n(0)]
    pub request: String,
    /// The step of its route.
    #[n(1)]
    pub step: u32,
    /// The revision that the card showed.
    #[n(2)]
    pub revision: u32,
    /// The person (ours, not the platform's user) the card was sent to.
    #[n(3)]
    pub approver: String,
    /// The verb of the button.
    #[n(4)]
    pub action: CardAction,
    /// The first moment at which the token no longer counts, in Unix milliseconds.
    #[n(5)]
    pub expires_at: u64,
}

/// Why a token was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not a token: wrong alphabet, length, version or structure.
    #[error("not an action token")]
    Malformed,
    /// It is shaped like a token, but none of our keys signed it.
    #[error("the action token was not signed by this server")]
    WrongSignature,
    /// We signed it, but its time is over. What it said is returned, so the card can be refreshed.
    #[error("the action token has expired")]
    Expired(Box<ActionToken>),
    /// The ids are so long that the token would not fit a card.
    #[error("the action token would be longer than {LONGEST} characters")]
    TooLong,
}

impl TokenError {
    /// The stable code, for logs and texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "token.malformed",
            Self::WrongSignature => "token.wrong_signature",
            Self::Expired(_) => "token.expired",
            Self::TooLong => "token.too_long",
        }
    }
}

/// The keys that sign tokens. New tokens use the current key; the previous one still verifies, so that keys can be
/// rotated without breaking the cards that are already out.
#[derive(Clone)]
pub struct TokenKeys {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenKeys([redacted])")
    }
}

impl TokenKeys {
    /// Keys of 32 random bytes each.
    pub fn new(current: [u8; 32], previous: Option<[u8; 32]>) -> Self {
        Self { current, previous }
    }

    /// The token for one button of one approver. The only error is [`TokenError::TooLong`].
    pub fn sign(&self, token: &ActionToken) -> Result<String, TokenError> {
        let mut bytes = vec![VERSION];
        // Writing to memory cannot fail; if it ever did, the token would be unusable, which is what the error says.
        minicbor::encode(token, &mut bytes).map_err(|_| TokenError::TooLong)?;
        let signature =
            authenticator(&self.current).ok_or(TokenError::TooLong)?.chain_update(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&signature);
        let text = URL_SAFE_NO_PAD.encode(&bytes);
        if text.len() > LONGEST { Err(TokenError::TooLong) } else { Ok(text) }
    }

    /// Reads a token that came back in a callback. `now` is in Unix milliseconds.
    ///
    /// The signature is compared in constant time, before anything of the content is parsed.
    pub fn verify(&self, text: &str, now: u64) -> Result<ActionToken, TokenError> {
        if text.len() > LONGEST {
            return Err(TokenError::Malformed);
        }
        // This engine refuses padding and stray trailing bits, so one token has one spelling.
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)?;
        let (signed, signature) = bytes
            .len()
            .checked_sub(SIGNATURE_BYTES)
            .and_then(|length| bytes.split_at_checked(length))
            .ok_or(TokenError::Malformed)?;
        let Some((&VERSION, content)) = signed.split_first() else {
            return Err(TokenError::Malformed);
        };
        let genuine = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(authenticator)
            .any(|mac| mac.chain_update(signed).verify_slice(signature).is_ok());
        if !genuine {
            return Err(TokenError::WrongSignature);
        }
        let token: ActionToken = minicbor::decode(content).map_err(|_| TokenError::Malformed)?;
        if now >= token.expires_at {
            return Err(TokenError::Expired(Box::new(token)));
        }
        Ok(token)
    }
}

/// An authenticator that has already seen the domain. HMAC takes keys of any length, so this is always `Some`.
fn authenticator(key: &[u8; 32]) -> Option<Hmac<Sha256>> {
    <Hmac<Sha256> as Mac>::new_from_slice(key).ok().map(|mac| mac.chain_update(DOMAIN))
}

#[cfg(test)]
mod tests;
