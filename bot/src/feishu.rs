//! Feishu (飞书): an app of the company's own with a callback address.
//!
//! One message per approver. A tap is answered within three seconds with a toast and the whole new card; past the
//! deadline the answer is "处理中" and the card follows by `PATCH`, which Feishu allows for fourteen days.
//!
//! - [`Feishu`] sends and updates cards ([`crate::surface::ChatAdapter`]) and knows who opened a page.
//! - [`callback::FeishuCallbacks`] verifies and reads what Feishu sends us.

pub mod callback;
mod client;
mod envelope;
pub mod render;

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

/// The public API of Feishu.
pub const API_BASE: &str = "https://open.feishu.cn";

/// How the company's Feishu app is reached. All of it comes from the operator's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeishuConfig {
    /// The app's id.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: Secret,
    /// The Encrypt Key of events and callbacks.
    pub encrypt_key: Secret,
    /// The Verification Token of events and callbacks.
    pub verification_token: Secret,
    /// The company (tenant_key): taps from another count for nothing.
    pub tenant: String,
    /// Where the API is; `https`, or `http` on a loopback address for a simulator.
    #[serde(default = "default_api_base")]
    pub api_base: String,
}

fn default_api_base() -> String {
    API_BASE.to_owned()
}

impl FeishuConfig {
    fn check(&self) -> Result<(), ConfigError> {
        check_present(&[
            ("app_id", &self.app_id),
            ("app_secret", self.app_secret.reveal()),
            ("encrypt_key", self.encrypt_key.reveal()),
            ("verification_token", self.verification_token.reveal()),
            ("tenant", &self.tenant),
        ])
    }
}

/// One company's Feishu app. Cheap to clone; all clones share one access token.
#[derive(Debug, Clone)]
pub struct Feishu {
    client: Arc<Client>,
}

impl Feishu {
    /// Checks the configuration and prepares the connections; opens none yet.
    pub fn new(config: FeishuConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { client: Arc::new(Client::new(config)?) })
    }

    /// Where to send a browser. `state` comes back with the code and must be compared.
    pub fn login(&self, redirect: &str, state: &str) -> String {
        self.client.login(redirect, state)
    }

    /// The person behind a code of the sign-in page: their open_id in this app, if they belong to the company. A code is
    /// good once, so a lost answer is never tried again.
    pub async fn person_of_code(&self, code: &str) -> Result<ChatIdentity, SendError> {
        self.client.person_of_code(code).await
    }
}

impl ChatAdapter for Feishu {
    fn platform(&self) -> Platform {
        Platform::Feishu
    }

    fn tap_deadline(&self) -> Duration {
        callback::TAP_DEADLINE
    }

    fn sends_once(&self) -> bool {
        // The message's uuid makes one message of two sends within an hour; retries are over by then or far between.
        true
    }

    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<Vec<SurfaceHandle>, SendError>> {
        Box::pin(async move {
            let recipient = render::only_recipient(delivery)?;
            let card = render::card(&delivery.view, Some((recipient, delivery.key.as_str())));
            let message = self.client.send(&recipient.identity.user, &delivery.key, &card).await?;
            Ok(vec![SurfaceHandle {
                platform: Platform::Feishu,
                key: delivery.key.clone(),
                user: Some(recipient.identity.user.clone()),
                details: Some(message),
            }])
        })
    }

    fn update<'a>(
        &'a self,
        handle: &'a SurfaceHandle,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Option<SurfaceHandle>, SendError>> {
        Box::pin(async move {
            let recipient = render::only_recipient(delivery)?;
            let message = handle.details.as_deref().unwrap_or_default();
            let card = render::card(&delivery.view, Some((recipient, delivery.key.as_str())));
            self.client.update(message, &card).await?;
            Ok(None)
        })
    }

    fn notify<'a>(&'a self, to: &'a ChatIdentity, notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.client.say(&to.user, notice))
    }

    fn download<'a>(&'a self, file: &'a SentFile, limit: usize) -> BoxFuture<'a, Result<Vec<u8>, SendError>> {
        Box::pin(self.client.resource(file, limit))
    }

    fn rates(&self) -> Rates {
        // 50 a second and 1,000 a minute per app; 5 a second to one person.
        Rates {
            app: vec![Rate::new(45, Duration::from_secs(1)), Rate::new(900, Duration::from_mins(1))],
            member: vec![Rate::new(4, Duration::from_secs(1))],
        }
    }
}
