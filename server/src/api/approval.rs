//! Approval beside single decisions: rules and their rehearsal, delegation, leavers, how long things take.
//!
//! Promise: what is wrong with rules or a delegation is answered with its code, its words and the example that breaks it;
//! nothing is changed then.

mod names;
mod people;
mod rules;
mod watch;

use axum::Router;
use axum::http::StatusCode;
use sync::view::codes;

use crate::authority::{Authority, Refused, Reply};
use crate::http::problem::{FORBIDDEN, Kind, NOT_FOUND};
use crate::http::{AppState, Problem};

/// The authority does not do this; `reason` is its code, `place` says where.
static REFUSED: Kind = Kind {
    status: StatusCode::UNPROCESSABLE_ENTITY,
    code: "refused",
    zh: "不能这样做：{words}",
    en: "This cannot be done: {words}",
};

pub(super) fn routes() -> Router<AppState> {
    Router::new().merge(rules::routes()).merge(people::routes()).merge(watch::routes())
}

/// Asks the writer; what it refuses is a problem.
async fn ask<T: Send + 'static>(
    app: &AppState,
    work: impl FnOnce(&mut Authority, &crate::store::sql::Connection, budget::Timestamp) -> Reply<T> + Send + 'static,
) -> Result<T, Problem> {
    super::ask(app, work).await?.map_err(problem)
}

fn problem(refused: Refused) -> Problem {
    match refused.code {
        codes::NOT_ALLOWED => Problem::new(&FORBIDDEN),
        codes::UNKNOWN_REQUEST => Problem::new(&NOT_FOUND),
        code => Problem::new(&REFUSED)
            .with("reason", code)
            .with("place", refused.detail.place.clone())
            .with("words", refused.detail.message.clone())
            .caused_by(refused),
    }
}
