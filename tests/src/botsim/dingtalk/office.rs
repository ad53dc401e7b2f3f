//! The rest of DingTalk that we use: the robot's messages, files, signed-in pages, OA to-dos, HTTP callbacks.

use super::gateway::{check_token, refusal};
use super::socket::Down;
use super::world::frame;
use super::{CLIENT_ID, CLIENT_SECRET, CORPORATION, Shared, Simulator};
use crate::botsim::common::{Code, Parsed};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What else the platform knows.
#[derive(Debug, Default)]
pub(super) struct Office {
    texts: Vec<(String, String)>,
    group_texts: Vec<(String, String)>,
    files: HashMap<String, Vec<u8>>,
    logins: HashMap<String, Code<(String, String)>>,
    flow_controlled: BTreeSet<String>,
    to_dos: BTreeMap<i64, (String, String)>,
    callbacks: HashMap<String, (String, String)>,
}

/// What somebody sends to the robot.
#[derive(Debug, Clone)]
pub enum Written {
    /// A line.
    Text(String),
    /// A picture.
    Picture(Vec<u8>),
    /// A file with its name.
    File(String, Vec<u8>),
}

type Sim = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1.0/robot/oToMessages/batchSend", post(say))
        .route("/v1.0/robot/groupMessages/send", post(say_to_group))
        .route("/v1.0/robot/messageFiles/download", post(download))
        .route("/_files/{code}", get(file))
        .route("/topapi/v2/user/getuserinfo", post(user))
        .route("/gettoken", get(old_token))
        .route("/v1.0/card/callbacks/register", post(register))
        .route("/v1.0/workflow/processCentres/instances", post(instance))
        .route("/v1.0/workflow/processCentres/tasks", post(tasks).put(end_tasks))
}

impl Simulator {
    /// What the robot wrote to a user, oldest first.
    pub fn texts(&self, user: &str) -> Vec<String> {
        let world = self.shared.world();
        world.office.texts.iter().filter(|(to, _)| to == user).map(|(_, text)| text.clone()).collect()
    }

    /// What the robot wrote to a group, oldest first.
    pub fn group_texts(&self, group: &str) -> Vec<String> {
        let world = self.shared.world();
        world.office.group_texts.iter().filter(|(to, _)| to == group).map(|(_, text)| text.clone()).collect()
    }

    /// Somebody writes to the robot. Whether there was a socket to tell.
    pub fn write(&self, user: &str, message: Written) -> bool {
        let mut world = self.shared.world();
        let id = format!("message-{}", world.number());
        let mut data = json!({
            "conversationId": "cid", "conversationType": "1", "msgId": id, "senderStaffId": user,
            "senderCorpId": CORPORATION, "senderNick": user, "robotCode": CLIENT_ID, "createAt": self.shared.clock.now(),
        });
        let (kind, content) = match message {
            Written::Text(text) => {
                data["text"] = json!({"content": text});
                ("text", Value::Null)
            }
            Written::Picture(bytes) => {
                let code = format!("picture-{id}");
                world.office.files.insert(code.clone(), bytes);
                ("picture", json!({"downloadCode": code}))
            }
            Written::File(name, bytes) => {
                let code = format!("file-{id}");
                world.office.files.insert(code.clone(), bytes);
                ("file", json!({"downloadCode": code, "fileName": name}))
            }
        };
        data["msgtype"] = json!(kind);
        data["content"] = content;
        let Some((_, socket)) = world.pick_socket() else { return false };
        let text = frame("CALLBACK", "/v1.0/im/bot/messages/get", &id, &data);
        socket.send(Down::Text(text)).is_ok()
    }

    /// A code that a page inside DingTalk got for a user.
    pub fn login_code(&self, user: &str) -> String {
        let mut world = self.shared.world();
        let code = format!("dd-login-{}", world.number());
        let until = self.shared.clock.now() + 5 * 60_000;
        let of = (CORPORATION.to_owned(), user.to_owned());
        world.office.logins.insert(code.clone(), Code { of, until, used: false });
        code
    }

