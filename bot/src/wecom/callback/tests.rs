use super::WeComCallbacks;
use crate::Secret;
use crate::callback::{CallbackRequest, HttpCallback, Received, Rejected};
use crate::card::{CardState, CardView};
use crate::envelope::Sealed;
use crate::envelope::vectors::{Vector, extra, positive};
use crate::tap::{MessageContent, Refusal, TapOutcome};
use crate::wecom::{WeComConfig, xml};
use proptest::prelude::*;

fn callbacks(vector: &Vector) -> WeComCallbacks {
    WeComCallbacks::new(&WeComConfig {
        corporation: vector.text("receive_id").into(),
        agent: 1_000_002,
        secret: Secret::new("s"),
        token: Secret::new(vector.text("token")),
        encoding_aes_key: Secret::new(vector.text("encoding_aes_key")),
        api_base: super::super::API_BASE.into(),
    })
    .unwrap()
}

fn request(vector: &Vector) -> CallbackRequest {
    let query = ["msg_signature", "timestamp", "nonce"].map(|name| (name.to_owned(), vector.text(name).to_owned()));
    let seconds: u64 = vector.text("timestamp").parse().unwrap();
    CallbackRequest { query: query.into(), now: seconds * 1000, ..CallbackRequest::default() }
}

fn sealed_request(plain: &str, now: u64) -> CallbackRequest {
    let envelope = positive("wecom-template-card-event-utf8").envelope();
    let sealed = envelope.seal(plain.as_bytes(), [3; 16], &(now / 1000).to_string(), "n");
    CallbackRequest {
        post: true,
        query: vec![
            ("msg_signature".into(), sealed.signature),
            ("timestamp".into(), sealed.timestamp),
            ("nonce".into(), sealed.nonce),
        ],
        body: format!("<xml><Encrypt><![CDATA[{}]]></Encrypt></xml>", sealed.encrypted).into_bytes(),
        now,
        ..CallbackRequest::default()
    }
}

#[test]
fn the_address_test_is_answered_with_the_bare_text() {
    for vector in [positive("wecom-url-verify-echostr"), extra("wecom-official-sample-echostr")] {
        let mut request = request(&vector);
        request.query.push(("echostr".into(), vector.text("encrypt").into()));
        let Ok(Received::Challenge(reply)) = callbacks(&vector).receive(&request) else { panic!() };
        assert_eq!(reply.body, vector.text("plaintext").as_bytes());
    }
}

