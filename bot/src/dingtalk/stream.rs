//! The stream: the connection on which DingTalk tells us about taps.
//!
//! The promises: a slow tap never holds up another; every tap is answered inside DingTalk's two seconds, if need be with
//! "处理中"; a connection that is asked to leave, or has died without a word, is replaced, the new one opened
//! before the old one is closed; no ticket or secret is ever logged.

mod connection;
mod tap;

use super::DingTalk;
use super::client::Client;
use crate::backoff;
use crate::surface::SendError;
use crate::tap::TapHandler;
use connection::Connection;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// This many frames are handled at once; more are answered as busy, because a tap that has to queue is late anyway.
const MOST_AT_ONCE: usize = 100;

/// How the stream stands, for the administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamStatus {
    /// Opening the first connection, or a new one after the last was lost.
    Connecting,
    /// Taps arrive.
    Connected,
    /// The last attempt failed; another follows. The reason, without secrets.
    Down(String),
    /// Stopped by us.
    Stopped,
}

/// A running stream. Dropping it stops the stream.
#[derive(Debug)]
pub struct Stream {
    stop: watch::Sender<bool>,
    status: watch::Receiver<StreamStatus>,
    supervisor: JoinHandle<()>,
}

/// Starts to receive taps and to hand them to the server. Must be called inside a Tokio runtime.
pub fn start(dingtalk: &DingTalk, handler: Arc<dyn TapHandler>) -> Stream {
    let (stop, stopping) = watch::channel(false);
    let (report, status) = watch::channel(StreamStatus::Connecting);
    let shared = Arc::new(Shared {
        client: Arc::clone(&dingtalk.client),
        handler,
        room: Arc::new(Semaphore::new(MOST_AT_ONCE)),
    });
    let supervisor = tokio::spawn(supervise(shared, report, stopping));
    Stream { stop, status, supervisor }
}

impl Stream {
    /// How the stream stands; the receiver can wait for changes.
    pub fn status(&self) -> watch::Receiver<StreamStatus> {
        self.status.clone()
    }

    /// Closes the connection, after the taps that are being answered have been.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "the DingTalk stream did not stop cleanly");
        }
    }
}

/// What the connections of one stream have in common.
struct Shared {
    client: Arc<Client>,
    handler: Arc<dyn TapHandler>,
    room: Arc<Semaphore>,
}

/// Keeps one connection alive until told to stop.
async fn supervise(shared: Arc<Shared>, report: watch::Sender<StreamStatus>, mut stopping: watch::Receiver<bool>) {
    let mut failures = 0_u32;
    let mut leaving: Option<Connection> = None;
    loop {
        let opened = tokio::select! {
            () = stopped(&mut stopping) => break,
            opened = Connection::open(&shared) => opened,
        };
        match opened {
            Ok(connection) => {
                // The old socket goes on being read until the new one stands; only now may it leave.
                if let Some(old) = leaving.take() {
                    old.retire();
                }
                report.send_replace(StreamStatus::Connected);
                let since = Instant::now();
                let mut current = connection;
                tokio::select! {
                    () = stopped(&mut stopping) => {
                        current.close().await;
                        break;
                    }
                    () = current.left() => {}
                }
                leaving = Some(current);
                failures = if since.elapsed() >= shared.client.timings().healthy_after {
                    0
                } else {
                    failures.saturating_add(1)
                };
                report.send_replace(StreamStatus::Connecting);
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(%error, failures, "cannot open the DingTalk stream");
                report.send_replace(StreamStatus::Down(error.to_string()));
            }
        }
        let wait = failures.checked_sub(1).map_or(Duration::ZERO, |attempt| backoff::wait(attempt, backoff::jitter()));
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = sleep(wait) => {}
        }
    }
    if let Some(old) = leaving {
        old.close().await;
    }
    report.send_replace(StreamStatus::Stopped);
}

/// Waits until we are told to stop, or nobody is left who could tell.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Why no connection was opened.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("the gateway gave no ticket: {0}")]
    Ticket(#[from] SendError),
    // The text of a WebSocket error may hold the address and with it the ticket, so only its kind is kept.
    #[error("the socket could not be opened: {0}")]
    Socket(&'static str),
}