    /// Messages to this user are dropped by flow control from now on.
    pub fn flow_control(&self, user: &str) {
        self.shared.world().office.flow_controlled.insert(user.to_owned());
    }

    /// The OA to-dos: whose, and how each stands.
    pub fn to_dos(&self) -> Vec<(String, String)> {
        self.shared.world().office.to_dos.values().cloned().collect()
    }

    /// The registered HTTP callback of a route key: address and secret.
    pub fn callback(&self, route_key: &str) -> Option<(String, String)> {
        self.shared.world().office.callbacks.get(route_key).cloned()
    }
}

/// The refusal of a call without a good token; every other call is written into the log.
fn refused(sim: &Shared, call: &str, headers: &HeaderMap, body: &Value) -> Option<Response> {
    let mut world = sim.world();
    match check_token(sim.clock.now(), &world, headers) {
        Ok(()) => {
            world.note(call, 200, body.clone(), Vec::new());
            None
        }
        Err(failure) => {
            world.note(call, failure.status.as_u16(), Value::Null, failure.violation.into_iter().collect());
            Some(refusal(failure.status, &failure.code, &failure.message))
        }
    }
}

async fn say(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    if let Some(response) = refused(&sim, "say", &headers, &body) {
        return response;
    }
    let mut world = sim.world();
    let parameters: Value = serde_json::from_str(body["msgParam"].as_str().unwrap_or_default()).unwrap_or_default();
    if body["robotCode"] != CLIENT_ID || !parameters.is_object() {
        world.accuse("say", "BAD_REQUEST", format!("robotCode or msgParam: {body}"));
        return refusal(StatusCode::BAD_REQUEST, "param.invalid", "robotCode or msgParam");
    }
    let users: Vec<String> =
        (body["userIds"].as_array().into_iter().flatten()).filter_map(Value::as_str).map(str::to_owned).collect();
    let (held, reached): (Vec<_>, Vec<_>) =
        users.into_iter().partition(|user| world.office.flow_controlled.contains(user));
    let text = parameters["text"].as_str().or(parameters["content"].as_str()).unwrap_or_default();
    for user in reached {
        world.office.texts.push((user, text.to_owned()));
    }
    let answer = json!({"processQueryKey": "key", "invalidStaffIdList": [], "flowControlledStaffIdList": held,
        "filteredStaffIdList": []});
    axum::Json(answer).into_response()
}

async fn say_to_group(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    if let Some(response) = refused(&sim, "say_to_group", &headers, &body) {
        return response;
    }
    let mut world = sim.world();
    let parameters: Value = serde_json::from_str(body["msgParam"].as_str().unwrap_or_default()).unwrap_or_default();
    let (group, text) = (body["openConversationId"].as_str(), parameters["content"].as_str());
    let fits = body["robotCode"] == CLIENT_ID && body["msgKey"] == "sampleText";
    let (Some(group), Some(text), true) = (group, text, fits) else {
        world.accuse(
            "say_to_group",
            "BAD_REQUEST",
            format!("robotCode, openConversationId, msgKey or msgParam: {body}"),
        );
        return refusal(StatusCode::BAD_REQUEST, "param.invalid", "robotCode, openConversationId, msgKey or msgParam");
    };
    world.office.group_texts.push((group.to_owned(), text.to_owned()));
    axum::Json(json!({"processQueryKey": "key"})).into_response()
}

async fn download(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    if let Some(response) = refused(&sim, "download", &headers, &body) {
        return response;
    }
    let code = body["downloadCode"].as_str().unwrap_or_default();
    let url = format!("http://{}/_files/{code}", sim.address);
    axum::Json(json!({"downloadUrl": url})).into_response()
}

