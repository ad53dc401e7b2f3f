//! What Feishu sends to our callback address, and what it is answered.
//!
//! The vendor's own library answers the address test before it checks anything; here the Verification Token is compared
//! first, and where a signature is present it must fit.

use super::{FeishuConfig, envelope, render};
use crate::callback::{CallbackReply, CallbackRequest, HttpCallback, Received, Rejected, in_time};
use crate::secret::Secret;
use crate::signature;
use crate::surface::{ChatIdentity, Platform};
use crate::tap::{ChatMessage, MessageContent, SentFile, Tap, TapOutcome};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Feishu waits three seconds; the answer has to travel.
pub const TAP_DEADLINE: Duration = Duration::from_secs(2);

/// The callbacks of one app.
#[derive(Debug, Clone)]
pub struct FeishuCallbacks {
    encrypt_key: Secret,
    verification_token: Secret,
    app_id: String,
}

impl FeishuCallbacks {
    /// For the app of this configuration.
    pub fn new(config: &FeishuConfig) -> Self {
        Self {
            encrypt_key: config.encrypt_key.clone(),
            verification_token: config.verification_token.clone(),
            app_id: config.app_id.clone(),
        }
    }

    fn check_token(&self, token: &Value) -> Result<(), Rejected> {
        let given = token.as_str().unwrap_or_default();
        let genuine = signature::same(self.verification_token.reveal(), given);
        if genuine { Ok(()) } else { Err(Rejected::Forged) }
    }

    fn check_signature(&self, request: &CallbackRequest) -> Result<(), Rejected> {
        let timestamp = request.header("x-lark-request-timestamp");
        let nonce = request.header("x-lark-request-nonce");
        let expected = signature::feishu(timestamp, nonce, self.encrypt_key.reveal(), &request.body);
        if !signature::same(&expected, request.header("x-lark-signature")) {
            return Err(Rejected::Forged);
        }
        let seconds: u64 = timestamp.parse().map_err(|_| Rejected::OutOfTime)?;
        in_time(request.now, seconds.saturating_mul(1000))
    }
}

impl HttpCallback for FeishuCallbacks {
    fn platform(&self) -> Platform {
        Platform::Feishu
    }

    fn tap_deadline(&self) -> Duration {
        TAP_DEADLINE
    }

    fn tap_limit(&self) -> Duration {
        Duration::from_secs(3)
    }

    fn receive(&self, request: &CallbackRequest) -> Result<Received, Rejected> {
        #[derive(Deserialize)]
        struct Body {
            encrypt: String,
        }
        let signed = !request.header("x-lark-signature").is_empty();
        if signed {
            self.check_signature(request)?;
        }
        let body: Body = serde_json::from_slice(&request.body).map_err(|_| Rejected::Malformed)?;
        let plain = envelope::open(&self.encrypt_key, &body.encrypt).ok_or(Rejected::Forged)?;
        let content: Value = serde_json::from_slice(&plain).map_err(|_| Rejected::Forged)?;
        if content.get("type").and_then(Value::as_str) == Some("url_verification") {
            self.check_token(content.get("token").unwrap_or(&Value::Null))?;
            let challenge = content.get("challenge").cloned().unwrap_or_default();
            return Ok(Received::Challenge(CallbackReply::json(&json!({"challenge": challenge}))));
        }
        // Only the address test comes unsigned.
        if !signed {
            return Err(Rejected::Forged);
        }
        self.check_token(content.pointer("/header/token").unwrap_or(&Value::Null))?;
        if content.pointer("/header/app_id").and_then(Value::as_str) != Some(&self.app_id) {
            return Err(Rejected::Malformed);
        }
        let evidence = Secret::new(String::from_utf8(plain).map_err(|_| Rejected::Malformed)?);
        Ok(read(&content, evidence))
    }

    fn signed_by(&self, request: &CallbackRequest) -> String {
        request.header("x-lark-signature").to_owned()
    }

    fn answer(&self, _tap: &Tap, outcome: &TapOutcome, _now: u64) -> CallbackReply {
        render::answer(outcome).map_or_else(|| CallbackReply::refusal(503), |answer| CallbackReply::json(&answer))
    }

    fn processing(&self, _tap: &Tap, _now: u64) -> CallbackReply {
        CallbackReply::json(&json!({"toast": {"type": "info", "content": "处理中"}}))
    }

    fn received(&self, _now: u64) -> CallbackReply {
        CallbackReply::json(&json!({}))
    }
}

fn read(content: &Value, evidence: Secret) -> Received {
    let text = |place: &str| content.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text("/header/event_type").as_str() {
        "card.action.trigger" => Received::Tap(Box::new(Tap {
            platform: Platform::Feishu,
            corporation: text("/event/operator/tenant_key"),
            user: text("/event/operator/open_id"),
            card: text("/event/action/value/card"),
            token: text("/event/action/value/token"),
            delivery_key: text("/header/event_id"),
            details: Some(text("/event/context/open_message_id")).filter(|id| !id.is_empty()),
            evidence,
        })),
        "im.message.receive_v1" => {
            let from = ChatIdentity::new(
                Platform::Feishu,
                text("/header/tenant_key"),
                &text("/event/sender/sender_id/open_id"),
            );
            let id = text("/event/message/message_id");
            let inner: Value = serde_json::from_str(&text("/event/message/content")).unwrap_or_default();
            let part = |name: &str| inner.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let content = match text("/event/message/message_type").as_str() {
                "text" => MessageContent::Text(part("text").trim().to_owned()),
                "image" => {
                    MessageContent::File(SentFile { id: part("image_key"), message: id.clone(), name: String::new() })
                }
                "file" => MessageContent::File(SentFile {
                    id: part("file_key"),
                    message: id.clone(),
                    name: part("file_name"),
                }),
                _ => MessageContent::Other,
            };
            Received::Message(ChatMessage { from, id, content })
        }
        _ => Received::Nothing,
    }
}

#[cfg(test)]
mod tests;
