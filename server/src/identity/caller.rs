//! The signed-in person, as an argument of a handler.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use budget::{DeviceId, PersonId};

use super::access::Authenticated;
use crate::http::problem::UNAUTHENTICATED;
use crate::http::{AppState, Problem};

/// Who is asking, and from which device. Taking it as an argument requires a good access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The person behind the session.
    pub person: PersonId,
    /// The device that the session belongs to.
    pub device: DeviceId,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        Authenticated::from_request_parts(parts, app).await.map(|known| known.caller)
    }
}

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Problem::new(&UNAUTHENTICATED))?;
        let known = app.identity.authenticate(token).await?;
        app.limits.caller(known.client, known.caller.person, app.clock.now())?;
        Ok(known)
    }
}
