//! The second door: stock automerge-repo peers, where an administrator opens it (`automerge_repo`).
//!
//! Promise: it leads to the same gate. A peer is one enrolled device of one person, known by the same access token; it
//! reads what that person may read, and what it writes is decided change by change as at the first door
//! ([`super::push`]). Only changes of claims and of their comments come in here: what a person submits, decides or takes
//! back is a record that their device signs, and the protocol has no place for one.
//!
//! **The token.** The adapter of stock peers takes an address and nothing else, so the token stands in its query
//! (`access_token`, as in RFC 6750 section 2.3) unless a program of one's own sends it beside the protocol, as ours does.
//! It holds for minutes and for one device, we log no queries, and pages of another origin are turned away; a proxy in front
//! must not log them either. A cookie would be sent for whoever asks, so there is none. The connection ends with its
//! token; a peer comes back with a new address.
//!
//! **Signatures.** A stock peer cannot sign a change. The relay signs in its place that it came on a session of this
//! device ([`sync::signature::vouch_message`]), which is all that anybody can say of it later: a draft or a comment was
//! written by whoever held that device's token. Money moves on a submission alone, and its signer signs the digest of
//! everything that they saw.

mod session;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::StreamExt;
use sync::wire::{LARGEST_FRAME, PROTOCOL};

use super::door;
use crate::http::AppState;

/// `GET /sync/automerge-repo`.
pub fn routes() -> Router<AppState> {
    Router::new().route("/sync/automerge-repo", any(open))
}

async fn open(
    State(app): State<AppState>,
    headers: HeaderMap,
    address: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !door::is_our_own(&headers, app.config.public_origin.as_deref()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    // Stock peers name no protocol. One that offers a token has to be given an answer to its offer.
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([PROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    let token = door::offered_token(&headers).or_else(|| token_of(&address)).unwrap_or_default();
    upgrade.max_message_size(LARGEST_FRAME).max_frame_size(LARGEST_FRAME).on_upgrade(async move |socket| {
        let (sink, stream) = socket.split();
        let end = session::serve(&app, &token, stream, sink).await;
        tracing::debug!(?end, "a session of the second door ended");
    })
}

/// The token in an address. Tokens are made of letters that need no escape.
fn token_of(address: &Uri) -> Option<String> {
    address.query()?.split('&').find_map(|pair| pair.strip_prefix("access_token=")).map(str::to_owned)
}
