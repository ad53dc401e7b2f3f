//! The mini-program's session: who WeChat vouched for and until when, under our signature. Nothing is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bot::{ChatIdentity, Platform};
use budget::Timestamp;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Two hours, as long as WeChat's own session usually lasts.
const LIFE: i64 = 2 * 3_600_000;
const SIGNATURE: usize = 32;

fn mac(key: &[u8; 32], content: &[u8]) -> Option<Hmac<Sha256>> {
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(key).ok()?;
    Some(mac.chain_update(b"suanpan mini-program session\0").chain_update(content))
}

/// A token for this user. Empty, which opens nothing, only if the signature cannot be made.
pub(super) fn make(key: &[u8; 32], identity: &ChatIdentity, now: Timestamp) -> String {
    let until = now.plus(LIFE).0.to_be_bytes();
    let mut content = until.to_vec();
    content.extend_from_slice(identity.corporation.as_bytes());
    content.push(0);
    content.extend_from_slice(identity.user.as_bytes());
    let Some(signature) = mac(key, &content).map(|mac| mac.finalize().into_bytes()) else {
        return String::new();
    };
    content.extend_from_slice(&signature);
    URL_SAFE_NO_PAD.encode(content)
}

/// The user of a token that is ours and has not ended.
pub(super) fn open(key: &[u8; 32], token: &str, now: Timestamp) -> Option<ChatIdentity> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (content, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
    mac(key, content)?.verify_slice(signature).ok()?;
    let (until, names) = content.split_first_chunk::<8>()?;
    if i64::from_be_bytes(*until) <= now.0 {
        return None;
    }
    let (corporation, user) = std::str::from_utf8(names).ok()?.split_once('\0')?;
    Some(ChatIdentity::new(Platform::WeChatMiniProgram, corporation, user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_whose_it_is_until_it_ends() {
        let (key, now) = ([1; 32], Timestamp(1_790_000_000_000));
        let who = ChatIdentity::new(Platform::WeChatMiniProgram, "wx1", "openid");
        let token = make(&key, &who, now);
        assert_eq!(open(&key, &token, now), Some(who));
        assert_eq!(open(&key, &token, now.plus(LIFE)), None, "ended");
        assert_eq!(open(&[2; 32], &token, now), None, "another server's");
        for broken in ["", "AAAA", &token[1..], &format!("{token}A")] {
            assert_eq!(open(&key, broken, now), None, "{broken}");
        }
    }
}
