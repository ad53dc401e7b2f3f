//! What WeCom sends to the app's callback address, and what the answers do.

use super::gateway::new_code;
use super::{AGENT, CORPORATION, Pressed, WeCom, Written, rules};
use crate::botsim::common::lock;
use bot::envelope::Sealed;
use bot::wecom::xml;
use serde_json::json;
use std::time::{Duration, Instant};

/// WeCom waits so long, and tries three times more.
const LIMIT: Duration = Duration::from_secs(5);
const TRIES: u32 = 4;

fn seal(sim: &WeCom, plain: &str) -> Sealed {
    let mut random = [0_u8; 16];
    for byte in &mut random {
        *byte = u8::try_from(sim.common.number() % 251).unwrap_or_default();
    }
    let seconds = (sim.common.clock.now() / 1000).to_string();
    sim.envelope.seal(plain.as_bytes(), random, &seconds, &format!("n+/={}", sim.common.number()))
}

fn query(sealed: &Sealed) -> Vec<(&'static str, String)> {
    vec![
        ("msg_signature", sealed.signature.clone()),
        ("timestamp", sealed.timestamp.clone()),
        ("nonce", sealed.nonce.clone()),
    ]
}

fn address(url: &str, query: &[(&str, String)]) -> Option<reqwest::Url> {
    reqwest::Url::parse_with_params(url, query).ok()
}

/// The console's test of an address: the plain text must come back bare.
pub(super) async fn verify(sim: &WeCom, url: &str) -> Result<(), String> {
    let echo = "1616140317555161061";
    let sealed = seal(sim, echo);
    let mut query = query(&sealed);
    query.push(("echostr", sealed.encrypted));
    let address = address(url, &query).ok_or("not an address")?;
    let answer = sim.common.http.get(address).timeout(Duration::from_secs(1)).send();
    let answer = answer.await.map_err(|error| error.without_url().to_string())?;
    let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
    if status == 200 && body == echo { Ok(()) } else { Err(format!("{status} {body:?} is not the echo")) }
}

/// Posts a message, tries again as WeCom does, and opens the answer. The number of tries, the status, the fields.
async fn post(sim: &WeCom, plain: &str) -> (Option<u16>, serde_json::Value) {
    let Some(url) = lock(&sim.world).callback.clone() else {
        return (None, json!({"error": "no callback address"}));
    };
    let sealed = seal(sim, plain);
    let body = format!(
        "<xml><ToUserName>{}</ToUserName><AgentID>{AGENT}</AgentID><Encrypt>{}</Encrypt></xml>",
        xml::cdata(CORPORATION),
        xml::cdata(&sealed.encrypted)
    );
    for attempt in 1..=TRIES {
        let Some(address) = address(&url, &query(&sealed)) else { break };
        let answer = sim.common.http.post(address).body(body.clone()).timeout(LIMIT).send().await;
        let Ok(answer) = answer else {
            sim.common.accuse("wecom.callback", "TIMEOUT", format!("try {attempt} got no answer in five seconds"));
            continue;
        };
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_default();
        sim.common.note("wecom.callback", status, json!({"try": attempt}));
        if status >= 500 {
            continue;
        }
        return (Some(status), open(sim, &text));
    }
    (None, json!({"error": "given up"}))
}

/// The passive reply inside an answer. An answer that is not empty must be a genuine envelope.
fn open(sim: &WeCom, text: &str) -> serde_json::Value {
    if text.is_empty() {
        return json!({});
    }
    let opened = xml::fields(text).and_then(|mut outer| {
        let sealed = Sealed {
            encrypted: outer.remove("Encrypt")?,
            signature: outer.remove("MsgSignature")?,
            timestamp: outer.remove("TimeStamp")?,
            nonce: outer.remove("Nonce")?,
        };
        String::from_utf8(sim.envelope.open(&sealed).ok()?).ok()
    });
    let Some(plain) = opened else {
        sim.common.accuse("wecom.callback", "BAD_REPLY", "the passive reply is no envelope of ours");
        return json!({});
    };
    let fields = xml::fields(&plain).unwrap_or_default();
    // The words stand one level deeper.
    let name = plain.split("<ReplaceName><![CDATA[").nth(1).and_then(|rest| rest.split("]]>").next());
    json!({"type": fields.get("MsgType"), "to": fields.get("ToUserName"), "button": name})
}

pub(super) async fn press(sim: &WeCom, task: &str, user: &str, action: &str, key: Option<&str>) -> Pressed {
    let since = Instant::now();
    let place = (task.to_owned(), user.to_lowercase());
    let (key, code) = {
        let mut world = lock(&sim.world);
        let shown = world.cards.get(&place).and_then(|card| rules::key(card, action));
        let Some(key) = key.map(str::to_owned).or(shown) else {
            return Pressed::undelivered();
        };
        (key, new_code(sim, &mut world, task))
    };
    let plain = format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{}</CreateTime>\
         <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey>{}</EventKey>\
         <TaskId>{}</TaskId><CardType><![CDATA[button_interaction]]></CardType><ResponseCode>{}</ResponseCode>\
         <AgentID>{AGENT}</AgentID></xml>",
        xml::cdata(CORPORATION),
        xml::cdata(user),
        sim.common.clock.now() / 1000,
        xml::cdata(&key),
        xml::cdata(task),
        xml::cdata(&code),
    );
    let (status, answer) = post(sim, &plain).await;
    if let Some(button) = answer["button"].as_str() {
        if answer["type"] != "update_button" || answer["to"].as_str().map(str::to_lowercase) != Some(place.1.clone()) {
            sim.common.accuse("wecom.callback", "BAD_REPLY", format!("{answer}"));
        }
        let mut world = lock(&sim.world);
        if let Some(card) = world.cards.get_mut(&place) {
            card.button = Some(button.to_owned());
            card.changes += 1;
        }
        if world.passive_spends
            && let Some(code) = world.codes.get_mut(&code)
        {
            code.used = true;
        }
    }
    let elapsed_milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    Pressed { delivered: status.is_some(), status, answer, elapsed_milliseconds }
}

pub(super) async fn write(sim: &WeCom, user: &str, message: Written) -> Pressed {
    let since = Instant::now();
    let id = sim.common.number();
    let content = match message {
        Written::Text(text) => {
            format!("<MsgType><![CDATA[text]]></MsgType><Content>{}</Content>", xml::cdata(&text))
        }
        Written::Picture(bytes) => {
            let media = format!("media-{id}");
            lock(&sim.world).media.insert(media.clone(), bytes);
            format!("<MsgType><![CDATA[image]]></MsgType><MediaId>{}</MediaId>", xml::cdata(&media))
        }
    };
    let plain = format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{}</CreateTime>{content}\
         <MsgId>{id}</MsgId><AgentID>{AGENT}</AgentID></xml>",
        xml::cdata(CORPORATION),
        xml::cdata(user),
        sim.common.clock.now() / 1000,
    );
    let (status, answer) = post(sim, &plain).await;
    let elapsed_milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    Pressed { delivered: status.is_some(), status, answer, elapsed_milliseconds }
}
