//! What the WeChat mini-program (微信小程序) asks for: who am I, what waits for me, one request, my decision, a receipt.
//!
//! Promise: the same authority judges as everywhere; a decision names the revision and the step that
//! the person saw; nothing is shown that the app would not show this person. The platform's session
//! key never leaves the server: the mini-program holds a session of ours, good for two hours.

mod claims;
mod session;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bot::{ChatIdentity, Platform, Secret, SendError, Tap};
use budget::{PersonId, RequestId, RequestState};
use serde::{Deserialize, Serialize};
use sync::record::Verb;
use sync::view::{RequestView, Surface, codes};

use super::desk::CardOf;
use super::{accounts, consent, evidence};
use crate::authority::{Answer, CardResult, CardTap, Refused, view};
use crate::http::problem::{Kind, NOT_FOUND, UNAVAILABLE};
use crate::http::{AppState, JsonBody, Problem};
use crate::store::Stop;

/// Who asks has no session, or one that has ended: sign in again by `wx.login`.
static NO_SESSION: Kind = Kind {
    status: StatusCode::UNAUTHORIZED,
    code: "mini_session",
    zh: "登录已过期，请重新打开小程序",
    en: "The session has ended; open the mini-program again",
};

/// The account belongs to nobody here.
static UNBOUND: Kind = Kind {
    status: StatusCode::FORBIDDEN,
    code: "mini_unbound",
    zh: "请先绑定账号：在网页登录后获取绑定码",
    en: "Bind the account first: sign in on the web and get a code",
};

/// The code is not one that somebody was shown.
static WRONG_LINK: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "wrong_link",
    zh: "绑定码不对或已失效",
    en: "The code is wrong or no longer good",
};

/// The decision was not taken; `reason` is the authority's code, `message` says what changed.
static NOT_DECIDED: Kind =
    Kind { status: StatusCode::CONFLICT, code: "not_decided", zh: "{message}", en: "It was not decided: {reason}" };

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/mini/session", post(sign_in))
        .route("/api/mini/bind", post(bind))
        .route("/api/mini/consents", post(consents))
        .route("/api/mini/pending", get(pending))
        .route("/api/mini/requests/{request}", get(request))
        .route("/api/mini/requests/{request}/decision", post(decide))
        .route("/api/mini/originals/{sha256}", get(original))
        .merge(claims::routes())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

#[derive(Serialize)]
struct SignedIn {
    token: String,
    bound: bool,
}

/// A session for whom WeChat vouches.
async fn sign_in(
    State(app): State<AppState>,
    JsonBody(Code { code }): JsonBody<Code>,
) -> Result<Json<SignedIn>, Problem> {
    let wechat = app.chat.get().and_then(|chat| chat.openers.wechat.clone()).ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let opener = wechat.person_of_code(&code).await.map_err(|error| match error {
        SendError::Permanent(_) => Problem::new(&NO_SESSION),
        other => Problem::new(&UNAVAILABLE).caused_by(other),
    })?;
    let token = session::make(app.keys.card_token.reveal(), &opener.identity, app.clock.now());
    let identity = opener.identity;
    let bound = app.store.readers.read(move |connection| accounts::person(connection, &identity)).await?.is_some();
    Ok(Json(SignedIn { token, bound }))
}

