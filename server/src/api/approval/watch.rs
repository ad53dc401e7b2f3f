//! How approval goes: open requests, those without an approver (always none), and how long steps take.

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use budget::RequestId;
use budget::approval::{StepTime, Summary, summarise};
use serde::{Deserialize, Serialize};

use super::rules::may_read;
use crate::authority::past;
use crate::http::{AppState, Problem};
use crate::identity::Caller;

/// How far back times are looked at, unless said otherwise: ninety days.
const DAYS: u16 = 90;
const DAY: i64 = 86_400_000;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/approval/open", get(open)).route("/api/approval/times", get(times))
}

/// Open requests at this instant.
#[derive(Serialize)]
struct Open {
    open: usize,
    /// Those that nobody may decide: always none.
    orphans: Vec<RequestId>,
}

#[derive(Deserialize)]
struct Wanted {
    by: By,
    days: Option<u16>,
}

/// What times are grouped by.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum By {
    Step,
    Department,
    Person,
    Kind,
}

/// One group: half of its steps took at most the median, nine of ten at most p90, in milliseconds.
#[derive(Serialize)]
struct Row {
    group: String,
    #[serde(flatten)]
    summary: Summary,
}

async fn open(State(app): State<AppState>, caller: Caller) -> Result<Json<Open>, Problem> {
    may_read(&app, caller.person).await?;
    let (company, now) = (app.company.clone(), app.clock.now());
    let found = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        past::open_and_orphaned(connection, &books, now)
    });
    let (open, orphans) = found.await?;
    Ok(Json(Open { open, orphans }))
}

async fn times(
    State(app): State<AppState>,
    caller: Caller,
    Query(Wanted { by, days }): Query<Wanted>,
) -> Result<Json<Vec<Row>>, Problem> {
    may_read(&app, caller.person).await?;
    let (company, now) = (app.company.clone(), app.clock.now());
    let since = now.plus(-i64::from(days.unwrap_or(DAYS)) * DAY);
    let found = app
        .store
        .readers
        .read(move |connection| Ok((company.books(connection)?, past::step_times(connection, since)?)));
    let (books, times) = found.await?;
    let name = |time: &StepTime| match by {
        By::Step => time.step.clone(),
        By::Department => time.department.to_string(),
        By::Kind => serde_json::to_value(time.kind).ok().and_then(|v| v.as_str().map(Into::into)).unwrap_or_default(),
        By::Person => {
            books.organisation.people.get(&time.person).map_or_else(|| time.person.to_string(), |p| p.name.clone())
        }
    };
    let rows = summarise(times, name).into_iter().map(|(group, summary)| Row { group, summary });
    Ok(Json(rows.collect()))
}
