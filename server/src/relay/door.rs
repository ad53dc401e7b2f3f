//! The door: from an HTTP request to a session.
//!
//! Promise: only pages of our own may connect from a browser, only in our protocol, and no message
//! is ever larger than the wire allows. Who is calling is said beside the protocol or in the first
//! frame, so that no token stands in an address.

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::StreamExt;
use sync::wire::{LARGEST_FRAME, PROTOCOL, TOKEN};

use super::session;
use crate::http::AppState;

/// `GET /sync`.
pub fn routes() -> Router<AppState> {
    Router::new().route("/sync", any(open))
}

async fn open(
    State(app): State<AppState>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
    _: Request,
) -> Response {
    if !is_our_own(&headers, app.config.public_origin.as_deref()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([PROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    }
    let offered = offered_token(&headers);
    upgrade.max_message_size(LARGEST_FRAME).max_frame_size(LARGEST_FRAME).on_upgrade(async move |socket| {
        let (sink, stream) = socket.split();
        let end = session::serve(&app, offered, stream, sink).await;
        tracing::debug!(?end, "a session ended");
    })
}

/// The access token beside the protocols that a device offers, if it is there.
pub(super) fn offered_token(headers: &HeaderMap) -> Option<String> {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut names = offered.flat_map(|names| names.split(','));
    names.find_map(|name| name.trim().strip_prefix(TOKEN)).map(str::to_owned)
}

/// Whether a browser says that the page is ours. Programs other than browsers name no page, and have
/// nothing of anybody's that a page could abuse: the token is in the first frame.
pub(super) fn is_our_own(headers: &HeaderMap, public_origin: Option<&str>) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if let Some(ours) = public_origin {
        return origin.eq_ignore_ascii_case(ours);
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    matches!((host, named), (Some(host), Some(named)) if host.eq_ignore_ascii_case(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: Option<&str>, host: &str, public: Option<&str>, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        assert_eq!(is_our_own(&headers, public), expected, "{origin:?} {host} {public:?}");
    }

    #[test]
    fn only_our_own_pages_connect() {
        let public = Some("https://expense.example.cn");
        check(Some("http://127.0.0.1:8080"), "127.0.0.1:8080", None, true);
        check(Some("http://127.0.0.1:9090"), "127.0.0.1:8080", None, false);
        check(Some("https://evil.example"), "127.0.0.1:8080", None, false);
        check(Some("null"), "127.0.0.1:8080", None, false);
        check(Some("https://expense.example.cn"), "10.0.0.7:8080", public, true);
        check(Some("https://10.0.0.7:8080"), "10.0.0.7:8080", public, false);
        check(None, "127.0.0.1:8080", None, true);
    }
}
