//! Platforms that call us over HTTP: verify, recognise a repeat, decide, answer in time.
//!
//! The promise: nothing is read before its signature fits; what was refused is refused by a name that the log holds and
//! the caller does not learn; a repeated callback gets the answer of the first; and no callback waits longer than its
//! platform does: past the deadline the card says "处理中" and the outcome follows by the outbox.

mod door;
mod replay;

use crate::surface::Platform;
use crate::tap::{ChatMessage, Tap, TapOutcome};
use std::time::Duration;

pub use door::Door;
pub use replay::{ReplayGuard, Seen};

/// No callback of any platform is longer.
pub const LONGEST_BODY: usize = 64 * 1024;

/// How far a callback's timestamp may be from our clock. No platform documents a window; five minutes are what Slack
/// asks for, and clocks of servers do not differ by more.
pub const WINDOW: Duration = Duration::from_mins(5);

/// A callback as the web server received it.
#[derive(Debug, Clone, Default)]
pub struct CallbackRequest {
    /// Whether it is a `POST`; otherwise a `GET`.
    pub post: bool,
    /// The query, decoded exactly once: signatures and ciphertexts hold `+`, `/` and `=`.
    pub query: Vec<(String, String)>,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// When it came, in Unix milliseconds.
    pub now: u64,
}

impl CallbackRequest {
    /// A parameter of the query; empty if it is missing.
    pub fn parameter(&self, name: &str) -> &str {
        find(&self.query, name)
    }

    /// A header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        find(&self.headers, name)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackReply {
    /// The HTTP status.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl CallbackReply {
    /// A reply in JSON.
    pub fn json(value: &serde_json::Value) -> Self {
        Self { status: 200, content_type: "application/json", body: value.to_string().into_bytes() }
    }

    /// A reply in plain text; empty for "received".
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: text.into() }
    }

    /// A reply in XML.
    pub fn xml(text: String) -> Self {
        Self { status: 200, content_type: "application/xml; charset=utf-8", body: text.into_bytes() }
    }

    /// A refusal, which tells nothing but its status.
    pub fn refusal(status: u16) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: Vec::new() }
    }
}

/// A callback that is genuine.
#[derive(Debug)]
pub enum Received {
    /// The platform tries whether we are there; the answer.
    Challenge(CallbackReply),
    /// A button was pressed.
    Tap(Box<Tap>),
    /// Somebody wrote to the bot.
    Message(ChatMessage),
    /// Something that concerns nobody here.
    Nothing,
}

/// Why a callback is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The signature is missing or does not fit, or the content is not for us.
    #[error("the callback is not genuine")]
    Forged,
    /// It was signed too long ago, or in the future: a replay.
    #[error("the callback's time is more than five minutes away")]
    OutOfTime,
    /// The signature was used before, on another body. In DingTalk the signature does not cover the body.
    #[error("the callback's signature was used before for another body")]
    SwappedBody,
    /// It is longer than any callback.
    #[error("the callback is too long")]
    TooLong,
    /// It is genuine but has no form that we know.
    #[error("the callback cannot be read")]
    Malformed,
}

impl Rejected {
    /// The stable code, for logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Forged => "callback.forged",
            Self::OutOfTime => "callback.out_of_time",
            Self::SwappedBody => "callback.swapped_body",
            Self::TooLong => "callback.too_long",
            Self::Malformed => "callback.malformed",
        }
    }

    /// The HTTP status. Whatever proves to be no platform's gets the same one.
    pub fn status(self) -> u16 {
        match self {
            Self::Forged | Self::OutOfTime | Self::SwappedBody => 401,
            Self::TooLong => 413,
            Self::Malformed => 400,
        }
    }
}

/// A platform that calls us over HTTP. Pure: verifying, reading and rendering, with no connection and no state.
pub trait HttpCallback: Send + Sync {
    /// Which platform this is.
    fn platform(&self) -> Platform;

    /// After this time a tap is answered with [`Self::processing`].
    fn tap_deadline(&self) -> Duration;

    /// How long the platform itself waits. A card must not be changed by other means before that.
    fn tap_limit(&self) -> Duration;

    /// Verifies, decrypts and reads a callback, in this order.
    fn receive(&self, request: &CallbackRequest) -> Result<Received, Rejected>;

    /// What the signature is of, to recognise a repeat: the same text for the same signed content.
    fn signed_by(&self, request: &CallbackRequest) -> String;

    /// The answer to a tap that was decided on.
    fn answer(&self, tap: &Tap, outcome: &TapOutcome, now: u64) -> CallbackReply;

    /// The answer to a tap that takes longer.
    fn processing(&self, tap: &Tap, now: u64) -> CallbackReply;

    /// The answer to what needs none.
    fn received(&self, now: u64) -> CallbackReply;
}

/// Whether a moment is close enough to now. `stamp` in milliseconds.
pub(crate) fn in_time(now: u64, stamp: u64) -> Result<(), Rejected> {
    if u128::from(now.abs_diff(stamp)) <= WINDOW.as_millis() { Ok(()) } else { Err(Rejected::OutOfTime) }
}
