//! One request, as the authority tells it to one person.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use budget::RequestId;
use sync::view::RequestView;

use crate::authority::view;
use crate::http::problem::NOT_FOUND;
use crate::http::{AppState, Problem};
use crate::identity::Caller;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/requests/{request}", get(request))
}

/// How a request stands; 404 also for those who may not read it.
async fn request(
    State(app): State<AppState>,
    caller: Caller,
    Path(request): Path<String>,
) -> Result<Json<RequestView>, Problem> {
    let request: RequestId = request.parse().map_err(|_| Problem::new(&NOT_FOUND))?;
    let (person, company) = (caller.person, app.company.clone());
    let view = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        view::request(connection, &books, request, person)
    });
    view.await?.map(Json).ok_or_else(|| Problem::new(&NOT_FOUND))
}
