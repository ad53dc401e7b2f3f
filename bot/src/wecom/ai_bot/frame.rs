//! The frames of the long connection, read with patience: the inner names of a card event are documented by example
//! only, so both spellings that the wild shows are taken.

use super::AiBotConfig;
use crate::secret::Secret;
use crate::surface::{ChatIdentity, Platform, SendError};
use crate::tap::{ChatMessage, MessageContent, Tap};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A frame that came down.
#[derive(Debug, Deserialize)]
pub struct Frame {
    /// What it is.
    #[serde(default)]
    pub cmd: String,
    /// Its headers.
    #[serde(default)]
    pub headers: Headers,
    /// Its content.
    #[serde(default)]
    pub body: Value,
    /// Only in acknowledgements.
    #[serde(default)]
    pub errcode: Option<i64>,
}

/// A frame's headers.
#[derive(Debug, Default, Deserialize)]
pub struct Headers {
    /// Ours, where it answers us; theirs, where we answer.
    #[serde(default)]
    pub req_id: String,
}

/// What a callback means.
#[derive(Debug)]
pub enum Meaning {
    /// A button was pressed.
    Tap(Box<Tap>),
    /// Somebody wrote to the bot.
    Message(ChatMessage),
    /// A newer connection took our place.
    Evicted,
    /// Something that concerns nobody here.
    Nothing,
}

/// The text of a frame of ours.
pub(super) fn text(command: &str, request: &str, body: &Value) -> String {
    json!({"cmd": command, "headers": {"req_id": request}, "body": body}).to_string()
}

/// What an acknowledgement means.
pub(super) fn verdict(code: i64) -> Result<(), SendError> {
    match code {
        0 => Ok(()),
        -1 => Err(SendError::Retry { after: None, reason: "-1".into() }),
        45_009 | 45_033 => Err(SendError::Retry { after: Some(Duration::from_mins(1)), reason: code.to_string() }),
        other => Err(SendError::Permanent(other.to_string())),
    }
}

/// Reads a callback.
pub fn meaning(frame: &Frame, config: &AiBotConfig) -> Meaning {
    let text = |place: &str| frame.body.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let user = text("/from/userid");
    let from = ChatIdentity::new(Platform::WeComAiBot, config.corporation.as_str(), user);
    match (frame.cmd.as_str(), text("/event/eventtype")) {
        ("aibot_event_callback", "disconnected_event") => Meaning::Evicted,
        ("aibot_event_callback", "template_card_event") if !user.is_empty() => {
            let event = frame.body.pointer("/event/template_card_event").unwrap_or(&Value::Null);
            let either = |names: [&str; 3]| {
                names.iter().find_map(|name| event.get(*name).and_then(Value::as_str)).unwrap_or_default().to_owned()
            };
            Meaning::Tap(Box::new(Tap {
                platform: Platform::WeComAiBot,
                corporation: config.corporation.clone(),
                user: from.user,
                card: either(["task_id", "taskid", "TaskId"]),
                token: either(["event_key", "eventkey", "EventKey"]),
                delivery_key: text("/msgid").to_owned(),
                details: None,
                evidence: Secret::new(frame.body.to_string()),
            }))
        }
        ("aibot_msg_callback", _) if !user.is_empty() => Meaning::Message(ChatMessage {
            from,
            id: text("/msgid").to_owned(),
            content: match text("/msgtype") {
                "text" => MessageContent::Text(text("/text/content").trim().to_owned()),
                _ => MessageContent::Other,
            },
        }),
        _ => Meaning::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Meaning, meaning};
    use crate::Secret;
    use crate::wecom::ai_bot::{ADDRESS, AiBotConfig};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn config() -> AiBotConfig {
        AiBotConfig { corporation: "ww1".into(), bot_id: "b".into(), secret: Secret::new("s"), address: ADDRESS.into() }
    }

    fn read(value: &Value) -> Meaning {
        meaning(&serde_json::from_value::<Frame>(value.clone()).unwrap(), &config())
    }

    #[test]
    fn a_card_event_is_a_tap_in_both_spellings() {
        for (task, key) in [("task_id", "event_key"), ("taskid", "eventkey"), ("TaskId", "EventKey")] {
            let frame = json!({
                "cmd": "aibot_event_callback", "headers": {"req_id": "EV-1"},
                "body": {"msgid": "m1", "from": {"userid": "LiSi"}, "event": {
                    "eventtype": "template_card_event", "template_card_event": {task: "card", key: "token"}}},
            });
            let Meaning::Tap(tap) = read(&frame) else { panic!() };
            assert_eq!((tap.user.as_str(), tap.card.as_str(), tap.token.as_str()), ("lisi", "card", "token"));
        }
        let evicted = json!({"cmd": "aibot_event_callback", "body": {"event": {"eventtype": "disconnected_event"}}});
        assert!(matches!(read(&evicted), Meaning::Evicted));
        let nobody = json!({"cmd": "aibot_event_callback", "body": {"event": {"eventtype": "template_card_event"}}});
        assert!(matches!(read(&nobody), Meaning::Nothing));
    }

    proptest! {
        #[test]
        fn no_frame_panics(text in "\\PC{0,120}") {
            if let Ok(frame) = serde_json::from_str::<Frame>(&text) {
                let _ = meaning(&frame, &config());
            }
        }
    }
}
