//! From a card to DingTalk's variables, and from a tap's outcome to the answer of its callback.
//!
//! The template (卡片模板) that the administrator publishes must have these variables:
//!
//! | public | meaning |
//! |---|---|
//! | `title` | the question |
//! | `facts` | `名称：值` lines |
//! | `status` | the state in words |
//! | `state` | the state as a word for colours: `pending`, `processing`, `approved`, `rejected`, `returned`, `changed`, `withdrawn`, `expired` |
//! | `open` | `true` while the question is open: the buttons show only then |
//! | `detail_url` | the page |
//!
//! | private (per user) | meaning |
//! |---|---|
//! | `can_act` | `true` if this user has buttons |
//! | `tok_approve`, `tok_reject` | the value of the buttons' `token` parameter |
//! | `notice` | a line for this user alone, such as why a tap was refused |
//!
//! Whether a button's parameter can be bound to a private variable is documented only by example; should a
//! template editor refuse it, send one card per approver.

use super::DingTalkConfig;
use super::wire::{
    CallbackResponse, CardData, CreateAndDeliver, Notification, Params, RobotDelivery, RobotSpace, UpdateCard,
    UpdateOptions,
};
use crate::card::{CardAction, CardView};
use crate::surface::{Delivery, Platform, Recipient, SendError};
use crate::tap::{BIND_FIRST, Refusal, TapOutcome};
use crate::text::{one_line, shorten};
use std::collections::BTreeMap;

/// The longest value of a variable in bytes (open.dingtalk.com, instructions-for-filling-in-api-card-data).
pub const LONGEST_VALUE: usize = 1024;

/// The name of the parameter under which a button returns its token.
pub const TOKEN_PARAMETER: &str = "token";

const USER_ID: u8 = 1;

/// The request that creates a card and delivers it to every recipient.
pub fn create(config: &DingTalkConfig, delivery: &Delivery) -> Result<CreateAndDeliver, SendError> {
    let spaces: Vec<String> =
        recipients(delivery)?.map(|recipient| format!("IM_ROBOT.{}", recipient.identity.user)).collect();
    if spaces.is_empty() {
        return Err(SendError::Permanent("dingtalk.no_recipient".into()));
    }
    let headline = shorten(&one_line(&delivery.view.title), LONGEST_VALUE);
    Ok(CreateAndDeliver {
        card_template_id: config.card_template_id.clone(),
        out_track_id: delivery.key.clone(),
        callback_type: if config.http_callback.is_some() { "HTTP" } else { "STREAM" },
        callback_route_key: config.http_callback.as_ref().map(|http| http.route_key.clone()),
        user_id_type: USER_ID,
        card_data: public(&delivery.view),
        private_data: private(delivery)?,
        open_space_id: format!("dtv1.card//{}", spaces.join(";")),
        im_robot_open_space_model: RobotSpace {
            support_forward: false,
            last_message: BTreeMap::from([("ZH_CN", headline.clone())]),
            notification: Notification { alert_content: headline, notification_off: false },
        },
        im_robot_open_deliver_model: RobotDelivery { space_type: "IM_ROBOT", robot_code: config.robot_code.clone() },
    })
}

/// The request that brings every copy of a card to its newest view.
pub fn update(delivery: &Delivery) -> Result<UpdateCard, SendError> {
    Ok(UpdateCard {
        out_track_id: delivery.key.clone(),
        user_id_type: USER_ID,
        card_data: public(&delivery.view),
        private_data: private(delivery)?,
        card_update_options: UpdateOptions::BY_KEY,
    })
}

