//! Leave and leavers.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use budget::organisation::Delegation;
use budget::{Code, Money, PersonId, RequestKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::ask;
use crate::http::problem::NOT_FOUND;
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/delegations", post(delegate).delete(end))
        .route("/api/people/{person}/departure", post(leaves))
}

/// One's own authority for a while. Without `starts` from now on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewDelegation {
    to: PersonId,
    #[serde(default)]
    starts: Option<Timestamp>,
    ends: Timestamp,
    #[serde(default)]
    kinds: BTreeSet<RequestKind>,
    #[serde(default)]
    departments: BTreeSet<Code>,
    #[serde(default)]
    cap: Option<Money>,
    #[serde(default)]
    redelegable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Departure {
    /// Who takes over their departments, projects and posts; what they leave vacant goes upward otherwise.
    #[serde(default)]
    successor: Option<PersonId>,
}

/// The organisation that is in force now.
#[derive(Serialize)]
struct Published {
    version: u32,
}

async fn delegate(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewDelegation>,
) -> Result<Json<Published>, Problem> {
    let from = caller.person;
    ask(&app, move |state, connection, now| {
        let NewDelegation { to, starts, ends, kinds, departments, cap, redelegable } = new;
        let starts = starts.unwrap_or(now);
        let delegation = Delegation { from, to, kinds, departments, cap, redelegable, starts, ends };
        state.delegate(connection, now, delegation)
    })
    .await
    .map(|version| Json(Published { version }))
}

async fn end(State(app): State<AppState>, caller: Caller) -> Result<Json<Published>, Problem> {
    let person = caller.person;
    ask(&app, move |state, connection, now| state.end_delegations(connection, now, person))
        .await
        .map(|version| Json(Published { version }))
}

async fn leaves(
    State(app): State<AppState>,
    caller: Caller,
    Path(person): Path<String>,
    JsonBody(departure): JsonBody<Departure>,
) -> Result<Json<Published>, Problem> {
    let leaver: PersonId = person.parse().map_err(|_| Problem::new(&NOT_FOUND))?;
    let by = caller.person;
    ask(&app, move |state, connection, now| state.person_leaves(connection, now, by, leaver, departure.successor))
        .await
        .map(|version| Json(Published { version }))
}
