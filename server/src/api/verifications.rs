//! How claimed invoices stand with the tax authority, for finance.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use budget::Role;

use crate::http::problem::FORBIDDEN;
use crate::http::{AppState, Problem};
use crate::identity::Caller;
use crate::verification::queue::{self, Entry};

/// Invoices that are listed at once.
const MOST: u32 = 1_000;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/verifications", get(list))
}

/// Every invoice of a live request, what needs a person first.
async fn list(State(app): State<AppState>, caller: Caller) -> Result<Json<Vec<Entry>>, Problem> {
    let (person, company) = (caller.person, app.company.clone());
    let entries = app.store.readers.read(move |connection| {
        // Roles are looked up at the time of asking: a token says who somebody is, not what they may do.
        let books = company.books(connection)?;
        let may = books.organisation.has_role(person, Role::Finance);
        if may { queue::list(connection, MOST).map(Some) } else { Ok(None) }
    });
    entries.await?.map(Json).ok_or_else(|| Problem::new(&FORBIDDEN))
}
