//! Everything that reads what a chat platform, or somebody in its place, sends: against inputs that are changed at random,
//! for a while.
//!
//! What stands behind a signature is changed before it is signed, so that the changes reach the readers. An input that
//! makes a reader panic, or keeps it busy too long, is written to `tests/corpus` under the name of its target; every run
//! reads that folder first, each file with every reader.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop where it is"
)]

#[path = "../../ocr/tests/mutations/changes.rs"]
mod changes;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bot::callback::{CallbackRequest, HttpCallback, Received};
use bot::dingtalk::http::CardCallbacks;
use bot::dingtalk::wire::{CardCallback, Frame, RobotMessage};
use bot::envelope::Envelope;
use bot::feishu::FeishuConfig;
use bot::feishu::callback::FeishuCallbacks;
use bot::wecom::ai_bot::{self, AiBotConfig};
use bot::wecom::callback::WeComCallbacks;
use bot::wecom::{WeComConfig, xml};
use bot::{ActionToken, CardAction, Secret, TokenError, TokenKeys, signature};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use changes::{Random, run};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

/// No callback is longer than 64 KB; one that takes longer than this, on a machine busy with other tests, is an attack.
const MOST_TIME: Duration = Duration::from_secs(5);
const NOW: u64 = 1_794_000_000_000;
const AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const ENCRYPT_KEY: &str = "encrypt-key-0001";
const SIGNING_KEY: [u8; 32] = [7; 32];

/// Pieces that make a difference in XML, in JSON, in JSON inside a string, and in base64.
const PIECES: [&str; 26] = [
    "<![CDATA[",
    "]]>",
    "<xml>",
    "</xml>",
    "<a/>",
    "<!DOCTYPE x [<!ENTITY a \"aa\">]>",
    "&a;",
    "&#x0;",
    "&#xD800;",
    "<?x?>",
    "{",
    "}",
    "[[[[[[[[[[[[[[[[",
    "\\\"",
    "\\u0000",
    "\\ud83d",
    "null",
    "-1e999",
    "99999999999999999999999",
    "\"data\":",
    "\"headers\":[]",
    "=",
    "+/",
    "\u{202e}",
    "\u{0}",
    "李四",
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Reads the bytes; whatever goes wrong is kept under a name and fails the test.
fn survive(target: &str, bytes: &[u8], read: impl Fn(&[u8])) {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| read(bytes)));
    let took = started.elapsed();
    if outcome.is_err() || took > MOST_TIME {
        let path = corpus().join(format!("{target}-{}", hex::encode(&Sha256::digest(bytes)[..4])));
        fs::write(&path, bytes).unwrap();
        panic!("{target}: panicked {} after {took:?}; kept as {}", outcome.is_err(), path.display());
    }
}

/// One of the sound inputs, changed, with parts of another one.
fn changed(random: &mut Random, sound: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = sound[random.below(sound.len())].clone();
    let other = sound[random.below(sound.len())].clone();
    random.change(&mut bytes, &PIECES, &other);
    bytes
}

/// A frame of DingTalk's stream, and all that is read out of it.
fn stream(bytes: &[u8]) {
    let Ok(frame) = serde_json::from_str::<Frame>(&String::from_utf8_lossy(bytes)) else { return };
    for name in ["topic", "messageId", "absent"] {
        let _ = frame.header(name);
    }
    let Ok(content) = frame.content() else { return };
    if let Ok(callback) = serde_json::from_value::<CardCallback>(content.clone()) {
        let tap = callback.into_tap(frame.header("messageId"), Secret::new(content.to_string()));
        verify(tap.token.as_bytes());
    }
    if let Ok(message) = serde_json::from_value::<RobotMessage>(content) {
        let _ = message.into_message();
    }
}

/// A frame of the AI bot's long connection.
fn long_connection(bytes: &[u8]) {
    let config = AiBotConfig {
        corporation: "ww1".into(),
        bot_id: "b".into(),
        secret: Secret::new("s"),
        address: ai_bot::ADDRESS.into(),
    };
    if let Ok(frame) = serde_json::from_str::<ai_bot::frame::Frame>(&String::from_utf8_lossy(bytes)) {
        let _ = ai_bot::frame::meaning(&frame, &config);
    }
}