/// How the card changes at once when a tap has been decided on. `None` for [`TapOutcome::Unavailable`], which is
/// answered as a server error, so that the buttons stay and the tap can be repeated.
pub fn answer(outcome: &TapOutcome) -> Option<CallbackResponse> {
    let (view, notice) = match outcome {
        TapOutcome::Applied(view) | TapOutcome::Already(view) => (Some(view), String::new()),
        TapOutcome::Refused { view, why } => (Some(view), why.notice()),
        TapOutcome::Denied(why) => (None, why.notice()),
        TapOutcome::Unbound => (None, BIND_FIRST.to_owned()),
        TapOutcome::Unavailable => return None,
    };
    let mut mine = params([("notice", notice.as_str())]);
    // Whoever decided, or was never asked, has no buttons any more. Any other refusal leaves them alone: a late tap on
    // an old copy must not take away the fresh buttons that a newer delivery brought.
    let settled = matches!(
        outcome,
        TapOutcome::Applied(_)
            | TapOutcome::Already(_)
            | TapOutcome::Refused { why: Refusal::NotYours, .. }
            | TapOutcome::Denied(Refusal::OtherCompany)
    );
    if settled {
        mine.insert("can_act".to_owned(), "false".to_owned());
    }
    Some(CallbackResponse {
        card_update_options: UpdateOptions::BY_KEY,
        card_data: view.map(public),
        user_private_data: Some(CardData { card_param_map: mine }),
    })
}

/// How the card changes when the decision takes longer than the platform waits: it says so, and hides the buttons.
pub fn processing() -> CallbackResponse {
    let everybody = [("status", "处理中"), ("state", "processing"), ("open", "false")];
    CallbackResponse {
        card_update_options: UpdateOptions::BY_KEY,
        card_data: Some(CardData { card_param_map: params(everybody) }),
        user_private_data: None,
    }
}

fn public(view: &CardView) -> CardData {
    let facts: Vec<String> = view
        .facts
        .iter()
        // A line break inside a value would let what a claimant typed look like a fact that we state.
        .map(|(name, value)| format!("{}：{}", one_line(name), one_line(value)))
        .collect();
    let status = view.state.text();
    let mut map = params([
        ("title", view.title.as_str()),
        ("status", &status),
        ("state", view.state.code()),
        ("open", if view.is_open() { "true" } else { "false" }),
        ("detail_url", &view.detail_url),
    ]);
    map.insert("facts".to_owned(), shorten(&facts.join("\n"), LONGEST_VALUE));
    CardData { card_param_map: map }
}

fn private(delivery: &Delivery) -> Result<BTreeMap<String, CardData>, SendError> {
    let mut all = BTreeMap::new();
    for recipient in recipients(delivery)? {
        let mut map = params([("notice", "")]);
        let mut can_act = false;
        for action in CardAction::ALL {
            let offered = delivery.view.is_open() && delivery.view.actions.contains(&action);
            let token = recipient.token(action).filter(|_| offered).unwrap_or_default();
            if token.len() > LONGEST_VALUE {
                return Err(SendError::Permanent("dingtalk.token_too_long".into()));
            }
            can_act |= !token.is_empty();
            map.insert(format!("tok_{}", action.code()), token.to_owned());
        }
        map.insert("can_act".to_owned(), can_act.to_string());
        all.insert(recipient.identity.user.clone(), CardData { card_param_map: map });
    }
    Ok(all)
}

/// The recipients, once it is certain that each can be addressed. The user id becomes part of a path-like text, so one
/// that holds its separators would address somebody else.
fn recipients(delivery: &Delivery) -> Result<impl Iterator<Item = &Recipient>, SendError> {
    let addressable = |recipient: &Recipient| {
        let user = &recipient.identity.user;
        recipient.identity.platform == Platform::DingTalk
            && !user.is_empty()
            && !user.contains(|c: char| matches!(c, ';' | '/') || c.is_whitespace() || c.is_control())
    };
    if delivery.recipients.iter().all(addressable) {
        Ok(delivery.recipients.iter())
    } else {
        Err(SendError::Permanent("dingtalk.recipient_invalid".into()))
    }
}

fn params<const N: usize>(pairs: [(&str, &str); N]) -> Params {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), shorten(&one_line(value), LONGEST_VALUE))).collect()
}

#[cfg(test)]
mod tests;