/// Whose session it is.
fn opened(app: &AppState, headers: &HeaderMap) -> Result<ChatIdentity, Problem> {
    if app.chat.get().is_none_or(|chat| chat.openers.wechat.is_none()) {
        return Err(Problem::new(&NOT_FOUND));
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = given.strip_prefix("Bearer ").unwrap_or_default();
    session::open(app.keys.card_token.reveal(), token, app.clock.now()).ok_or_else(|| Problem::new(&NO_SESSION))
}

/// The person behind a session, while they are with the company.
async fn caller(app: &AppState, headers: &HeaderMap) -> Result<(ChatIdentity, PersonId), Problem> {
    let identity = opened(app, headers)?;
    let (asked, directory) = (identity.clone(), std::sync::Arc::clone(&app.directory));
    let found = app.store.readers.read(move |connection| {
        let Some(person) = accounts::person(connection, &asked)? else { return Ok(None) };
        Ok(directory.person(connection, person)?.map(|person| person.id))
    });
    let person = found.await?.ok_or_else(|| Problem::new(&UNBOUND))?;
    app.limits.person(person, app.clock.now())?;
    Ok((identity, person))
}

/// Binds the account to whoever was shown this code.
async fn bind(
    State(app): State<AppState>,
    headers: HeaderMap,
    JsonBody(Code { code }): JsonBody<Code>,
) -> Result<StatusCode, Problem> {
    let identity = opened(&app, &headers)?;
    let fan_out = app.relay.fan_out().clone();
    let bound = app.store.writer.run(move |turn| {
        let Some(person) = accounts::take_link(turn.connection, &code, turn.now)? else {
            return Err(Stop::Refused(Problem::new(&WRONG_LINK)));
        };
        Ok(accounts::welcome(turn, fan_out, &identity, person)?)
    });
    bound.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody agreed to on the phone (`wx.requestSubscribeMessage`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consents {
    granted: u32,
}

#[derive(Serialize)]
struct Remaining {
    remaining: u32,
}

/// Counts consents to reminders; each is good for one.
async fn consents(
    State(app): State<AppState>,
    headers: HeaderMap,
    JsonBody(Consents { granted }): JsonBody<Consents>,
) -> Result<Json<Remaining>, Problem> {
    let (identity, _) = caller(&app, &headers).await?;
    if !(1..=10).contains(&granted) {
        return Err(Problem::malformed("granted"));
    }
    let counted =
        app.store.writer.run(move |turn| Ok::<_, Stop<Problem>>(consent::grant(turn.connection, &identity, granted)?));
    Ok(Json(Remaining { remaining: counted.await? }))
}

/// A request in a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: RequestId,
    title: String,
    claimant: String,
    total: String,
    revision: u32,
    step: u32,
}

async fn pending(State(app): State<AppState>, headers: HeaderMap) -> Result<Json<Vec<Item>>, Problem> {
    let (_, person) = caller(&app, &headers).await?;
    let listed = app.store.writer.run(move |turn| {
        let people = &turn.state.books().organisation;
        let waits = |view: &RequestView| view.state == RequestState::InApproval && view.decides_for(person).is_some();
        let mut items: Vec<Item> = turn
            .state
            .requests()
            .map(|request| &request.view)
            .filter(|view| waits(view))
            .map(|view| Item {
                id: view.id,
                title: view.title.clone(),
                claimant: super::card::name(people, view.claimant),
                total: view.total.grouped(),
                revision: view.revision,
                step: view.step.unwrap_or_default(),
            })
            .collect();
        items.sort_by_key(|item| item.id);
        Ok::<_, Stop<Problem>>(items)
    });
    Ok(Json(listed.await?))
}

/// A request as its page shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    #[serde(flatten)]
    item: Item,
    /// How it stands, in words.
    status: String,
    /// Name and value, as on a card.
    facts: Vec<(String, String)>,
    /// Whether this person decides now.
    mine: bool,
    /// SHA-256 of every original that a browser shows.
    originals: Vec<String>,
}

async fn request(
    State(app): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<RequestId>,
) -> Result<Json<Detail>, Problem> {
    let (_, person) = caller(&app, &headers).await?;
    let desk = app.chat.get().and_then(|chat| chat.mini.clone()).ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let shown = app.store.writer.run(move |turn| {
        let books = turn.state.books();
        let Some(view) = view::request(turn.connection, books, id, person)? else {
            return Err(Stop::Refused(Problem::new(&NOT_FOUND)));
        };
        let now = u64::try_from(turn.now.0).unwrap_or_default();
        let step = view.step.unwrap_or_default();
        let card = CardOf { request: id, revision: view.revision, step, approver: person };
        let shown = desk.view(turn.connection, turn.state, &card, now)?;
        let shown = shown.ok_or_else(|| Stop::Refused(Problem::new(&NOT_FOUND)))?;
        Ok(Detail {
            mine: view.state == RequestState::InApproval && view.decides_for(person).is_some(),
            status: shown.state.text(),
            facts: shown.facts,
            originals: super::rows::originals(turn.connection, id)?,
            item: Item {
                id,
                title: view.title.clone(),
                claimant: super::card::name(&turn.state.books().organisation, view.claimant),
                total: view.total.grouped(),
                revision: view.revision,
                step,
            },
        })
    });
    Ok(Json(shown.await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Decision {
    revision: u32,
    step: u32,
    verb: Verb,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize)]
struct Decided {
    status: String,
}

/// Decides on what the person saw. The same decision twice is one.
async fn decide(
    State(app): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<RequestId>,
    JsonBody(decision): JsonBody<Decision>,
) -> Result<Json<Decided>, Problem> {
    let (identity, person) = caller(&app, &headers).await?;
    let desk = app.chat.get().and_then(|chat| chat.mini.clone()).ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let fan_out = app.relay.fan_out().clone();
    let Decision { revision, step, verb, reason } = decision;
    let decided = app.store.writer.run(move |turn| {
        let card = CardOf { request: id, revision, step, approver: person };
        let said =
            serde_json::json!({"request": id, "revision": revision, "step": step, "verb": verb, "reason": reason});
        let tap = Tap {
            platform: Platform::WeChatMiniProgram,
            corporation: identity.corporation,
            user: identity.user,
            card: desk.card_of(&card),
            token: String::new(),
            delivery_key: String::new(),
            details: None,
            evidence: Secret::new(format!("{said} at {}", turn.now.0)),
        };
        let through = Surface::WeChat;
        let asked =
            CardTap { person, request: id, revision, step, verb, reason, through, evidence: evidence::hash(&tap) };
        let Answer { outcome, effects } = turn.state.decide_by_card(turn.connection, turn.now, &asked)?;
        if !effects.is_empty() && matches!(outcome, Ok(CardResult::Applied(_))) {
            evidence::keep(turn.connection, &tap, &card, person, turn.now)?;
        }
        turn.after_commit(move || fan_out.tell(&effects));
        let now = u64::try_from(turn.now.0).unwrap_or_default();
        let shown = desk.view(turn.connection, turn.state, &card, now)?;
        Ok::<_, Stop<Problem>>((outcome, shown.map(|view| view.state.text()).unwrap_or_default()))
    });
    match decided.await? {
        (Ok(_), status) => Ok(Json(Decided { status })),
        (Err(refused), status) => Err(not_decided(&refused, status)),
    }
}

fn not_decided(refused: &Refused, status: String) -> Problem {
    if refused.code == codes::UNKNOWN_REQUEST {
        return Problem::new(&NOT_FOUND);
    }
    let message = match refused.code {
        codes::NO_REASON => "请写明理由".to_owned(),
        _ => status,
    };
    Problem::new(&NOT_DECIDED).with("reason", refused.code).with("message", message)
}

/// An original that belongs to a request which the person may read.
async fn original(
    State(app): State<AppState>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (_, person) = caller(&app, &headers).await?;
    let hash: [u8; 32] =
        hex::decode(&name).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let directory = std::sync::Arc::clone(&app.directory);
    let found = app.store.readers.read(move |connection| {
        let readable = directory.may_read_blob(connection, person, &hash)?;
        Ok(if readable { crate::blobs::find(connection, &hash)? } else { None })
    });
    let blob = found.await?.ok_or_else(|| Problem::new(&NOT_FOUND))?;
    let folder = app.blobs.clone();
    let read = tokio::task::spawn_blocking(move || folder.read_right(&hash));
    let bytes = read.await.map_err(Problem::internal)??;
    Ok(([(header::CONTENT_TYPE, blob.media_type)], bytes).into_response())
}
