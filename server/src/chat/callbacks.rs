//! Where platforms call us: `/api/chat/callback/{platform}`.
//!
//! Nothing here is signed in; the platform proves itself by its signature, in [`bot::callback`].

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bot::Platform;
use bot::callback::{CallbackRequest, LONGEST_BODY};

use crate::http::problem::NOT_FOUND;
use crate::http::{AppState, Problem};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/chat/callback/{platform}", get(receive).post(receive))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}

async fn receive(
    State(app): State<AppState>,
    method: Method,
    Path(platform): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let door = Platform::of_word(&platform)
        .and_then(|platform| app.chat.get()?.platforms.get(&platform)?.door.clone())
        .ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let headers =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or("").to_owned()));
    let request = CallbackRequest {
        post: method == Method::POST,
        query,
        headers: headers.collect(),
        body: body.to_vec(),
        now: u64::try_from(app.clock.now().0).unwrap_or_default(),
    };
    let reply = door.serve(request).await;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, [(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response())
}