/// A callback under whatever signature it needs; a tap must not come out of one whose token nobody signed.
fn receive(callback: &dyn HttpCallback, request: &CallbackRequest) {
    if let Ok(Received::Tap(tap)) = callback.receive(request) {
        let _ = callback.processing(&tap, NOW);
        verify(tap.token.as_bytes());
    }
}

/// A card callback of DingTalk's over HTTP, whose signature does not cover its body.
fn dingtalk(bytes: &[u8]) {
    let stamp = NOW.to_string();
    let headers = vec![
        ("x-ddpaas-signature-timestamp".into(), stamp.clone()),
        ("x-ddpaas-signature".into(), signature::dingtalk_card("secret", &stamp)),
    ];
    let request = CallbackRequest { post: true, headers, body: bytes.to_vec(), now: NOW, ..CallbackRequest::default() };
    receive(&CardCallbacks::new(Secret::new("secret")), &request);
}

fn wecom_callbacks() -> (WeComCallbacks, Envelope) {
    let config = WeComConfig {
        corporation: "ww1".into(),
        agent: 1_000_002,
        secret: Secret::new("s"),
        token: Secret::new("token"),
        encoding_aes_key: Secret::new(AES_KEY),
        api_base: bot::wecom::API_BASE.into(),
    };
    let envelope = Envelope::new(Secret::new("token"), &Secret::new(AES_KEY), "ww1").unwrap();
    (WeComCallbacks::new(&config).unwrap(), envelope)
}

/// A message of WeCom's, sealed.
fn wecom(bytes: &[u8]) {
    let (callbacks, envelope) = wecom_callbacks();
    let sealed = envelope.seal(bytes, [3; 16], &(NOW / 1000).to_string(), "n");
    let body = format!("<xml><Encrypt>{}</Encrypt></xml>", xml::cdata(&sealed.encrypted));
    wecom_outside(&callbacks, sealed.signature, body.into_bytes());
}

/// What stands around a sealed message.
fn wecom_outside(callbacks: &WeComCallbacks, signature: String, body: Vec<u8>) {
    let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let query = vec![
        ("msg_signature".to_owned(), signature),
        parameter("timestamp", &(NOW / 1000).to_string()),
        parameter("nonce", "n"),
    ];
    let request = CallbackRequest { post: true, query, body, now: NOW, ..CallbackRequest::default() };
    receive(callbacks, &request);
}

/// An event of Feishu's, encrypted and signed.
fn feishu(bytes: &[u8]) {
    let key: [u8; 32] = Sha256::digest(ENCRYPT_KEY.as_bytes()).into();
    let vector = [9_u8; 16];
    let mut buffer = bytes.to_vec();
    buffer.resize(bytes.len() + 16, 0);
    let encryptor = cbc::Encryptor::<Aes256>::new(&key.into(), &vector.into());
    let blocks = encryptor.encrypt_padded::<Pkcs7>(&mut buffer, bytes.len()).unwrap();
    let whole: Vec<u8> = vector.iter().chain(blocks).copied().collect();
    feishu_outside(json!({"encrypt": STANDARD.encode(whole)}).to_string().into_bytes());
}

/// What stands around an encrypted event.
fn feishu_outside(body: Vec<u8>) {
    let callbacks = FeishuCallbacks::new(&FeishuConfig {
        app_id: "cli_x".into(),
        app_secret: Secret::new("s"),
        encrypt_key: Secret::new(ENCRYPT_KEY),
        verification_token: Secret::new("verif-token"),
        tenant: "tk".into(),
        api_base: bot::feishu::API_BASE.into(),
    });
    let stamp = (NOW / 1000).to_string();
    let headers = vec![
        ("x-lark-request-timestamp".into(), stamp.clone()),
        ("x-lark-request-nonce".into(), "n".into()),
        ("x-lark-signature".into(), signature::feishu(&stamp, "n", ENCRYPT_KEY, &body)),
    ];
    let request = CallbackRequest { post: true, headers, body, now: NOW, ..CallbackRequest::default() };
    receive(&callbacks, &request);
}

fn keys() -> TokenKeys {
    TokenKeys::new(SIGNING_KEY, None)
}

