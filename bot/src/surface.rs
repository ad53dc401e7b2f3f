//! What the server needs from a chat platform: [`ChatAdapter`] carries cards out.
//!
//! Its counterpart is [`crate::tap::TapHandler`], which brings taps in. A platform implements the first, the server
//! implements the second, and neither knows the other's details. Both are usable as `dyn`, because the server holds
//! one adapter per configured platform.

use crate::card::{CardAction, CardView};
use crate::limits::Rates;
use crate::tap::SentFile;
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
    /// 企业微信智能机器人 on its long connection: no public address, but a card changes only while it is tapped.
    WeComAiBot,
    /// 微信小程序: reminders that open a page; they have no buttons.
    WeChatMiniProgram,
    /// 飞书.
    Feishu,
}

impl Platform {
    /// Every platform there is.
    pub const ALL: [Self; 5] = [Self::DingTalk, Self::WeCom, Self::WeComAiBot, Self::WeChatMiniProgram, Self::Feishu];

    /// The platform as people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DingTalk => "钉钉",
            Self::WeCom => "企业微信",
            Self::WeComAiBot => "企业微信智能机器人",
            Self::WeChatMiniProgram => "微信小程序",
            Self::Feishu => "飞书",
        }
    }

    /// The platform as a stable word, for rows, settings and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DingTalk => "dingtalk",
            Self::WeCom => "wecom",
            Self::WeComAiBot => "wecom_ai_bot",
            Self::WeChatMiniProgram => "wechat",
            Self::Feishu => "feishu",
        }
    }

    /// The platform of a stable word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.word() == word)
    }
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

impl ChatIdentity {
    /// A user as the platform names them. WeCom writes one user id in different cases (path/90236), so it is kept in
    /// lower case there.
    pub fn new(platform: Platform, corporation: impl Into<String>, user: &str) -> Self {
        let user = match platform {
            Platform::WeCom | Platform::WeComAiBot => user.to_ascii_lowercase(),
            _ => user.to_owned(),
        };
        Self { platform, corporation: corporation.into(), user }
    }
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

/// A plain message to one person: the answer to a command, or what a card could not say itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The first line.
    pub title: String,
    /// The rest, line by line.
    pub lines: Vec<String>,
    /// The page with everything else; empty for none.
    pub url: String,
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

    /// Brings a card to a newer view, for everybody who has it. The handle to keep from now on, if it changed.
    ///
    /// [`SendError::Stale`] says that the platform does not let this card be changed any more: tell the person by
    /// [`Self::notify`].
    fn update<'a>(
        &'a self,
        handle: &'a SurfaceHandle,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Option<SurfaceHandle>, SendError>>;

    /// Sends a plain message to one person.
    fn notify<'a>(&'a self, to: &'a ChatIdentity, notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>>;

    /// Sends a plain message to a group, by the platform's name of it. The lines arrive as they are, one below the other.
    fn notify_group<'a>(&'a self, _group: &'a str, _notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(async { Err(SendError::Permanent("group.not_supported".into())) })
    }

    /// Fetches a file that somebody sent to the bot, of at most `limit` bytes.
    fn download<'a>(&'a self, file: &'a SentFile, limit: usize) -> BoxFuture<'a, Result<Vec<u8>, SendError>>;

    /// How often the platform lets us send. Kept a little below what it documents.
    fn rates(&self) -> Rates;
}
