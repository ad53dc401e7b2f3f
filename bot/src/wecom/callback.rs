//! What WeCom sends to our callback address, and what it is answered.
//!
//! Address test: `GET ?msg_signature=&timestamp=&nonce=&echostr=`, answered with the bare plain text within a second.
//! Everything else: `POST`, the envelope inside XML, answered within five seconds or tried again up to three times.
//! A passive reply changes only the tapper's copy; the rest goes through the outbox with the tap's own response code.

use super::render::button_text;
use super::{ResponseCode, WeComConfig, xml};
use crate::callback::{CallbackReply, CallbackRequest, HttpCallback, Received, Rejected, in_time};
use crate::envelope::{Envelope, Sealed};
use crate::http::ConfigError;
use crate::secret::Secret;
use crate::surface::{ChatIdentity, Platform};
use crate::tap::{ChatMessage, MessageContent, SentFile, Tap, TapOutcome};
use std::collections::BTreeMap;
use std::time::Duration;

/// WeCom waits five seconds; the answer has to travel.
pub const TAP_DEADLINE: Duration = Duration::from_secs(3);

/// The callbacks of one app.
#[derive(Debug, Clone)]
pub struct WeComCallbacks {
    envelope: Envelope,
    corporation: String,
    agent: String,
}

impl WeComCallbacks {
    /// For the app of this configuration.
    pub fn new(config: &WeComConfig) -> Result<Self, ConfigError> {
        let envelope = Envelope::new(config.token.clone(), &config.encoding_aes_key, &config.corporation)
            .map_err(|_| ConfigError::Key("encoding_aes_key"))?;
        Ok(Self { envelope, corporation: config.corporation.clone(), agent: config.agent.to_string() })
    }

    fn open(&self, request: &CallbackRequest, encrypted: String) -> Result<String, Rejected> {
        let sealed = Sealed {
            encrypted,
            signature: request.parameter("msg_signature").to_owned(),
            timestamp: request.parameter("timestamp").to_owned(),
            nonce: request.parameter("nonce").to_owned(),
        };
        let plain = self.envelope.open(&sealed).map_err(|_| Rejected::Forged)?;
        let seconds: u64 = sealed.timestamp.parse().map_err(|_| Rejected::OutOfTime)?;
        in_time(request.now, seconds.saturating_mul(1000))?;
        String::from_utf8(plain).map_err(|_| Rejected::Malformed)
    }

    /// Seals a passive reply.
    fn seal(&self, message: &str, now: u64) -> CallbackReply {
        let mut random = [0_u8; 20];
        if getrandom::fill(&mut random).is_err() {
            // Without randomness nothing can be sealed; WeCom tries again.
            return CallbackReply::refusal(503);
        }
        let (salt, nonce) = random.split_at(16);
        let salt: [u8; 16] = salt.try_into().unwrap_or_default();
        let sealed = self.envelope.seal(message.as_bytes(), salt, &(now / 1000).to_string(), &hex::encode(nonce));
        CallbackReply::xml(format!(
            "<xml><Encrypt>{}</Encrypt><MsgSignature>{}</MsgSignature><TimeStamp>{}</TimeStamp><Nonce>{}</Nonce></xml>",
            xml::cdata(&sealed.encrypted),
            xml::cdata(&sealed.signature),
            sealed.timestamp,
            xml::cdata(&sealed.nonce),
        ))
    }

    fn update_button(&self, user: &str, text: &str, now: u64) -> CallbackReply {
        let message = format!(
            "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{}</CreateTime>\
             <MsgType><![CDATA[update_button]]></MsgType><Button><ReplaceName>{}</ReplaceName></Button></xml>",
            xml::cdata(user),
            xml::cdata(&self.corporation),
            now / 1000,
            xml::cdata(text),
        );
        self.seal(&message, now)
    }
}

impl HttpCallback for WeComCallbacks {
    fn platform(&self) -> Platform {
        Platform::WeCom
    }

    fn tap_deadline(&self) -> Duration {
        TAP_DEADLINE
    }

    fn tap_limit(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn receive(&self, request: &CallbackRequest) -> Result<Received, Rejected> {
        if !request.post {
            let echo = self.open(request, request.parameter("echostr").to_owned())?;
            return Ok(Received::Challenge(CallbackReply::text(echo)));
        }
        let body = std::str::from_utf8(&request.body).map_err(|_| Rejected::Malformed)?;
        let mut outer = xml::fields(body).ok_or(Rejected::Malformed)?;
        let encrypted = outer.remove("Encrypt").ok_or(Rejected::Malformed)?;
        let plain = self.open(request, encrypted)?;
        let fields = xml::fields(&plain).ok_or(Rejected::Malformed)?;
        self.read(&fields, plain, request.now).ok_or(Rejected::Malformed)
    }

    fn signed_by(&self, request: &CallbackRequest) -> String {
        request.parameter("msg_signature").to_owned()
    }

    fn answer(&self, tap: &Tap, outcome: &TapOutcome, now: u64) -> CallbackReply {
        match button_text(outcome) {
            Some(text) => self.update_button(&tap.user, &text, now),
            None => CallbackReply::refusal(503),
        }
    }

    fn processing(&self, tap: &Tap, now: u64) -> CallbackReply {
        self.update_button(&tap.user, "处理中", now)
    }

    fn received(&self, _now: u64) -> CallbackReply {
        CallbackReply::text("")
    }
}

impl WeComCallbacks {
    fn read(&self, fields: &BTreeMap<String, String>, plain: String, now: u64) -> Option<Received> {
        let get = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let user = get("FromUserName");
        if user.is_empty() || get("ToUserName") != self.corporation {
            return None;
        }
        let from = ChatIdentity::new(Platform::WeCom, self.corporation.as_str(), user);
        let file = || SentFile { id: get("MediaId").to_owned(), message: get("MsgId").to_owned(), name: String::new() };
        let message =
            |content| Received::Message(ChatMessage { from: from.clone(), id: get("MsgId").to_owned(), content });
        Some(match (get("MsgType"), get("Event")) {
            // Another app's button, sent to this address.
            ("event", "template_card_event") if get("AgentID") != self.agent => return None,
            ("event", "template_card_event") => Received::Tap(Box::new(Tap {
                platform: Platform::WeCom,
                corporation: self.corporation.clone(),
                user: from.user.clone(),
                card: get("TaskId").to_owned(),
                token: get("EventKey").to_owned(),
                // A second holds many taps, so the time alone is no name.
                delivery_key: [user, get("CreateTime"), get("TaskId"), get("EventKey")].join("/"),
                details: ResponseCode::keep(get("ResponseCode"), now),
                evidence: Secret::new(plain),
            })),
            ("event", _) => Received::Nothing,
            ("text", _) => message(MessageContent::Text(get("Content").trim().to_owned())),
            ("image", _) => message(MessageContent::File(file())),
            _ => message(MessageContent::Other),
        })
    }
}

#[cfg(test)]
mod tests;