fn permission() -> ActionToken {
    ActionToken {
        request: "0190f5fe-0000-7000-8000-000000000001".into(),
        step: 1,
        revision: 3,
        approver: "0190f5fe-0000-7000-8000-000000000002".into(),
        action: CardAction::Approve,
        expires_at: NOW + 1,
    }
}

/// A button's value as it comes back: whatever it is, it permits nothing that was not signed.
fn verify(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let sound = keys().sign(&permission()).unwrap();
    match keys().verify(&text, NOW) {
        Ok(token) => assert!(text == sound && token == permission(), "{text} was never signed"),
        Err(error) => assert!(text != sound && !matches!(error, TokenError::Expired(_)), "{error}"),
    }
}

/// Bytes inside a token under a good signature, as nobody but us can make them: the reader behind the signature.
fn decode(bytes: &[u8]) {
    let mut whole = vec![1];
    whole.extend_from_slice(bytes);
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(&SIGNING_KEY).unwrap();
    let signature = mac.chain_update(b"suanpan card action\0").chain_update(&whole).finalize().into_bytes();
    whole.extend_from_slice(&signature);
    let read = keys().verify(&URL_SAFE_NO_PAD.encode(&whole), 0);
    assert!(!matches!(read, Err(TokenError::WrongSignature)), "{read:?}");
}

/// Sound frames of the stream.
fn frames() -> Vec<Vec<u8>> {
    let content = json!({"cardPrivateData": {"actionIds": ["approve"], "params": {"token": "the token", "n": 7}}});
    let tap = json!({"outTrackId": "card-1", "corpId": "ding1", "userId": "li", "content": content.to_string()});
    let message = json!({
        "msgId": "m1", "senderStaffId": "li", "senderCorpId": "ding1", "conversationType": "1",
        "msgtype": "file", "content": {"downloadCode": "d", "fileName": "发票.pdf"}, "text": {"content": "余额 市场部"},
    });
    let frame = |kind: &str, topic: &str, data: &serde_json::Value| {
        let headers = json!({"topic": topic, "messageId": "213d841d_1", "time": 1_690_362_102_194_u64});
        json!({"specVersion": "1.0", "type": kind, "headers": headers, "data": data.to_string()})
            .to_string()
            .into_bytes()
    };
    vec![
        frame("CALLBACK", "/v1.0/card/instances/callback", &tap),
        frame("CALLBACK", "/v1.0/im/bot/messages/get", &message),
        frame("SYSTEM", "ping", &json!({"opaque": "o"})),
        frame("EVENT", "*", &json!({"eventId": "e"})),
    ]
}

/// Sound frames of the AI bot.
fn bot_frames() -> Vec<Vec<u8>> {
    let event = json!({"eventtype": "template_card_event", "template_card_event": {"task_id": "c", "event_key": "t"}});
    let from = json!({"userid": "LiSi"});
    [
        json!({"cmd": "aibot_event_callback", "headers": {"req_id": "1"}, "body": {"msgid": "m", "from": from, "event": event}}),
        json!({"cmd": "aibot_msg_callback", "body": {"msgid": "m", "from": from, "msgtype": "text", "text": {"content": "帮助"}}}),
        json!({"headers": {"req_id": "2"}, "errcode": 0, "errmsg": "ok"}),
    ]
    .map(|frame| frame.to_string().into_bytes())
    .into()
}

/// Sound messages of WeCom.
fn messages() -> Vec<Vec<u8>> {
    let head = "<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[LiSi]]></FromUserName>\
                <CreateTime>1794000000</CreateTime><AgentID>1000002</AgentID>";
    [
        "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey>t</EventKey>\
         <TaskId>card-1</TaskId><ResponseCode>code</ResponseCode><SelectedItems><SelectedItem><QuestionKey>k\
         </QuestionKey></SelectedItem></SelectedItems></xml>",
        "<MsgType><![CDATA[text]]></MsgType><Content>余额 &lt;市场部&gt; &#20013;</Content><MsgId>7</MsgId></xml>",
        "<MsgType><![CDATA[image]]></MsgType><MediaId>m</MediaId><MsgId>8</MsgId></xml>",
    ]
    .map(|tail| format!("{head}{tail}").into_bytes())
    .into()
}

