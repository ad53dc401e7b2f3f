//! DingTalk over HTTP: card callbacks, and events in their encrypted envelope. The second transport, beside the stream.
//!
//! It is weaker. The signature of a card callback covers the timestamp and not the body, so one that leaked authenticates
//! any body for as long as its timestamp counts. What still holds: the window of five minutes, one body a signature, and
//! above all the button's own token, which is bound to request, revision, approver and verb.

use super::render;
use super::wire::CardCallback;
use crate::callback::{CallbackReply, CallbackRequest, HttpCallback, Received, Rejected, in_time};
use crate::envelope::{Envelope, Sealed};
use crate::secret::Secret;
use crate::signature;
use crate::surface::Platform;
use crate::tap::{Tap, TapOutcome};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The headers that carry the signature.
const TIMESTAMP: &str = "x-ddpaas-signature-timestamp";
const SIGNATURE: &str = "x-ddpaas-signature";

/// Card callbacks over HTTP.
#[derive(Debug, Clone)]
pub struct CardCallbacks {
    api_secret: Secret,
}

impl CardCallbacks {
    /// `api_secret` as it was registered with the address.
    pub fn new(api_secret: Secret) -> Self {
        Self { api_secret }
    }
}

impl HttpCallback for CardCallbacks {
    fn platform(&self) -> Platform {
        Platform::DingTalk
    }

    fn tap_deadline(&self) -> Duration {
        Duration::from_millis(1_200)
    }

    fn tap_limit(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn receive(&self, request: &CallbackRequest) -> Result<Received, Rejected> {
        let timestamp = request.header(TIMESTAMP);
        let expected = signature::dingtalk_card(self.api_secret.reveal(), timestamp);
        if !request.post || !signature::same(&expected, request.header(SIGNATURE)) {
            return Err(Rejected::Forged);
        }
        in_time(request.now, timestamp.parse().map_err(|_| Rejected::OutOfTime)?)?;
        let callback: CardCallback = serde_json::from_slice(&request.body).map_err(|_| Rejected::Malformed)?;
        let evidence = Secret::new(String::from_utf8_lossy(&request.body));
        Ok(Received::Tap(Box::new(callback.into_tap(timestamp.to_owned(), evidence))))
    }

    fn signed_by(&self, request: &CallbackRequest) -> String {
        request.header(SIGNATURE).to_owned()
    }

    fn answer(&self, _tap: &Tap, outcome: &TapOutcome, _now: u64) -> CallbackReply {
        render::answer(outcome)
            .map_or_else(|| CallbackReply::refusal(503), |response| CallbackReply::json(&json!(response)))
    }

    fn processing(&self, _tap: &Tap, _now: u64) -> CallbackReply {
        CallbackReply::json(&json!(render::processing()))
    }

    fn received(&self, _now: u64) -> CallbackReply {
        CallbackReply::json(&json!({}))
    }
}

/// An event of the subscription (事件订阅).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its kind, such as `check_url` or `user_leave_org`.
    pub kind: String,
    /// The whole event.
    pub content: Value,
}

/// The event subscription over HTTP.
#[derive(Debug, Clone)]
pub struct Events {
    envelope: Envelope,
}

impl Events {
    /// The envelope's receiver is the AppKey for an app of the company's own.
    pub fn new(envelope: Envelope) -> Self {
        Self { envelope }
    }

    /// Opens an event. Parameters come in two spellings.
    pub fn open(&self, request: &CallbackRequest) -> Result<Event, Rejected> {
        #[derive(Deserialize)]
        struct Body {
            encrypt: String,
        }
        let either = |one, other| match request.parameter(one) {
            "" => request.parameter(other),
            value => value,
        };
        let body: Body = serde_json::from_slice(&request.body).map_err(|_| Rejected::Malformed)?;
        let timestamp = either("timestamp", "timeStamp").to_owned();
        let sealed = Sealed {
            encrypted: body.encrypt,
            signature: either("signature", "msg_signature").to_owned(),
            timestamp: timestamp.clone(),
            nonce: request.parameter("nonce").to_owned(),
        };
        let plain = self.envelope.open(&sealed).map_err(|_| Rejected::Forged)?;
        in_time(request.now, timestamp.parse().map_err(|_| Rejected::OutOfTime)?)?;
        let content: Value = serde_json::from_slice(&plain).map_err(|_| Rejected::Malformed)?;
        let kind = content.get("EventType").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Event { kind, content })
    }

    /// The answer that DingTalk wants for every event: `success`, sealed, within 1.5 seconds.
    pub fn success(&self, random: [u8; 16], timestamp: &str, nonce: &str) -> CallbackReply {
        let sealed = self.envelope.seal(b"success", random, timestamp, nonce);
        CallbackReply::json(&json!({
            "msg_signature": sealed.signature,
            "timeStamp": sealed.timestamp,
            "nonce": sealed.nonce,
            "encrypt": sealed.encrypted,
        }))
    }
}

#[cfg(test)]
mod tests;
