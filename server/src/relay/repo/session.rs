//! One connection of one stock peer, from its greeting to its end.
//!
//! Promise: the bounds of the first door hold here too: frames, silence, what a device may push, how long a token lasts. The
//! peer is told of documents that it asked for and of no others; a document that its person may not read is not there.
//! Nothing is kept of a connection that is gone.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::Message;
use futures_util::{Sink, Stream, StreamExt};
use sync::DocumentKey;
use sync::repo::{self, Conversation, Frame, Subject};
use sync::view::COMPANY;
use sync::wire::Item;
use tokio::time::{Instant, interval, sleep_until, timeout};

use crate::authority::{Caller, access, log};
use crate::http::App;
use crate::relay::hub::News;
use crate::relay::outgoing::Outgoing;
use crate::relay::session::{End, check_standing, read, recognise, spend};

mod offer;

/// Documents that one connection may have open. Each costs the relay some hundred kilobytes.
const MOST_OPEN: usize = 256;
/// Changes and statuses that are read at once.
const PAGE: usize = 2_048;

/// A peer that was recognised.
pub(super) struct Session<'a> {
    pub(super) app: &'a App,
    out: &'a Outgoing,
    pub(super) caller: Caller,
    /// Until when the token allows the connection.
    expires: Instant,
    /// Our name, and the peer's.
    us: String,
    peer: String,
    /// Up to where the open documents have everything.
    cursor: u64,
    /// What the peer asked for: `None` where there is nothing that its person may read.
    open: BTreeMap<DocumentKey, Option<Conversation>>,
}

/// Serves a socket until either side ends it.
pub(super) async fn serve<R, S, E>(app: &App, token: &str, mut incoming: R, sink: S) -> End
where
    R: Stream<Item = Result<Message, E>> + Send + Unpin,
    S: Sink<Message> + Send + Unpin + 'static,
{
    let out = Outgoing::start(sink, app.relay.0.limits.patience);
    let end = match greet(app, &out, token, &mut incoming).await {
        Ok(mut session) => match session.run(&mut incoming).await {
            Ok(never) => match never {},
            Err(end) => end,
        },
        Err(end) => end,
    };
    out.close(&end, |code| Frame::Error(code.to_owned()).encode()).await;
    end
}

/// Waits for a greeting, and looks at the token.
async fn greet<'a, R, E>(app: &'a App, out: &'a Outgoing, token: &str, incoming: &mut R) -> Result<Session<'a>, End>
where
    R: Stream<Item = Result<Message, E>> + Send + Unpin,
{
    let first = timeout(app.relay.0.limits.greeting, first_frame(incoming)).await;
    let Frame::Join { sender, is_understood } = first.map_err(|_| End::Closing("no_join"))?? else {
        return Err(End::Closing("no_join"));
    };
    if !is_understood {
        return Err(End::Closing("unsupported_version"));
    }
    let (caller, expires) = recognise(app, token).await?;
    let cursor = read(app, |connection| Ok(log::stream(connection)?.position)).await?;
    let us = format!("suanpan-{}", hex::encode(app.relay.epoch()));
    Ok(Session { app, out, caller, expires, us, peer: sender, cursor, open: BTreeMap::new() })
}

async fn first_frame<R, E>(incoming: &mut R) -> Result<Frame, End>
where
    R: Stream<Item = Result<Message, E>> + Send + Unpin,
{
    loop {
        match incoming.next().await {
            Some(Ok(message)) => {
                if let Some((frame, _)) = frame_in(&message)? {
                    return Ok(frame);
                }
            }
            Some(Err(_)) | None => return Err(End::Gone),
        }
    }
}

/// The frame in a message and its bytes; `None` for the socket's own signs of life.
fn frame_in(message: &Message) -> Result<Option<(Frame, usize)>, End> {
    match message {
        Message::Binary(bytes) => match Frame::decode(bytes) {
            Ok(frame) => Ok(Some((frame, bytes.len()))),
            Err(_) => Err(End::Closing("malformed")),
        },
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        Message::Text(_) => Err(End::Closing("malformed")),
        Message::Close(_) => Err(End::Gone),
    }
}

