//! WeChat (微信): sign-in codes, the stable token and subscribe messages of a mini-program.
//!
//! Strict where the documents are: a code is good once, one consent is one message, and a field that breaks its type refuses
//! the whole message.

use super::common::{Code, Common, Parsed, lock};
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The mini-program's AppID.
pub const APP_ID: &str = "wx-suanpan";
/// The mini-program's AppSecret.
pub const APP_SECRET: &str = "wechat-suanpan-secret";
/// The one template.
pub const TEMPLATE: &str = "tmpl-approval";

/// A reminder that reached somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Reminder {
    /// Whose openid.
    pub user: String,
    /// The page it opens.
    pub page: String,
    /// Its fields.
    pub data: Value,
}

#[derive(Debug, Default)]
struct World {
    token: Option<(String, u64)>,
    logins: HashMap<String, Code<String>>,
    consents: HashMap<String, u32>,
    reminders: Vec<Reminder>,
}

/// The simulated WeChat. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WeChat {
    common: Arc<Common>,
    world: Arc<Mutex<World>>,
}

type Sim = State<WeChat>;
type Parameters = Query<HashMap<String, String>>;

impl WeChat {
    pub(super) fn new(common: Arc<Common>) -> Self {
        Self { common, world: Arc::default() }
    }

    pub(super) fn routes(&self) -> Router {
        Router::new()
            .route("/sns/jscode2session", get(session))
            .route("/cgi-bin/stable_token", post(token))
            .route("/cgi-bin/message/subscribe/send", post(remind))
            .with_state(self.clone())
    }

    /// What `wx.login` gives on somebody's phone.
    pub fn login_code(&self, user: &str) -> String {
        let code = format!("wx-login-{}", self.common.number());
        let until = self.common.clock.now() + 5 * 60_000;
        lock(&self.world).logins.insert(code.clone(), Code { of: user.to_owned(), until, used: false });
        code
    }

    /// Somebody agreed to one more message.
    pub fn consent(&self, user: &str) {
        *lock(&self.world).consents.entry(user.to_owned()).or_default() += 1;
    }

    /// The reminders that arrived.
    pub fn reminders(&self) -> Vec<Reminder> {
        lock(&self.world).reminders.clone()
    }
}

fn said(sim: &WeChat, call: &str, result: Result<Value, (i64, &'static str)>) -> Response {
    let body = match result {
        Ok(value) => {
            sim.common.note(call, 0, Value::Null);
            value
        }
        Err((code, message)) => {
            sim.common.note(call, 1, json!({"code": code}));
            if ![40_001, 42_001, 43_101, 40_029].contains(&code) {
                sim.common.accuse(call, "BAD_REQUEST", format!("{code}: {message}"));
            }
            json!({"errcode": code, "errmsg": message})
        }
    };
    axum::Json(body).into_response()
}

async fn session(State(sim): Sim, Query(query): Parameters) -> Response {
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let result = if given("appid") != APP_ID || given("secret") != APP_SECRET {
        Err((40_125, "invalid appsecret"))
    } else if given("grant_type") != "authorization_code" {
        Err((40_002, "invalid grant_type"))
    } else {
        let now = sim.common.clock.now();
        match lock(&sim.world).logins.get_mut(given("js_code")) {
            Some(code) if !code.used && now < code.until => {
                code.used = true;
                Ok(json!({"openid": code.of, "session_key": "never-to-leave-the-server"}))
            }
            _ => Err((40_029, "invalid code")),
        }
    };
    said(&sim, "wechat.session", result)
}

async fn token(State(sim): Sim, Parsed(body): Parsed) -> Response {
    let result = if body["appid"] != APP_ID || body["secret"] != APP_SECRET {
        Err((40_125, "invalid appsecret"))
    } else if body["grant_type"] != "client_credential" {
        Err((40_002, "invalid grant_type"))
    } else {
        let now = sim.common.clock.now();
        let mut world = lock(&sim.world);
        // Stable: until shortly before its end everybody gets the same one.
        let kept = world.token.clone().filter(|(_, until)| now + 5 * 60_000 < *until);
        let (text, until) = kept.unwrap_or_else(|| (format!("wx-token-{}", sim.common.number()), now + 7_200_000));
        world.token = Some((text.clone(), until));
        Ok(json!({"access_token": text, "expires_in": (until - now) / 1000}))
    };
    said(&sim, "wechat.token", result)
}

async fn remind(State(sim): Sim, Query(query): Parameters, Parsed(body): Parsed) -> Response {
    let mut world = lock(&sim.world);
    let given = query.get("access_token").map(String::as_str).unwrap_or_default();
    let good = world.token.as_ref().is_some_and(|(text, until)| text == given && sim.common.clock.now() < *until);
    let result = if good { deliver(&sim, &mut world, &body) } else { Err((40_001, "invalid credential")) };
    drop(world);
    said(&sim, "wechat.remind", result)
}

fn deliver(sim: &WeChat, world: &mut World, body: &Value) -> Result<Value, (i64, &'static str)> {
    if body["template_id"] != TEMPLATE {
        return Err((40_037, "invalid template_id"));
    }
    let Some(data) = body["data"].as_object() else {
        return Err((47_003, "data is not an object"));
    };
    for (name, field) in data {
        let value = field["value"].as_str().unwrap_or_default();
        let count = value.chars().count();
        let fits = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "thing" => (1..=20).contains(&count),
            "phrase" => (1..=5).contains(&count),
            "amount" => count > 0 && value.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '—'),
            _ => false,
        };
        if !fits {
            return Err((47_003, "a field breaks its type"));
        }
    }
    let user = body["touser"].as_str().unwrap_or_default().to_owned();
    let consents = world.consents.entry(user.clone()).or_default();
    if *consents == 0 {
        return Err((43_101, "user refuse to accept the msg"));
    }
    *consents -= 1;
    let page = body["page"].as_str().unwrap_or_default().to_owned();
    world.reminders.push(Reminder { user, page, data: body["data"].clone() });
    Ok(json!({"errcode": 0, "errmsg": "ok", "msgid": sim.common.number()}))
}
