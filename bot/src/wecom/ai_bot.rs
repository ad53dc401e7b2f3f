//! WeCom's AI bot (智能机器人) on its long connection: taps and messages without a public address (path/101463).
//!
//! JSON frames `{"cmd", "headers": {"req_id"}, "body"}` over one WebSocket. A newer connection evicts the older one, so
//! only one server may connect. A card can be changed for five seconds after a tap and not otherwise: "decided elsewhere"
//! is told by a message, and the stale card's next tap is answered with the truth.

mod connection;
pub mod frame;

use super::{rates, render};
use crate::backoff;
use crate::http::{ConfigError, check_present, is_loopback};
use crate::limits::Rates;
use crate::secret::Secret;
use crate::surface::{ChatAdapter, ChatIdentity, Delivery, Notice, Platform, SendError, SurfaceHandle};
use crate::tap::{SentFile, TapHandler};
use crate::text::plain_in_markdown;
use connection::{Connection, Request};
use futures_util::future::BoxFuture;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Where the long connection goes.
pub const ADDRESS: &str = "wss://openws.work.weixin.qq.com";

/// How long a request waits for its acknowledgement.
const ACKNOWLEDGED_IN: Duration = Duration::from_secs(8);

/// How the AI bot is reached. All of it comes from the operator's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiBotConfig {
    /// The company's id; an AI bot belongs to one company.
    pub corporation: String,
    /// The bot's id.
    pub bot_id: String,
    /// The bot's secret of the long connection.
    pub secret: Secret,
    /// Where to connect; `wss`, or `ws` on a loopback address for a simulator.
    #[serde(default = "default_address")]
    pub address: String,
}

fn default_address() -> String {
    ADDRESS.to_owned()
}

/// The time limits. The defaults are for production; tests shorten them.
#[derive(Debug, Clone)]
pub struct Timings {
    /// How often we ping.
    pub ping_every: Duration,
    /// A connection this silent is dead.
    pub silence: Duration,
    /// A tap not decided by then is answered with "处理中". The platform waits five seconds.
    pub tap_deadline: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(30),
            silence: Duration::from_secs(75),
            tap_deadline: super::callback::TAP_DEADLINE,
        }
    }
}

/// One AI bot. Cheap to clone; all clones send on one connection.
#[derive(Clone)]
pub struct AiBot {
    shared: Arc<Shared>,
}

struct Shared {
    config: AiBotConfig,
    timings: Timings,
    /// The connection that stands, if one does.
    requests: Mutex<Option<mpsc::Sender<Request>>>,
}

impl fmt::Debug for AiBot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AiBot").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

/// A running connection. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Closes the connection and waits for it.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            tracing::error!("the AI bot's task ended by a panic");
        }
    }
}

impl AiBot {
    /// Checks the configuration; connects nothing yet.
    pub fn new(config: AiBotConfig) -> Result<Self, ConfigError> {
        Self::with_timings(config, Timings::default())
    }

    /// As [`Self::new`], with other time limits.
    pub fn with_timings(config: AiBotConfig, timings: Timings) -> Result<Self, ConfigError> {
        crate::install_tls();
        check_present(&[
            ("corporation", &config.corporation),
            ("bot_id", &config.bot_id),
            ("secret", config.secret.reveal()),
        ])?;
        let address = Url::parse(&config.address).map_err(|_| ConfigError::ApiBase(config.address.clone()))?;
        if address.scheme() != "wss" && !(address.scheme() == "ws" && is_loopback(&address)) {
            return Err(ConfigError::ApiBase(config.address));
        }
        Ok(Self { shared: Arc::new(Shared { config, timings, requests: Mutex::default() }) })
    }

