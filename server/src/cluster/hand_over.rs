//! Which requests go to the server that writes.
//!
//! Promise: a request that reads is answered here; one that may change something is handed over whole, or answered
//! `unavailable` with nothing done. None is handed over twice.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Turn;
use super::door::Handed;
use crate::http::problem::UNAVAILABLE;
use crate::http::rate_limit::client_address;
use crate::http::{AppState, Problem};

/// Questions that the writer answers: they make a checkpoint, or need what chat platforms are connected.
const ASKED_OF_WRITER: [&str; 3] = ["/api/log/checkpoint", "/api/chat/", "/api/mini/"];
/// Work that changes nothing.
const DONE_ANYWHERE: [&str; 1] = ["/api/read"];

pub(crate) async fn hand_over(State(app): State<AppState>, request: Request, next: Next) -> Response {
    if app.cluster.is_none() || !needs_writer(&app, request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let is_handed = request.extensions().get::<Handed>().is_some();
    match app.turn().await {
        Turn::Ours => next.run(request).await,
        Turn::Theirs(leader) if !is_handed => {
            let client = client_address(request.extensions(), request.headers(), app.config.trusted_hops);
            leader.answer(request, client).await.unwrap_or_else(IntoResponse::into_response)
        }
        Turn::Theirs(_) | Turn::Nobodys => Problem::new(&UNAVAILABLE).retry_after(1).into_response(),
    }
}

fn needs_writer(app: &AppState, method: &Method, path: &str) -> bool {
    if !path.starts_with("/api/") || DONE_ANYWHERE.contains(&path) {
        return false;
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return true;
    }
    let Some(original) = path.strip_prefix("/api/blobs/") else {
        return ASKED_OF_WRITER.iter().any(|asked| path.starts_with(asked));
    };
    // Uploads go on where they began. An original that is neither in the folder here nor in a bucket may be in the writer's.
    original.ends_with("/upload") || !is_within_reach(app, original)
}

/// Whether this server can read the original of this name by itself.
fn is_within_reach(app: &AppState, name: &str) -> bool {
    let mut sha256 = crate::blobs::Hash::default();
    hex::decode_to_slice(name, &mut sha256).is_err() || app.blobs.is_within_reach(&sha256)
}
