//! One WebSocket of binary messages.
//!
//! Promise: after [`Socket`] is dropped nothing more is heard from it. It does not reconnect: whoever holds it decides
//! when to try again.

use std::rc::Rc;

use js_sys::{Array, ArrayBuffer};
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::bytes::Bytes;
use super::js::{self, Listener};

/// What is heard from a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SocketEvent {
    /// It stands; messages may be sent.
    Open,
    /// A binary message.
    Message(Vec<u8>),
    /// It is closed, or was never opened. Always the last event. Codes: RFC 6455 section 7.4.
    Closed {
        /// The close code; 1006 when the connection was simply lost.
        code: u16,
        /// What the server said, if anything.
        reason: String,
    },
}

/// Why a message was not sent or a socket not made; the text is for logs.
#[derive(Debug, thiserror::Error)]
#[error("the socket failed: {0}")]
pub(crate) struct SocketError(String);

/// An open or opening connection.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Starts connecting to a path of our own server (`/sync`), offering subprotocols in order of preference.
    pub(crate) fn open(
        path: &str,
        protocols: &[&str],
        heard: impl Fn(SocketEvent) + 'static,
    ) -> Result<Self, SocketError> {
        let offered: Array = protocols.iter().map(|name| wasm_bindgen::JsValue::from_str(name)).collect();
        let socket = WebSocket::new_with_str_sequence(&address(path), &offered)
            .map_err(|error| SocketError(js::error_text(&error)))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let heard = Rc::new(heard);
        let open = Listener::new(&socket, "open", {
            let heard = Rc::clone(&heard);
            move |_| heard(SocketEvent::Open)
        });
        let message = Listener::new(&socket, "message", {
            let heard = Rc::clone(&heard);
            move |event| {
                let data = event.dyn_into::<MessageEvent>().map(|event| event.data());
                if let Some(buffer) = data.ok().and_then(|data| data.dyn_into::<ArrayBuffer>().ok()) {
                    heard(SocketEvent::Message(Bytes::of_buffer(&buffer).to_vec()));
                }
            }
        });
        let closed = Listener::new(&socket, "close", move |event| {
            let (code, reason) =
                event.dyn_into::<CloseEvent>().map_or((1006, String::new()), |event| (event.code(), event.reason()));
            heard(SocketEvent::Closed { code, reason });
        });
        Ok(Self { socket, _listeners: [open, message, closed] })
    }

    /// Sends a message. `Ok` means handed to the browser, not received by anybody.
    pub(crate) fn send(&self, message: &[u8]) -> Result<(), SocketError> {
        self.socket.send_with_u8_array(message).map_err(|error| SocketError(js::error_text(&error)))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The listeners are dropped right after, before the browser can call them.
        let _ = self.socket.close();
    }
}

/// The address of a path on the server that this page came from.
fn address(path: &str) -> String {
    let location = web_sys::window().map(|window| window.location());
    let host = location.as_ref().and_then(|location| location.host().ok()).unwrap_or_default();
    let secure = location.and_then(|location| location.protocol().ok()).is_some_and(|name| name == "https:");
    format!("{}://{host}{path}", if secure { "wss" } else { "ws" })
}
