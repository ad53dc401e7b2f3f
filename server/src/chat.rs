//! Chat platforms: the approver's card, the tap that decides, and what people write to the bot.
//!
//! Promise: a card is sent for each open question to each approver on each platform where they have an
//! account, at least once and as one card; a tap decides the same request as the app does, by the same
//! authority; and when it is decided or changed elsewhere, every card says so. Without a configured
//! platform nothing here runs.
//!
//! ```text
//! authority ─▶ outbox rows ─▶ dispatcher ─▶ platform ─▶ phone ─▶ tap ─▶ authority
//! ```

mod accounts;
mod admin;
mod bind;
mod callbacks;
mod card;
mod commands;
mod consent;
mod desk;
mod dispatcher;
mod draft;
mod evidence;
mod login;
mod messages;
mod metrics;
mod mini;
mod notices;
mod platforms;
mod queue;
mod rows;
mod taps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use bot::callback::Door;
use bot::dingtalk::DingTalk;
use bot::wechat::WeChat;
use bot::wecom::WeCom;
use bot::{ChatAdapter, ChatIdentity, ConfigError, Platform};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::authority::Authority;
use crate::http::AppState;
use crate::store::{Stop, Turn, WriteError};
use desk::Desk;
use metrics::Metrics;
use platforms::{Knows, Listener, Ready};

/// The configured platforms, for handlers.
#[derive(Default)]
pub struct Chat {
    platforms: BTreeMap<Platform, Configured>,
    openers: Openers,
    /// What the mini-program is told.
    mini: Option<Desk>,
}

/// The platforms that know who opened a page, or the mini-program.
#[derive(Default)]
struct Openers {
    dingtalk: Option<DingTalk>,
    wecom: Option<WeCom>,
    wechat: Option<WeChat>,
}

/// Where handlers find the platforms: there are some while this server writes and platforms are configured.
#[derive(Default)]
pub struct Current(RwLock<Option<Arc<Chat>>>);

impl Current {
    /// The platforms, if they are on.
    pub fn get(&self) -> Option<Arc<Chat>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, chat: Option<Chat>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = chat.map(Arc::new);
    }
}

/// One configured platform, for handlers.
struct Configured {
    adapter: Arc<dyn ChatAdapter>,
    corporation: String,
    metrics: Arc<Metrics>,
    /// Takes callbacks over HTTP, where the platform calls us.
    door: Option<Door>,
}

/// The tasks of the platforms; dropping it stops them.
pub struct Running {
    app: AppState,
    listeners: Vec<Listener>,
    dispatchers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// Why chat did not start.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// A platform's configuration cannot be used.
    #[error("聊天平台配置有误 · a chat platform's configuration cannot be used: {0}")]
    Config(#[from] ConfigError),
    /// The accounts in the configuration could not be bound.
    #[error("无法保存账号绑定 · the accounts of the configuration could not be stored")]
    Store,
}

/// The routes of chat: binding, callbacks, administration.
pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(bind::routes())
        .merge(callbacks::routes())
        .merge(admin::routes())
        .merge(mini::routes())
        .merge(login::routes())
}

/// Whether the configuration of every platform can be used.
pub fn check(app: &AppState) -> Result<(), ChatError> {
    Ok(platforms::ready(app).map(drop)?)
}

/// Connects to every platform that is configured.
pub async fn start(app: &AppState) -> Result<Option<Running>, ChatError> {
    let ready = platforms::ready(app)?;
    if ready.is_empty() {
        return Ok(None);
    }
    let (stop, stopping) = watch::channel(false);
    let mut chat = Chat::default();
    let (mut listeners, mut dispatchers) = (Vec::new(), Vec::new());
    for one in ready {
        let Ready { adapter, desk, bindings, door, listen, opener } = one;
        match opener {
            Some(Knows::DingTalk(dingtalk)) => chat.openers.dingtalk = Some(dingtalk),
            Some(Knows::WeCom(wecom)) => chat.openers.wecom = Some(wecom),
            Some(Knows::WeChat(wechat)) => {
                (chat.openers.wechat, chat.mini) = (Some(wechat), Some(desk.clone()));
            }
            None => {}
        }
        let (platform, corporation) = (desk.platform, desk.corporation.clone());
        let named = corporation.clone();
        let bound = app.store.writer.run(move |turn| bind_configured(turn, platform, &named, &bindings));
        bound.await.map_err(|_: WriteError<std::convert::Infallible>| {
            // Those that were started before it end again.
            stop.send_replace(true);
            ChatError::Store
        })?;
        let metrics = Arc::new(Metrics::default());
        let taps = Arc::new(taps::Taps {
            app: Arc::clone(app),
            adapter: Arc::clone(&adapter),
            desk: desk.clone(),
            metrics: Arc::clone(&metrics),
        });
        let door = door.map(|callback| Door::new(callback, Arc::clone(&taps) as _));
        listeners.extend(listen.map(|listen| listen(taps)));
        let sender = dispatcher::Dispatcher::new(Arc::clone(app), Arc::clone(&adapter), desk, Arc::clone(&metrics));
        dispatchers.push(tokio::spawn(sender.run(stopping.clone())));
        tracing::info!(platform = platform.word(), "a chat platform is on");
        chat.platforms.insert(platform, Configured { adapter, corporation, metrics, door });
    }
    app.chat.set(Some(chat));
    app.relay.fan_out().ring_outbox();
    Ok(Some(Running { app: Arc::clone(app), listeners, dispatchers, stop }))
}

impl Running {
    /// Finishes what is being answered and sent, then ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.app.chat.set(None);
        for listener in self.listeners {
            listener.stop().await;
        }
        for dispatcher in self.dispatchers {
            if dispatcher.await.is_err() {
                tracing::error!("the outbox's task ended by a panic");
            }
        }
    }
}

/// Binds the accounts that an administrator named; a login that nobody has is told in the log.
fn bind_configured(
    turn: &mut Turn<'_, Authority>,
    platform: Platform,
    corporation: &str,
    bindings: &[(String, String)],
) -> Result<(), Stop<std::convert::Infallible>> {
    for (user, login) in bindings {
        let known = turn.state.books().organisation.people.values().find(|person| person.login == *login);
        let Some(person) = known.map(|person| person.id) else {
            tracing::warn!(login, platform = platform.word(), "a binding names a login that nobody has");
            continue;
        };
        let identity = ChatIdentity::new(platform, corporation, user);
        if accounts::person(turn.connection, &identity)? == Some(person) {
            continue;
        }
        accounts::bind(turn.connection, &identity, person, turn.now)?;
        // The bell rings once everything is started.
        turn.state.greet(turn.connection, turn.now, person)?;
    }
    Ok(())
}
