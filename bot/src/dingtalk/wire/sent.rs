//! What we send, exactly as documented.

use serde::Serialize;
use std::collections::BTreeMap;

/// Variables of a card: every value is a string.
pub type Params = BTreeMap<String, String>;

/// A set of variables in the vendor's wrapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct CardData {
    /// The variables.
    pub card_param_map: Params,
}

/// `POST /v1.0/card/instances/createAndDeliver`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAndDeliver {
    /// The published template.
    pub card_template_id: String,
    /// Our name for the card, unique for ever.
    pub out_track_id: String,
    /// `STREAM`, or `HTTP` with a route key.
    pub callback_type: &'static str,
    /// Which registered address gets the callbacks of this card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_route_key: Option<String>,
    /// 1: user ids of the corporation.
    pub user_id_type: u8,
    /// What everybody sees.
    pub card_data: CardData,
    /// What one user sees, by user id.
    pub private_data: BTreeMap<String, CardData>,
    /// Where it goes: `dtv1.card//IM_ROBOT.u1;IM_ROBOT.u2`.
    pub open_space_id: String,
    /// How it behaves in a chat with the robot.
    pub im_robot_open_space_model: RobotSpace,
    /// Which robot delivers it.
    pub im_robot_open_deliver_model: RobotDelivery,
}

/// How a card behaves in a chat with the robot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RobotSpace {
    /// Never: a forwarded card would show its facts to strangers.
    pub support_forward: bool,
    /// The line in the list of chats.
    #[serde(rename = "lastMessageI18n")]
    pub last_message: BTreeMap<&'static str, String>,
    /// The push notification.
    pub notification: Notification,
}

/// The push notification of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Its text. It shows on a locked screen, so it holds no amounts.
    pub alert_content: String,
    /// Whether there is none.
    pub notification_off: bool,
}

/// Which robot delivers a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RobotDelivery {
    /// `IM_ROBOT`.
    pub space_type: &'static str,
    /// The robot.
    pub robot_code: String,
}

/// `PUT /v1.0/card/instances`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCard {
    /// The card.
    pub out_track_id: String,
    /// 1: user ids of the corporation.
    pub user_id_type: u8,
    /// What everybody sees.
    pub card_data: CardData,
    /// What one user sees, by user id.
    pub private_data: BTreeMap<String, CardData>,
    /// Always by key.
    pub card_update_options: UpdateOptions,
}

/// Which variables an update replaces. DingTalk's own default is to **drop** every variable that an update does not
/// name, so only one value of this type can be made: by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOptions {
    update_card_data_by_key: bool,
    update_private_data_by_key: bool,
}

impl UpdateOptions {
    /// Replace the variables that are named and keep the others.
    pub const BY_KEY: Self = Self { update_card_data_by_key: true, update_private_data_by_key: true };
}

/// The answer to a button callback: how the card changes at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallbackResponse {
    /// Always by key.
    pub card_update_options: UpdateOptions,
    /// What everybody sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_data: Option<CardData>,
    /// What the one who tapped sees. Not keyed by user, unlike [`UpdateCard::private_data`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_private_data: Option<CardData>,
}
