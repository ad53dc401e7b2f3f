//! One socket: reads frames, writes answers on the same socket, and notices its own death.

use super::{OpenError, Shared, tap};
use crate::dingtalk::wire::{CARD_TOPIC, Frame, MESSAGE_TOPIC, RobotMessage};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// No frame of this protocol is longer.
const LONGEST_FRAME: usize = 1024 * 1024;

/// A peer that does not take our bytes for this long is gone.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// A connection and the task that serves it.
pub(super) struct Connection {
    phase: watch::Receiver<Phase>,
    retire: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// How far a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Frames may arrive.
    Live,
    /// Asked to leave, or over: a successor is needed.
    Leaving,
}

/// An answer on its way to the socket, and whom to tell when it is out.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) written: oneshot::Sender<()>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Connection {
    /// Gets a ticket and connects.
    pub(super) async fn open(shared: &Arc<Shared>) -> Result<Self, OpenError> {
        let ticket = shared.client.open_stream().await?;
        let limits =
            WebSocketConfig::default().max_message_size(Some(LONGEST_FRAME)).max_frame_size(Some(LONGEST_FRAME));
        let connecting = connect_async_with_config(ticket.address.reveal(), Some(limits), true);
        let (socket, _) = timeout(shared.client.timings().call, connecting)
            .await
            .map_err(|_| OpenError::Socket("timeout"))?
            .map_err(|error| OpenError::Socket(kind(&error)))?;
        let (set_phase, phase) = watch::channel(Phase::Live);
        let (retire, retiring) = watch::channel(false);
        let (answers, outgoing) = mpsc::channel(super::MOST_AT_ONCE);
        let serving = Serving { shared: Arc::clone(shared), phase: set_phase, answers };
        let task = tokio::spawn(serving.run(socket, outgoing, retiring));
        Ok(Self { phase, retire, task })
    }

    /// Waits until a successor is needed.
    pub(super) async fn left(&mut self) {
        // An error means that the task is gone, which is the same news.
        drop(self.phase.wait_for(|phase| *phase == Phase::Leaving).await);
    }

    /// Lets the connection go once its last answers are out; returns at once.
    pub(super) fn retire(self) {
        self.retire.send_replace(true);
    }

    /// Lets the connection go and waits for it.
    pub(super) async fn close(self) {
        self.retire.send_replace(true);
        drop(self.task.await);
    }
}

/// The kind of a socket error, free of addresses.
fn kind(error: &SocketError) -> &'static str {
    match error {
        SocketError::Io(_) => "input or output",
        SocketError::Tls(_) => "TLS",
        SocketError::Http(_) => "refused by the gateway",
        SocketError::Url(_) => "address",
        SocketError::Capacity(_) => "frame too long",
        SocketError::ConnectionClosed | SocketError::AlreadyClosed => "closed",
        _ => "protocol",
    }
}

struct Serving {
    shared: Arc<Shared>,
    phase: watch::Sender<Phase>,
    answers: mpsc::Sender<Answer>,
}

impl Serving {
    async fn run(self, socket: Socket, mut outgoing: mpsc::Receiver<Answer>, mut retiring: watch::Receiver<bool>) {
        let timings = self.shared.client.timings().clone();
        let (mut sink, mut source) = socket.split();
        let mut ping = interval(timings.ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        let mut leave_at: Option<Instant> = None;
        let ended = loop {
            let deadline = leave_at.unwrap_or(heard + timings.silence);
            // Nobody is being answered any more: a retired connection need not stay longer.
            let idle = self.answers.strong_count() == 1;
            tokio::select! {
                received = source.next() => {
                    heard = Instant::now();
                    match received {
                        Some(Ok(Message::Text(text))) => self.receive(text.as_str()),
                        Some(Ok(Message::Binary(bytes))) => {
                            self.receive(&String::from_utf8_lossy(&bytes));
                        }
                        Some(Ok(Message::Close(_))) | None => break "closed by DingTalk",
                        Some(Ok(_)) => {}
                        Some(Err(error)) => break kind(&error),
                    }
                }
                Some(answer) = outgoing.recv() => {
                    match timeout(WRITE_LIMIT, sink.send(Message::text(answer.text))).await {
                        Ok(Ok(())) => drop(answer.written.send(())),
                        Ok(Err(error)) => break kind(&error),
                        Err(_) => break "the peer does not read",
                    }
                }
                _ = ping.tick() => {
                    let sent = timeout(WRITE_LIMIT, sink.send(Message::Ping(Vec::new().into()))).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        break "the peer does not read";
                    }
                }
                changed = retiring.changed(), if leave_at.is_none() => {
                    if changed.is_err() || *retiring.borrow() {
                        self.phase.send_replace(Phase::Leaving);
                        leave_at = Some(Instant::now() + if idle { Duration::ZERO } else { timings.farewell });
                    }
                }
                () = sleep_until(deadline) => {
                    break if leave_at.is_some() { "retired" } else { "silent for too long" };
                }
            }
        };
        tracing::info!(reason = ended, "a DingTalk connection ended");
        self.phase.send_replace(Phase::Leaving);
        drop(timeout(WRITE_LIMIT, sink.close()).await);
    }

