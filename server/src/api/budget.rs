//! Down from a budget line to the entries behind its figures.

use crate::store::sql::{Connection, params};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use budget::{Code, Money, PersonId, RequestId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::authority::view::{Sight, SightOf};
use crate::http::problem::NOT_FOUND;
use crate::http::{AppState, Problem};
use crate::identity::Caller;
use crate::store::StoreError;

/// Entries on one page, unless fewer are asked for.
const PAGE: u32 = 50;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/budget/lines/{line}/entries", get(entries))
}

#[derive(Deserialize)]
struct Wanted {
    /// Entries before this number; the newest when it is missing.
    before: Option<i64>,
    /// At most this many, 1 to 50.
    limit: Option<u32>,
}

/// Entries, newest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    entries: Vec<Entry>,
    /// What to ask for as `before` to get older ones; missing at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<i64>,
}

/// One entry of the ledger (流水).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    sequence: i64,
    at: Timestamp,
    /// What it does: `reserve`, `consume`, `release` and so on.
    kind: String,
    amount: Money,
    /// The request that it belongs to, if any, and what that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimant: Option<PersonId>,
}

/// 404 also for those who may know the sum only.
async fn entries(
    State(app): State<AppState>,
    caller: Caller,
    Path(line): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page>, Problem> {
    let line = Code::new(&line).map_err(|_| Problem::new(&NOT_FOUND))?;
    let (person, company) = (caller.person, app.company.clone());
    let page = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        if Sight::of(&books, person).on(&line) != SightOf::Holders {
            return Ok(None);
        }
        page(connection, &line, wanted.before.unwrap_or(i64::MAX), wanted.limit.unwrap_or(PAGE).clamp(1, PAGE))
            .map(Some)
    });
    page.await?.map(Json).ok_or_else(|| Problem::new(&NOT_FOUND))
}

fn page(connection: &Connection, line: &Code, before: i64, limit: u32) -> Result<Page, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.sequence, e.at, e.kind, e.amount, e.document, r.json, r.claimant
         FROM ledger_entry e LEFT JOIN request r ON r.id = e.document
         WHERE e.sequence < ?1 AND replace(e.lines, ?2, '') <> e.lines
         ORDER BY e.sequence DESC LIMIT ?3",
    )?;
    // A code's characters need no escape in JSON, and its quotes make it whole.
    let named = format!("\"{line}\"");
    let rows = statement.query_map(params![before, named, limit], |row| {
        Ok(Entry {
            sequence: row.get(0)?,
            at: Timestamp(row.get(1)?),
            kind: row.get(2)?,
            amount: Money::from_fen(row.get(3)?),
            request: row.get::<Option<[u8; 16]>>(4)?.map(RequestId),
            title: row.get::<Option<String>>(5)?.and_then(|json| title(&json)),
            claimant: row.get::<Option<[u8; 16]>>(6)?.map(PersonId),
        })
    })?;
    let entries = rows.collect::<Result<Vec<_>, _>>()?;
    let full = u32::try_from(entries.len()).is_ok_and(|count| count == limit);
    let older = entries.last().filter(|_| full).map(|entry| entry.sequence);
    Ok(Page { entries, older })
}

/// The title in a request's JSON.
fn title(json: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Stored {
        view: Named,
    }
    #[derive(serde::Deserialize)]
    struct Named {
        title: String,
    }
    serde_json::from_str::<Stored>(json).ok().map(|stored| stored.view.title)
}