async fn file(State(sim): Sim, Path(code): Path<String>) -> Response {
    let bytes = sim.world().office.files.get(&code).cloned();
    bytes.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

async fn user(State(sim): Sim, Query(query): Query<HashMap<String, String>>, Parsed(body): Parsed) -> Response {
    let mut world = sim.world();
    let now = sim.clock.now();
    let token = query.get("access_token").map(String::as_str).unwrap_or_default();
    if world.tokens.get(token).is_none_or(|until| now >= *until) {
        return axum::Json(json!({"errcode": 40_014, "errmsg": "不合法的access_token"})).into_response();
    }
    let code = body["code"].as_str().unwrap_or_default();
    let answer = match world.office.logins.get_mut(code) {
        Some(login) if !login.used && now < login.until => {
            login.used = true;
            let user = &login.of.1;
            json!({"errcode": 0, "errmsg": "ok", "result": {"userid": user, "unionid": format!("un-{user}"), "name": user,
                "device_id": "d", "sys": false, "sys_level": 0}})
        }
        _ => json!({"errcode": 40_078, "errmsg": "不存在的临时授权码"}),
    };
    world.note("user", 200, json!({"errcode": answer["errcode"]}), Vec::new());
    axum::Json(answer).into_response()
}

/// `GET /gettoken`: the older spelling, which the vendor's Node SDK still uses.
async fn old_token(State(sim): Sim, Query(query): Query<HashMap<String, String>>) -> Response {
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if given("appkey") != CLIENT_ID || given("appsecret") != CLIENT_SECRET {
        return axum::Json(json!({"errcode": 40_089, "errmsg": "不合法的corpid或corpsecret"})).into_response();
    }
    let mut world = sim.world();
    let token = format!("token-{}", world.number());
    let until = sim.clock.now() + super::gateway::milliseconds(super::TOKEN_LIFE);
    world.tokens.insert(token.clone(), until);
    axum::Json(json!({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200})).into_response()
}

async fn register(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    if let Some(response) = refused(&sim, "register", &headers, &Value::Null) {
        return response;
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let place = (text("callbackUrl"), text("apiSecret"));
    let answer = json!({"result": {"apiSecret": place.1, "callbackUrl": place.0}, "success": true});
    sim.world().office.callbacks.insert(text("callbackRouteKey"), place);
    axum::Json(answer).into_response()
}

async fn instance(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    if let Some(response) = refused(&sim, "to_do", &headers, &body) {
        return response;
    }
    if body["processCode"].as_str().is_none_or(str::is_empty) || body["url"].as_str().is_none_or(str::is_empty) {
        return refusal(StatusCode::BAD_REQUEST, "param.invalid", "processCode or url");
    }
    let id = sim.world().number();
    axum::Json(json!({"success": true, "result": {"processInstanceId": format!("pi-{id}")}})).into_response()
}

async fn tasks(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    if let Some(response) = refused(&sim, "to_do", &headers, &body) {
        return response;
    }
    let mut world = sim.world();
    let wanted = body["tasks"].as_array().cloned().unwrap_or_default();
    let made: Vec<Value> = wanted
        .iter()
        .map(|task| {
            let id = i64::try_from(world.number()).unwrap_or_default();
            let user = task["userId"].as_str().unwrap_or_default().to_owned();
            world.office.to_dos.insert(id, (user.clone(), "RUNNING".into()));
            json!({"taskId": id, "userId": user})
        })
        .collect();
    axum::Json(json!({"success": true, "result": made})).into_response()
}

async fn end_tasks(State(sim): Sim, headers: HeaderMap, Parsed(body): Parsed) -> Response {
    if let Some(response) = refused(&sim, "to_do", &headers, &body) {
        return response;
    }
    let mut world = sim.world();
    for task in body["tasks"].as_array().into_iter().flatten() {
        let id = task["taskId"].as_i64().unwrap_or_default();
        if let Some(to_do) = world.office.to_dos.get_mut(&id) {
            to_do.1 = format!("{}/{}", task["status"].as_str().unwrap_or(""), task["result"].as_str().unwrap_or(""));
        }
    }
    axum::Json(json!({"success": true})).into_response()
}
