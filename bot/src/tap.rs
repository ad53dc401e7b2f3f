//! What comes back from a chat platform: a pressed button, a written line, and what became of them.
//!
//! The server implements [`TapHandler`]; nothing in a [`Tap`] is believed before its token has been verified.

use crate::card::CardView;
use crate::secret::Secret;
use crate::surface::{ChatIdentity, Platform};
use futures_util::future::BoxFuture;

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
    /// The card's key ([`crate::surface::Delivery::key`]).
    pub card: String,
    /// The button's token, unverified; empty if the callback carried none.
    pub token: String,
    /// The platform's id of this delivery. Deliveries repeat; whether a repeat keeps this id is not promised by
    /// DingTalk, so it may speed up the recognition of a repeat but must not be the only means.
    pub delivery_key: String,
    /// What this tap brought for changing the card later, such as WeCom's fresh response code: the
    /// [`crate::surface::SurfaceHandle::details`] to keep from now on.
    pub details: Option<String>,
    /// The callback as it was verified, whole: the evidence of the decision. Not to be logged.
    pub evidence: Secret,
}

/// Something that a person wrote or sent to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who sent it.
    pub from: ChatIdentity,
    /// The platform's id of the message: the same for every delivery of it.
    pub id: String,
    /// What it holds.
    pub content: MessageContent,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageContent {
    /// Words.
    Text(String),
    /// A picture or a document.
    File(SentFile),
    /// Something that we do not read, such as a voice message.
    Other,
}

/// A file on the platform's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// The platform's id of the file; with [`Self::message`] enough to fetch it.
    pub id: String,
    /// The message that carried it.
    pub message: String,
    /// Its name, where the platform tells one.
    pub name: String,
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
    /// No decision was made, and nothing of the request may be shown to this user, or no card is known by this name.
    Denied(Refusal),
    /// The user is not bound to a person (未绑定): no decision.
    Unbound,
    /// The server could not decide now (storage busy, shutting down): no decision, the buttons stay.
    Unavailable,
}

/// What a user is told who is not bound.
pub const BIND_FIRST: &str = "请先在网页登录并绑定账号，再回来审批";

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
    /// The platform says that the user belongs to another company.
    #[error("the user belongs to another company")]
    OtherCompany,
    /// The approver has left the company.
    #[error("the approver has left the company")]
    Left,
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
            Self::OtherCompany => "tap.other_company",
            Self::Left => "tap.left",
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
            Self::NeedsPage => "金额较大，请打开详情完成审批".to_owned(),
            Self::OtherCompany => "您不属于本企业，不能在此审批".to_owned(),
            Self::Left => "您的账号已停用，不能审批".to_owned(),
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

    /// Reads what somebody wrote to the bot and answers it by [`crate::surface::ChatAdapter::notify`]. Called after the platform has been
    /// told that the message arrived; more than once for one message, where the platform repeats itself.
    fn message(&self, message: ChatMessage) -> BoxFuture<'_, ()>;
}
