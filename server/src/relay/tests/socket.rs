//! A socket in memory.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use futures_util::stream;
use sync::wire::{self, ClientFrame, Hello, ServerFrame};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::http::AppState;
use crate::relay::session::{End, serve};
use crate::testing::{Server, ZHANG};

/// One end of a socket whose other end a session serves.
pub(super) struct Wire {
    pub(super) to_relay: mpsc::UnboundedSender<Message>,
    from_relay: mpsc::Receiver<Message>,
    pub(super) session: JoinHandle<End>,
}

impl Wire {
    pub(super) fn open(app: &AppState) -> Self {
        let (to_relay, heard) = mpsc::unbounded_channel();
        let (said, from_relay) = mpsc::channel(4);
        let app = Arc::clone(app);
        let session = tokio::spawn(async move {
            let incoming = stream::unfold(heard, async |mut heard| {
                heard.recv().await.map(|message| (Ok::<_, Infallible>(message), heard))
            });
            let sink = futures_util::sink::unfold(said, async |said: mpsc::Sender<Message>, message| {
                said.send(message).await.map(|()| said)
            });
            serve(&app, None, Box::pin(incoming), Box::pin(sink)).await
        });
        Self { to_relay, from_relay, session }
    }

    pub(super) fn say(&self, frame: &ClientFrame) {
        self.say_bytes(wire::encode(frame));
    }

    pub(super) fn say_bytes(&self, bytes: Vec<u8>) {
        // An error means that the session has ended, which the test then finds.
        drop(self.to_relay.send(Message::Binary(bytes.into())));
    }

    pub(super) async fn until_live(&mut self) {
        while !is_live(self.hear().await.as_ref()) {}
    }

    pub(super) async fn hear(&mut self) -> Option<ServerFrame> {
        match timeout(Duration::from_secs(10), self.from_relay.recv()).await.expect("nothing was heard")? {
            Message::Binary(bytes) => Some(wire::decode(&bytes).unwrap()),
            _ => None,
        }
    }

    pub(super) async fn end(self) -> End {
        drop(self.to_relay);
        drop(self.from_relay);
        timeout(Duration::from_secs(10), self.session).await.expect("the session goes on").unwrap()
    }

    /// The code of the closing frame, after whatever comes before it.
    pub(super) async fn closing(&mut self) -> String {
        loop {
            match self.hear().await {
                Some(ServerFrame::Closing(code)) => return code,
                Some(_) => {}
                None => return "nothing".into(),
            }
        }
    }
}

pub(super) fn hello(token: &str) -> ClientFrame {
    ClientFrame::Hello(Hello { token: token.into(), epoch: Vec::new(), cursor: 0, views: Vec::new() })
}

pub(super) async fn greeted(server: &Server) -> (Wire, String) {
    let token = server.phone(ZHANG).await.token;
    let mut wire = Wire::open(&server.app);
    wire.say(&hello(&token));
    wire.until_live().await;
    (wire, token)
}

/// Whether a frame says that this was all.
fn is_live(frame: Option<&ServerFrame>) -> bool {
    match frame {
        Some(ServerFrame::Live(_)) => true,
        Some(ServerFrame::Welcome(welcome)) => welcome.live.is_some(),
        _ => false,
    }
}
