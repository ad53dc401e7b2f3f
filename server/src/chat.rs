//! Chat platforms: the approver's card, and the tap that decides.
//!
//! Promise: a card is sent for each open question to each approver who has an account, at least once
//! and as one card; a tap decides the same request as the app does, by the same authority; and when
//! it is decided or changed elsewhere, the card says so. Without a configured platform nothing here
//! runs.
//!
//! ```text
//! authority ─▶ outbox rows ─▶ dispatcher ─▶ platform ─▶ phone ─▶ tap ─▶ authority
//! ```

mod accounts;
mod bind;
mod card;
mod desk;
mod dispatcher;
mod rows;
mod taps;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bot::dingtalk::stream::{self, Stream};
use bot::dingtalk::{DingTalk, DingTalkConfig};
use bot::{ChatAdapter, ChatIdentity, ConfigError, Platform, TokenKeys};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use bind::routes;

use crate::authority::Authority;
use crate::config::Config;
use crate::http::AppState;
use crate::store::{Stop, Turn, WriteError};
use desk::Desk;
use dispatcher::Dispatcher;
use taps::Taps;

/// A configured platform, for handlers.
pub struct Chat {
    adapter: Arc<dyn ChatAdapter>,
    platform: Platform,
    corporation: String,
}

/// The tasks of a platform; dropping it stops them.
pub struct Running {
    stream: Stream,
    dispatcher: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

/// Why chat did not start.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The platform's configuration cannot be used.
    #[error("钉钉配置有误 · the DingTalk configuration cannot be used: {0}")]
    Config(#[from] ConfigError),
    /// The accounts in the configuration could not be bound.
    #[error("无法保存钉钉账号绑定 · the accounts of the configuration could not be stored")]
    Store,
}

/// Connects to DingTalk, if it is configured.
pub async fn start(app: &AppState) -> Result<Option<Running>, ChatError> {
    let Some(config) = app.config.dingtalk.clone() else {
        return Ok(None);
    };
    let dingtalk = DingTalk::new(DingTalkConfig {
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        card_template_id: config.card_template_id.clone(),
        robot_code: config.robot_code.clone(),
        oapi_base: if config.api_base == bot::dingtalk::API_BASE {
            bot::dingtalk::OAPI_BASE.to_owned()
        } else {
            config.api_base.clone()
        },
        api_base: config.api_base.clone(),
        http_callback: None,
        to_do: None,
    })?;
    let (corporation, bindings) = (config.corporation.clone(), config.bindings);
    app.store
        .writer
        .run(move |turn| bind_configured(turn, &corporation, &bindings))
        .await
        .map_err(|_: WriteError<std::convert::Infallible>| ChatError::Store)?;
    let desk = Desk {
        platform: Platform::DingTalk,
        corporation: config.corporation.clone(),
        origin: origin(&app.config),
        keys: TokenKeys::new(*app.keys.card_token.reveal(), None),
    };
    let adapter: Arc<dyn ChatAdapter> = Arc::new(dingtalk.clone());
    let chat = Chat { adapter: Arc::clone(&adapter), platform: Platform::DingTalk, corporation: config.corporation };
    if app.chat.set(chat).is_err() {
        tracing::warn!("chat was started twice");
    }
    let stream = stream::start(&dingtalk, Arc::new(Taps { app: Arc::clone(app), desk: desk.clone() }));
    let (stop, stopping) = watch::channel(false);
    let dispatcher = tokio::spawn(Dispatcher { app: Arc::clone(app), adapter, desk }.run(stopping));
    tracing::info!("DingTalk is on");
    Ok(Some(Running { stream, dispatcher, stop }))
}

impl Running {
    /// Finishes what is being answered and sent, then ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.stream.stop().await;
        if self.dispatcher.await.is_err() {
            tracing::error!("the outbox's task ended by a panic");
        }
    }
}

/// Binds the accounts that an administrator named; a login that nobody has is told in the log.
fn bind_configured(
    turn: &mut Turn<'_, Authority>,
    corporation: &str,
    bindings: &[(String, String)],
) -> Result<(), Stop<std::convert::Infallible>> {
    for (user, login) in bindings {
        let known = turn.state.books().organisation.people.values().find(|person| person.login == *login);
        let Some(person) = known.map(|person| person.id) else {
            tracing::warn!(login, "dingtalk.bindings names a login that nobody has");
            continue;
        };
        let identity =
            ChatIdentity { platform: Platform::DingTalk, corporation: corporation.to_owned(), user: user.clone() };
        accounts::bind(turn.connection, &identity, person, turn.now)?;
        rows::hurry(turn.connection, person, turn.now)?;
    }
    Ok(())
}

/// What people type to come here.
fn origin(config: &Config) -> String {
    config.public_origin.clone().unwrap_or_else(|| {
        let scheme = if config.is_https() { "https" } else { "http" };
        format!("{scheme}://{}", config.listen)
    })
}
