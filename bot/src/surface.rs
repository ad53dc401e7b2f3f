//! The two traits between the server and a chat platform.
//!
//! [`ChatAdapter`] carries cards out; [`TapHandler`] brings taps in. A platform implements the first, the server
//! implements the second, and neither knows the other's details. Both are usable as `dyn`, because the server holds
//! one adapter per configured platform.

use crate::card::{CardAction, CardView};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A chat platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// 钉钉.
    DingTalk,
    /// 企业微信.
    WeCom,
    /// 微信小程序: reminders that open a page; they have no buttons.
    WeChatMiniProgram,
    /// 飞书.
    Feishu,
}

/// A user of a platform. The user id is unique within a corporation only, so all three together are the key.
///
/// It is bound to a person once, from a signed-in session: never by name, phone or e-mail alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChatIdentity {
    /// The platform.
    pub platform: Platform,
    /// The platform's id of the company (corpId).
    pub corporation: String,
    /// The platform's id of the user within it.
    pub user: String,
}

/// One person a card is sent to, with that person's own button tokens.
///
/// A recipient without tokens is a watcher: the card shows no buttons to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Where to find the person.
    pub identity: ChatIdentity,
    /// The signed token of each button ([`crate::token::TokenKeys::sign`]).
    pub tokens: Vec<(CardAction, String)>,
}

impl Recipient {
    /// The token of one button, if this person has it.
    pub fn token(&self, action: CardAction) -> Option<&str> {
        self.tokens.iter().find(|(known, _)| *known == action).map(|(_, token)| token.as_str())
    }
}

/// A card on its way to people: the newest view, and who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Our name for this card, unique for ever and the same on every retry: the idempotency key. It must be made of
    /// ASCII letters, digits, `-` and `_`, at most 64 of them, so that every platform takes it.
    pub key: String,
    /// What it says.
    pub view: CardView,
    /// Who sees it.
    pub recipients: Vec<Recipient>,
}

/// A card that a platform has: what is needed to change it later. Stored by the server as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurfaceHandle {
    /// The platform that has it.
    pub platform: Platform,
    /// The key it was sent under ([`Delivery::key`]).
    pub key: String,
    /// The one user it belongs to, where a platform needs one message per user; `None` where one card serves all.
    pub user: Option<String>,
    /// What the adapter alone understands, such as a one-shot response code; `None` in DingTalk.
    pub details: Option<String>,
}

/// Why a card was not sent or changed, in terms of what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Certainly not done; try again, not before `after` if the platform said when.
    #[error("the platform is busy or unreachable ({reason})")]
    Retry {
        /// The platform's own request for patience.
        after: Option<Duration>,
        /// What it said, for the log.
        reason: String,
    },
    /// Perhaps done: the answer was lost. Try again only under an idempotency key.
    #[error("no answer; it may have been done ({0})")]
    Ambiguous(String),
    /// The platform refused a fresh access token as well; credentials may have been revoked.
    #[error("the platform refuses our access token")]
    TokenExpired,
    /// Trying again cannot help. The platform's code.
    #[error("refused for good: {0}")]
    Permanent(String),
    /// The platform no longer lets this card be changed (a one-shot code is spent, or too old).
    #[error("the card can no longer be changed: {0}")]
    Stale(String),
    /// The corporation's call quota is used up. The administrator must know; try again much later.
    #[error("the call quota is used up: {0}")]
    QuotaExhausted(String),
    /// The card exists, but some people did not get it. They need a reminder by another way.
    #[error("{} of the recipients did not get the card", failed.len())]
    PartlyFailed {
        /// The cards that exist all the same.
        handles: Vec<SurfaceHandle>,
        /// Who did not get it, with the platform's reason.
        failed: Vec<(ChatIdentity, String)>,
    },
}

impl SendError {
    /// The stable code, for logs and texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "send.retry",
            Self::Ambiguous(_) => "send.ambiguous",
            Self::TokenExpired => "send.token_expired",
            Self::Permanent(_) => "send.permanent",
            Self::Stale(_) => "send.stale",
            Self::QuotaExhausted(_) => "send.quota_exhausted",
            Self::PartlyFailed { .. } => "send.partly_failed",
        }
    }
}

/// A platform that can show cards. Called by the server's outbox, never inside a tap.
pub trait ChatAdapter: Send + Sync {
    /// Which platform this is.
    fn platform(&self) -> Platform;

    /// How long a tap may take before the adapter answers "处理中" by itself. Well inside the platform's own limit
    /// (DingTalk 2 s, Feishu 3 s, WeCom 5 s), because the answer still has to travel.
    fn tap_deadline(&self) -> Duration;

