use super::{card, only_recipient};
use crate::card::{CardAction, CardState, CardView, Decision};
use crate::surface::{ChatIdentity, Delivery, Platform, Recipient, SendError};
use serde_json::json;

fn delivery(user: &str, state: CardState, token: &str) -> Delivery {
    Delivery {
        key: "exp-1_a@b".into(),
        view: CardView {
            request: "r".into(),
            step: 0,
            revision: 1,
            title: "张三的报销".into(),
            facts: (0..8).map(|n| (format!("事{n}"), format!("值{n}\n同意"))).collect(),
            state,
            actions: CardAction::ALL.into(),
            detail_url: "https://suanpan.example/approvals/r".into(),
        },
        recipients: vec![Recipient {
            identity: ChatIdentity::new(Platform::WeCom, "ww1", user),
            tokens: CardAction::ALL.map(|action| (action, format!("{token}-{}", action.code()))).into(),
        }],
    }
}

fn rendered(delivery: &Delivery) -> Result<serde_json::Value, SendError> {
    card(delivery, only_recipient(delivery)?)
}

#[test]
fn an_open_card_has_the_approvers_own_buttons_and_six_facts() {
    let card = rendered(&delivery("LiSi", CardState::Pending, "tok")).unwrap();
    assert_eq!(card["card_type"], "button_interaction");
    assert_eq!(card["button_list"][0], json!({"text": "同意", "style": 1, "key": "tok-approve"}));
    assert_eq!(card["button_list"][1]["key"], "tok-reject");
    assert_eq!(card["horizontal_content_list"].as_array().unwrap().len(), 6);
    assert_eq!(card["horizontal_content_list"][0]["value"], "值0 同意", "a line break cannot fake a fact");
    assert_eq!(card["task_id"], "exp-1_a@b");
}

#[test]
fn a_closed_card_says_how_it_stands_and_leads_to_the_page() {
    let state = CardState::Decided { by: "李四".into(), at_text: "10-12 10:32".into(), decision: Decision::Approved };
    let card = rendered(&delivery("lisi", state, "tok")).unwrap();
    assert_eq!(card["card_type"], "text_notice");
    assert_eq!(card["main_title"]["desc"], "已同意 · 李四 · 10-12 10:32");
    assert_eq!(card["card_action"], json!({"type": 1, "url": "https://suanpan.example/approvals/r"}));
    assert!(card.get("button_list").is_none());
}

#[test]
fn what_would_address_others_or_break_a_limit_is_refused() {
    for user in ["", "@all", "a|b", "a b", "a\n"] {
        let refused = rendered(&delivery(user, CardState::Pending, "t")).unwrap_err();
        assert_eq!(refused, SendError::Permanent("wecom.recipient_invalid".into()), "{user:?}");
    }
    let long = rendered(&delivery("li", CardState::Pending, &"t".repeat(1024))).unwrap_err();
    assert_eq!(long, SendError::Permanent("wecom.token_too_long".into()));
    let mut odd = delivery("li", CardState::Pending, "t");
    odd.key = "a/b".into();
    assert_eq!(rendered(&odd).unwrap_err(), SendError::Permanent("wecom.task_id_invalid".into()));
    odd.recipients.clear();
    assert_eq!(rendered(&odd).unwrap_err(), SendError::Permanent("wecom.one_recipient_a_card".into()));
}
