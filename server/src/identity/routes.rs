//! The HTTP side of identity.

use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use budget::{DeviceId, Person};
use serde::Serialize;

use super::access::Authenticated;
use super::rotation::{Rotated, Rotation};
use super::{Caller, Device, Granted, Refresh, SignIn};
use crate::http::problem::NOT_FOUND;
use crate::http::rate_limit::client_address;
use crate::http::{AppState, JsonBody, Problem};

/// Signing in and out, renewing, devices.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/sign-in", post(sign_in))
        .route("/api/refresh", post(refresh))
        .route("/api/sign-out", post(sign_out))
        .route("/api/me", get(me))
        .route("/api/devices", get(devices))
        .route("/api/devices/rotate", post(rotate))
        .route("/api/devices/{id}", delete(revoke))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    person: Person,
    device_id: DeviceId,
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    device: Device,
    /// Whether it is the one that asks.
    current: bool,
}

async fn sign_in(State(app): State<AppState>, request: Request) -> Result<Json<Granted>, Problem> {
    let address = client_address(request.extensions(), request.headers(), app.config.trusted_hops);
    app.limits.sign_in(address, app.clock.now())?;
    let JsonBody(offer) = JsonBody::<SignIn>::from_request(request, &app).await?;
    let granted = app.identity.sign_in(offer).await;
    Ok(Json(granted.inspect_err(|problem| tracing::info!(%address, code = problem.code(), "sign-in refused"))?))
}

async fn refresh(State(app): State<AppState>, JsonBody(offer): JsonBody<Refresh>) -> Result<Json<Granted>, Problem> {
    Ok(Json(app.identity.refresh(offer).await?))
}

async fn sign_out(State(app): State<AppState>, known: Authenticated) -> Result<StatusCode, Problem> {
    app.identity.sign_out(known).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(State(app): State<AppState>, caller: Caller) -> Result<Json<Me>, Problem> {
    let person = app.identity.person(caller.person).await?;
    Ok(Json(Me { person, device_id: caller.device }))
}

async fn devices(State(app): State<AppState>, caller: Caller) -> Result<Json<Vec<Listed>>, Problem> {
    let devices = app.identity.devices(caller.person).await?;
    let list = devices.into_iter().map(|device| Listed { current: device.id == caller.device, device });
    Ok(Json(list.collect()))
}

async fn rotate(
    State(app): State<AppState>,
    known: Authenticated,
    JsonBody(offer): JsonBody<Rotation>,
) -> Result<Json<Rotated>, Problem> {
    Ok(Json(app.identity.rotate(known, offer).await?))
}

async fn revoke(State(app): State<AppState>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id: DeviceId = id.parse().map_err(|_| Problem::new(&NOT_FOUND))?;
    app.identity.revoke(caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
