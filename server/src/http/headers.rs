//! Security headers of every answer.
//!
//! The page's own Content-Security-Policy is added with the page, in [`super::static_files`],
//! because it names the page's scripts by hash.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::AppState;
use crate::config::Tls;

/// Two years, as browsers' preload lists ask.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
/// For everything that is no page: it may load nothing and be framed by nobody.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// For scripts: one that a worker is started with brings its own policy, and both of ours fetch, import
/// and run WebAssembly of this origin. In a page the page's policy holds and this one says nothing.
const WORKER: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'",
);

const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), microphone=(), geolocation=(), payment=()"),
    ),
];

pub(super) async fn add(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let is_api = super::static_files::is_api(request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let is_script = kind.is_some_and(|kind| kind.starts_with(b"text/javascript"));
        let policy = if is_script { WORKER } else { NOTHING };
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // Not with a certificate of our own: HSTS takes the browser's "continue anyway" away.
    if app.config.is_https() && !matches!(app.config.tls, Tls::SelfSigned { .. }) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}
