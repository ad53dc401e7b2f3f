//! Actuals from a finance system: posted one by one, or imported from a table.
//!
//! Promise: each voucher is posted whole or not at all, and once: sending the same list again says
//! `known` for each. A row that cannot be read is named by its number and stops nothing but its own
//! voucher.

mod table;
mod workbook;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;

use crate::authority::{Actual, Ruling};
use crate::http::problem::FORBIDDEN;
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;
use table::Read;

/// The largest table, in bytes.
const LARGEST: usize = 8 * 1024 * 1024;
/// Most vouchers of one request; a month of a large company.
const MOST_VOUCHERS: usize = 5_000;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/actuals", post(post_all))
}

pub(super) fn file_routes() -> Router<AppState> {
    Router::new().route("/api/actuals/import", post(import).layer(DefaultBodyLimit::max(LARGEST)))
}

/// What became of one voucher.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    voucher: String,
    /// `posted`, `known` or `refused`.
    status: &'static str,
    /// The number of its first entry in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The row of the table, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    /// What lacks where.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<Box<budget::ledger::Rejection>>,
}

impl Posted {
    fn refused(voucher: String, code: &str, message: String) -> Self {
        let (code, message) = (Some(code.to_owned()), Some(message));
        Self { voucher, status: "refused", first: None, code, message, row: None, rejection: None }
    }
}

async fn post_all(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(actuals): JsonBody<Vec<Actual>>,
) -> Result<Json<Vec<Posted>>, Problem> {
    post_each(&app, caller, actuals).await.map(Json)
}

/// The body is a CSV or an XLSX file.
async fn import(State(app): State<AppState>, caller: Caller, file: Bytes) -> Result<Json<Vec<Posted>>, Problem> {
    // Before a stranger's file is looked at.
    if !keeps_books(&app, caller).await? {
        return Err(Problem::new(&FORBIDDEN));
    }
    let read = tokio::task::spawn_blocking(move || table::read(&file)).await.map_err(Problem::internal)?;
    let Read { actuals, unread } = read.map_err(Problem::malformed)?;
    let mut posted = post_each(&app, caller, actuals).await?;
    posted.extend(unread.into_iter().map(|fault| Posted {
        row: Some(fault.row),
        ..Posted::refused(fault.voucher, "unreadable_row", fault.message)
    }));
    Ok(Json(posted))
}

async fn keeps_books(app: &AppState, caller: Caller) -> Result<bool, Problem> {
    let company = app.company.clone();
    let found = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        Ok(books.organisation.has_role(caller.person, budget::Role::Finance))
    });
    Ok(found.await?)
}

async fn post_each(app: &AppState, caller: Caller, actuals: Vec<Actual>) -> Result<Vec<Posted>, Problem> {
    if !keeps_books(app, caller).await? {
        return Err(Problem::new(&FORBIDDEN));
    }
    if actuals.len() > MOST_VOUCHERS {
        return Err(Problem::malformed(format!("more than {MOST_VOUCHERS} vouchers")));
    }
    let mut posted = Vec::with_capacity(actuals.len());
    for actual in actuals {
        posted.push(post_one(app, caller, actual).await?);
    }
    Ok(posted)
}

async fn post_one(app: &AppState, caller: Caller, actual: Actual) -> Result<Posted, Problem> {
    let voucher = actual.voucher.clone();
    let ruled = super::ask(app, move |authority, connection, now| {
        authority.post_actual(connection, now, caller.person, &actual)
    });
    Ok(match ruled.await? {
        Ok(Ruling::Done(outcome)) => Posted {
            voucher,
            status: if outcome.entries.is_empty() { "known" } else { "posted" },
            first: Some(outcome.first),
            code: None,
            message: None,
            row: None,
            rejection: None,
        },
        Ok(Ruling::Refused(rejection)) => Posted {
            rejection: Some(rejection.clone()),
            ..Posted::refused(voucher, rejection.code(), rejection.to_string())
        },
        Err(refused) => Posted::refused(voucher, refused.code, refused.detail.message.clone()),
    })
}
