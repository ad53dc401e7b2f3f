//! JSON bodies whose faults are problems, and texts that no database keeps.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::problem::{NUL_IN_TEXT, Problem, TOO_LARGE};

/// A JSON body; anything else is refused as `malformed`, `nul_in_text` or `too_large`.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::malformed("Content-Type: application/json"));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(&TOO_LARGE),
            _ => Problem::malformed(rejection.body_text()),
        })?;
        if escapes_nul(&body) {
            return Err(Problem::new(&NUL_IN_TEXT));
        }
        match Json::<T>::from_bytes(&body) {
            Ok(Json(body)) => Ok(Self(body)),
            // The text may repeat a value: it goes back to whoever sent it and into no log.
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::malformed(error.body_text())),
            Err(rejection) => Err(Problem::malformed(rejection.body_text())),
        }
    }
}

/// A page of another origin cannot send this type without asking first.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Whether a string in this JSON text holds U+0000. JSON can only write it as an escape (RFC 8259
/// section 7), whose backslash is not itself escaped.
fn escapes_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let after = rest.get(at + 1..).unwrap_or_default();
        if after.starts_with(b"u0000") {
            return true;
        }
        // The escaped character cannot begin an escape.
        rest = after.get(1..).unwrap_or_default();
    }
    false
}

/// Refuses addresses that name something with U+0000 in it.
pub(super) async fn refuse_nul(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    if address.contains("%00") { Problem::new(&NUL_IN_TEXT).into_response() } else { next.run(request).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_escape_of_the_character_itself_is_found() {
        for (json, holds) in [
            (r#"{"a":"\u0000"}"#, true),
            (r#"{"a":"\\u0000"}"#, false),
            (r#"{"a":"\\\u0000"}"#, true),
            (r#"{"a":"x\n\u0000y"}"#, true),
            (r#"{"a":"\u00001"}"#, true),
            (r#"{"a":"u0000"}"#, false),
            (r#"{"a":"\u0001"}"#, false),
            ("\\", false),
            ("", false),
        ] {
            // One backslash before `u` begins an escape; two are a backslash and five letters.
            assert_eq!(escapes_nul(json.as_bytes()), holds, "{json}");
        }
    }

    #[test]
    fn json_says_that_it_is() {
        let kind = |kind: &str| HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
        for good in ["application/json", "application/json; charset=utf-8", "application/problem+json"] {
            assert!(is_json(&kind(good)), "{good}");
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "json"] {
            assert!(!is_json(&kind(bad)), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
