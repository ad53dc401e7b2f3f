//! The vendor's HTTP API.

use super::fault::{self, Call};
use super::rules::{self, Refused};
use super::world::{Violation, World};
use super::{CLIENT_ID, CLIENT_SECRET, Shared, TICKET_LIFE, TOKEN_LIFE};
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

type Sim = State<Arc<Shared>>;

/// What a call does to the world, or why it is refused.
type Deed = fn(&mut World, &Shared, &Value) -> Result<Value, Failure>;

pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) violation: Option<Violation>,
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let violation = (!refused.innocent)
            .then(|| Violation { code: "BAD_REQUEST", detail: format!("{}: {}", refused.code, refused.message) });
        Self { status: StatusCode::BAD_REQUEST, code: refused.code.to_owned(), message: refused.message, violation }
    }
}

/// `POST /v1.0/oauth2/accessToken`
pub(super) async fn access_token(State(sim): Sim, headers: HeaderMap, body: Bytes) -> Response {
    serve(&sim, Call::Token, &headers, &body, |world, shared, body| {
        check_credentials(body, "appKey", "appSecret")?;
        let token = format!("token-{}", world.number());
        world.tokens.insert(token.clone(), shared.clock.now() + milliseconds(TOKEN_LIFE));
        Ok(json!({"accessToken": token, "expireIn": TOKEN_LIFE.as_secs()}))
    })
    .await
}

/// `POST /v1.0/gateway/connections/open`
pub(super) async fn open(State(sim): Sim, headers: HeaderMap, body: Bytes) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !accepts.contains("application/json") {
        // The real gateway answers in XML then; a client that forgot the header finds out here.
        sim.world().accuse("open", "ACCEPT_MISSING", format!("Accept: {accepts}"));
        return ([(header::CONTENT_TYPE, "application/xml")], "<xml/>").into_response();
    }
    serve(&sim, Call::Open, &headers, &body, |world, shared, body| {
        check_credentials(body, "clientId", "clientSecret")?;
        let wants_something = body.get("subscriptions").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        if !wants_something {
            return Err(
                Refused { code: "param.empty", message: "subscriptions is empty".into(), innocent: false }.into()
            );
        }
        let tail = if world.awkward_tickets { "+/= &%" } else { "" };
        let ticket = format!("ticket-{}{tail}", world.number());
        world.tickets.insert(ticket.clone(), shared.clock.now() + milliseconds(TICKET_LIFE));
        Ok(json!({"endpoint": format!("ws://{}/connect", shared.address), "ticket": ticket}))
    })
    .await
}

/// `POST /v1.0/card/instances/createAndDeliver`
pub(super) async fn create(State(sim): Sim, headers: HeaderMap, body: Bytes) -> Response {
    serve(&sim, Call::Create, &headers, &body, |world, _, body| {
        let mut card = rules::new_card(body, &world.cards)?;
        let kind = |user: &str| {
            let group = format!("IM_GROUP.{user}");
            let spaces = body.get("openSpaceId").and_then(Value::as_str).unwrap_or_default();
            if spaces.contains(&group) { "IM_GROUP" } else { "IM_ROBOT" }
        };
        let results: Vec<Value> = card
            .recipients
            .iter()
            .map(|user| {
                let reached = !world.unreachable.contains(user);
                let error = if reached { "" } else { "user not in the robot's visible range" };
                json!({"spaceType": kind(user), "spaceId": user, "success": reached,
                       "carrierId": format!("carrier-{user}"), "errorMsg": error})
            })
            .collect();
        card.recipients.retain(|user| !world.unreachable.contains(user));
        let key = card.out_track_id.clone();
        world.cards.insert(key.clone(), card);
        Ok(json!({"success": true, "result": {"outTrackId": key, "deliverResults": results}}))
    })
    .await
}