/// Sound events of Feishu.
fn events() -> Vec<Vec<u8>> {
    let header =
        |kind: &str| json!({"event_type": kind, "token": "verif-token", "app_id": "cli_x", "tenant_key": "tk"});
    let value = json!({"token": "t", "card": "c", "action": "approve"});
    let message =
        json!({"message_id": "m", "message_type": "file", "content": "{\"file_key\":\"f\",\"file_name\":\"n\"}"});
    [
        json!({"header": header("card.action.trigger"), "event": {
            "operator": {"tenant_key": "tk", "open_id": "ou_1"}, "action": {"value": value},
            "context": {"open_message_id": "om_1"}}}),
        json!({"header": header("im.message.receive_v1"), "event": {
            "sender": {"sender_id": {"open_id": "ou_1"}}, "message": message}}),
        json!({"type": "url_verification", "challenge": "c", "token": "verif-token"}),
    ]
    .map(|event| event.to_string().into_bytes())
    .into()
}

#[test]
fn what_once_failed_does_not_fail_again() {
    let (callbacks, _) = wecom_callbacks();
    let mut read = 0;
    for entry in fs::read_dir(corpus()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for reader in [stream, long_connection, dingtalk, wecom, feishu, verify, decode] {
            survive("corpus", &bytes, reader);
        }
        survive("corpus", &bytes, |bytes| wecom_outside(&callbacks, "0".repeat(40), bytes.to_vec()));
        survive("corpus", &bytes, |bytes| feishu_outside(bytes.to_vec()));
        read += 1;
    }
    assert!(read > 0, "the corpus is kept");
}

#[test]
fn changed_stream_frames() {
    let sound = frames();
    run("stream", |random| survive("stream", &changed(random, &sound), stream));
}

#[test]
fn changed_frames_of_the_long_connection() {
    let sound = bot_frames();
    run("long-connection", |random| survive("long-connection", &changed(random, &sound), long_connection));
}

/// Inside DingTalk's and Feishu's signatures, and around Feishu's encryption.
#[test]
fn changed_json_callbacks() {
    let content = json!({"cardPrivateData": {"actionIds": ["1"], "params": {"token": "the token"}}});
    let body = json!({"outTrackId": "card-1", "corpId": "ding1", "userId": 7, "content": content.to_string()});
    let (ding, events) = ([body.to_string().into_bytes()], events());
    let outside = [json!({"encrypt": STANDARD.encode([7_u8; 96])}).to_string().into_bytes()];
    run("json-callback", |random| {
        survive("json-callback", &changed(random, &ding), dingtalk);
        survive("json-callback", &changed(random, &events), feishu);
        survive("json-callback", &changed(random, &outside), |bytes| feishu_outside(bytes.to_vec()));
    });
}

/// Inside WeCom's envelope, and the envelope itself.
#[test]
fn changed_xml_callbacks() {
    let sound = messages();
    let (callbacks, envelope) = wecom_callbacks();
    let sealed = envelope.seal(&sound[0], [3; 16], &(NOW / 1000).to_string(), "n");
    let outside = [format!("<xml><Encrypt>{}</Encrypt></xml>", xml::cdata(&sealed.encrypted)).into_bytes()];
    run("xml-callback", |random| {
        survive("xml-callback", &changed(random, &sound), wecom);
        let bytes = changed(random, &outside);
        survive("xml-callback", &bytes, |bytes| wecom_outside(&callbacks, sealed.signature.clone(), bytes.to_vec()));
    });
}

#[test]
fn changed_tokens() {
    let mut other = permission();
    other.action = CardAction::Reject;
    // Somebody else's signature on the same permission, and another one of ours with its end cut off.
    let foreign = TokenKeys::new([8; 32], None).sign(&permission()).unwrap();
    let cut = keys().sign(&other).unwrap()[3..].to_owned();
    let sound = [keys().sign(&permission()).unwrap().into_bytes(), foreign.into_bytes(), cut.into_bytes()];
    let inside = minicbor::to_vec(permission()).unwrap();
    run("token", |random| {
        survive("token", &changed(random, &sound), verify);
        survive("token", &changed(random, std::slice::from_ref(&inside)), decode);
    });
}
