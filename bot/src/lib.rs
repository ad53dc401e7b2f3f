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
//! - [`surface`]: the two traits between the server and a platform: [`surface::ChatAdapter`] (out) and
//!   [`surface::TapHandler`] (in).
//! - [`outbox`]: which card to send next, when to try again, when to give up. Pure; the server stores the rows.
//! - [`dingtalk`]: the first platform (钉钉), in Stream mode: outbound connections only, no public address needed.
//!
//! This crate decides nothing about money or authority: it carries questions out and answers in. Request, step,
//! person and corporation are opaque text here.

pub mod backoff;
pub mod card;
pub mod dingtalk;
pub mod outbox;
pub mod secret;
pub mod surface;
pub mod token;

pub use card::{CardAction, CardState, CardView, Decision};
pub use secret::Secret;
pub use surface::{
    ChatAdapter, ChatIdentity, Delivery, Platform, Recipient, Refusal, SendError, SurfaceHandle, Tap, TapHandler,
    TapOutcome,
};
pub use token::{ActionToken, TokenError, TokenKeys};

/// Installs the cryptography that TLS uses in this process (ring), unless the process already chose one.
///
/// Both HTTP and WebSocket clients ask for the process's choice when they are built; every adapter of this crate calls
/// this first, so a program that forgets it still works. Calling it again does nothing.
pub fn install_tls() {
    // The only error is "already installed", which is what we want.
    drop(rustls::crypto::ring::default_provider().install_default());
}
