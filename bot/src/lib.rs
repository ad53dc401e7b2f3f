//! Chat surfaces: a pending approval as a card, and the approver's tap as a decision.
//!
//! The promise: one card is one request at one step and one revision. A tap decides exactly what its card showed,
//! by exactly the person it was sent to, at most once; and whatever happens elsewhere, the newest view is the last one
//! a card shows.
//!
//! The pieces, each usable alone:
//!
//! - [`card`]: what a card says, free of any platform.
//! - [`token`]: the signed permission behind a button.
//! - [`surface`] and [`tap`]: the two traits between the server and a platform: [`surface::ChatAdapter`] (out) and
//!   [`tap::TapHandler`] (in).
//! - [`ladder`]: what a tap must show before the authority is asked. Pure.
//! - [`outbox`] and [`limits`]: which card to send next, how often, when to try again, when to give up. Pure; the server
//!   stores the rows.
//! - [`envelope`] and [`signature`]: the platforms' cryptography, held to published vectors.
//! - [`callback`]: platforms that call us over HTTP: verified, recognised when repeated, answered in time.
//! - [`dingtalk`] (钉钉): Stream mode, outbound connections only; HTTP callbacks as a second transport.
//! - [`wecom`] (企业微信): the self-built app with callbacks, and the AI bot on its own long connection.
//! - [`feishu`] (飞书) and [`wechat`] (微信小程序).
//!
//! This crate decides nothing about money or authority: it carries questions out and answers in. Request, step,
//! person and corporation are opaque text here.

pub mod backoff;
pub mod callback;
pub mod card;
pub mod dingtalk;
pub mod envelope;
pub mod feishu;
mod http;
pub mod ladder;
pub mod limits;
pub mod outbox;
pub mod secret;
pub mod signature;
pub mod surface;
pub mod tap;
mod text;
pub mod token;
pub mod wechat;
pub mod wecom;

pub use card::{CardAction, CardState, CardView, Decision};
pub use http::{CALL_LIMIT, ConfigError};
pub use secret::Secret;
pub use surface::{ChatAdapter, ChatIdentity, Delivery, Notice, Platform, Recipient, SendError, SurfaceHandle};
pub use tap::{ChatMessage, MessageContent, Refusal, SentFile, Tap, TapHandler, TapOutcome};
pub use token::{ActionToken, TokenError, TokenKeys};

/// Installs the cryptography that TLS uses in this process (ring), unless the process already chose one.
///
/// Both HTTP and WebSocket clients ask for the process's choice when they are built; every adapter of this crate calls
/// this first, so a program that forgets it still works. Calling it again does nothing.
pub fn install_tls() {
    // The only error is "already installed", which is what we want.
    drop(rustls::crypto::ring::default_provider().install_default());
}
