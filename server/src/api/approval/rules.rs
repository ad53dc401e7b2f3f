//! Rules, and the tables that are changed like them: read, check, rehearse, propose, decide, migrate.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use budget::approval::rehearsal::{Rehearsal, rehearse};
use budget::{PersonId, RequestId, Role};
use serde::{Deserialize, Serialize};

use super::names::Names;
use super::{ask, problem};
use crate::authority::{FaultText, Moved, PROPOSERS, Proposal, Subject, Wanted, past, table};
use crate::http::problem::{FORBIDDEN, NOT_FOUND};
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;
use crate::store::StoreError;

/// Who may look at rules as they are written, try them out and see proposals.
const READERS: [Role; 4] = [Role::Finance, Role::Executive, Role::Administrator, Role::Auditor];

/// How far back a rehearsal looks: a year.
const YEAR: i64 = 365 * 86_400_000;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/rules", get(rules))
        .route("/api/rules/check", post(check))
        .route("/api/rules/rehearsal", post(rehearsal))
        .route("/api/rules/proposals", post(propose))
        .route("/api/rules/proposals/{id}/decisions", post(decide))
        .route("/api/rules/migration", post(migration))
}

/// Which text is asked for; the rules unless it says so.
#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    what: Subject,
}

/// The rules or a table in force, as they are written, and its proposals.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rules {
    /// 0 for a table that came with the program.
    version: u32,
    text: String,
    proposals: Vec<Proposal>,
    you: You,
    names: Names,
}

/// What the caller may do.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct You {
    person: PersonId,
    proposes: bool,
    migrates: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
    #[serde(default)]
    what: Subject,
}

/// What a rehearsal found, with the titles of the requests that it names.
#[derive(Serialize)]
struct Rehearsed {
    #[serde(flatten)]
    found: Rehearsal,
    titles: BTreeMap<RequestId, String>,
}

/// What is wrong with a text; nothing when it may be proposed.
#[derive(Serialize)]
struct Checked {
    faults: Vec<FaultText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewProposal {
    /// Minted by the caller: the same proposal sent twice is one.
    id: RequestId,
    #[serde(default)]
    what: Subject,
    text: String,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    agrees: bool,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Migration {
    /// Which requests; all that are open when missing.
    #[serde(default)]
    requests: Option<BTreeSet<RequestId>>,
    /// Whether it is done, not only looked at.
    #[serde(default)]
    carry_out: bool,
}

async fn rules(
    State(app): State<AppState>,
    caller: Caller,
    Query(Which { what }): Query<Which>,
) -> Result<Json<Rules>, Problem> {
    may_read(&app, caller.person).await?;
    let found = app.store.readers.read({
        let company = app.company.clone();
        move |connection| {
            let books = company.books(connection)?;
            let (version, text) = match what {
                Subject::Rules => (books.rules.version, books.rules.write().map_err(StoreError::corrupt)?),
                table => table::current(connection, table)?,
            };
            Ok((past::proposals(connection, what)?, version, text, books))
        }
    });
    let (proposals, version, text, books) = found.await?;
    let has = |role| books.organisation.has_role(caller.person, role);
    let you =
        You { person: caller.person, proposes: PROPOSERS.into_iter().any(has), migrates: has(Role::Administrator) };
    Ok(Json(Rules { version, text, proposals, you, names: Names::of(&books) }))
}

async fn check(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(Text { text, what }): JsonBody<Text>,
) -> Result<Json<Checked>, Problem> {
    may_read(&app, caller.person).await?;
    let (company, now) = (app.company.clone(), app.clock.now());
    let books = app.store.readers.read(move |connection| company.books(connection)).await?;
    let faults = books.check_text(what, &text, now).map_err(problem)?;
    Ok(Json(Checked { faults }))
}

async fn rehearsal(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(Text { text, .. }): JsonBody<Text>,
) -> Result<Json<Rehearsed>, Problem> {
    may_read(&app, caller.person).await?;
    let (company, now) = (app.company.clone(), app.clock.now());
    let read = app
        .store
        .readers
        .read(move |connection| Ok((company.books(connection)?, past::rehearsal(connection, now.plus(-YEAR))?)));
    let (books, (past, pace)) = read.await?;
    let (mut proposed, _) = books.check_rules(&text, now).map_err(problem)?;
    proposed.version = books.rules.version.saturating_add(1);
    let work = move || rehearse(&books.rules, &proposed, &books.organisation, &pace, &past);
    let found = tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?;
    let examples = found.examples.iter().map(|example| example.request);
    let named: BTreeSet<RequestId> = examples.chain(found.unroutable.iter().copied()).collect();
    let titles = app.store.readers.read(move |connection| past::titles(connection, &named)).await?;
    Ok(Json(Rehearsed { found, titles }))
}

async fn propose(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewProposal>,
) -> Result<Json<Proposal>, Problem> {
    let person = caller.person;
    let NewProposal { id, what, text, note } = new;
    let wanted = Wanted { id, what, text, note };
    ask(&app, move |state, connection, now| state.propose(connection, now, person, &wanted)).await.map(Json)
}

async fn decide(
    State(app): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(decision): JsonBody<Decision>,
) -> Result<Json<Proposal>, Problem> {
    let id: RequestId = id.parse().map_err(|_| Problem::new(&NOT_FOUND))?;
    let person = caller.person;
    ask(&app, move |state, connection, now| {
        state.decide_proposal(connection, now, person, id, decision.agrees, &decision.reason)
    })
    .await
    .map(Json)
}

async fn migration(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(migration): JsonBody<Migration>,
) -> Result<Json<Vec<Moved>>, Problem> {
    let person = caller.person;
    ask(&app, move |state, connection, now| {
        state.migrate_requests(connection, now, person, migration.requests.as_ref(), migration.carry_out)
    })
    .await
    .map(Json)
}

pub(super) async fn may_read(app: &AppState, person: PersonId) -> Result<(), Problem> {
    let company = app.company.clone();
    let books = app.store.readers.read(move |connection| company.books(connection)).await?;
    let may = READERS.iter().any(|role| books.organisation.has_role(person, *role));
    if may { Ok(()) } else { Err(Problem::new(&FORBIDDEN)) }
}