impl Session<'_> {
    /// Serves until the session ends.
    async fn run<R, E>(&mut self, incoming: &mut R) -> Result<std::convert::Infallible, End>
    where
        R: Stream<Item = Result<Message, E>> + Send + Unpin,
    {
        let app = self.app;
        // The seat is taken before a document is read: what is committed meanwhile rings the bell.
        let seat = app.relay.hub().connect(self.caller.person, self.caller.device);
        self.welcome().await?;
        let silence = app.relay.0.limits.idle;
        // A peer at rest says nothing by itself; it answers the socket's own pings.
        let mut pings = interval((silence / 3).max(Duration::from_millis(1)));
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                message = incoming.next() => {
                    let Some(Ok(message)) = message else { return Err(End::Gone) };
                    if let Some((frame, bytes)) = frame_in(&message)? {
                        self.take(frame, bytes).await?;
                    }
                    heard = Instant::now();
                }
                news = seat.news() => self.hear(news).await?,
                _ = pings.tick() => self.out.send_message(Message::Ping(Bytes::new())).await?,
                () = sleep_until(self.expires) => return Err(End::Closing("expired")),
                () = sleep_until(heard + silence) => return Err(End::Closing("idle")),
            }
        }
    }

    async fn welcome(&self) -> Result<(), End> {
        self.send(&Frame::Peer { sender: self.us.clone(), target: self.peer.clone() }).await
    }

    async fn take(&mut self, frame: Frame, bytes: usize) -> Result<(), End> {
        spend(self.app, self.caller, 0, bytes)?;
        match frame {
            Frame::Join { sender, is_understood: true } if sender == self.peer => self.welcome().await,
            Frame::Request(subject, data) => self.asked(subject, &data, true).await,
            Frame::Sync(subject, data) => self.asked(subject, &data, false).await,
            Frame::Leave => Err(End::Gone),
            Frame::Join { .. } | Frame::Peer { .. } => Err(End::Closing("malformed")),
            // What peers tell each other is not passed on.
            Frame::Unavailable(_) | Frame::Refused(..) | Frame::Error(_) | Frame::Other => Ok(()),
        }
    }

    /// A sync message about a document.
    async fn asked(&mut self, subject: Subject, data: &[u8], is_request: bool) -> Result<(), End> {
        if subject.sender != self.peer || subject.target != self.us {
            return Err(End::Closing("malformed"));
        }
        let Some(key) = repo::document(&subject.document) else {
            return self.send(&Frame::Unavailable(subject.back())).await;
        };
        // It is put back when all is said; a session that ends needs it no more.
        let known = self.open.remove(&key);
        let conversation = match known {
            Some(conversation) => conversation,
            None if self.open.len() >= MOST_OPEN => return self.send(&Frame::Unavailable(subject.back())).await,
            None => {
                spend(self.app, self.caller, 1, 0)?;
                self.conversation(key, is_request).await?
            }
        };
        let Some(mut conversation) = conversation else {
            self.open.insert(key, None);
            return self.send(&Frame::Unavailable(subject.back())).await;
        };
        if !conversation.is_muted() {
            self.consider(key, &mut conversation, data).await?;
        }
        self.open.insert(key, Some(conversation));
        Ok(())
    }

    /// The document as the person may read it. One that is not there may be begun, by whoever has it: a peer that only asks
    /// has not.
    async fn conversation(&self, key: DocumentKey, is_request: bool) -> Result<Option<Conversation>, End> {
        let person = self.caller.person;
        let changes = read(self.app, move |connection| {
            if let Some(changes) = log::document(connection, person, &key)? {
                return Ok(Some(changes));
            }
            let may_begin = match key {
                DocumentKey::Claim(_) => !is_request && !log::is_begun(connection, &key)?,
                // Whoever may read a thread has just been given it, if it is there.
                DocumentKey::Thread(request) => access::may_read(connection, request, person)?,
                DocumentKey::Preferences(_) => false,
            };
            Ok(may_begin.then(Vec::new))
        });
        let Some(changes) = changes.await? else {
            return Ok(None);
        };
        match Conversation::open(&key, changes.iter().map(|change| change.bytes.as_slice())) {
            Ok(conversation) => Ok(Some(conversation)),
            Err(error) => {
                tracing::error!(%error, document = %key, "a document could not be read");
                Err(End::Closing("unavailable"))
            }
        }
    }

    async fn hear(&mut self, news: News) -> Result<(), End> {
        if let Some(code) = news.closing {
            return Err(End::Closing(code));
        }
        if news.standing || news.views.contains(COMPANY) {
            check_standing(self.app, self.caller).await?;
        }
        if news.log { self.catch_up().await } else { Ok(()) }
    }

    /// Tells what is new in the log of the open documents.
    async fn catch_up(&mut self) -> Result<(), End> {
        loop {
            let (person, cursor, company) = (self.caller.person, self.cursor, self.app.company.clone());
            let page = read(self.app, move |connection| {
                let books = company.books(connection)?;
                log::since(connection, &books, person, cursor, PAGE)
            });
            let page = page.await?;
            self.cursor = page.cursor;
            for item in page.items {
                match item {
                    Item::Changes { document, changes } => {
                        let changes: Vec<&[u8]> = changes.iter().map(|change| change.bytes.as_slice()).collect();
                        self.tell(document, &changes).await?;
                    }
                    Item::Gone { document } => self.forget(document).await?,
                    Item::Status { .. } => {}
                }
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    async fn tell(&mut self, key: DocumentKey, changes: &[&[u8]]) -> Result<(), End> {
        let said = match self.open.get_mut(&key) {
            None => return Ok(()),
            Some(Some(conversation)) => conversation.take(changes.iter().copied()).map_err(|error| {
                tracing::error!(%error, document = %key, "a document could not be followed");
                End::Closing("unavailable")
            })?,
            // It was not there for this person when the peer asked.
            Some(None) => {
                let mut conversation = self.conversation(key, true).await?;
                let said = conversation.as_mut().and_then(Conversation::say);
                self.open.insert(key, conversation);
                said
            }
        };
        self.say(key, said).await
    }

    /// The person may not read it any more.
    async fn forget(&mut self, key: DocumentKey) -> Result<(), End> {
        match self.open.get_mut(&key) {
            Some(open @ Some(_)) => *open = None,
            _ => return Ok(()),
        }
        self.unavailable(key).await
    }

    async fn say(&self, key: DocumentKey, said: Option<Vec<u8>>) -> Result<(), End> {
        match (said, self.subject(key)) {
            (Some(data), Some(subject)) => self.send(&Frame::Sync(subject, data)).await,
            _ => Ok(()),
        }
    }

    async fn unavailable(&self, key: DocumentKey) -> Result<(), End> {
        match self.subject(key) {
            Some(subject) => self.send(&Frame::Unavailable(subject)).await,
            None => Ok(()),
        }
    }

    fn subject(&self, key: DocumentKey) -> Option<Subject> {
        let document = repo::url_name(&key)?;
        Some(Subject { document, sender: self.us.clone(), target: self.peer.clone() })
    }

    async fn send(&self, frame: &Frame) -> Result<(), End> {
        self.out.send_message(Message::Binary(frame.encode().into())).await
    }
}
