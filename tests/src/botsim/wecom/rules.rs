//! WeCom's published rules for template cards, as pure checks, and how a phone shows one.
//!
//! Source: developer.work.weixin.qq.com, path/90236 (send), path/94945 (update), path/90313 (codes).

use super::Card;
use crate::botsim::common::Shown;
use serde_json::Value;
use std::collections::BTreeSet;

/// A refusal: WeCom's code and what is wrong.
pub(super) type Refused = (i64, String);

fn text<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

/// Checks a template card. A fresh one needs its own task id; an update has none.
pub(super) fn check(card: &Value, fresh: bool) -> Result<(), Refused> {
    let kind = text(card, "/card_type");
    if text(card, "/main_title/title").is_empty() && text(card, "/sub_title_text").is_empty() {
        return Err((42_045, "main_title.title and sub_title_text are both empty".into()));
    }
    let facts = card.pointer("/horizontal_content_list").and_then(Value::as_array).map_or(0, Vec::len);
    if facts > 6 {
        return Err((42_022, format!("{facts} facts")));
    }
    let task = text(card, "/task_id");
    let proper = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@');
    if fresh && (task.is_empty() || task.len() > 128 || !task.chars().all(proper)) {
        return Err((42_014, format!("task_id {task:?}")));
    }
    match kind {
        "text_notice" => match card.pointer("/card_action/type").and_then(Value::as_i64) {
            Some(1) if text(card, "/card_action/url").starts_with("http") => Ok(()),
            other => Err((42_022, format!("card_action {other:?} of a text_notice"))),
        },
        "button_interaction" => check_buttons(card),
        other => Err((42_022, format!("card_type {other:?}"))),
    }
}

fn check_buttons(card: &Value) -> Result<(), Refused> {
    let buttons = card.pointer("/button_list").and_then(Value::as_array).cloned().unwrap_or_default();
    if buttons.is_empty() || buttons.len() > 6 {
        return Err((42_017, format!("{} buttons", buttons.len())));
    }
    let mut keys = BTreeSet::new();
    for button in &buttons {
        let key = text(button, "/key");
        if text(button, "/text").is_empty() || key.is_empty() || key.len() > 1024 || !keys.insert(key.to_owned()) {
            return Err((42_017, format!("button {button}")));
        }
    }
    Ok(())
}

/// The key that a button carries now.
pub(super) fn key(card: &Card, action: &str) -> Option<String> {
    if card.button.is_some() {
        return None;
    }
    let wanted = if action == "approve" { "同意" } else { "拒绝" };
    let buttons = card.card.pointer("/button_list")?.as_array()?;
    let button = buttons.iter().find(|button| text(button, "/text") == wanted)?;
    Some(text(button, "/key").to_owned())
}

/// The card as its phone shows it.
pub(super) fn shown(card: &Card) -> Shown {
    let facts = card.card.pointer("/horizontal_content_list").and_then(Value::as_array).cloned().unwrap_or_default();
    let buttons = ["approve", "reject"]
        .into_iter()
        .filter(|action| key(card, action).is_some())
        .map(|action| (action.to_owned(), if action == "approve" { "同意" } else { "拒绝" }.to_owned()));
    Shown {
        platform: "wecom",
        user: card.user.clone(),
        card: card.task.clone(),
        title: text(&card.card, "/main_title/title").to_owned(),
        facts: facts.iter().map(|fact| format!("{}：{}", text(fact, "/keyname"), text(fact, "/value"))).collect(),
        status: text(&card.card, "/main_title/desc").to_owned(),
        notice: card.button.clone().unwrap_or_default(),
        url: text(&card.card, "/card_action/url").to_owned(),
        buttons: buttons.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::{Value, json};

    fn card() -> Value {
        json!({
            "card_type": "button_interaction", "task_id": "exp-1", "main_title": {"title": "张三的报销"},
            "button_list": [{"text": "同意", "key": "a"}, {"text": "拒绝", "key": "b"}],
        })
    }

    #[test]
    fn every_rule_is_held() {
        assert_eq!(check(&card(), true), Ok(()));
        let long_key = "k".repeat(1025);
        for (place, value, code) in [
            ("/task_id", json!("a/b"), 42_014),
            ("/task_id", json!(""), 42_014),
            ("/button_list", json!([]), 42_017),
            ("/button_list/1/key", json!("a"), 42_017),
            ("/button_list/1/key", json!(long_key), 42_017),
            ("/main_title/title", json!(""), 42_045),
            ("/card_type", json!("text_notice"), 42_022),
            ("/card_type", json!("poem"), 42_022),
        ] {
            let mut card = card();
            *card.pointer_mut(place).unwrap() = value;
            assert_eq!(check(&card, true).unwrap_err().0, code, "{place}");
        }
    }
}
