//! Feishu (飞书): the app's API, its card callback, and the phones of its users.
//!
//! Strict where the documents are: a card changes only with `update_multi`, for 14 days and up to 30 KB; a message's uuid
//! makes one message of two sends within an hour; a callback is answered in three seconds.

mod gateway;

use super::common::{Code, Common, Pressed, Shown, lock};
use axum::Router;
use axum::routing::{get, patch, post};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The app's id.
pub const APP_ID: &str = "cli_suanpan";
/// The app's secret.
pub const APP_SECRET: &str = "feishu-suanpan-secret";
/// The Encrypt Key.
pub const ENCRYPT_KEY: &str = "feishu-encrypt-key";
/// The Verification Token.
pub const VERIFICATION_TOKEN: &str = "feishu-verification";
/// The company.
pub const TENANT: &str = "tk-suanpan";

/// Feishu waits so long for an answer.
const LIMIT: Duration = Duration::from_secs(3);

/// A message as its reader's phone has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The message's id.
    pub id: String,
    /// Whose it is: an open_id.
    pub user: String,
    /// The card, or `null` for a text.
    pub card: Value,
    /// The text, if it is one.
    pub text: String,
    /// What flashed up last after a tap.
    pub toast: String,
    /// When it was sent.
    pub sent_at: u64,
}

#[derive(Debug, Default)]
struct World {
    tokens: HashMap<String, u64>,
    messages: BTreeMap<String, Message>,
    uuids: HashMap<String, (u64, String)>,
    logins: HashMap<String, Code<(String, String)>>,
    files: HashMap<String, Vec<u8>>,
    callback: Option<String>,
}

/// The simulated Feishu. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Feishu {
    common: Arc<Common>,
    world: Arc<Mutex<World>>,
}

impl Feishu {
    pub(super) fn new(common: Arc<Common>) -> Self {
        Self { common, world: Arc::default() }
    }

    pub(super) fn routes(&self) -> Router {
        Router::new()
            .route("/open-apis/auth/v3/tenant_access_token/internal", post(gateway::token))
            .route("/open-apis/im/v1/messages", post(gateway::send))
            .route("/open-apis/im/v1/messages/{id}", patch(gateway::update))
            .route("/open-apis/im/v1/messages/{id}/resources/{file}", get(gateway::file))
            .route("/open-apis/authen/v1/oidc/access_token", post(gateway::login))
            .route("/open-apis/authen/v1/user_info", get(gateway::user))
            .with_state(self.clone())
    }

    /// Sets the callback address; it must answer the address test.
    pub async fn set_callback(&self, url: &str) -> Result<(), String> {
        let test = json!({"type": "url_verification", "challenge": "ch-1", "token": VERIFICATION_TOKEN});
        let (status, answer) = self.post(url, &test, false).await;
        if status != Some(200) || answer["challenge"] != "ch-1" {
            return Err(format!("{status:?} {answer} is not the challenge"));
        }
        lock(&self.world).callback = Some(url.to_owned());
        Ok(())
    }

    /// An address that was saved and tried before this simulator started.
    pub fn assume_callback(&self, url: &str) {
        lock(&self.world).callback = Some(url.to_owned());
    }

    /// Every message.
    pub fn messages(&self) -> Vec<Message> {
        lock(&self.world).messages.values().cloned().collect()
    }

    /// The card that carries this key, if a phone shows it.
    pub fn card(&self, key: &str) -> Option<Message> {
        let world = lock(&self.world);
        let uuid = world.uuids.get(key).map(|(_, id)| id.clone())?;
        world.messages.get(&uuid).cloned()
    }

    /// Presses a button of a card. `value` is what it carries, where that is not what the phone shows now.
    pub async fn press(&self, key: &str, user: &str, action: &str, value: Option<Value>) -> Pressed {
        self.press_of((TENANT, user), key, action, value).await
    }

    /// The same, by a user of any company: a card in a group that two companies share.
    pub async fn press_of(
        &self,
        (tenant, user): (&str, &str),
        key: &str,
        action: &str,
        value: Option<Value>,
    ) -> Pressed {
        let since = Instant::now();
        let Some(message) = self.card(key) else {
            return Pressed::undelivered();
        };
        let shown = buttons(&message.card).into_iter().find(|value| value["action"] == action);
        let (Some(value), Some(url)) = (value.or(shown), lock(&self.world).callback.clone()) else {
            return Pressed::undelivered();
        };
        let event = json!({
            "operator": {"tenant_key": tenant, "user_id": user, "open_id": user},
            "token": format!("c-{}", self.common.number()),
            "action": {"value": value, "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": message.id, "open_chat_id": "oc-1"},
        });
        let (status, answer) = self.event(&url, "card.action.trigger", &event).await;
        if status == Some(200)
            && let Some(message) = lock(&self.world).messages.get_mut(&message.id)
        {
            answer["toast"]["content"].as_str().unwrap_or_default().clone_into(&mut message.toast);
            if answer["card"]["type"] == "raw" {
                message.card = answer["card"]["data"].clone();
            }
        }
        let elapsed_milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        Pressed { delivered: status.is_some(), status, answer, elapsed_milliseconds }
    }

