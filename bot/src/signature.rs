//! The signatures that chat platforms prescribe, and how two of them are compared.
//!
//! The promise: a comparison takes the same time wherever the first difference is, so that an answer's delay tells
//! nothing about a secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Whether two texts are the same, in constant time for texts of one length.
pub fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// The signature of a callback envelope (WeCom path/90968, DingTalk event subscription): SHA-1 over the four texts in
/// byte order, in lower-case hexadecimal.
pub fn envelope(token: &str, timestamp: &str, nonce: &str, encrypted: &str) -> String {
    let mut parts = [token, timestamp, nonce, encrypted];
    parts.sort_unstable();
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// The `x-ddpaas-signature` of DingTalk's HTTP card callback. It covers the timestamp and **not the body**.
pub fn dingtalk_card(api_secret: &str, timestamp: &str) -> String {
    hmac_base64(api_secret, &[timestamp])
}

/// The `sign` of DingTalk's HTTP robot messages, in and out. It covers the timestamp and **not the body**.
pub fn dingtalk_robot(secret: &str, timestamp: &str) -> String {
    hmac_base64(secret, &[timestamp, "\n", secret])
}

/// The `X-Lark-Signature` of Feishu: SHA-256 over timestamp, nonce, encrypt key and the raw body, in hexadecimal.
pub fn feishu(timestamp: &str, nonce: &str, encrypt_key: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [timestamp.as_bytes(), nonce.as_bytes(), encrypt_key.as_bytes(), body] {
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// The JS-SDK signature of WeCom and WeChat. A page's fragment is no part of its address here.
pub fn js_sdk(ticket: &str, nonce: &str, timestamp: u64, url: &str) -> String {
    let page = url.split_once('#').map_or(url, |(page, _)| page);
    let text = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}");
    hex::encode(Sha1::digest(text.as_bytes()))
}

fn hmac_base64(key: &str, parts: &[&str]) -> String {
    // HMAC takes keys of any length; should that ever change, an empty text is no signature anybody sends.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    for part in parts {
        mac.update(part.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::{dingtalk_card, dingtalk_robot, feishu, js_sdk, same};
    use crate::envelope::vectors::extra;

    #[test]
    fn comparing_sees_every_difference() {
        assert!(same("abc", "abc"));
        for other in ["abd", "bbc", "ab", "abcd", ""] {
            assert!(!same("abc", other), "{other}");
        }
    }

    #[test]
    fn dingtalks_signatures_are_as_published() {
        let card = extra("dingtalk-card-http-callback-signature");
        assert_eq!(dingtalk_card(card.text("api_secret"), card.text("timestamp")), card.text("signature"));
        let robot = extra("dingtalk-robot-sign");
        assert_eq!(dingtalk_robot(robot.text("secret"), robot.text("timestamp")), robot.text("sign"));
    }

    #[test]
    fn the_js_sdk_signs_the_page_without_its_fragment() {
        let vector = extra("jsapi-signature-wecom-wechat");
        let sign = |url: &str| js_sdk(vector.text("ticket"), vector.text("noncestr"), 1_794_000_000, url);
        assert_eq!(sign(vector.text("url")), vector.text("signature"));
        assert_eq!(sign(&format!("{}#/claims", vector.text("url"))), vector.text("signature"));
        assert_ne!(sign("https://app.example.com/m/?a=2"), vector.text("signature"));
    }

    #[test]
    fn feishu_signs_the_body() {
        let vector = extra("feishu-card-action-trigger");
        let sign = |body: &str| {
            feishu(vector.text("timestamp"), vector.text("nonce"), vector.text("encrypt_key"), body.as_bytes())
        };
        assert_eq!(sign(vector.text("body")), vector.text("signature"));
        assert_ne!(sign("{}"), vector.text("signature"));
    }
}
