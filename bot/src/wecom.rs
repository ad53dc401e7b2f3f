//! WeCom (企业微信): the self-built app with a callback address, and the AI bot that needs none.
//!
//! One message per approver, because a button's key is the same for everybody who gets a message. A card can be changed
//! only with a **response code**, which is good once and for 72 hours: the send brings one, kept in reserve for "decided
//! elsewhere", and every tap brings a fresh one. When the code is spent or too old, the card stays as it is and the
//! person is told by a message; a late tap brings a fresh code, so it can still be answered truthfully.
//!
//! - [`WeCom`] sends and updates cards ([`crate::surface::ChatAdapter`]) and knows who opened a page.
//! - [`callback::WeComCallbacks`] verifies and reads what WeCom sends us.
//! - [`ai_bot`] is the mode without a public address: it can change a card only while it is tapped.

pub mod ai_bot;
pub mod callback;
mod client;
mod login;
pub mod render;
pub mod xml;

pub use login::{JsSdk, Opener};

use crate::http::{ConfigError, check_present};
use crate::limits::{Rate, Rates};
use crate::secret::Secret;
use crate::surface::{ChatAdapter, ChatIdentity, Delivery, Notice, Platform, SendError, SurfaceHandle};
use crate::tap::SentFile;
use client::Client;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The public API of WeCom.
pub const API_BASE: &str = "https://qyapi.weixin.qq.com";

/// A response code is good for this long after it was given.
pub const CODE_LIFE: Duration = Duration::from_hours(72);

/// How the company's WeCom app is reached. All of it comes from the operator's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeComConfig {
    /// The company's id (企业ID).
    pub corporation: String,
    /// The app's number (AgentId).
    pub agent: u64,
    /// The app's Secret.
    pub secret: Secret,
    /// The Token of "receive messages" (接收消息).
    pub token: Secret,
    /// The EncodingAESKey of "receive messages".
    pub encoding_aes_key: Secret,
    /// Where the API is; `https`, or `http` on a loopback address for a simulator.
    #[serde(default = "default_api_base")]
    pub api_base: String,
}

fn default_api_base() -> String {
    API_BASE.to_owned()
}

impl WeComConfig {
    fn check(&self) -> Result<(), ConfigError> {
        check_present(&[
            ("corporation", &self.corporation),
            ("secret", self.secret.reveal()),
            ("token", self.token.reveal()),
            ("encoding_aes_key", self.encoding_aes_key.reveal()),
        ])
    }
}

/// One company's WeCom app. Cheap to clone; all clones share one access token.
#[derive(Debug, Clone)]
pub struct WeCom {
    client: Arc<Client>,
}

/// What is needed to change a card later; kept as [`SurfaceHandle::details`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseCode {
    /// The code; good once.
    pub code: String,
    /// When it ends, in Unix milliseconds.
    pub until: u64,
}

impl ResponseCode {
    /// A code that was given at `now`, in Unix milliseconds, in the form that is kept. `None` for an empty one.
    pub fn keep(code: &str, now: u64) -> Option<String> {
        let life = u64::try_from(CODE_LIFE.as_millis()).unwrap_or(u64::MAX);
        let kept = Self { code: code.to_owned(), until: now.saturating_add(life) };
        (!code.is_empty()).then(|| serde_json::to_string(&kept).ok()).flatten()
    }
}

impl WeCom {
    /// Checks the configuration and prepares the connections; opens none yet.
    pub fn new(config: WeComConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { client: Arc::new(Client::new(config)?) })
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Vec<SurfaceHandle>, SendError> {
        let recipient = render::only_recipient(delivery)?;
        let card = render::card(delivery, recipient)?;
        let handle = |details| SurfaceHandle {
            platform: Platform::WeCom,
            key: delivery.key.clone(),
            user: Some(recipient.identity.user.clone()),
            details,
        };
        match self.client.send_card(&recipient.identity.user, &card).await {
            Ok(code) => Ok(vec![handle(ResponseCode::keep(&code, unix_milliseconds()))]),
            // An earlier attempt got through although its answer was lost, and with it the code.
            Err(SendError::Permanent(code)) if code == client::TASK_ID_USED => Ok(vec![handle(None)]),
            Err(error) => Err(error),
        }
    }

    async fn change(&self, handle: &SurfaceHandle, delivery: &Delivery) -> Result<Option<SurfaceHandle>, SendError> {
        let recipient = render::only_recipient(delivery)?;
        if delivery.view.is_open() {
            // The one code is kept for the moment when the question is closed; facts on the card carry their time.
            return Ok(None);
        }
        let code = handle.details.as_deref().and_then(|json| serde_json::from_str::<ResponseCode>(json).ok());
        let Some(code) = code.filter(|code| unix_milliseconds() < code.until) else {
            return Err(SendError::Stale("wecom.no_response_code".into()));
        };
        self.client.update_card(&recipient.identity.user, &code.code, &render::card(delivery, recipient)?).await?;
        Ok(Some(SurfaceHandle { details: None, ..handle.clone() }))
    }
}

impl ChatAdapter for WeCom {
    fn platform(&self) -> Platform {
        Platform::WeCom
    }

    fn tap_deadline(&self) -> Duration {
        callback::TAP_DEADLINE
    }

    fn sends_once(&self) -> bool {
        // `enable_duplicate_check` and a task id that is used once.
        true
    }

    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<Vec<SurfaceHandle>, SendError>> {
        Box::pin(self.deliver(delivery))
    }

    fn update<'a>(
        &'a self,
        handle: &'a SurfaceHandle,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Option<SurfaceHandle>, SendError>> {
        Box::pin(self.change(handle, delivery))
    }

    fn notify<'a>(&'a self, to: &'a ChatIdentity, notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.client.say(&to.user, notice))
    }

    fn download<'a>(&'a self, file: &'a SentFile, limit: usize) -> BoxFuture<'a, Result<Vec<u8>, SendError>> {
        Box::pin(self.client.media(&file.id, limit))
    }

    fn rates(&self) -> Rates {
        rates()
    }
}

/// 30 a minute and 1,000 an hour per member, the rest dropped without a word; 10,000 a minute per interface
/// (path/90454, path/90236). Kept a tenth below.
pub(crate) fn rates() -> Rates {
    Rates {
        app: vec![Rate::new(9_000, Duration::from_mins(1))],
        // Both windows start anywhere, and a bucket gives up to twice its count in one: half of what is allowed.
        member: vec![Rate::new(15, Duration::from_mins(1)), Rate::new(500, Duration::from_hours(1))],
    }
}

pub(crate) fn unix_milliseconds() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}