    /// Sends a line to the bot.
    pub async fn write(&self, user: &str, text: &str) -> Option<u16> {
        let url = lock(&self.world).callback.clone()?;
        let event = json!({
            "sender": {"sender_id": {"open_id": user}},
            "message": {
                "message_id": format!("om-in-{}", self.common.number()),
                "message_type": "text",
                "content": json!({"text": text}).to_string(),
            },
        });
        self.event(&url, "im.message.receive_v1", &event).await.0
    }

    /// A code that the sign-in page gave for a user of a company.
    pub fn login_code(&self, tenant: &str, user: &str) -> String {
        let code = format!("feishu-login-{}", self.common.number());
        let until = self.common.clock.now() + 5 * 60_000;
        let of = (tenant.to_owned(), user.to_owned());
        lock(&self.world).logins.insert(code.clone(), Code { of, until, used: false });
        code
    }

    /// The cards of one phone.
    pub fn phone(&self, user: Option<&str>) -> Vec<Shown> {
        let world = lock(&self.world);
        let mine = |message: &&Message| !message.card.is_null() && user.is_none_or(|user| user == message.user);
        let key = |id: &str| world.uuids.iter().find(|(_, (_, known))| known == id).map(|(key, _)| key.clone());
        world
            .messages
            .values()
            .filter(mine)
            .map(|message| shown(message, key(&message.id).unwrap_or_default()))
            .collect()
    }

    async fn event(&self, url: &str, kind: &str, event: &Value) -> (Option<u16>, Value) {
        let whole = json!({
            "schema": "2.0",
            "header": {
                "event_id": format!("ev-{}", self.common.number()), "token": VERIFICATION_TOKEN, "event_type": kind,
                "create_time": (self.common.clock.now() * 1000).to_string(), "tenant_key": TENANT, "app_id": APP_ID,
            },
            "event": event,
        });
        self.post(url, &whole, true).await
    }

    async fn post(&self, url: &str, content: &Value, signed: bool) -> (Option<u16>, Value) {
        let body = gateway::encrypted(content);
        let (timestamp, nonce) = ((self.common.clock.now() / 1000).to_string(), "n1".to_owned());
        let signature = bot::signature::feishu(&timestamp, &nonce, ENCRYPT_KEY, body.as_bytes());
        let mut request = self.common.http.post(url).timeout(LIMIT).body(body);
        if signed {
            request = request
                .header("X-Lark-Request-Timestamp", timestamp)
                .header("X-Lark-Request-Nonce", nonce)
                .header("X-Lark-Signature", signature);
        }
        let Ok(answer) = request.send().await else {
            self.common.accuse("feishu.callback", "TIMEOUT", "no answer in three seconds");
            return (None, Value::Null);
        };
        let status = answer.status().as_u16();
        self.common.note("feishu.callback", status, Value::Null);
        (Some(status), answer.json().await.unwrap_or_default())
    }
}

/// What the buttons of a card carry.
fn buttons(card: &Value) -> Vec<Value> {
    let elements = card["elements"].as_array().cloned().unwrap_or_default();
    let actions = elements.iter().filter_map(|element| element["actions"].as_array());
    actions.flatten().filter(|button| button["value"].is_object()).map(|button| button["value"].clone()).collect()
}

fn shown(message: &Message, key: String) -> Shown {
    let card = &message.card;
    let texts: Vec<String> = (card["elements"].as_array().into_iter().flatten())
        .filter_map(|element| element["content"].as_str())
        .flat_map(|text| text.lines().map(|line| line.replace("**", "").replace('\\', "")))
        .collect();
    let (status, facts) = texts.split_last().map(|(last, rest)| (last.clone(), rest.to_vec())).unwrap_or_default();
    let word = |action: &str| if action == "approve" { "同意" } else { "拒绝" }.to_owned();
    Shown {
        platform: "feishu",
        user: message.user.clone(),
        card: key,
        title: card["header"]["title"]["content"].as_str().unwrap_or_default().to_owned(),
        facts,
        status,
        notice: message.toast.clone(),
        url: String::new(),
        buttons: buttons(card)
            .iter()
            .filter_map(|value| value["action"].as_str())
            .map(|action| (action.to_owned(), word(action)))
            .collect(),
    }
}
