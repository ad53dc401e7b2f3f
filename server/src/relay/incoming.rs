//! What comes in on a socket: frames of the protocol, and nothing else.

use axum::extract::ws::Message;
use futures_util::{Stream, StreamExt};
use sync::wire::{self, ClientFrame};

use super::session::End;

/// The next frame of the protocol; pings of the socket itself are passed over.
pub(super) async fn next_frame<R, E>(incoming: &mut R) -> Result<ClientFrame, End>
where
    R: Stream<Item = Result<Message, E>> + Send + Unpin,
{
    loop {
        match incoming.next().await {
            Some(Ok(message)) => {
                if let Some(frame) = read(&message)? {
                    return Ok(frame);
                }
            }
            // An error of the socket: a broken frame, one that is too large, or a lost connection.
            Some(Err(_)) | None => return Err(End::Gone),
        }
    }
}

/// The frame in a message; `None` for the socket's own signs of life.
pub(super) fn read(message: &Message) -> Result<Option<ClientFrame>, End> {
    match message {
        Message::Binary(bytes) => wire::decode(bytes).map(Some).map_err(|_| End::Closing("malformed")),
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Text(_) => Err(End::Closing("malformed")),
        Message::Close(_) => Err(End::Gone),
    }
}

/// The bytes of a message that count.
pub(super) fn size(message: &Message) -> usize {
    match message {
        Message::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}
