//! DingTalk's JSON: what we send, exactly; what we receive, with patience.
//!
//! Received types take a number where a string is documented and the reverse (the documents and the wild differ), take
//! missing fields as empty, and ignore unknown ones. The shapes follow open.dingtalk.com (create-and-deliver-cards,
//! interactive-card-update-interface, event-callback-card) and the vendor's stream protocol page.

mod received;
mod robot;
mod sent;

pub use received::{CardCallback, Created, CreatedResult, DeliverResult, ErrorBody, Frame, OpenAnswer, TokenAnswer};
pub use robot::{RobotMessage, RobotSent};
pub use sent::{
    CallbackResponse, CardData, CreateAndDeliver, Notification, Params, RobotDelivery, RobotSpace, UpdateCard,
    UpdateOptions,
};

/// The topic of button callbacks.
pub const CARD_TOPIC: &str = "/v1.0/card/instances/callback";

/// The topic of what people write to the robot.
pub const MESSAGE_TOPIC: &str = "/v1.0/im/bot/messages/get";
