//! The ledger's own door: commands of finance, allowances of devices, and what stands behind a figure.
//!
//! Promise: an answer names what lacks where and who holds it, to those who may know; the same
//! command again gets the same answer.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use budget::ledger::{Balance, Entry, EntryKind, Rejection};
use budget::{Code, Command, Money, Timestamp};
use serde::Serialize;
use sync::view::{HolderView, codes};

use crate::authority::{Caller as Asker, Refused, Ruling, Sight, SightOf, view};
use crate::http::problem::{FORBIDDEN, Kind, NOT_FOUND};
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;
use crate::store::StoreError;
use crate::store::sql::params;

/// The ledger refuses; `reason` is its code and `rejection` says what lacks where.
pub(super) static REFUSED: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "ledger_refused",
    zh: "预算未通过：{reason}",
    en: "The budget refuses: {reason}",
};

/// Alerts that are listed at once.
const MOST_ALERTS: i64 = 500;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/ledger/commands", post(finance))
        .route("/api/allowances/reports", post(device))
        .route("/api/budget/lines/{line}", get(line))
        .route("/api/budget/alerts", get(alerts))
}

/// What a command did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Done {
    /// The number of its first entry; 0 when it made none.
    first: u64,
    /// How many entries it made.
    count: u32,
    /// Those entries; none when it was decided before.
    entries: Vec<Entry>,
    /// Spends that do not count and wait for a decision.
    exceptions: usize,
    /// Thresholds that it crossed.
    alerts: Vec<budget::ledger::Crossing>,
    /// Lines under soft control that it took below zero.
    warnings: Vec<budget::ledger::Shortage>,
}

/// The ledger's answer as its asker sees it.
pub(super) fn told(ruling: Ruling) -> Result<Done, Problem> {
    match ruling {
        Ruling::Done(outcome) => Ok(Done {
            first: outcome.first,
            count: outcome.count,
            exceptions: outcome.entries.iter().filter(|entry| entry.kind == EntryKind::Exception).count(),
            entries: outcome.entries,
            alerts: outcome.alerts,
            warnings: outcome.warnings,
        }),
        Ruling::Refused(rejection) => Err(refusal(&rejection)),
    }
}

fn refusal(rejection: &Rejection) -> Problem {
    let detail = serde_json::to_value(rejection).unwrap_or_default();
    Problem::new(&REFUSED).with("reason", rejection.code()).with("rejection", detail).caused_by(rejection)
}

/// A refusal of the authority's own ladder.
pub(super) fn refused(refused: &Refused) -> Problem {
    match refused.code {
        codes::NOT_ALLOWED => Problem::new(&FORBIDDEN),
        codes::UNKNOWN_REQUEST => Problem::new(&NOT_FOUND),
        code => Problem::new(&REFUSED).with("reason", code).caused_by(refused),
    }
}

async fn finance(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(command): JsonBody<Command>,
) -> Result<Json<Done>, Problem> {
    let roles = app.store.readers.read({
        let (company, person) = (app.company.clone(), caller.person);
        move |connection| {
            let books = company.books(connection)?;
            let has = |role| books.organisation.has_role(person, role);
            Ok(has(budget::Role::Finance) || has(budget::Role::Administrator))
        }
    });
    if !roles.await? {
        return Err(Problem::new(&FORBIDDEN));
    }
    rule(&app, caller, command).await
}

/// What a device spent under its allowance, and its last word.
async fn device(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(command): JsonBody<Command>,
) -> Result<Json<Done>, Problem> {
    use budget::ledger::Action::{Close, Settle};
    if !matches!(command.action, Close { .. } | Settle { .. }) || !command.also.is_empty() {
        return Err(Problem::malformed("a device settles or closes"));
    }
    rule(&app, caller, command).await
}

async fn rule(app: &AppState, caller: Caller, command: Command) -> Result<Json<Done>, Problem> {
    let asker = Asker { person: caller.person, device: caller.device };
    let ruled = super::ask(app, move |authority, connection, now| authority.rule(connection, now, &asker, &command));
    ruled.await?.map_err(|error| refused(&error)).and_then(told).map(Json)
}

/// One budget line: its figures, and who stands behind them.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the name that clients read")]
#[serde(rename_all = "camelCase")]
struct Line {
    line: Code,
    as_of: Timestamp,
    balance: Balance,
    available: Option<Money>,
    /// Requests that hold or have spent its money, the largest hold first.
    holders: Vec<HolderView>,
    /// Entries of other documents, allowances and limits are in its history.
    history: String,
}

/// 404 also for those who may know the sum only.
async fn line(State(app): State<AppState>, caller: Caller, Path(code): Path<String>) -> Result<Json<Line>, Problem> {
    let code = Code::new(&code).map_err(|_| Problem::new(&NOT_FOUND))?;
    let (person, company, now) = (caller.person, app.company.clone(), app.clock.now());
    let found = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        if Sight::of(&books, person).on(&code) != SightOf::Holders {
            return Ok(None);
        }
        let balance = view::balance(connection, &code)?;
        let holders = view::holders(connection, &code)?;
        let history = format!("/api/budget/lines/{code}/entries");
        Ok(Some(Line { as_of: now, available: balance.available(), balance, holders, history, line: code }))
    });
    found.await?.map(Json).ok_or_else(|| Problem::new(&NOT_FOUND))
}

/// A threshold that was reached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    sequence: i64,
    at: Timestamp,
    line: String,
    percent: i64,
    used: Money,
    limit: Money,
}

/// The thresholds that were reached, newest first, on the lines that somebody may see.
async fn alerts(State(app): State<AppState>, caller: Caller) -> Result<Json<Vec<Alert>>, Problem> {
    let (person, company) = (caller.person, app.company.clone());
    let found = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        let sight = Sight::of(&books, person);
        let mut rows = connection.prepare_cached(
            "SELECT sequence, at, line, percent, used, limit_fen FROM budget_alert ORDER BY sequence DESC LIMIT ?1",
        )?;
        let rows = rows.query_map(params![MOST_ALERTS], |row| {
            Ok(Alert {
                sequence: row.get(0)?,
                at: Timestamp(row.get(1)?),
                line: row.get(2)?,
                percent: row.get(3)?,
                used: Money::from_fen(row.get(4)?),
                limit: Money::from_fen(row.get(5)?),
            })
        })?;
        let mut alerts = rows.collect::<Result<Vec<_>, _>>()?;
        alerts.retain(|alert| Code::new(&alert.line).is_ok_and(|line| sight.on(&line) != SightOf::Nothing));
        Ok::<_, StoreError>(alerts)
    });
    Ok(Json(found.await?))
}
