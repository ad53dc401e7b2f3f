//! The outermost layer: an id for each request, one shape for each error, a deadline.

use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::Instrument;

use super::problem::{INTERNAL, METHOD_NOT_ALLOWED, Problem, TIMEOUT, TOO_LARGE};
use crate::random;

/// How long a request of the API may take, its body included.
const DEADLINE: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    detail: serde_json::Map<String, serde_json::Value>,
    request_id: &'a str,
}

/// Gives the request an id, logs its end, and writes the body of a [`Problem`].
pub(super) async fn wrap(request: Request, next: Next) -> Response {
    let id = random::bytes::<8>().map_or_else(|_| "-".to_owned(), hex::encode);
    let english = prefers_english(request.headers());
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    async {
        let response = next.run(request).await;
        let mut response = match problem_of(&response) {
            Some(problem) => written(&problem, response, english, &id),
            None => response,
        };
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// The problem that a response stands for. Refusals that axum makes itself get a kind here.
fn problem_of(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let plain =
        response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        _ if !plain => None,
        StatusCode::PAYLOAD_TOO_LARGE => Some(Problem::new(&TOO_LARGE)),
        StatusCode::BAD_REQUEST => Some(Problem::malformed("—")),
        StatusCode::INTERNAL_SERVER_ERROR => Some(Problem::new(&INTERNAL)),
        _ => None,
    }
}

fn written(problem: &Problem, response: Response, english: bool, id: &str) -> Response {
    if problem.kind.status.is_server_error() {
        tracing::error!(code = problem.kind.code, cause = problem.cause.as_deref().unwrap_or("-"), "failed");
    } else {
        tracing::info!(code = problem.kind.code, cause = problem.cause.as_deref().unwrap_or("-"), "refused");
    }
    let body = Envelope {
        code: problem.kind.code,
        message: problem.message(english),
        detail: problem.detail.clone(),
        request_id: id,
    };
    let mut written = (problem.kind.status, Json(body)).into_response();
    // Headers that inner layers added stay; the body's own win.
    let kept = response.into_parts().0.headers;
    for (name, value) in &kept {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            written.headers_mut().insert(name, value.clone());
        }
    }
    if let Some(seconds) = problem.retry_after_seconds {
        written.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    written
}

/// Chinese unless the first language that is either Chinese or English is English.
fn prefers_english(headers: &HeaderMap) -> bool {
    let Some(wanted) = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()) else {
        return false;
    };
    wanted
        .split(',')
        .map(|part| part.trim().to_ascii_lowercase())
        .find_map(|part| match part.get(..2) {
            Some("zh") => Some(false),
            Some("en") => Some(true),
            _ => None,
        })
        .unwrap_or(false)
}

/// Ends a request that takes too long.
pub(super) async fn with_deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(&TIMEOUT).into_response(),
    }
}

/// The answer to a known path with another method.
pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(&METHOD_NOT_ALLOWED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_spoken_wins() {
        #[track_caller]
        fn check(header: &str, english: bool) {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
            assert_eq!(prefers_english(&headers), english, "{header}");
        }
        check("zh-CN,zh;q=0.9,en;q=0.8", false);
        check("en-US,en;q=0.9", true);
        check("fr, en;q=0.5, zh;q=0.1", true);
        check("fr", false);
        check("", false);
        assert!(!prefers_english(&HeaderMap::new()));
    }
}
