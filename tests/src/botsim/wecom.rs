//! WeCom (企业微信): the self-built app's API, its callbacks, and the phones of its members.
//!
//! Strict where the documents are: task ids used once, response codes used once and for 72 hours, 30 messages a minute and
//! member with the rest dropped in silence, codes of signed-in pages used once, user ids in lower case in every answer.

mod callbacks;
mod gateway;
mod rules;

use super::common::{Code, Common, Pressed, Shown, lock};
use axum::Router;
use axum::routing::{get, post};
use bot::envelope::Envelope;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// The company.
pub const CORPORATION: &str = "ww-suanpan";
/// The app's secret.
pub const SECRET: &str = "wecom-suanpan-secret";
/// The app's number.
pub const AGENT: u64 = 1_000_002;
/// The Token of "receive messages".
pub const TOKEN: &str = "QDG6eK3xTz9";
/// The EncodingAESKey; its base64 ends in stray bits, as most do.
pub const AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

/// A message card as one member's phone has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The task id.
    pub task: String,
    /// Whose it is, in lower case.
    pub user: String,
    /// The template card.
    pub card: Value,
    /// What a passive reply wrote onto its buttons.
    pub button: Option<String>,
    /// How often it changed.
    pub changes: u32,
}

#[derive(Debug, Default)]
struct World {
    tokens: HashMap<String, u64>,
    cards: BTreeMap<(String, String), Card>,
    tasks: BTreeSet<String>,
    /// Response codes, by code: the task they belong to.
    codes: HashMap<String, Code<String>>,
    /// Login codes: the member, or nobody for an outsider.
    logins: HashMap<String, Code<Option<String>>>,
    /// Bodies that were sent, and until when the same is not sent again.
    sent: HashMap<[u8; 32], (u64, String)>,
    /// When each member got something.
    received: HashMap<String, Vec<u64>>,
    texts: Vec<(String, String)>,
    media: HashMap<String, Vec<u8>>,
    unreachable: BTreeSet<String>,
    callback: Option<String>,
    /// Whether a passive reply uses the tap's response code up: the documents do not say.
    passive_spends: bool,
}

/// The simulated WeCom. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WeCom {
    common: Arc<Common>,
    world: Arc<Mutex<World>>,
    envelope: Envelope,
}

impl WeCom {
    pub(super) fn new(common: Arc<Common>) -> Option<Self> {
        let secret = |text: &str| bot::Secret::new(text);
        let envelope = Envelope::new(secret(TOKEN), &secret(AES_KEY), CORPORATION).ok()?;
        Some(Self { common, world: Arc::default(), envelope })
    }

    pub(super) fn routes(&self) -> Router {
        Router::new()
            .route("/cgi-bin/gettoken", get(gateway::token))
            .route("/cgi-bin/message/send", post(gateway::send))
            .route("/cgi-bin/message/update_template_card", post(gateway::update))
            .route("/cgi-bin/auth/getuserinfo", get(gateway::user_info))
            // The older spelling, which the second implementation still uses.
            .route("/cgi-bin/user/getuserinfo", get(gateway::older_user_info))
            .route("/cgi-bin/get_jsapi_ticket", get(gateway::ticket))
            .route("/cgi-bin/ticket/get", get(gateway::ticket))
            .route("/cgi-bin/media/get", get(gateway::media))
            .with_state(self.clone())
    }

    /// Sets the callback address, as the console does: the address is tried first.
    pub async fn set_callback(&self, url: &str) -> Result<(), String> {
        callbacks::verify(self, url).await?;
        lock(&self.world).callback = Some(url.to_owned());
        Ok(())
    }

    /// An address that was saved and tried before this simulator started.
    pub fn assume_callback(&self, url: &str) {
        lock(&self.world).callback = Some(url.to_owned());
    }

    /// Every card, as the phones have them.
    pub fn cards(&self) -> Vec<Card> {
        lock(&self.world).cards.values().cloned().collect()
    }

    /// One card on one phone.
    pub fn card(&self, task: &str, user: &str) -> Option<Card> {
        lock(&self.world).cards.get(&(task.to_owned(), user.to_lowercase())).cloned()
    }

    /// What was written to a member, oldest first.
    pub fn texts(&self, user: &str) -> Vec<String> {
        let world = lock(&self.world);
        world.texts.iter().filter(|(to, _)| *to == user.to_lowercase()).map(|(_, text)| text.clone()).collect()
    }

    /// Presses a button. `key` is what it carries, where that is not what the phone shows now.
    pub async fn press(&self, task: &str, user: &str, action: &str, key: Option<&str>) -> Pressed {
        callbacks::press(self, task, user, action, key).await
    }

    /// Sends a line or a picture to the app.
    pub async fn write(&self, user: &str, message: Written) -> Pressed {
        callbacks::write(self, user, message).await
    }

    /// A code that a page inside WeCom got for a member; `None` for an outsider.
    pub fn login_code(&self, user: Option<&str>) -> String {
        let code = format!("login-{}", self.common.number());
        let until = self.common.clock.now() + 5 * 60_000;
        let of = user.map(str::to_owned);
        lock(&self.world).logins.insert(code.clone(), Code { of, until, used: false });
        code
    }

    /// Messages no longer reach this member.
    pub fn refuse_delivery(&self, user: &str) {
        lock(&self.world).unreachable.insert(user.to_lowercase());
    }

    /// Every access token given so far is refused from now on.
    pub fn expire_tokens(&self) {
        lock(&self.world).tokens.clear();
    }

    /// From now on a passive reply uses the tap's response code up.
    pub fn passive_replies_spend_the_code(&self) {
        lock(&self.world).passive_spends = true;
    }

    /// The cards of one phone.
    pub fn phone(&self, user: Option<&str>) -> Vec<Shown> {
        let world = lock(&self.world);
        let wanted = |card: &&Card| user.is_none_or(|user| card.user == user.to_lowercase());
        world.cards.values().filter(wanted).map(rules::shown).collect()
    }
}

/// The card as its phone shows it.
pub(super) fn shown(card: &Card) -> Shown {
    rules::shown(card)
}

/// Checks a fresh template card.
pub(super) fn check_card(card: &Value) -> Result<(), (i64, String)> {
    rules::check(card, true)
}

/// What a member sends to the app.
#[derive(Debug, Clone)]
pub enum Written {
    /// A line.
    Text(String),
    /// A picture.
    Picture(Vec<u8>),
}
