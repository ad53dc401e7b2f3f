//! What people write to the robot, and what the robot answers.

use super::received::{text, unwrap_json};
use crate::surface::{ChatIdentity, Platform};
use crate::tap::{ChatMessage, MessageContent, SentFile};
use serde::Deserialize;
use serde_json::Value;

/// A message to the robot, the content of a [`super::MESSAGE_TOPIC`] frame.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RobotMessage {
    /// The same for every delivery of one message.
    #[serde(default, deserialize_with = "text")]
    pub msg_id: String,
    /// Who wrote; missing for people from outside the company.
    #[serde(default, deserialize_with = "text")]
    pub sender_staff_id: String,
    /// The company of who wrote.
    #[serde(default, deserialize_with = "text")]
    pub sender_corp_id: String,
    /// `text`, `picture`, `file`, `richText`, `audio`, …
    #[serde(default, deserialize_with = "text")]
    pub msgtype: String,
    /// `{"content": "…"}` of a text.
    #[serde(default)]
    pub text: Value,
    /// What else a message holds: `{"downloadCode": "…", "fileName": "…"}`, perhaps inside a string.
    #[serde(default)]
    pub content: Value,
}

impl RobotMessage {
    /// The message in our terms; `None` if the platform does not say who wrote it.
    pub fn into_message(self) -> Option<ChatMessage> {
        if self.sender_staff_id.is_empty() {
            return None;
        }
        let content = unwrap_json(&self.content).unwrap_or_default();
        let inner = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let file = |name: String| {
            MessageContent::File(SentFile { id: inner("downloadCode"), message: self.msg_id.clone(), name })
        };
        let content = match self.msgtype.as_str() {
            "text" => MessageContent::Text(
                self.text.get("content").and_then(Value::as_str).unwrap_or_default().trim().to_owned(),
            ),
            "picture" => file(String::new()),
            "file" => file(inner("fileName")),
            _ => MessageContent::Other,
        };
        let from = ChatIdentity::new(Platform::DingTalk, self.sender_corp_id, &self.sender_staff_id);
        Some(ChatMessage { from, id: self.msg_id, content })
    }
}

/// `POST /v1.0/robot/oToMessages/batchSend`: who did not get it comes back inside a success.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RobotSent {
    /// Unknown users.
    pub invalid_staff_id_list: Vec<String>,
    /// Users who get too much; DingTalk dropped this one.
    pub flow_controlled_staff_id_list: Vec<String>,
}