    /// Connects, and connects again whenever the connection is lost. Must be called inside a Tokio runtime.
    pub fn start(&self, handler: Arc<dyn TapHandler>) -> Running {
        let (stop, mut stopping) = watch::channel(false);
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(async move {
            let mut failures = 0;
            loop {
                let ended = tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => break,
                    ended = serve(&shared, &handler) => ended,
                };
                failures = if ended.lived { 0 } else { failures + 1 };
                tracing::warn!(reason = ended.reason, failures, "the AI bot's connection ended");
                let wait = backoff::wait(failures, backoff::jitter());
                tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => break,
                    () = sleep(wait) => {}
                }
            }
            shared.set(None);
        });
        Running { stop, task }
    }

    /// One request and its acknowledgement.
    async fn ask(&self, command: &'static str, body: Value) -> Result<(), SendError> {
        let sender = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let unconnected = || SendError::Retry { after: None, reason: "not connected".into() };
        let (answer, answered) = oneshot::channel();
        let sender = sender.ok_or_else(unconnected)?;
        sender.send(Request { command, body, answer }).await.map_err(|_| unconnected())?;
        match timeout(ACKNOWLEDGED_IN, answered).await {
            Ok(Ok(code)) => frame::verdict(code),
            Ok(Err(_)) | Err(_) => Err(SendError::Ambiguous("no acknowledgement".into())),
        }
    }
}

/// How a connection ended.
struct Ended {
    reason: &'static str,
    lived: bool,
}

async fn serve(shared: &Arc<Shared>, handler: &Arc<dyn TapHandler>) -> Ended {
    let (connection, requests) = match Connection::open(&shared.config).await {
        Ok(opened) => opened,
        Err(reason) => return Ended { reason, lived: false },
    };
    shared.set(Some(requests));
    tracing::info!("the AI bot is connected");
    let reason = connection.run(&shared.config, &shared.timings, handler).await;
    shared.set(None);
    Ended { reason, lived: true }
}

impl Shared {
    fn set(&self, requests: Option<mpsc::Sender<Request>>) {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner) = requests;
    }
}

impl ChatAdapter for AiBot {
    fn platform(&self) -> Platform {
        Platform::WeComAiBot
    }

    fn tap_deadline(&self) -> Duration {
        self.shared.timings.tap_deadline
    }

    fn sends_once(&self) -> bool {
        // Nothing here recognises a second send; a lost acknowledgement is not tried again.
        false
    }

    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<Vec<SurfaceHandle>, SendError>> {
        Box::pin(async move {
            let recipient = render::only_recipient(delivery)?;
            let card = render::card(delivery, recipient)?;
            let user = recipient.identity.user.clone();
            let body = json!({"chatid": user, "msgtype": "template_card", "template_card": card});
            self.ask("aibot_send_msg", body).await?;
            let platform = Platform::WeComAiBot;
            Ok(vec![SurfaceHandle { platform, key: delivery.key.clone(), user: Some(user), details: None }])
        })
    }

    fn update<'a>(
        &'a self,
        _handle: &'a SurfaceHandle,
        delivery: &'a Delivery,
    ) -> BoxFuture<'a, Result<Option<SurfaceHandle>, SendError>> {
        Box::pin(async move {
            if delivery.view.is_open() {
                return Ok(None);
            }
            Err(SendError::Stale("wecom_ai_bot.only_while_tapped".into()))
        })
    }

    fn notify<'a>(&'a self, to: &'a ChatIdentity, notice: &'a Notice) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(async move {
            let mut text = vec![format!("**{}**", plain_in_markdown(&notice.title))];
            text.extend(notice.lines.iter().map(|line| plain_in_markdown(line)));
            if !notice.url.is_empty() {
                text.push(format!("[打开算盘]({})", notice.url));
            }
            let body = json!({"chatid": to.user, "msgtype": "markdown", "markdown": {"content": text.join("\n")}});
            self.ask("aibot_send_msg", body).await
        })
    }

    fn download<'a>(&'a self, _file: &'a SentFile, _limit: usize) -> BoxFuture<'a, Result<Vec<u8>, SendError>> {
        // Files come encrypted with a key of their own in this mode; they are sent to the app instead.
        Box::pin(async { Err(SendError::Permanent("wecom_ai_bot.no_files".into())) })
    }

    fn rates(&self) -> Rates {
        rates()
    }
}
