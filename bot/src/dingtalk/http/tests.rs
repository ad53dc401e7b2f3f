use super::{CardCallbacks, Events};
use crate::Secret;
use crate::callback::{CallbackRequest, HttpCallback, Received, Rejected};
use crate::envelope::vectors::{extra, positive};
use serde_json::{Value, json};

const NOW: u64 = 1_794_000_000_123;

fn tap_request(now: u64, body: &Value) -> CallbackRequest {
    let vector = extra("dingtalk-card-http-callback-signature");
    CallbackRequest {
        post: true,
        headers: vec![
            ("x-ddpaas-signature-timestamp".into(), vector.text("timestamp").into()),
            ("x-ddpaas-signature".into(), vector.text("signature").into()),
        ],
        body: body.to_string().into_bytes(),
        now,
        ..CallbackRequest::default()
    }
}

fn callbacks() -> CardCallbacks {
    CardCallbacks::new(Secret::new("cardSecret"))
}

fn body() -> Value {
    let content = json!({"cardPrivateData": {"actionIds": ["1"], "params": {"token": "the token"}}});
    json!({"outTrackId": "card-1", "corpId": "ding1", "userId": "li", "content": content.to_string()})
}

#[test]
fn a_signed_callback_is_a_tap() {
    let Ok(Received::Tap(tap)) = callbacks().receive(&tap_request(NOW, &body())) else { panic!() };
    assert_eq!((tap.card.as_str(), tap.user.as_str(), tap.token.as_str()), ("card-1", "li", "the token"));
    assert_eq!(tap.evidence.reveal(), body().to_string());
}

#[test]
fn what_is_not_signed_or_not_now_is_refused() {
    let refused = |request: &CallbackRequest| callbacks().receive(request).unwrap_err();
    let mut forged = tap_request(NOW, &body());
    forged.headers[1].1 = "AAAA".into();
    assert_eq!(refused(&forged), Rejected::Forged);
    let mut bare = tap_request(NOW, &body());
    bare.headers.clear();
    assert_eq!(refused(&bare), Rejected::Forged);
    for away in [NOW + 300_001, NOW - 300_001] {
        assert_eq!(refused(&tap_request(away, &body())), Rejected::OutOfTime);
    }
    assert_eq!(refused(&tap_request(NOW, &json!([]))), Rejected::Malformed);
}

fn event_request(name: &str, parameter: &str) -> (Events, CallbackRequest) {
    let vector = positive(name);
    let query = [(parameter, "msg_signature"), ("timestamp", "timestamp"), ("nonce", "nonce")];
    let request = CallbackRequest {
        post: true,
        query: query.map(|(name, field)| (name.to_owned(), vector.text(field).to_owned())).into(),
        body: json!({"encrypt": vector.text("encrypt")}).to_string().into_bytes(),
        now: vector.text("timestamp").parse().unwrap(),
        ..CallbackRequest::default()
    };
    (Events::new(vector.envelope()), request)
}

#[test]
fn events_open_and_are_answered_with_success() {
    for (name, parameter, kind) in [
        ("dingtalk-check-url-official", "signature", "check_url"),
        ("dingtalk-check-create-suite-url-official", "msg_signature", "check_create_suite_url"),
    ] {
        let (events, request) = event_request(name, parameter);
        assert_eq!(events.open(&request).unwrap().kind, kind);
        let reply = events.success([7; 16], "1608001896814", "nonce");
        let reply: Value = serde_json::from_slice(&reply.body).unwrap();
        let sealed = crate::envelope::Sealed {
            encrypted: reply["encrypt"].as_str().unwrap().into(),
            signature: reply["msg_signature"].as_str().unwrap().into(),
            timestamp: reply["timeStamp"].as_str().unwrap().into(),
            nonce: reply["nonce"].as_str().unwrap().into(),
        };
        assert_eq!(positive(name).envelope().open(&sealed).as_deref(), Ok(&b"success"[..]));
    }
    let (events, mut request) = event_request("dingtalk-check-url-official", "signature");
    request.now += 300_001;
    assert_eq!(events.open(&request).unwrap_err(), Rejected::OutOfTime);
}
