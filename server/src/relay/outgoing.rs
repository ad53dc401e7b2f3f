//! What waits to be sent on one socket.
//!
//! Promise: the memory of one socket is bounded. A device that does not take what it is sent is told
//! `slow_reader` and let go; it loses nothing, because it comes back with its cursor.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, close_code};
use futures_util::{Sink, SinkExt};
use sync::wire::{self, ServerFrame};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::session::End;

/// Frames that may wait; each is at most a quarter of a mebibyte, so a socket holds two mebibytes.
const WAITING: usize = 8;

/// How long the last frames may take when the connection ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// The sending half of a socket.
pub(super) struct Outgoing {
    queue: mpsc::Sender<Message>,
    sender: JoinHandle<()>,
    patience: Duration,
}

impl Outgoing {
    /// Starts to send. A frame that cannot even be queued within `patience` ends the session.
    pub(super) fn start<S>(mut sink: S, patience: Duration) -> Self
    where
        S: Sink<Message> + Send + Unpin + 'static,
    {
        let (queue, mut waiting) = mpsc::channel::<Message>(WAITING);
        let sender = tokio::spawn(async move {
            while let Some(message) = waiting.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
            // An error means that the other side has gone already.
            drop(sink.close().await);
        });
        Self { queue, sender, patience }
    }

    /// Queues a frame.
    pub(super) async fn send(&self, frame: &ServerFrame) -> Result<(), End> {
        self.send_spelled(wire::encode(frame).into()).await
    }

    /// Queues a frame that is spelled already; many sockets may share its bytes.
    pub(super) async fn send_spelled(&self, frame: Bytes) -> Result<(), End> {
        self.send_message(Message::Binary(frame)).await
    }

    /// Queues a message of the socket.
    pub(super) async fn send_message(&self, message: Message) -> Result<(), End> {
        match timeout(self.patience, self.queue.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Closing("slow_reader")),
        }
    }

    /// Says why the session ends, if the device still listens, and ends it. `farewell` is the protocol's last frame.
    pub(super) async fn close(self, end: &End, farewell: fn(&str) -> Vec<u8>) {
        let mut told = false;
        if let End::Closing(code) = end {
            let frame = Message::Binary(farewell(code).into());
            let close = Message::Close(Some(CloseFrame { code: close_code::NORMAL, reason: (*code).into() }));
            // A full queue means a reader who does not read: there is nobody to tell.
            told = self.queue.try_send(frame).is_ok();
            if told {
                drop(self.queue.try_send(close));
            }
        }
        drop(self.queue);
        let mut sender = self.sender;
        let patience = if told { FAREWELL } else { Duration::ZERO };
        if timeout(patience, &mut sender).await.is_err() {
            sender.abort();
        }
    }
}
