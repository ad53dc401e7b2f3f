//! Papers that move limits: written, handed in, agreed to and released.

use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use budget::RequestId;
use serde::Deserialize;

use super::ledger::refused;
use crate::authority::paper::{self, Content, Paper, PaperState, Step};
use crate::authority::{Sight, SightOf};
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/budget/papers", get(list))
        .route("/api/budget/papers/{paper}", put(write))
        .route("/api/budget/papers/{paper}/steps", post(step))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    title: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stepped {
    /// The revision that the person has read.
    revision: u32,
    step: Step,
}

/// Papers about lines that somebody may see whole, and their own; drafts are their author's.
async fn list(State(app): State<AppState>, caller: Caller) -> Result<Json<Vec<Paper>>, Problem> {
    let (person, company) = (caller.person, app.company.clone());
    let papers = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        let sight = Sight::of(&books, person);
        let mut papers = paper::all(connection)?;
        papers.retain(|paper| {
            let seen = paper.content.lines().iter().all(|line| sight.on(line) == SightOf::Holders);
            paper.author == person || (seen && paper.state != PaperState::Draft)
        });
        Ok(papers)
    });
    Ok(Json(papers.await?))
}

async fn write(
    State(app): State<AppState>,
    caller: Caller,
    Path(id): Path<RequestId>,
    JsonBody(Written { title, content }): JsonBody<Written>,
) -> Result<Json<Paper>, Problem> {
    let paper = (id, title, content);
    let written = super::ask(&app, move |authority, connection, now| {
        authority.write_paper(connection, now, caller.person, paper)
    });
    written.await?.map(Json).map_err(|error| refused(&error))
}

async fn step(
    State(app): State<AppState>,
    caller: Caller,
    Path(id): Path<RequestId>,
    JsonBody(Stepped { revision, step }): JsonBody<Stepped>,
) -> Result<Json<Paper>, Problem> {
    let step = (id, revision, step);
    let taken =
        super::ask(&app, move |authority, connection, now| authority.step_paper(connection, now, caller.person, step));
    taken.await?.map(Json).map_err(|error| refused(&error))
}
