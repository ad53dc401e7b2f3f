//! The outbox for an administrator: how each platform does, what was given up, and another try.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bot::Platform;
use budget::{PersonId, Role, Timestamp};
use serde::{Deserialize, Serialize};

use super::metrics::Counted;
use super::rows::{self, DeadLetter};
use crate::http::problem::{FORBIDDEN, NOT_FOUND};
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;
use crate::store::Stop;

/// Dead letters that are listed at once.
const MOST: u32 = 200;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/chat/outbox", get(outbox)).route("/api/chat/outbox/retry", post(retry))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outbox {
    platforms: BTreeMap<&'static str, Standing>,
    dead: Vec<DeadLetter>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    /// Views that wait.
    waiting: u64,
    /// Since when the oldest does.
    oldest: Option<Timestamp>,
    /// What happened since the start.
    #[serde(flatten)]
    counted: Counted,
}

async fn administrator(app: &AppState, person: PersonId) -> Result<(), Problem> {
    let found = app.store.readers.read({
        let directory = std::sync::Arc::clone(&app.directory);
        move |connection| directory.person(connection, person)
    });
    let is_one = found.await?.is_some_and(|person| person.roles.contains(&Role::Administrator));
    if is_one { Ok(()) } else { Err(Problem::new(&FORBIDDEN)) }
}

async fn outbox(State(app): State<AppState>, caller: Caller) -> Result<Json<Outbox>, Problem> {
    administrator(&app, caller.person).await?;
    let counted: Vec<(Platform, Counted)> = app
        .chat
        .get()
        .map(|chat| chat.platforms.iter().map(|(platform, one)| (*platform, one.metrics.counted())).collect())
        .unwrap_or_default();
    let read = app.store.readers.read(move |connection| {
        let mut platforms = BTreeMap::new();
        for (platform, counted) in counted {
            let (waiting, oldest) = rows::backlog(connection, platform)?;
            platforms.insert(platform.word(), Standing { waiting, oldest, counted });
        }
        Ok(Outbox { platforms, dead: rows::dead(connection, MOST)? })
    });
    Ok(Json(read.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    card: String,
}

async fn retry(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(Retry { card }): JsonBody<Retry>,
) -> Result<StatusCode, Problem> {
    administrator(&app, caller.person).await?;
    let fan_out = app.relay.fan_out().clone();
    let revived = app.store.writer.run(move |turn| {
        let revived = rows::revive(turn.connection, &card, turn.now)?;
        turn.after_commit(move || fan_out.ring_outbox());
        Ok::<_, Stop<Problem>>(revived)
    });
    if revived.await? { Ok(StatusCode::ACCEPTED) } else { Err(Problem::new(&NOT_FOUND)) }
}