#[test]
fn a_template_card_event_is_a_tap() {
    let vector = positive("wecom-template-card-event-utf8");
    let body = vector.text("http_body").as_bytes().to_vec();
    let request = CallbackRequest { post: true, body, ..request(&vector) };
    let Ok(Received::Tap(tap)) = callbacks(&vector).receive(&request) else { panic!() };
    assert_eq!((tap.user.as_str(), tap.corporation.as_str()), ("zhangsan", "ww1234567890abcdef"));
    assert_eq!((tap.card.as_str(), tap.token.as_str()), ("exp-0192f-zhangsan", "approve:0192f:审批"));
    assert_eq!(tap.details.as_deref(), Some(r#"{"code":"RC-0001","until":1794259200000}"#), "72 hours");
    assert_eq!(tap.evidence.reveal(), vector.text("plaintext"));
    let late = CallbackRequest { now: request.now + 300_001, ..request.clone() };
    assert_eq!(callbacks(&vector).receive(&late).unwrap_err(), Rejected::OutOfTime);
    let mut forged = request;
    forged.query[0].1 = "0".repeat(40);
    assert_eq!(callbacks(&vector).receive(&forged).unwrap_err(), Rejected::Forged);
}

fn event(user: &str, to: &str, agent: &str, kind: &str) -> String {
    format!(
        "<xml><ToUserName>{to}</ToUserName><FromUserName>{user}</FromUserName><CreateTime>1</CreateTime>{kind}\
         <AgentID>{agent}</AgentID><MsgId>9</MsgId></xml>"
    )
}

#[test]
fn what_is_not_ours_is_refused_and_what_concerns_nobody_is_passed_over() {
    let (now, us) = (1_794_000_000_000, "ww1234567890abcdef");
    let vector = positive("wecom-template-card-event-utf8");
    let receive = |text: &str| callbacks(&vector).receive(&sealed_request(text, now));
    let tap = "<MsgType>event</MsgType><Event>template_card_event</Event><TaskId>t</TaskId>";
    assert!(matches!(receive(&event("LiSi", us, "1000002", tap)), Ok(Received::Tap(tap)) if tap.user == "lisi"));
    assert_eq!(receive(&event("lisi", us, "7", tap)).unwrap_err(), Rejected::Malformed, "another app");
    assert_eq!(receive(&event("lisi", "ww2", "1000002", tap)).unwrap_err(), Rejected::Malformed, "another company");
    assert_eq!(receive(&event("", us, "1000002", tap)).unwrap_err(), Rejected::Malformed);
    assert_eq!(receive("not xml").unwrap_err(), Rejected::Malformed);
    let other = "<MsgType>event</MsgType><Event>enter_agent</Event>";
    assert!(matches!(receive(&event("lisi", us, "1000002", other)), Ok(Received::Nothing)));
    let text = "<MsgType>text</MsgType><Content> 我的待办 </Content>";
    let Ok(Received::Message(message)) = receive(&event("lisi", us, "1000002", text)) else { panic!() };
    assert_eq!(message.content, MessageContent::Text("我的待办".into()));
}

fn opened(reply: &[u8]) -> std::collections::BTreeMap<String, String> {
    let outer = xml::fields(std::str::from_utf8(reply).unwrap()).unwrap();
    let sealed = Sealed {
        encrypted: outer["Encrypt"].clone(),
        signature: outer["MsgSignature"].clone(),
        timestamp: outer["TimeStamp"].clone(),
        nonce: outer["Nonce"].clone(),
    };
    let plain = positive("wecom-template-card-event-utf8").envelope().open(&sealed).unwrap();
    let plain = String::from_utf8(plain).unwrap();
    let name = plain.split("<ReplaceName>").nth(1).unwrap().split("</ReplaceName>").next().unwrap().to_owned();
    let mut fields = xml::fields(&plain).unwrap();
    fields.insert("ReplaceName".into(), name);
    fields
}

#[test]
fn the_tappers_button_tells_the_outcome() {
    let vector = positive("wecom-template-card-event-utf8");
    let body = vector.text("http_body").as_bytes().to_vec();
    let callbacks = callbacks(&vector);
    let Ok(Received::Tap(tap)) = callbacks.receive(&CallbackRequest { post: true, body, ..request(&vector) }) else {
        panic!()
    };
    let view = CardView {
        request: "r".into(),
        step: 0,
        revision: 1,
        title: "t".into(),
        facts: Vec::new(),
        state: CardState::Withdrawn,
        actions: Vec::new(),
        detail_url: String::new(),
    };
    let refused = TapOutcome::Refused { view, why: Refusal::Expired };
    let fields = opened(&callbacks.answer(&tap, &refused, 1_794_000_001_000).body);
    assert_eq!(fields["MsgType"], "update_button");
    assert_eq!(fields["ReplaceName"], "<![CDATA[卡片已过期，请打开详情处理]]>");
    assert_eq!((fields["ToUserName"].as_str(), fields["CreateTime"].as_str()), ("zhangsan", "1794000001"));
    assert!(opened(&callbacks.processing(&tap, 0).body)["ReplaceName"].contains("处理中"));
    assert_eq!(callbacks.answer(&tap, &TapOutcome::Unavailable, 0).status, 503, "the buttons stay");
}

proptest! {
    #[test]
    fn a_genuine_envelope_with_any_content_never_panics(plain in "\\PC{0,300}", now in 0_u64..2_000_000_000_000) {
        let vector = positive("wecom-template-card-event-utf8");
        let _ = callbacks(&vector).receive(&sealed_request(&plain, now));
    }

    #[test]
    fn any_body_never_panics(body in prop::collection::vec(any::<u8>(), 0..300), post in any::<bool>()) {
        let vector = positive("wecom-template-card-event-utf8");
        let request = CallbackRequest { post, body, ..request(&vector) };
        prop_assert!(callbacks(&vector).receive(&request).is_err());
    }
}
