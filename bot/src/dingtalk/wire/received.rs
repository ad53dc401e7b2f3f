//! What we receive, with patience.

use crate::dingtalk::render::TOKEN_PARAMETER;
use crate::secret::Secret;
use crate::surface::Platform;
use crate::tap::Tap;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The answer to [`super::CreateAndDeliver`].
#[derive(Debug, Deserialize)]
pub struct Created {
    /// Per recipient.
    #[serde(default)]
    pub result: CreatedResult,
}

/// The inner part of [`Created`].
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedResult {
    /// How it went for each recipient.
    #[serde(default)]
    pub deliver_results: Vec<DeliverResult>,
}

/// How one recipient's delivery went.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliverResult {
    /// The user id of the recipient.
    #[serde(default, deserialize_with = "text")]
    pub space_id: String,
    /// Whether the card arrived.
    #[serde(default)]
    pub success: bool,
    /// Why not.
    #[serde(default, deserialize_with = "text")]
    pub error_msg: String,
}

/// The body of an error answer.
#[derive(Debug, Default, Deserialize)]
pub struct ErrorBody {
    /// The vendor's code, such as `param.cardAlreadyExist`.
    #[serde(default, deserialize_with = "text")]
    pub code: String,
}

/// `POST /v1.0/oauth2/accessToken`. Its `Debug` is missing on purpose: it holds a secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenAnswer {
    /// The token.
    pub access_token: String,
    /// How long it lives, in seconds.
    #[serde(deserialize_with = "text")]
    pub expire_in: String,
}

/// `POST /v1.0/gateway/connections/open`. Its `Debug` is missing on purpose: it holds a secret.
#[derive(Deserialize)]
pub struct OpenAnswer {
    /// Where to connect.
    pub endpoint: String,
    /// The proof that we may; 90 seconds, one use.
    pub ticket: String,
}

/// A frame that came down the stream.
#[derive(Debug, Deserialize)]
pub struct Frame {
    /// `SYSTEM`, `EVENT` or `CALLBACK`.
    #[serde(rename = "type", default, deserialize_with = "text")]
    pub kind: String,
    /// Its headers, all of them.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// Its content: JSON inside a string, as documented, or plain JSON.
    #[serde(default)]
    pub data: Value,
}

impl Frame {
    /// A header as text; empty if it is missing.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(as_text).unwrap_or_default()
    }

    /// The content, unwrapped from its string.
    pub fn content(&self) -> Result<Value, serde_json::Error> {
        unwrap_json(&self.data)
    }
}

/// A button callback, the content of a [`super::CARD_TOPIC`] frame.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CardCallback {
    /// The card.
    #[serde(deserialize_with = "text")]
    pub out_track_id: String,
    /// The corporation of the user.
    #[serde(default, deserialize_with = "text")]
    pub corp_id: String,
    /// The user who tapped.
    #[serde(deserialize_with = "text")]
    pub user_id: String,
    /// What the button carried: JSON inside a string, `{"cardPrivateData":{"actionIds":[…],"params":{…}}}`.
    #[serde(default)]
    pub content: Value,
}

impl CardCallback {
    /// The tap that it tells of.
    pub fn into_tap(self, delivery_key: String, evidence: Secret) -> Tap {
        Tap {
            platform: Platform::DingTalk,
            token: self.param(TOKEN_PARAMETER).unwrap_or_default(),
            corporation: self.corp_id,
            user: self.user_id,
            card: self.out_track_id,
            delivery_key,
            details: None,
            evidence,
        }
    }

    /// A parameter of the button, if it is there.
    pub fn param(&self, name: &str) -> Option<String> {
        let content = unwrap_json(&self.content).ok()?;
        let value = content.get("cardPrivateData")?.get("params")?.get(name)?;
        Some(as_text(value))
    }
}

/// JSON that may be wrapped in a string, as the vendor does with `data`, `content` and `extension`.
pub(super) fn unwrap_json(value: &Value) -> Result<Value, serde_json::Error> {
    match value {
        Value::String(inner) => serde_json::from_str(inner),
        other => Ok(other.clone()),
    }
}

/// A scalar as text: numbers and booleans in their JSON spelling, null as nothing.
fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|value| as_text(&value))
}

#[cfg(test)]
mod tests {
    use super::{CardCallback, Frame};
    use serde_json::json;

    fn callback(content: &serde_json::Value) -> CardCallback {
        serde_json::from_value(json!({
            "type": "actionCallback", "outTrackId": "card-1", "corpId": "ding1", "userId": 42,
            "content": content, "unknown": {"kept": "out of the way"},
        }))
        .unwrap()
    }

    #[test]
    fn numbers_and_strings_are_taken_for_each_other() {
        let frame: Frame = serde_json::from_value(json!({
            "specVersion": 1.0, "type": "CALLBACK", "headers": {"time": 1_690_362_102_194_u64, "topic": "t"},
        }))
        .unwrap();
        assert_eq!(frame.header("time"), "1690362102194");
        assert_eq!(frame.header("absent"), "");
        assert_eq!(callback(&json!("{}")).user_id, "42");
    }

    #[test]
    fn button_parameters_are_found_in_a_string_or_in_plain_json() {
        let inner = json!({"cardPrivateData": {"actionIds": ["1"], "params": {"token": "abc", "n": 7}}});
        for content in [json!(inner.to_string()), inner] {
            assert_eq!(callback(&content).param("token").as_deref(), Some("abc"));
            assert_eq!(callback(&content).param("n").as_deref(), Some("7"));
        }
        for broken in [json!("{"), json!(null), json!([1]), json!("{\"cardPrivateData\":1}")] {
            assert_eq!(callback(&broken).param("token"), None);
        }
    }
}