    /// Whether the same [`Delivery::key`] sent twice makes one card. Decides whether an ambiguous result is retried.
    fn sends_once(&self) -> bool;

    /// Puts a new card before its recipients. If the key is already known to the platform, the card that exists is
    /// brought to this view instead, and that is a success.
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<Vec<SurfaceHandle>, SendError>>;

    /// Brings a card to a newer view, for everybody who has it.
    fn update<'a>(&'a self, handle: &'a SurfaceHandle, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), SendError>>;
}

/// A button that somebody pressed. Everything in it came through the platform and the phone: verify the token, map
/// the user to a person, and compare that person with the token's approver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tap {
    /// The platform it came through.
    pub platform: Platform,
    /// The platform's id of the company. Compare it with the one that the identity is bound in.
    pub corporation: String,
    /// The platform's id of the user who tapped.
    pub user: String,
    /// The card's key ([`Delivery::key`]).
    pub card: String,
    /// The button's token, unverified; empty if the callback carried none.
    pub token: String,
    /// The platform's id of this delivery. Deliveries repeat; whether a repeat keeps this id is not promised by
    /// DingTalk, so it may speed up the recognition of a repeat but must not be the only means.
    pub delivery_key: String,
}

/// What became of a tap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapOutcome {
    /// The decision was made by this tap; the card as it now stands.
    Applied(CardView),
    /// The same decision had been made before, by an earlier delivery of this tap or by somebody else; the card as
    /// it stands. Not an error.
    Already(CardView),
    /// No decision was made; the card as it stands, and why.
    Refused {
        /// The card as it stands now, so that it can be refreshed in place.
        view: CardView,
        /// What to tell the person.
        why: Refusal,
    },
    /// The user is not bound to a person (未绑定): no decision.
    Unbound,
    /// The server could not decide now (storage busy, shutting down): no decision, the buttons stay.
    Unavailable,
}

/// Why a tap decided nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request was edited after the card went out.
    #[error("the request changed from {from} to {to}")]
    Changed {
        /// What the card showed.
        from: String,
        /// What the request says now.
        to: String,
    },
    /// The tapper is not the approver of this step, or may not act any more.
    #[error("the step is not this person's to decide")]
    NotYours,
    /// The token is missing, damaged or not ours.
    #[error("the button is not valid")]
    InvalidButton,
    /// The token's time is over.
    #[error("the button has expired")]
    Expired,
    /// The request is no longer waiting at this step (withdrawn, decided otherwise, moved on).
    #[error("the request is no longer waiting for this step")]
    Closed,
    /// Policy asks for more than one tap (a high amount, a second factor).
    #[error("this decision has to be made on the page")]
    NeedsPage,
}

impl Refusal {
    /// The stable code, for logs and texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "tap.changed",
            Self::NotYours => "tap.not_yours",
            Self::InvalidButton => "tap.invalid_button",
            Self::Expired => "tap.expired",
            Self::Closed => "tap.closed",
            Self::NeedsPage => "tap.needs_page",
        }
    }

    /// What the card says to the person who tapped.
    pub fn notice(&self) -> String {
        match self {
            Self::Changed { from, to } => format!("单据已变更 {from}→{to}，请核对后再处理"),
            Self::NotYours => "这一步不由您审批".to_owned(),
            Self::InvalidButton => "按钮已失效，请打开详情处理".to_owned(),
            Self::Expired => "卡片已过期，请打开详情处理".to_owned(),
            Self::Closed => "单据已不在此审批步骤".to_owned(),
            Self::NeedsPage => "请打开详情完成审批".to_owned(),
        }
    }
}

/// Who decides on taps: the server.
pub trait TapHandler: Send + Sync {
    /// Decides on a tap, in one transaction. Called concurrently, and more than once for the same tap.
    ///
    /// An outbox row for the tapped card may be written in that transaction, but it must not be sent at once: see
    /// [`crate::outbox::TAP_HOLD`].
    fn tap(&self, tap: Tap) -> BoxFuture<'_, TapOutcome>;

    /// The card does not show the outcome of this tap: the deadline passed first and it says "处理中", or the
    /// connection broke under the answer. Send the card's newest view through the outbox.
    ///
    /// Called after the callback is over, so the update may go out at once. `outcome` is `None` if [`Self::tap`]
    /// panicked.
    fn missed(&self, tap: Tap, outcome: Option<TapOutcome>) -> BoxFuture<'_, ()>;
}
