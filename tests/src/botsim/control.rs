//! The control API and the phones: what a test in another language, or a person, does to the simulated world.

use super::common::{CallFault, Common, Pressed, Shown};
use super::dingtalk::{Entry, Simulator, TapRequest, Written as ToRobot};
use super::{AiBot, Feishu, WeChat, WeCom, wecom};
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Handles to every platform.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) dingtalk: Simulator,
    pub(super) wecom: WeCom,
    pub(super) ai_bot: AiBot,
    pub(super) wechat: WeChat,
    pub(super) feishu: Feishu,
    pub(super) common: Arc<Common>,
}

type Sim = State<Arc<Control>>;

pub(super) fn routes(control: Control) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/_sim/phones", get(phones))
        .route("/_sim/press", post(press))
        .route("/_sim/write", post(write))
        .route("/_sim/faults", post(fault))
        .route("/_sim/clock", post(clock))
        .route("/_sim/callback", post(callback))
        .route("/_sim/code", post(code))
        .route("/_sim/consent", post(consent))
        .route("/_sim/journal", get(journal))
        .with_state(Arc::new(control))
}

async fn page() -> Html<&'static str> {
    Html(include_str!("phone.html"))
}

/// Whose phone; everybody's where it is missing.
#[derive(Deserialize)]
struct Whose {
    user: Option<String>,
}

async fn phones(State(sim): Sim, Query(whose): Query<Whose>) -> Json<Value> {
    let user = whose.user.as_deref();
    let mut shown: Vec<Shown> = sim.dingtalk.phone(user);
    shown.extend(sim.wecom.phone(user));
    shown.extend(sim.ai_bot.phone(user));
    shown.extend(sim.feishu.phone(user));
    let reminders: Vec<Value> = sim
        .wechat
        .reminders()
        .into_iter()
        .map(|one| json!({"user": one.user, "page": one.page, "data": one.data}))
        .collect();
    Json(json!({"cards": shown, "reminders": reminders}))
}

/// Which button of which card on whose phone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Press {
    platform: String,
    card: String,
    user: String,
    action: String,
    /// What the button carries, where that is not what the phone shows now.
    key: Option<String>,
}

async fn press(State(sim): Sim, Json(press): Json<Press>) -> Json<Pressed> {
    let key = press.key.as_deref();
    Json(match press.platform.as_str() {
        "wecom" => sim.wecom.press(&press.card, &press.user, &press.action, key).await,
        "wecom_ai_bot" => sim.ai_bot.press(&press.card, &press.user, &press.action, key).await,
        "feishu" => {
            let value = key.map(|token| json!({"action": press.action, "token": token, "card": press.card}));
            sim.feishu.press(&press.card, &press.user, &press.action, value).await
        }
        _ => {
            let params = key.map(|token| serde_json::Map::from_iter([("token".to_owned(), json!(token))]));
            let tap = TapRequest { params, ..TapRequest::new(&press.card, &press.user, &press.action) };
            let first = sim.dingtalk.tap(tap).await.into_iter().next();
            first.map_or_else(Pressed::undelivered, |result| Pressed {
                delivered: result.delivered,
                status: result.code.and_then(|code| u16::try_from(code).ok()),
                answer: result.response,
                elapsed_milliseconds: result.elapsed_milliseconds,
            })
        }
    })
}

/// A line to the bot.
#[derive(Deserialize)]
struct Write {
    platform: String,
    user: String,
    text: String,
}

async fn write(State(sim): Sim, Json(write): Json<Write>) -> Json<Value> {
    let Write { platform, user, text } = write;
    match platform.as_str() {
        "wecom" => drop(sim.wecom.write(&user, wecom::Written::Text(text)).await),
        "wecom_ai_bot" => sim.ai_bot.write(&user, &text),
        "feishu" => drop(sim.feishu.write(&user, &text).await),
        _ => drop(sim.dingtalk.write(&user, ToRobot::Text(text))),
    }
    Json(json!({"written": true}))
}

async fn fault(State(sim): Sim, Json(fault): Json<CallFault>) -> Json<Value> {
    sim.common.arm(fault);
    Json(json!({"armed": true}))
}

/// How far to turn the clock forward.
#[derive(Deserialize)]
struct Forward {
    seconds: u64,
}

async fn clock(State(sim): Sim, Json(forward): Json<Forward>) -> Json<Value> {
    sim.common.clock.advance(Duration::from_secs(forward.seconds));
    Json(json!({"now": sim.common.clock.now()}))
}

/// Where a platform finds the app's callbacks.
#[derive(Deserialize)]
struct Callback {
    platform: String,
    url: String,
}

async fn callback(State(sim): Sim, Json(callback): Json<Callback>) -> Json<Value> {
    let set = match callback.platform.as_str() {
        "wecom" => sim.wecom.set_callback(&callback.url).await,
        "feishu" => sim.feishu.set_callback(&callback.url).await,
        other => Err(format!("{other} has no callback address")),
    };
    Json(json!({"set": set.is_ok(), "error": set.err()}))
}

/// Whose sign-in code, where.
#[derive(Deserialize)]
struct WhoseCode {
    platform: String,
    user: String,
}

async fn code(State(sim): Sim, Json(whose): Json<WhoseCode>) -> Json<Value> {
    let code = match whose.platform.as_str() {
        "wechat" => sim.wechat.login_code(&whose.user),
        "wecom" => sim.wecom.login_code(Some(&whose.user)),
        "feishu" => sim.feishu.login_code(super::feishu::TENANT, &whose.user),
        _ => sim.dingtalk.login_code(&whose.user),
    };
    Json(json!({"code": code}))
}

async fn consent(State(sim): Sim, Json(whose): Json<WhoseCode>) -> Json<Value> {
    sim.wechat.consent(&whose.user);
    Json(json!({"platform": whose.platform}))
}

async fn journal(State(sim): Sim) -> Json<Vec<Entry>> {
    let mut log = sim.dingtalk.log();
    log.extend(sim.common.log());
    log.sort_by_key(|entry| entry.at);
    Json(log)
}
