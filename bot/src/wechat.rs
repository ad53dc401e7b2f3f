//! WeChat mini-program (微信小程序): who opened it, and reminders that lead to it.
//!
//! There are no buttons in a WeChat chat. The mini-program pulls what is pending and sends decisions to the server
//! itself; a subscribe message (订阅消息) only reminds, and each consent of the person is good for **one** message. So a
//! reminder is a courtesy: the server counts the consents, and never relies on a reminder alone.

mod client;

use crate::http::{ConfigError, check_present};
use crate::limits::{Rate, Rates};
use crate::secret::Secret;
use crate::surface::{ChatAdapter, ChatIdentity, Delivery, Notice, Platform, SendError, SurfaceHandle};
use crate::tap::SentFile;
use client::Client;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The public API of WeChat.
pub const API_BASE: &str = "https://api.weixin.qq.com";

/// The code of a person who has no consent left, or refused (43101); a reminder's handle says so in its details.
pub const NO_CONSENT: &str = "wechat.no_consent";

/// How the mini-program is reached. All of it comes from the operator's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeChatConfig {
    /// The mini-program's AppID.
    pub app_id: String,
    /// The mini-program's AppSecret.
    pub app_secret: Secret,
    /// The subscribe message's template. Its fields: `thing1` the question, `amount2` the amount, `phrase3` the state.
    pub template_id: String,
    /// `formal`, `trial` or `developer`.
    #[serde(default = "formal")]
    pub state: String,
    /// Where the API is; `https`, or `http` on a loopback address for a simulator.
    #[serde(default = "default_api_base")]
    pub api_base: String,
}

fn formal() -> String {
    "formal".to_owned()
}

fn default_api_base() -> String {
    API_BASE.to_owned()
}

/// Somebody who opened the mini-program. The session key stays on the server; nothing of it is needed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opener {
    /// Their openid, as an identity under the mini-program's AppID.
    pub identity: ChatIdentity,
}

/// One mini-program. Cheap to clone; all clones share one access token.
#[derive(Debug, Clone)]
pub struct WeChat {
    client: Arc<Client>,
}

impl WeChat {
    /// Checks the configuration and prepares the connections; opens none yet.
    pub fn new(config: WeChatConfig) -> Result<Self, ConfigError> {
        check_present(&[
            ("app_id", &config.app_id),
            ("app_secret", config.app_secret.reveal()),
            ("template_id", &config.template_id),
        ])?;
        Ok(Self { client: Arc::new(Client::new(config)?) })
    }

    /// The person behind a code of `wx.login`. A code is good once, so a lost answer is never tried again.
    pub async fn person_of_code(&self, code: &str) -> Result<Opener, SendError> {
        let user = self.client.code_to_session(code).await?;
        let identity = ChatIdentity::new(Platform::WeChatMiniProgram, self.client.config.app_id.as_str(), &user);
        Ok(Opener { identity })
    }
}

impl ChatAdapter for WeChat {
    fn platform(&self) -> Platform {
        Platform::WeChatMiniProgram
    }

    fn tap_deadline(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn sends_once(&self) -> bool {
        // A second message would cost a second consent.
        false
    }

    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<Vec<SurfaceHandle>, SendError>> {
        Box::pin(async move {
            let [recipient] = delivery.recipients.as_slice() else {
                return Err(SendError::Permanent("wechat.one_recipient_a_card".into()));
            };
            let details = match self.client.remind(&recipient.identity.user, &delivery.view).await {
                Ok(()) => None,
                // Nobody is owed a reminder: the mini-program shows the request all the same.
                Err(SendError::Permanent(code)) if code == NO_CONSENT => {
                    tracing::info!(card = delivery.key, code = NO_CONSENT, "a reminder was not sent");
                    Some(NO_CONSENT.to_owned())
                }
                Err(error) => return Err(error),
            };
            Ok(vec![SurfaceHandle {
                platform: Platform::WeChatMiniProgram,
                key: delivery.key.clone(),
                user: Some(recipient.identity.user.clone()),
                details,
            }])
        })
    }

    fn update<'a>(
        &'a self,
        _handle: &'a SurfaceHandle,
        _delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Option<SurfaceHandle>, SendError>> {
        // The mini-program shows what the server says now, whenever it is opened; a sent reminder has no state.
        Box::pin(async { Ok(None) })
    }

    fn notify<'a>(&'a self, _to: &'a ChatIdentity, _notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(async { Err(SendError::Permanent("wechat.no_messages".into())) })
    }

    fn download<'a>(&'a self, _file: &'a SentFile, _limit: usize) -> BoxFuture<'a, Result<Vec<u8>, SendError>> {
        Box::pin(async { Err(SendError::Permanent("wechat.no_messages".into())) })
    }

    fn rates(&self) -> Rates {
        Rates { app: vec![Rate::new(9_000, Duration::from_mins(1))], member: Vec::new() }
    }
}
