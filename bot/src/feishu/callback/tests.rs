use super::FeishuCallbacks;
use crate::Secret;
use crate::callback::{CallbackRequest, HttpCallback, Received, Rejected};
use crate::envelope::vectors::extra;
use crate::envelope::{Key, encrypt};
use crate::feishu::FeishuConfig;
use crate::signature;
use base64::Engine as _;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const NOW: u64 = 1_794_000_000_000;
const KEY: &str = "encrypt-key-0001";

fn callbacks() -> FeishuCallbacks {
    FeishuCallbacks::new(&FeishuConfig {
        app_id: "cli_x".into(),
        app_secret: Secret::new("s"),
        encrypt_key: Secret::new(KEY),
        verification_token: Secret::new("verif-token"),
        tenant: "tk".into(),
        api_base: crate::feishu::API_BASE.into(),
    })
}

/// A body as Feishu encrypts it; with a signature unless it is an address test.
fn request(plain: &str, signed: bool) -> CallbackRequest {
    let mut bytes = plain.as_bytes().to_vec();
    let missing = 16 - bytes.len() % 16;
    bytes.resize(bytes.len() + missing, u8::try_from(missing).unwrap());
    let key = Key::new(Sha256::digest(KEY.as_bytes()).into());
    let mut whole = vec![7; 16];
    whole.extend(encrypt(&key, [7; 16], bytes));
    let body = json!({"encrypt": base64::engine::general_purpose::STANDARD.encode(whole)}).to_string();
    let signature = signature::feishu("1794000000", "n", KEY, body.as_bytes());
    let headers = [("timestamp", "x-lark-request-timestamp", "1794000000"), ("", "x-lark-request-nonce", "n")];
    let mut headers: Vec<(String, String)> = headers.map(|(_, name, value)| (name.into(), value.into())).into();
    if signed {
        headers.push(("x-lark-signature".into(), signature));
    }
    CallbackRequest { post: true, headers, body: body.into_bytes(), now: NOW, ..CallbackRequest::default() }
}

#[test]
fn the_vector_is_a_tap() {
    let vector = extra("feishu-card-action-trigger");
    let header = |name: &str, field: &str| (name.to_owned(), vector.text(field).to_owned());
    let request = CallbackRequest {
        post: true,
        headers: vec![
            header("x-lark-request-timestamp", "timestamp"),
            header("x-lark-request-nonce", "nonce"),
            header("x-lark-signature", "signature"),
        ],
        body: vector.text("body").as_bytes().to_vec(),
        now: NOW,
        ..CallbackRequest::default()
    };
    let Ok(Received::Tap(tap)) = callbacks().receive(&request) else { panic!() };
    assert_eq!((tap.corporation.as_str(), tap.user.as_str()), ("tk", "ou_1"));
    assert_eq!(tap.details.as_deref(), Some("om_1"));
    assert_eq!(tap.evidence.reveal(), vector.text("plaintext"));
    let late = CallbackRequest { now: NOW + 300_001, ..request.clone() };
    assert_eq!(callbacks().receive(&late).unwrap_err(), Rejected::OutOfTime);
    let mut forged = request.clone();
    forged.headers[2].1 = "0".repeat(64);
    assert_eq!(callbacks().receive(&forged).unwrap_err(), Rejected::Forged);
    let swapped = CallbackRequest { body: b"{\"encrypt\":\"AAAA\"}".to_vec(), ..request };
    assert_eq!(callbacks().receive(&swapped).unwrap_err(), Rejected::Forged, "the body is signed here");
}

#[test]
fn the_address_test_needs_the_token() {
    let test = |token: &str| json!({"type": "url_verification", "challenge": "c1", "token": token}).to_string();
    let Ok(Received::Challenge(reply)) = callbacks().receive(&request(&test("verif-token"), false)) else { panic!() };
    assert_eq!(serde_json::from_slice::<Value>(&reply.body).unwrap(), json!({"challenge": "c1"}));
    assert_eq!(callbacks().receive(&request(&test("other"), false)).unwrap_err(), Rejected::Forged);
}

fn event(token: &str, app: &str) -> String {
    json!({
        "header": {"event_type": "card.action.trigger", "token": token, "app_id": app, "event_id": "e"},
        "event": {"operator": {"tenant_key": "tk", "open_id": "ou_1"}, "action": {"value": {"token": "t", "card": "c"}}},
    })
    .to_string()
}

#[test]
fn only_signed_events_of_our_app_count() {
    let receive = |plain: &str, signed| callbacks().receive(&request(plain, signed));
    assert!(matches!(receive(&event("verif-token", "cli_x"), true), Ok(Received::Tap(tap)) if tap.token == "t"));
    assert_eq!(receive(&event("verif-token", "cli_x"), false).unwrap_err(), Rejected::Forged, "unsigned");
    assert_eq!(receive(&event("other", "cli_x"), true).unwrap_err(), Rejected::Forged);
    assert_eq!(receive(&event("verif-token", "cli_y"), true).unwrap_err(), Rejected::Malformed);
}

proptest! {
    #[test]
    fn any_genuine_content_never_panics(plain in "\\PC{0,200}", signed in any::<bool>()) {
        let _ = callbacks().receive(&request(&plain, signed));
    }

    #[test]
    fn any_body_never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let request = CallbackRequest { post: true, body, now: NOW, ..CallbackRequest::default() };
        prop_assert!(callbacks().receive(&request).is_err());
    }
}