/// `PUT /v1.0/card/instances`
pub(super) async fn update(State(sim): Sim, headers: HeaderMap, body: Bytes) -> Response {
    serve(&sim, Call::Update, &headers, &body, |world, _, body| {
        rules::update(body, &mut world.cards)?;
        let key = body.get("outTrackId").and_then(Value::as_str).unwrap_or_default();
        let answering = world.callbacks.values().any(|callback| callback.card == key && callback.answer.is_some());
        if answering {
            let detail = format!("card {key} was updated while its callback waits for an answer");
            world.accuse("update", "UPDATE_DURING_CALLBACK", detail);
        }
        Ok(json!({"success": true, "result": true}))
    })
    .await
}

/// Anything else.
pub(super) async fn unknown(State(sim): Sim, method: Method, OriginalUri(uri): OriginalUri) -> Response {
    sim.world().accuse("unknown", "UNKNOWN_CALL", format!("{method} {}", uri.path()));
    refusal(StatusCode::NOT_FOUND, "InvalidAction.NotFound", "no such API")
}

pub(super) fn check_credentials(body: &Value, id: &str, secret: &str) -> Result<(), Failure> {
    let is = |name: &str, expected: &str| body.get(name).and_then(Value::as_str) == Some(expected);
    if is(id, CLIENT_ID) && is(secret, CLIENT_SECRET) {
        return Ok(());
    }
    Err(Failure {
        status: StatusCode::UNAUTHORIZED,
        code: "invalidClientIdOrSecret".into(),
        message: "无效的 clientId 或者 clientSecret".into(),
        violation: None,
    })
}

pub(super) fn check_token(now: u64, world: &World, headers: &HeaderMap) -> Result<(), Failure> {
    let token = headers.get("x-acs-dingtalk-access-token").and_then(|token| token.to_str().ok());
    let valid = token.and_then(|token| world.tokens.get(token)).is_some_and(|until| now < *until);
    if valid {
        return Ok(());
    }
    Err(Failure {
        status: StatusCode::UNAUTHORIZED,
        code: "InvalidAuthentication".into(),
        message: "不合法的 access_token".into(),
        violation: token
            .is_none()
            .then(|| Violation { code: "TOKEN_MISSING", detail: "no x-acs-dingtalk-access-token".into() }),
    })
}

async fn serve(sim: &Shared, call: Call, headers: &HeaderMap, body: &Bytes, deed: Deed) -> Response {
    let fault = fault::take(sim, call);
    let faulty = fault.answer.map(|(status, code)| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, code)
    });
    if let Some((status, code)) = faulty.clone().filter(|_| !fault.after_commit) {
        sim.world().note(call.name(), status.as_u16(), json!({"fault": code}), Vec::new());
        return faulty_answer(status, code);
    }
    let response = commit(sim, call, headers, body, deed);
    sleep(fault.hold).await;
    match faulty {
        Some((status, code)) => faulty_answer(status, code),
        None => response,
    }
}

fn commit(sim: &Shared, call: Call, headers: &HeaderMap, body: &Bytes, deed: Deed) -> Response {
    let mut world = sim.world();
    let parsed = serde_json::from_slice::<Value>(body).map_err(|error| {
        Failure::from(Refused {
            code: "param.invalid",
            message: format!("the body is not JSON: {error}"),
            innocent: false,
        })
    });
    let needs_token = matches!(call, Call::Create | Call::Update);
    let detail = match &parsed {
        Ok(body) if needs_token => body.clone(),
        _ => Value::Null,
    };
    let result = parsed.and_then(|body| {
        if needs_token {
            check_token(sim.clock.now(), &world, headers)?;
        }
        deed(&mut world, sim, &body)
    });
    match result {
        Ok(answer) => {
            world.note(call.name(), 200, detail, Vec::new());
            axum::Json(answer).into_response()
        }
        Err(failure) => {
            let violations = failure.violation.into_iter().collect();
            world.note(call.name(), failure.status.as_u16(), detail, violations);
            refusal(failure.status, &failure.code, &failure.message)
        }
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"code": code, "message": message, "requestid": "simulated"});
    (status, axum::Json(body)).into_response()
}

fn faulty_answer(status: StatusCode, code: Option<String>) -> Response {
    match code {
        Some(code) => refusal(status, &code, "a fault on purpose"),
        None => (status, axum::response::Html("<html>Bad Gateway</html>")).into_response(),
    }
}