    /// Deals with one frame without ever waiting: what takes time gets a task of its own.
    fn receive(&self, text: &str) {
        let frame: Frame = match serde_json::from_str(text) {
            Ok(frame) => frame,
            Err(error) => {
                // The frame's text may hold tokens; where it broke is enough.
                tracing::warn!(line = error.line(), column = error.column(), "a DingTalk frame cannot be read");
                return;
            }
        };
        let topic = frame.header("topic");
        match (frame.kind.as_str(), topic.as_str()) {
            ("SYSTEM", "disconnect") => {
                tracing::info!("DingTalk asks this connection to leave");
                self.phase.send_replace(Phase::Leaving);
            }
            ("SYSTEM", _) => {
                // A ping is answered with its own content.
                let echo = match &frame.data {
                    Value::String(data) => data.clone(),
                    other => other.to_string(),
                };
                self.reply(answer(&frame, 200, "OK", &echo));
            }
            ("CALLBACK", CARD_TOPIC) => self.receive_tap(frame),
            ("CALLBACK", MESSAGE_TOPIC) => self.receive_message(&frame),
            ("EVENT", _) => {
                let done = json!({"status": "SUCCESS", "message": "ok"}).to_string();
                self.reply(answer(&frame, 200, "OK", &done));
            }
            _ if frame.header("messageId").is_empty() => {
                tracing::warn!("a DingTalk frame has no id to answer to");
            }
            _ => self.reply(answer(&frame, 404, "no handler", "{}")),
        }
    }

    fn receive_tap(&self, frame: Frame) {
        let Ok(room) = Arc::clone(&self.shared.room).try_acquire_owned() else {
            tracing::warn!("too many taps at once");
            self.reply(answer(&frame, 500, "busy", "{}"));
            return;
        };
        let (shared, answers) = (Arc::clone(&self.shared), self.answers.clone());
        tokio::spawn(async move {
            tap::serve(&shared, &frame, answers).await;
            drop(room);
        });
    }

    /// Answered at once: reading a file takes longer than any deadline.
    fn receive_message(&self, frame: &Frame) {
        self.reply(answer(frame, 200, "OK", &json!({"response": null}).to_string()));
        let content = frame.content().ok();
        let message = content.and_then(|content| serde_json::from_value::<RobotMessage>(content).ok());
        let Some(message) = message.and_then(RobotMessage::into_message) else {
            tracing::warn!("a message to the DingTalk robot cannot be read");
            return;
        };
        let handler = Arc::clone(&self.shared.handler);
        tokio::spawn(async move { handler.message(message).await });
    }

    /// Hands a ready answer to the socket. If a hundred answers already wait for it, the peer does not read and this
    /// connection is about to end: the answer is dropped.
    fn reply(&self, text: String) {
        let (written, _) = oneshot::channel();
        if self.answers.try_send(Answer { text, written }).is_err() {
            tracing::warn!("an answer to DingTalk was dropped");
        }
    }
}

/// The text of an answer to a frame. `data` is JSON inside a string, as the protocol wants it.
pub(super) fn answer(frame: &Frame, code: u16, message: &str, data: &str) -> String {
    json!({
        "code": code,
        "message": message,
        "headers": {"messageId": frame.header("messageId"), "contentType": "application/json"},
        "data": data,
    })
    .to_string()
}
