//! The edge: every request enters here, and every refusal leaves here in one shape.
//!
//! Promise: no request waits, grows or repeats without bound; no answer says more than its asker
//! may know; every error is `{code, message, detail?, requestId}` in the asker's language.
//!
//! An area offers `pub fn routes() -> Router<AppState>` and is merged in [`router`]. Handlers
//! return `Result<_, Problem>`; take [`Caller`](crate::identity::Caller) to require a signed-in
//! person, and [`JsonBody`] instead of axum's `Json`, so that a malformed body is a [`Problem`]
//! too. Paths under `/api` and `/sync` never fall back to the app.

mod app;
mod body;
mod envelope;
mod headers;
mod health;
pub mod problem;
pub mod rate_limit;
pub mod static_files;
#[cfg(test)]
pub(crate) mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};

pub use app::{App, AppState};
pub use body::JsonBody;
pub use problem::{Kind, Problem};

/// The largest JSON body, in bytes. Originals and frames have limits of their own.
const BODY_BYTES: usize = 1024 * 1024;

/// Everything that the server answers.
pub fn router(app: AppState) -> Router {
    let second_door = if app.config.automerge_repo { crate::relay::repo_routes() } else { Router::new() };
    let api = Router::new()
        .merge(health::routes())
        .merge(crate::identity::routes())
        .merge(crate::api::routes())
        .merge(crate::chat::routes())
        .layer(from_fn(envelope::with_deadline))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        // Sending an original from a train takes longer than any other request; its routes set
        // their own limits.
        .merge(crate::blobs::routes())
        .merge(crate::api::file_routes())
        .merge(crate::relay::routes())
        .merge(second_door);
    Router::new()
        .merge(api)
        .fallback(static_files::answer)
        .method_not_allowed_fallback(envelope::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), crate::cluster::hand_over))
        .layer(from_fn(body::refuse_nul))
        .layer(from_fn_with_state(app.clone(), rate_limit::limit_address))
        .layer(from_fn_with_state(app.clone(), headers::add))
        .layer(from_fn(envelope::wrap))
        .with_state(app)
}
