//! Feishu's HTTP API, and its encryption.

use super::{APP_ID, APP_SECRET, ENCRYPT_KEY, Feishu, Message, World};
use crate::botsim::common::{Parsed, lock};
use aes::Aes256;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

type Sim = State<Feishu>;
type Refused = (i64, &'static str);

/// A body as Feishu encrypts it.
pub(super) fn encrypted(content: &Value) -> String {
    let key: [u8; 32] = Sha256::digest(ENCRYPT_KEY.as_bytes()).into();
    let vector = *b"0123456789abcdef";
    let plain = content.to_string().into_bytes();
    let mut buffer = plain.clone();
    buffer.resize(plain.len() + 16, 0);
    let encryptor = cbc::Encryptor::<Aes256>::new(&key.into(), &vector.into());
    let blocks = encryptor.encrypt_padded::<Pkcs7>(&mut buffer, plain.len()).unwrap_or_default();
    let whole: Vec<u8> = vector.iter().chain(blocks).copied().collect();
    json!({"encrypt": STANDARD.encode(whole)}).to_string()
}

fn said(sim: &Feishu, call: &str, detail: Value, result: Result<Value, Refused>) -> Response {
    match result {
        Ok(value) => {
            sim.common.note(call, 0, detail);
            axum::Json(value).into_response()
        }
        Err((code, message)) => {
            sim.common.note(call, 1, json!({"code": code}));
            // Tokens end, and cards grow old; the other codes are a caller's mistake.
            if ![99_991_663, 230_031, 20_003].contains(&code) {
                sim.common.accuse(call, "BAD_REQUEST", format!("{code}: {message}"));
            }
            (StatusCode::BAD_REQUEST, axum::Json(json!({"code": code, "msg": message}))).into_response()
        }
    }
}

fn data(value: &Value) -> Value {
    json!({"code": 0, "msg": "success", "data": value})
}

fn check_token(sim: &Feishu, world: &World, headers: &HeaderMap) -> Result<(), Refused> {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = given.strip_prefix("Bearer ").unwrap_or_default();
    let good = world.tokens.get(token).is_some_and(|until| sim.common.clock.now() < *until);
    if good { Ok(()) } else { Err((99_991_663, "invalid access token")) }
}

/// `POST /open-apis/auth/v3/tenant_access_token/internal`
pub(super) async fn token(State(sim): Sim, Parsed(body): Parsed) -> Response {
    let result = if body["app_id"] == APP_ID && body["app_secret"] == APP_SECRET {
        let token = format!("t-{}", sim.common.number());
        lock(&sim.world).tokens.insert(token.clone(), sim.common.clock.now() + 2 * 3_600_000);
        Ok(json!({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200}))
    } else {
        Err((10_014, "app secret invalid"))
    };
    said(&sim, "feishu.token", Value::Null, result)
}

/// `POST /open-apis/im/v1/messages`
pub(super) async fn send(
    State(sim): Sim,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
    Parsed(body): Parsed,
) -> Response {
    let mut world = lock(&sim.world);
    let result = check_token(&sim, &world, &headers).and_then(|()| deliver(&sim, &mut world, &query, &body));
    drop(world);
    said(&sim, "feishu.send", body, result)
}

fn deliver(sim: &Feishu, world: &mut World, query: &HashMap<String, String>, body: &Value) -> Result<Value, Refused> {
    let now = sim.common.clock.now();
    let (user, kind) = (body["receive_id"].as_str().unwrap_or_default(), body["msg_type"].as_str().unwrap_or_default());
    if query.get("receive_id_type").map(String::as_str) != Some("open_id") || user.is_empty() {
        return Err((230_001, "receive_id is invalid"));
    }
    let content: Value = body["content"]
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or((230_001, "content is not JSON in a string"))?;
    let uuid = body["uuid"].as_str().unwrap_or_default().to_owned();
    if uuid.len() > 50 {
        return Err((230_001, "uuid is too long"));
    }
    if let Some((until, id)) = world.uuids.get(&uuid).filter(|_| !uuid.is_empty())
        && now < *until
    {
        return Ok(data(&json!({"message_id": id})));
    }
    let card = match kind {
        "interactive" => check_card(&content)?,
        "text" => Value::Null,
        _ => return Err((230_001, "msg_type")),
    };
    let id = format!("om_{}", sim.common.number());
    let text = content["text"].as_str().unwrap_or_default().to_owned();
    let message = Message { id: id.clone(), user: user.to_owned(), card, text, toast: String::new(), sent_at: now };
    world.messages.insert(id.clone(), message);
    if !uuid.is_empty() {
        world.uuids.insert(uuid, (now + 3_600_000, id.clone()));
    }
    Ok(data(&json!({"message_id": id})))
}

fn check_card(card: &Value) -> Result<Value, Refused> {
    if card.to_string().len() > 30 * 1024 {
        return Err((230_025, "the card is longer than 30 KB"));
    }
    let elements = card["elements"].as_array().is_some_and(|elements| !elements.is_empty());
    if elements { Ok(card.clone()) } else { Err((230_099, "a card without elements")) }
}

/// `PATCH /open-apis/im/v1/messages/{id}`
pub(super) async fn update(
    State(sim): Sim,
    headers: HeaderMap,
    Path(id): Path<String>,
    Parsed(body): Parsed,
) -> Response {
    let mut world = lock(&sim.world);
    let now = sim.common.clock.now();
    let result = check_token(&sim, &world, &headers).and_then(|()| {
        let content: Option<Value> = body["content"].as_str().and_then(|text| serde_json::from_str(text).ok());
        let card = check_card(&content.ok_or((230_001, "content is not JSON in a string"))?)?;
        let message = world.messages.get_mut(&id).ok_or((230_002, "no such message"))?;
        if message.card["config"]["update_multi"] != true || card["config"]["update_multi"] != true {
            return Err((230_001, "a card without update_multi cannot be changed"));
        }
        if now > message.sent_at + 14 * 24 * 3_600_000 {
            return Err((230_031, "the message is older than 14 days"));
        }
        message.card = card;
        Ok(data(&json!({})))
    });
    drop(world);
    said(&sim, "feishu.update", body, result)
}

/// `GET /open-apis/im/v1/messages/{id}/resources/{file}`
pub(super) async fn file(State(sim): Sim, headers: HeaderMap, Path((_, file)): Path<(String, String)>) -> Response {
    let world = lock(&sim.world);
    match check_token(&sim, &world, &headers).map(|()| world.files.get(&file).cloned()) {
        Ok(Some(bytes)) => bytes.into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(refused) => said(&sim, "feishu.file", Value::Null, Err(refused)),
    }
}

/// `POST /open-apis/authen/v1/oidc/access_token`
pub(super) async fn login(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    let mut world = lock(&sim.world);
    let now = sim.common.clock.now();
    let result = check_token(&sim, &world, &headers).and_then(|()| {
        let code = body["code"].as_str().unwrap_or_default();
        match world.logins.get_mut(code) {
            Some(login) if !login.used && now < login.until => {
                login.used = true;
                Ok(data(&json!({"access_token": format!("u-{code}"), "expires_in": 7200})))
            }
            _ => Err((20_003, "invalid code")),
        }
    });
    drop(world);
    said(&sim, "feishu.login", Value::Null, result)
}

/// `GET /open-apis/authen/v1/user_info`
pub(super) async fn user(State(sim): Sim, headers: HeaderMap) -> Response {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let code = given.strip_prefix("Bearer u-").unwrap_or_default();
    let found = lock(&sim.world).logins.get(code).filter(|login| login.used).map(|login| login.of.clone());
    let result = found.ok_or((99_991_663, "invalid access token"));
    let result = result.map(|(tenant, user)| data(&json!({"open_id": user, "tenant_key": tenant, "name": user})));
    said(&sim, "feishu.user", Value::Null, result)
}
