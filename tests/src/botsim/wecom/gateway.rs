//! WeCom's HTTP API. Errors come with status 200 and a code in the body.

use super::rules::{self, Refused};
use super::{AGENT, CORPORATION, Card, Code, SECRET, WeCom, World};
use crate::botsim::common::{Parsed, lock};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

type Sim = State<WeCom>;
type Parameters = Query<HashMap<String, String>>;

const TOKEN_LIFE: u64 = 2 * 3_600_000;
const CODE_LIFE: u64 = 72 * 3_600_000;
/// What one member gets in a minute; the rest is dropped without a word.
const A_MINUTE: usize = 30;

fn said(sim: &WeCom, call: &str, detail: Value, result: Result<Value, Refused>) -> Response {
    let body = match result {
        Ok(mut value) => {
            sim.common.note(call, 0, detail);
            if let Some(value) = value.as_object_mut() {
                value.insert("errcode".into(), json!(0));
                value.insert("errmsg".into(), json!("ok"));
            }
            value
        }
        Err((code, message)) => {
            sim.common.note(call, u16::try_from(code.rem_euclid(60_000)).unwrap_or_default(), json!({"code": code}));
            // Tokens end and members leave; the other codes are a caller's mistake.
            if ![42_001, 40_014, 81_013, 40_029, 41_012].contains(&code) {
                sim.common.accuse(call, "BAD_REQUEST", format!("{code}: {message}"));
            }
            json!({"errcode": code, "errmsg": message})
        }
    };
    axum::Json(body).into_response()
}

fn find<'a>(query: &'a HashMap<String, String>, name: &str) -> &'a str {
    query.get(name).map(String::as_str).unwrap_or_default()
}

fn check_token(sim: &WeCom, world: &World, query: &HashMap<String, String>) -> Result<(), Refused> {
    match world.tokens.get(find(query, "access_token")) {
        Some(until) if sim.common.clock.now() < *until => Ok(()),
        Some(_) => Err((42_001, "access_token expired".into())),
        None => Err((40_014, "invalid access_token".into())),
    }
}

/// `GET /cgi-bin/gettoken`
pub(super) async fn token(State(sim): Sim, Query(query): Parameters) -> Response {
    let result = if find(&query, "corpid") != CORPORATION {
        Err((40_013, "invalid corpid".into()))
    } else if find(&query, "corpsecret") != SECRET {
        Err((40_001, "invalid credential".into()))
    } else {
        let token = format!("wecom-token-{}", sim.common.number());
        lock(&sim.world).tokens.insert(token.clone(), sim.common.clock.now() + TOKEN_LIFE);
        Ok(json!({"access_token": token, "expires_in": 7200}))
    };
    said(&sim, "wecom.token", Value::Null, result)
}

/// `POST /cgi-bin/message/send`
pub(super) async fn send(State(sim): Sim, Query(query): Parameters, Parsed(body): Parsed) -> Response {
    let mut world = lock(&sim.world);
    let result = check_token(&sim, &world, &query).and_then(|()| deliver(&sim, &mut world, &body));
    drop(world);
    said(&sim, "wecom.send", body, result)
}

fn deliver(sim: &WeCom, world: &mut World, body: &Value) -> Result<Value, Refused> {
    let now = sim.common.clock.now();
    // The older implementation sends the number as text.
    let agent = body.get("agentid").map(|agent| agent.as_str().map_or_else(|| agent.to_string(), str::to_owned));
    if agent.as_deref() != Some(AGENT.to_string().as_str()) {
        return Err((40_056, "invalid agentid".into()));
    }
    let users: Vec<String> = body["touser"]
        .as_str()
        .unwrap_or_default()
        .split('|')
        .map(str::to_lowercase)
        .filter(|u| !u.is_empty())
        .collect();
    let (reached, lost): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| !world.unreachable.contains(user));
    if reached.is_empty() {
        return Err((81_013, "user & party & tag all invalid".into()));
    }
    let print: [u8; 32] = Sha256::digest(body.to_string().as_bytes()).into();
    if body["enable_duplicate_check"] == 1 {
        let life = body["duplicate_check_interval"].as_u64().unwrap_or(1800).min(14_400) * 1000;
        if let Some((until, id)) = world.sent.get(&print)
            && now < *until
        {
            return Ok(json!({"invaliduser": lost.join("|"), "msgid": id}));
        }
        world.sent.insert(print, (now + life, format!("msg-{}", sim.common.number())));
    }
    let answer = json!({"invaliduser": lost.join("|"), "msgid": format!("msg-{}", sim.common.number())});
    match body["msgtype"].as_str().unwrap_or_default() {
        "text" | "markdown" => {
            let kind = body["msgtype"].as_str().unwrap_or_default();
            let text = body[kind]["content"].as_str().unwrap_or_default().to_owned();
            if text.is_empty() || text.len() > 2048 {
                return Err((44_004, "content is empty or too long".into()));
            }
            for user in &reached {
                if may_get(world, user, now) {
                    world.texts.push((user.clone(), text.clone()));
                }
            }
            Ok(answer)
        }
        "template_card" => deliver_card(sim, world, body, &reached, answer),
        other => Err((40_008, format!("msgtype {other:?}"))),
    }
}

