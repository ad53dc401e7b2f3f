//! Whether the server can do its work.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::{AppState, Problem};
use crate::store::{Standing, WriterCounts};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// `ok`, or `degraded` while nothing can be written.
    status: &'static str,
    /// `writer`, or `relay` while another server of the company writes.
    role: &'static str,
    version: &'static str,
    /// The server's time, in milliseconds since 1970, for devices to compare theirs with.
    time: i64,
    writer: WriterCounts,
}

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/health", get(health))
}

async fn health(State(app): State<AppState>) -> Result<(StatusCode, Json<Health>), Problem> {
    app.store.readers.read(|connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?)).await?;
    let standing = app.store.writer.standing();
    let (ready, role) = match &*standing.borrow() {
        Standing::Leads => (true, "writer"),
        Standing::Recovers => (false, "writer"),
        Standing::Follows(leader) => (app.cluster.is_some() && leader.address.is_some(), "relay"),
    };
    let (status, word) = if ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "degraded") };
    let health = Health {
        status: word,
        role,
        version: env!("CARGO_PKG_VERSION"),
        time: app.clock.now().0,
        writer: app.store.writer.counts(),
    };
    Ok((status, Json(health)))
}
