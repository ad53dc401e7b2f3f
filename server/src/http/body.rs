//! JSON bodies whose faults are problems.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::problem::{Problem, TOO_LARGE};

/// A JSON body; anything else is refused as `malformed` or `too_large`.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Problem::new(&TOO_LARGE)),
            // The text may repeat a value: it goes back to whoever sent it and into no log.
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::malformed(error.body_text())),
            Err(rejection) => Err(Problem::malformed(rejection.body_text())),
        }
    }
}
