//! The stream: one task per socket.

use super::world::Violation;
use super::{CALLBACK_LIMIT, FAREWELL, Shared, rules};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::future::pending;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

/// Something for one socket.
#[derive(Debug, Clone)]
pub(super) enum Down {
    /// A frame.
    Text(String),
    /// Ask the client to leave, then close after ten quiet seconds.
    Disconnect,
    /// Close at once.
    Cut,
    /// Go dead without closing.
    Mute,
}

#[derive(Deserialize)]
pub(super) struct Connect {
    ticket: String,
}

/// `GET /connect?ticket=…`: one socket per ticket.
pub(super) async fn connect(
    State(sim): State<Arc<Shared>>,
    Query(Connect { ticket }): Query<Connect>,
    upgrade: WebSocketUpgrade,
) -> Response {
    // Taken out whether or not it is still good: a ticket is used once.
    let until = sim.world().tickets.remove(&ticket);
    if until.is_none_or(|until| sim.clock.now() >= until) {
        sim.world().accuse("connect", "BAD_TICKET", "unknown, used or expired".into());
        return StatusCode::UNAUTHORIZED.into_response();
    }
    upgrade.on_upgrade(move |socket| serve(sim, socket))
}

async fn serve(sim: Arc<Shared>, mut socket: WebSocket) {
    let (sender, mut downs) = mpsc::unbounded_channel();
    let id = {
        let mut world = sim.world();
        let id = world.number();
        world.sockets.insert(id, sender);
        world.note("connect", 101, json!({"socket": id}), Vec::new());
        id
    };
    let mut close_at = None;
    loop {
        let closing = async {
            match close_at {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::select! {
            Some(down) = downs.recv() => match down {
                Down::Text(text) if close_at.is_none() => {
                    if socket.send(Message::text(text)).await.is_err() {
                        break;
                    }
                }
                Down::Text(_) => {}
                Down::Disconnect => {
                    let frame = sim.world().system_frame("disconnect", &json!({"reason": "simulated"}));
                    if socket.send(Message::text(frame)).await.is_err() {
                        break;
                    }
                    sim.world().sockets.remove(&id);
                    close_at = Some(tokio::time::Instant::now() + FAREWELL);
                }
                Down::Cut => break,
                // Held open, never touched again; long enough for any test, short enough not to leak.
                Down::Mute => {
                    drop(timeout(FAREWELL * 6, pending::<()>()).await);
                    break;
                }
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => receive(&sim, id, text.as_str()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            () = closing => break,
        }
    }
    let mut world = sim.world();
    world.sockets.remove(&id);
    world.note("closed", 0, json!({"socket": id}), Vec::new());
}

/// An answer of the client: `{"code", "headers": {"messageId"}, "data": "<JSON>"}`.
fn receive(sim: &Shared, socket: u64, text: &str) {
    let ack: Value = serde_json::from_str(text).unwrap_or_default();
    let id = ack.pointer("/headers/messageId").and_then(Value::as_str).unwrap_or_default();
    let code = ack.get("code").and_then(Value::as_i64).unwrap_or_default();
    let data = ack.get("data").and_then(Value::as_str).unwrap_or_default();
    let data: Result<Value, _> = serde_json::from_str(data);
    let mut violations = Vec::new();
    let mut accuse = |code, detail: &str| {
        violations.push(Violation { code, detail: format!("{detail} (message {id})") });
    };
    let mut world = sim.world();
    if let Some(callback) = world.callbacks.remove(id) {
        if callback.socket != socket {
            accuse("ACK_ON_OTHER_SOCKET", "answered on a socket that did not carry the callback");
        }
        if code == 200 && data.is_err() {
            accuse("BAD_ACK", "data is not JSON in a string");
        }
        match callback.answer {
            Some(answer) if callback.since.elapsed() <= CALLBACK_LIMIT => {
                let response = data.as_ref().ok().and_then(|data| data.get("response"));
                let response = response.cloned().unwrap_or_default();
                if code == 200
                    && let Some(card) = world.cards.get_mut(&callback.card)
                    && let Err(violation) = rules::respond(&response, card, &callback.user)
                {
                    accuse(violation.code, &violation.detail);
                }
                // Nobody listens any more if the test that tapped is over.
                drop(answer.send((code, response)));
            }
            _ => accuse("LATE_ACK", "answered after two seconds"),
        }
    } else if !id.starts_with("system-") && !id.starts_with("message-") {
        accuse("UNKNOWN_ACK", "answers nothing that was asked");
    }
    let detail = json!({"messageId": id, "code": code, "data": data.unwrap_or_default()});
    world.note("ack", u16::try_from(code).unwrap_or_default(), detail, violations);
}
