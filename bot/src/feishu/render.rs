//! From a card to Feishu's message card (消息卡片), and from a tap's outcome to its answer: a toast and the new card.

use crate::card::{CardAction, CardView};
use crate::surface::{Delivery, Recipient, SendError};
use crate::tap::{BIND_FIRST, TapOutcome};
use crate::text::{one_line, plain_in_markdown};
use serde_json::{Value, json};

/// The one person that a message is for.
pub(super) fn only_recipient(delivery: &Delivery) -> Result<&Recipient, SendError> {
    match delivery.recipients.as_slice() {
        [one] if !one.identity.user.is_empty() => Ok(one),
        _ => Err(SendError::Permanent("feishu.one_recipient_a_card".into())),
    }
}

/// The card. Without a recipient it has no buttons: an answer to a tap, after which none are left.
pub(super) fn card(view: &CardView, mine: Option<(&Recipient, &str)>) -> Value {
    let mut elements: Vec<Value> = vec![json!({
        "tag": "markdown",
        "content": view.facts.iter()
            .map(|(name, value)| format!("**{}**　{}", plain_in_markdown(name), plain_in_markdown(value)))
            .collect::<Vec<_>>()
            .join("\n"),
    })];
    elements.push(json!({"tag": "markdown", "content": plain_in_markdown(&view.state.text())}));
    let mut buttons: Vec<Value> = Vec::new();
    if let Some((recipient, key)) = mine.filter(|_| view.is_open()) {
        for action in CardAction::ALL {
            let Some(token) = recipient.token(action).filter(|_| view.actions.contains(&action)) else { continue };
            let (text, kind) = match action {
                CardAction::Approve => ("同意", "primary"),
                CardAction::Reject => ("拒绝", "danger"),
            };
            buttons.push(json!({
                "tag": "button",
                "text": {"tag": "plain_text", "content": text},
                "type": kind,
                "value": {"action": action.code(), "token": token, "card": key},
            }));
        }
    }
    if !view.detail_url.is_empty() {
        buttons.push(json!({
            "tag": "button",
            "text": {"tag": "plain_text", "content": "查看详情"},
            "type": "default",
            "url": view.detail_url,
        }));
    }
    if !buttons.is_empty() {
        elements.push(json!({"tag": "action", "actions": buttons}));
    }
    json!({
        // Without it a card cannot be changed by PATCH. Forwarding would show its facts to strangers.
        "config": {"update_multi": true, "enable_forward": false, "wide_screen_mode": true},
        "header": {
            "title": {"tag": "plain_text", "content": one_line(&view.title)},
            "template": colour(view),
        },
        "elements": elements,
    })
}

fn colour(view: &CardView) -> &'static str {
    match view.state.code() {
        "pending" => "blue",
        "approved" => "green",
        "rejected" | "returned" => "red",
        _ => "grey",
    }
}

/// How the card changes at once. `None` where it stays as it is and can be tapped again.
pub(super) fn answer(outcome: &TapOutcome) -> Option<Value> {
    let (kind, text, view) = match outcome {
        TapOutcome::Applied(view) | TapOutcome::Already(view) => ("success", view.state.text(), Some(view)),
        TapOutcome::Refused { view, why } => ("warning", why.notice(), Some(view)),
        TapOutcome::Denied(why) => ("error", why.notice(), None),
        TapOutcome::Unbound => ("warning", BIND_FIRST.to_owned(), None),
        TapOutcome::Unavailable => return None,
    };
    let mut answer = json!({"toast": {"type": kind, "content": text}});
    // A card that is still open keeps its buttons, which this answer could not render.
    if let (Some(view), Some(answer)) = (view.filter(|view| !view.is_open()), answer.as_object_mut()) {
        answer.insert("card".into(), json!({"type": "raw", "data": card(view, None)}));
    }
    Some(answer)
}
