//! The API: what the app asks for by itself, beside the stream of [`crate::relay`].
//!
//! Promise: every route stands in [`ROUTES`] with those who may call it, and a test calls each as
//! everybody. What somebody may not see is not there for them (404): that a request exists is a
//! secret too.

mod actuals;
mod approval;
mod budget;
mod ledger;
mod log;
mod openapi;
mod papers;
mod payments;
mod reading;
mod requests;
mod routes;
#[cfg(test)]
mod tests;
mod travel;
mod verifications;

use axum::Router;

pub use reading::read_file;
pub use routes::{ROUTES, Route, Who};

use crate::authority::{Answer, Authority, Refused, Reply};
use crate::http::{AppState, Problem};
use crate::store::sql::Connection;
use crate::store::{Stop, WriteError};

/// Asks the writer, and tells devices after the commit.
async fn ask<T: Send + 'static>(
    app: &AppState,
    work: impl FnOnce(&mut Authority, &Connection, ::budget::Timestamp) -> Reply<T> + Send + 'static,
) -> Result<Result<T, Refused>, Problem> {
    let fan_out = app.relay.fan_out().clone();
    let done = app.store.writer.run(move |turn| {
        let Answer { outcome, effects } = work(turn.state, turn.connection, turn.now)?;
        turn.after_commit(move || fan_out.tell(&effects));
        Ok::<Result<T, Refused>, Stop<Problem>>(outcome)
    });
    done.await.map_err(|error: WriteError<Problem>| Problem::from(error))
}

/// The routes whose bodies are small.
pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(actuals::routes())
        .merge(approval::routes())
        .merge(budget::routes())
        .merge(ledger::routes())
        .merge(log::routes())
        .merge(openapi::routes())
        .merge(papers::routes())
        .merge(payments::routes())
        .merge(requests::routes())
        .merge(travel::routes())
        .merge(verifications::routes())
}

/// The routes that take a file; they set their own limits.
pub fn file_routes() -> Router<AppState> {
    reading::routes().merge(actuals::file_routes())
}
