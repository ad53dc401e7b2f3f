//! DingTalk (钉钉) in Stream mode: every connection goes out from here, so no public address, no certificate and no
//! callback cryptography are needed.
//!
//! One approval step is one card, delivered to each approver's chat with the robot; one update changes every copy.
//! What only one approver may see (the buttons' tokens) travels in the card's private data.
//!
//! - [`DingTalk`] sends and updates cards ([`crate::surface::ChatAdapter`]).
//! - [`stream::start`] receives taps and hands them to a [`crate::tap::TapHandler`]; [`http`] does so without a stream.
//! - [`DingTalk::person_of_code`] tells who opened a page inside DingTalk.
//! - OA to-dos (OA 待办) stand behind a switch: a line with a link among the approver's to-dos, not one tap.
//!
//! Limits that shape this module (open.dingtalk.com, create-and-deliver-cards, event-callback-card): a callback must be
//! answered in 2 seconds and the card must not be updated meanwhile; every value is a string of at most 1 KB; an update
//! overwrites everything unless it says `updateCardDataByKey`.

pub mod client;
mod config;
pub mod http;
mod login;
pub mod render;
mod robot;
pub mod stream;
mod to_do;
pub mod wire;

use crate::http::ConfigError;
use crate::limits::{Rate, Rates};
use crate::surface::{ChatAdapter, ChatIdentity, Delivery, Notice, Platform, SendError, SurfaceHandle};
use crate::tap::SentFile;
pub use config::{API_BASE, DingTalkConfig, HttpCallbackConfig, OAPI_BASE, Timings};
pub use login::{Login, Opener};

use client::Client;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// One company's DingTalk application. Cheap to clone; all clones share one access token.
#[derive(Debug, Clone)]
pub struct DingTalk {
    client: Arc<Client>,
}

impl DingTalk {
    /// Checks the configuration and prepares the connections; opens none yet.
    pub fn new(config: DingTalkConfig) -> Result<Self, ConfigError> {
        Self::with_timings(config, Timings::default())
    }

    /// As [`Self::new`], with other time limits.
    pub fn with_timings(config: DingTalkConfig, timings: Timings) -> Result<Self, ConfigError> {
        Ok(Self { client: Arc::new(Client::new(config, timings)?) })
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Vec<SurfaceHandle>, SendError> {
        let config = self.client.config();
        let card = render::create(config, delivery)?;
        let mut handle =
            SurfaceHandle { platform: Platform::DingTalk, key: delivery.key.clone(), user: None, details: None };
        let results = match self.client.create_and_deliver(&card).await {
            Ok(results) => results,
            Err(SendError::Permanent(code)) if code == client::CARD_EXISTS => {
                // An earlier attempt got through although its answer was lost, perhaps with an older view.
                self.client.update(&render::update(delivery)?).await?;
                return Ok(vec![handle]);
            }
            Err(error) => return Err(error),
        };
        let failed: Vec<(ChatIdentity, String)> = results
            .into_iter()
            .filter(|result| !result.success)
            .filter_map(|result| {
                let recipient = delivery.recipients.iter().find(|known| known.identity.user == result.space_id)?;
                Some((recipient.identity.clone(), result.error_msg))
            })
            .collect();
        handle.details = self.create_to_do(delivery).await;
        if failed.is_empty() {
            Ok(vec![handle])
        } else {
            Err(SendError::PartlyFailed { handles: vec![handle], failed })
        }
    }
}

impl ChatAdapter for DingTalk {
    fn platform(&self) -> Platform {
        Platform::DingTalk
    }

    fn tap_deadline(&self) -> Duration {
        self.client.timings().tap_deadline
    }

    fn sends_once(&self) -> bool {
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
        Box::pin(async move {
            if handle.key != delivery.key {
                return Err(SendError::Permanent("dingtalk.key_mismatch".into()));
            }
            self.client.update(&render::update(delivery)?).await?;
            self.update_to_do(handle, delivery).await;
            Ok(None)
        })
    }

    fn notify<'a>(&'a self, to: &'a ChatIdentity, notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.client.say(&to.user, notice))
    }

    fn notify_group<'a>(&'a self, group: &'a str, notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(self.client.say_to_group(group, notice))
    }

    fn download<'a>(&'a self, file: &'a SentFile, limit: usize) -> BoxFuture<'a, Result<Vec<u8>, SendError>> {
        Box::pin(self.client.robot_file(&file.id, limit))
    }

    fn rates(&self) -> Rates {
        // 20 a second per app and interface in the standard edition.
        Rates { app: vec![Rate::new(18, Duration::from_secs(1))], member: Vec::new() }
    }
}