fn deliver_card(
    sim: &WeCom,
    world: &mut World,
    body: &Value,
    users: &[String],
    mut answer: Value,
) -> Result<Value, Refused> {
    let card = &body["template_card"];
    rules::check(card, true)?;
    let task = card["task_id"].as_str().unwrap_or_default().to_owned();
    if world.callback.is_none() && card["card_type"] == "button_interaction" {
        return Err((42_020, "a card with buttons needs a callback address".into()));
    }
    if !world.tasks.insert(task.clone()) {
        return Err((42_014, "task_id was used before".into()));
    }
    let now = sim.common.clock.now();
    for user in users {
        if may_get(world, user, now) {
            let shown = Card { task: task.clone(), user: user.clone(), card: card.clone(), button: None, changes: 0 };
            world.cards.insert((task.clone(), user.clone()), shown);
        }
    }
    answer["response_code"] = json!(new_code(sim, world, &task));
    Ok(answer)
}

/// A fresh response code of a task.
pub(super) fn new_code(sim: &WeCom, world: &mut World, task: &str) -> String {
    let code = format!("rc-{}", sim.common.number());
    let until = sim.common.clock.now() + CODE_LIFE;
    world.codes.insert(code.clone(), Code { of: task.to_owned(), until, used: false });
    code
}

/// Whether a member still gets something in this minute.
fn may_get(world: &mut World, user: &str, now: u64) -> bool {
    let received = world.received.entry(user.to_owned()).or_default();
    received.retain(|at| at + 60_000 > now);
    received.push(now);
    received.len() <= A_MINUTE
}

/// `POST /cgi-bin/message/update_template_card`
pub(super) async fn update(State(sim): Sim, Query(query): Parameters, Parsed(body): Parsed) -> Response {
    let mut world = lock(&sim.world);
    let result = check_token(&sim, &world, &query).and_then(|()| change(&sim, &mut world, &body));
    drop(world);
    said(&sim, "wecom.update", body, result)
}

fn change(sim: &WeCom, world: &mut World, body: &Value) -> Result<Value, Refused> {
    let now = sim.common.clock.now();
    let code = body["response_code"].as_str().unwrap_or_default();
    let task = match world.codes.get_mut(code) {
        Some(known) if !known.used && now < known.until => {
            known.used = true;
            known.of.clone()
        }
        // Which code the real platform gives is not documented.
        _ => return Err((41_012, "invalid response_code".into())),
    };
    let everybody = body["atall"] == 1;
    let users: Vec<String> =
        (body["userids"].as_array().into_iter().flatten()).filter_map(Value::as_str).map(str::to_lowercase).collect();
    if !everybody && users.is_empty() {
        return Err((40_031, "userids is empty".into()));
    }
    let replaced = body["button"]["replace_name"].as_str().map(str::to_owned);
    let card = body.get("template_card").filter(|card| card.is_object());
    if let Some(card) = card {
        rules::check(card, false)?;
    } else if replaced.is_none() {
        return Err((40_058, "neither button nor template_card".into()));
    }
    for shown in world.cards.values_mut() {
        if shown.task == task && (everybody || users.contains(&shown.user)) {
            shown.changes += 1;
            match card {
                Some(card) => {
                    shown.card = card.clone();
                    shown.button = None;
                }
                None => shown.button.clone_from(&replaced),
            }
        }
    }
    Ok(json!({"invaliduser": []}))
}

/// `GET /cgi-bin/auth/getuserinfo`
pub(super) async fn user_info(sim: Sim, query: Parameters) -> Response {
    opener(sim, query, "userid")
}

/// `GET /cgi-bin/user/getuserinfo`: the older spelling.
pub(super) async fn older_user_info(sim: Sim, query: Parameters) -> Response {
    opener(sim, query, "UserId")
}

fn opener(State(sim): Sim, Query(query): Parameters, name: &str) -> Response {
    let mut world = lock(&sim.world);
    let now = sim.common.clock.now();
    let result = check_token(&sim, &world, &query).and_then(|()| match world.logins.get_mut(find(&query, "code")) {
        Some(code) if !code.used && now < code.until => {
            code.used = true;
            Ok(match &code.of {
                Some(user) => json!({name: user, "user_ticket": "ticket"}),
                None => json!({"openid": "o-outsider", "external_userid": "wm-outsider"}),
            })
        }
        _ => Err((40_029, "invalid code".into())),
    });
    drop(world);
    said(&sim, "wecom.user", Value::Null, result)
}

/// `GET /cgi-bin/get_jsapi_ticket`
pub(super) async fn ticket(State(sim): Sim, Query(query): Parameters) -> Response {
    let result = check_token(&sim, &lock(&sim.world), &query);
    said(&sim, "wecom.ticket", Value::Null, result.map(|()| json!({"ticket": "TICKET", "expires_in": 7200})))
}

/// `GET /cgi-bin/media/get`
pub(super) async fn media(State(sim): Sim, Query(query): Parameters) -> Response {
    let result = {
        let world = lock(&sim.world);
        let found = world.media.get(find(&query, "media_id")).cloned();
        check_token(&sim, &world, &query).and_then(|()| found.ok_or((40_007, "invalid media_id".to_owned())))
    };
    match result {
        Ok(bytes) => ([("content-type", "image/png")], bytes).into_response(),
        Err(refused) => said(&sim, "wecom.media", Value::Null, Err(refused)),
    }
}
