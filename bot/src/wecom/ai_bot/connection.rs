//! One socket of the AI bot: subscribes, pings, carries requests out and callbacks in.

use super::frame::{Frame, Meaning, meaning, text};
use super::{AiBotConfig, Timings};
use crate::tap::{BIND_FIRST, Tap, TapHandler, TapOutcome};
use crate::wecom::render;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// No frame of this protocol is longer.
const LONGEST_FRAME: usize = 1024 * 1024;
/// Opening and subscribing, and any single write.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests and answers that may wait for the socket.
const QUEUE: usize = 100;
/// The platform takes an answer to a tap for this long.
const TAP_LIMIT: Duration = Duration::from_secs(5);

/// Something to ask of the platform.
pub(super) struct Request {
    pub(super) command: &'static str,
    pub(super) body: Value,
    /// Gets the acknowledgement's code.
    pub(super) answer: oneshot::Sender<i64>,
}

/// A connection that is subscribed.
pub(super) struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    requests: mpsc::Receiver<Request>,
}

impl Connection {
    /// Connects and subscribes. The reason of a failure holds no secret.
    pub(super) async fn open(config: &AiBotConfig) -> Result<(Self, mpsc::Sender<Request>), &'static str> {
        let limits =
            WebSocketConfig::default().max_message_size(Some(LONGEST_FRAME)).max_frame_size(Some(LONGEST_FRAME));
        let connecting = connect_async_with_config(&config.address, Some(limits), true);
        let (mut socket, _) =
            timeout(PATIENCE, connecting).await.map_err(|_| "timeout")?.map_err(|_| "cannot connect")?;
        let body = json!({"bot_id": config.bot_id, "secret": config.secret.reveal()});
        let hello = text("aibot_subscribe", "aibot_subscribe_1", &body);
        socket.send(Message::text(hello)).await.map_err(|_| "cannot subscribe")?;
        let subscribed = async {
            while let Some(Ok(message)) = socket.next().await {
                let frame = message.to_text().ok().and_then(|text| serde_json::from_str::<Frame>(text).ok());
                if let Some(frame) = frame.filter(|frame| frame.headers.req_id == "aibot_subscribe_1") {
                    return frame.errcode == Some(0);
                }
            }
            false
        };
        if !timeout(PATIENCE, subscribed).await.unwrap_or(false) {
            return Err("not subscribed");
        }
        let (sender, requests) = mpsc::channel(QUEUE);
        Ok((Self { socket, requests }, sender))
    }

    /// Serves until the connection ends; why it did.
    pub(super) async fn run(
        self,
        config: &AiBotConfig,
        timings: &Timings,
        handler: &Arc<dyn TapHandler>,
    ) -> &'static str {
        let Self { socket, mut requests } = self;
        let (mut sink, mut source) = socket.split();
        let (answers, mut outgoing) = mpsc::channel::<String>(QUEUE);
        let mut waiting: HashMap<String, oneshot::Sender<i64>> = HashMap::new();
        let mut ping = interval(timings.ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut heard, mut number) = (Instant::now(), 0_u64);
        loop {
            let to_send = tokio::select! {
                received = source.next() => {
                    heard = Instant::now();
                    let message = match received {
                        Some(Ok(Message::Text(message))) => message,
                        Some(Ok(Message::Close(_))) | None => return "closed",
                        Some(Ok(_)) => continue,
                        Some(Err(_)) => return "broken",
                    };
                    let Ok(frame) = serde_json::from_str::<Frame>(message.as_str()) else {
                        tracing::warn!("a frame of the AI bot cannot be read");
                        continue;
                    };
                    if let Some(code) = frame.errcode {
                        if let Some(answer) = waiting.remove(&frame.headers.req_id) {
                            // Nobody waits any more if its time was over.
                            let _unheard = answer.send(code);
                        }
                        continue;
                    }
                    match meaning(&frame, config) {
                        Meaning::Tap(tap) => {
                            tokio::spawn(serve_tap(
                                *tap, frame.headers.req_id, timings.tap_deadline, Arc::clone(handler), answers.clone(),
                            ));
                        }
                        Meaning::Message(message) => {
                            let handler = Arc::clone(handler);
                            tokio::spawn(async move { handler.message(message).await });
                        }
                        Meaning::Evicted => return "evicted by a newer connection",
                        Meaning::Nothing => {}
                    }
                    continue;
                }
                Some(request) = requests.recv() => {
                    number += 1;
                    let id = format!("{}_{number}", request.command);
                    waiting.retain(|_, answer| !answer.is_closed());
                    let frame = text(request.command, &id, &request.body);
                    waiting.insert(id, request.answer);
                    frame
                }
                Some(answer) = outgoing.recv() => answer,
                _ = ping.tick() => {
                    number += 1;
                    text("ping", &format!("ping_{number}"), &json!({}))
                }
                () = sleep_until(heard + timings.silence) => return "silent for too long",
            };
            if !matches!(timeout(PATIENCE, sink.send(Message::text(to_send))).await, Ok(Ok(()))) {
                return "the peer does not read";
            }
        }
    }
}

/// Decides on a tap and answers it on the connection that brought it.
async fn serve_tap(
    tap: Tap,
    request: String,
    deadline: Duration,
    handler: Arc<dyn TapHandler>,
    answers: mpsc::Sender<String>,
) {
    let over = Instant::now() + TAP_LIMIT;
    let (asked, deciding) = (tap.clone(), Arc::clone(&handler));
    let mut deciding = tokio::spawn(async move { deciding.tap(asked).await });
    let decided = timeout(deadline, &mut deciding).await;
    let (title, url, late) = match &decided {
        Ok(Ok(outcome)) => (headline(outcome), address(outcome), false),
        Ok(Err(_)) => return,
        Err(_) => ("处理中".to_owned(), String::new(), true),
    };
    let action = if url.is_empty() { json!({"type": 0}) } else { json!({"type": 1, "url": url}) };
    let body = json!({
        "response_type": "update_template_card",
        "template_card": {
            "card_type": "text_notice",
            "main_title": {"title": title},
            "card_action": action,
            "task_id": tap.card,
        },
        "userids": [tap.user],
    });
    let written = answers.send(text("aibot_respond_update_msg", &request, &body)).await.is_ok();
    if late || !written {
        let outcome = if late { deciding.await.ok() } else { decided.ok().and_then(Result::ok) };
        sleep_until(over).await;
        handler.missed(tap, outcome).await;
    }
}

fn headline(outcome: &TapOutcome) -> String {
    render::button_text(outcome).unwrap_or_else(|| match outcome {
        TapOutcome::Unbound => BIND_FIRST.to_owned(),
        _ => "暂时无法处理，请稍后重试".to_owned(),
    })
}

fn address(outcome: &TapOutcome) -> String {
    match outcome {
        TapOutcome::Applied(view) | TapOutcome::Already(view) | TapOutcome::Refused { view, .. } => {
            view.detail_url.clone()
        }
        TapOutcome::Denied(_) | TapOutcome::Unbound | TapOutcome::Unavailable => String::new(),
    }
}
