//! A web server with nothing but a platform's callback address.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bot::callback::{CallbackRequest, Door, HttpCallback};
use bot::tap::TapHandler;
use std::sync::Arc;
use tests::botsim::clock::Clock;
use tokio::net::TcpListener;

/// Serves a platform's callbacks on a free port; the address.
pub(crate) async fn serve(callback: Arc<dyn HttpCallback>, handler: Arc<dyn TapHandler>, clock: Clock) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/callback", any(answer)).with_state((Door::new(callback, handler), clock));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/callback")
}

async fn answer(
    State((door, clock)): State<(Door, Clock)>,
    method: Method,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned()));
    let request = CallbackRequest {
        post: method == Method::POST,
        query,
        headers: headers.collect(),
        body: body.to_vec(),
        now: clock.now(),
    };
    let reply = door.serve(request).await;
    let status = StatusCode::from_u16(reply.status).unwrap();
    (status, [("content-type", reply.content_type)], reply.body).into_response()
}
