//! From a card to WeCom's template card (模板卡片), and from a tap's outcome to the words on its button.
//!
//! Limits (path/90236): six facts, six buttons, a key of at most 1,024 bytes, a task id of at most 128 characters out of
//! letters, digits, `_`, `-` and `@`.

use crate::card::{CardAction, CardState, CardView};
use crate::surface::{Delivery, Recipient, SendError};
use crate::tap::{BIND_FIRST, TapOutcome};
use crate::text::{one_line, shorten, shorten_characters};
use serde_json::{Value, json};

const MOST_FACTS: usize = 6;
const LONGEST_KEY: usize = 1024;
const LONGEST_TASK: usize = 128;

/// The one person that a message is for.
pub(crate) fn only_recipient(delivery: &Delivery) -> Result<&Recipient, SendError> {
    match delivery.recipients.as_slice() {
        [one] if addressable(&one.identity.user) => Ok(one),
        [_] => Err(SendError::Permanent("wecom.recipient_invalid".into())),
        _ => Err(SendError::Permanent("wecom.one_recipient_a_card".into())),
    }
}

/// `|` separates users and `@all` is everybody, so such a name would address others.
fn addressable(user: &str) -> bool {
    !user.is_empty()
        && !user.starts_with('@')
        && !user.contains(|c: char| c == '|' || c.is_whitespace() || c.is_control())
}

/// The template card as it stands for its recipient.
pub(crate) fn card(delivery: &Delivery, recipient: &Recipient) -> Result<Value, SendError> {
    let Delivery { key, view, .. } = delivery;
    let proper = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@');
    if key.is_empty() || key.len() > LONGEST_TASK || !key.chars().all(proper) {
        return Err(SendError::Permanent("wecom.task_id_invalid".into()));
    }
    let facts: Vec<Value> = view
        .facts
        .iter()
        .take(MOST_FACTS)
        .map(|(name, value)| json!({"keyname": one_line(name), "value": shorten_characters(&one_line(value), 80)}))
        .collect();
    let rest: Vec<String> = view
        .facts
        .iter()
        .filter(|(name, value)| name == "提醒" || value.chars().count() > 80)
        .map(|(name, value)| format!("{}：{}", one_line(name), one_line(value)))
        .collect();
    let mut card = json!({
        "card_type": "text_notice",
        "source": {"desc": "算盘审批", "desc_color": colour(&view.state)},
        "main_title": {
            "title": shorten_characters(&one_line(&view.title), 36),
            "desc": shorten_characters(&one_line(&view.state.text()), 44),
        },
        "sub_title_text": shorten_characters(&rest.join("；"), 160),
        "horizontal_content_list": facts,
        "card_action": {"type": 1, "url": view.detail_url},
        "task_id": key,
    });
    let buttons = buttons(view, recipient)?;
    if let Some(card) = card.as_object_mut().filter(|_| !buttons.is_empty()) {
        card.insert("card_type".into(), json!("button_interaction"));
        card.insert("button_list".into(), Value::Array(buttons));
    }
    Ok(card)
}

fn buttons(view: &CardView, recipient: &Recipient) -> Result<Vec<Value>, SendError> {
    let offered = CardAction::ALL.into_iter().filter(|action| view.is_open() && view.actions.contains(action));
    offered
        .filter_map(|action| Some((action, recipient.token(action)?)))
        .map(|(action, token)| {
            if token.len() > LONGEST_KEY {
                return Err(SendError::Permanent("wecom.token_too_long".into()));
            }
            let (text, style) = match action {
                CardAction::Approve => ("同意", 1),
                CardAction::Reject => ("拒绝", 2),
            };
            Ok(json!({"text": text, "style": style, "key": token}))
        })
        .collect()
}

/// The colour of the source line: 0 grey, 1 black, 2 red, 3 green.
fn colour(state: &CardState) -> u8 {
    match state.code() {
        "pending" => 1,
        "approved" => 3,
        "rejected" | "returned" => 2,
        _ => 0,
    }
}

/// What the tapper's button says from now on; `None` where it stays as it is and can be pressed again.
pub(crate) fn button_text(outcome: &TapOutcome) -> Option<String> {
    let text = match outcome {
        TapOutcome::Applied(view) | TapOutcome::Already(view) => view.state.text(),
        TapOutcome::Refused { why, .. } | TapOutcome::Denied(why) => why.notice(),
        TapOutcome::Unbound => BIND_FIRST.to_owned(),
        TapOutcome::Unavailable => return None,
    };
    Some(shorten(&one_line(&text), 120))
}

#[cfg(test)]
mod tests;
