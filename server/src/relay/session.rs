//! One connection of one device, from its greeting to its end.
//!
//! Promise: no bytes from outside end anything but this session, and they end it with a code. The
//! relay keeps nothing of a session that is gone: a device that comes back says where it stands.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use axum::extract::ws::Message;
use budget::Timestamp;
use futures_util::{Sink, Stream, StreamExt};
use sync::view::{COMPANY, codes};
use sync::wire::{self, ClientFrame, Hello, MOST_ITEMS, Push, ServerFrame, Welcome};
use tokio::time::{Instant, sleep_until, timeout};

use super::Relay;
use super::catch_up::Source;
use super::hub::{News, Seat};
use super::incoming;
use super::outgoing::Outgoing;
use super::views::{self, NAMES};
use crate::authority::Caller;
use crate::http::App;
use crate::identity;
use crate::store::StoreError;
use crate::store::sql::Connection;

/// What an audit counts for among the items of a device: it reads everything that its person may read.
const AUDIT: usize = 100;

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The other side left.
    Gone,
    /// We end it; the code that the device is told.
    Closing(&'static str),
}

/// A device that was recognised.
pub(super) struct Session<'a> {
    pub(super) app: &'a App,
    pub(super) relay: &'a Relay,
    pub(super) out: &'a Outgoing,
    pub(super) caller: Caller,
    /// Until when the device's token allows the connection.
    expires: Instant,
    /// Up to where the device has everything.
    pub(super) cursor: u64,
    /// The views that the device has, by their marks.
    pub(super) views: BTreeMap<&'static str, [u8; 4]>,
    /// Whether the device knows this log by its epoch.
    knows_epoch: bool,
    /// What this connection pushed and was acknowledged; it is not sent back.
    pub(super) own: HashSet<[u8; 32]>,
    /// Whether the device was told that it has everything.
    pub(super) live: bool,
    /// Views to look at again, at `views_at`.
    stale: BTreeSet<&'static str>,
    views_at: Option<Instant>,
}

/// Serves a socket until either side ends it. `offered` is the token that came with the request for it.
pub(super) async fn serve<R, S, E>(app: &App, offered: Option<String>, mut incoming: R, sink: S) -> End
where
    R: Stream<Item = Result<Message, E>> + Send + Unpin,
    S: Sink<Message> + Send + Unpin + 'static,
{
    let out = Outgoing::start(sink, app.relay.0.limits.patience);
    let end = match greet(app, &out, offered, &mut incoming).await {
        Ok(mut session) => session.run(&mut incoming).await,
        Err(end) => end,
    };
    out.close(&end, |code| wire::encode(&ServerFrame::Closing(code.to_owned()))).await;
    end
}

/// Waits for a greeting with a valid token.
async fn greet<'a, R, E>(
    app: &'a App,
    out: &'a Outgoing,
    offered: Option<String>,
    incoming: &mut R,
) -> Result<Session<'a>, End>
where
    R: Stream<Item = Result<Message, E>> + Send + Unpin,
{
    let first = timeout(app.relay.0.limits.greeting, incoming::next_frame(incoming)).await;
    let ClientFrame::Hello(mut hello) = first.map_err(|_| End::Closing("no_hello"))?? else {
        return Err(End::Closing("no_hello"));
    };
    if let Some(token) = offered.filter(|_| hello.token.is_empty()) {
        hello.token = token;
    }
    let (caller, expires) = recognise(app, &hello.token).await?;
    let mut session = Session {
        app,
        relay: &app.relay,
        out,
        caller,
        expires,
        cursor: 0,
        views: BTreeMap::new(),
        knows_epoch: false,
        own: HashSet::new(),
        live: false,
        stale: BTreeSet::new(),
        views_at: None,
    };
    session.begin(&hello);
    Ok(session)
}

/// Whose token it is, and until when it holds.
pub(super) async fn recognise(app: &App, token: &str) -> Result<(Caller, Instant), End> {
    let (caller, expires_at) = app.identity.recognise(token).await.map_err(|problem| {
        tracing::debug!(code = problem.code(), "a greeting was refused");
        let ours = problem.status().is_server_error();
        End::Closing(if ours { "unavailable" } else { "unauthenticated" })
    })?;
    let left = expires_at.0.saturating_sub(app.clock.now().0);
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
    Ok((Caller { person: caller.person, device: caller.device }, Instant::now() + left))
}

impl Session<'_> {
    fn begin(&mut self, hello: &Hello) {
        // A cursor of another epoch says nothing about this log.
        self.knows_epoch = hello.epoch == self.relay.epoch();
        self.cursor = if self.knows_epoch { hello.cursor } else { 0 };
        self.views = views::known_views(&hello.views);
        self.own.clear();
        self.live = false;
        self.stale.clear();
        self.views_at = None;
    }

    async fn run<R, E>(&mut self, incoming: &mut R) -> End
    where
        R: Stream<Item = Result<Message, E>> + Send + Unpin,
    {
        // The seat is taken before the log is read: what is committed meanwhile rings the bell.
        let seat = self.relay.hub().connect(self.caller.person, self.caller.device);
        loop {
            let end = match self.welcome().await {
                Ok(()) => self.attend(&seat, incoming).await,
                Err(end) => Err(end),
            };
            match end {
                Ok(hello) => match self.greeted_again(&hello).await {
                    Ok(()) => {}
                    Err(end) => return end,
                },
                Err(end) => return end,
            }
        }
    }

    /// Welcome, everything that is new, and the word that this was all.
    async fn welcome(&mut self) -> Result<(), End> {
        let views = self.differing_views(NAMES.into()).await?;
        let unchanged = if self.knows_epoch && views.is_empty() { self.nothing_after().await? } else { None };
        let epoch = if self.knows_epoch { Vec::new() } else { self.relay.epoch().to_vec() };
        let welcome = Welcome { epoch, now: self.now(), live: unchanged };
        self.out.send(&ServerFrame::Welcome(welcome)).await?;
        self.live = true;
        if let Some(cursor) = unchanged {
            self.cursor = cursor;
            return Ok(());
        }
        self.live = false;
        self.catch_up(Source::Rows).await?;
        self.tell_views(views).await?;
        self.live = true;
        self.out.send(&ServerFrame::Live(self.cursor)).await
    }

    /// Serves until the device greets again, with a fresh token, or the session ends.
    async fn attend<R, E>(&mut self, seat: &Seat, incoming: &mut R) -> Result<Hello, End>
    where
        R: Stream<Item = Result<Message, E>> + Send + Unpin,
    {
        let mut heard = Instant::now();
        loop {
            let idle = heard + self.relay.0.limits.idle;
            let views_at = self.views_at;
            tokio::select! {
                message = incoming.next() => {
                    let Some(Ok(message)) = message else { return Err(End::Gone) };
                    heard = Instant::now();
                    match incoming::read(&message)? {
                        Some(ClientFrame::Hello(hello)) => return Ok(hello),
                        Some(frame) => self.answer(frame, incoming::size(&message)).await?,
                        None => {}
                    }
                    // A long answer is not the device's silence.
                    heard = heard.max(Instant::now());
                }
                news = seat.news() => self.hear(news).await?,
                () = until(views_at) => {
                    self.views_at = None;
                    let stale = std::mem::take(&mut self.stale);
                    self.send_views(stale).await?;
                }
                () = sleep_until(self.expires) => return Err(End::Closing("expired")),
                () = sleep_until(idle) => return Err(End::Closing("idle")),
            }
        }
    }

    /// A fresh token, on a connection that stands.
    async fn greeted_again(&mut self, hello: &Hello) -> Result<(), End> {
        let (caller, expires) = recognise(self.app, &hello.token).await?;
        if caller.person != self.caller.person || caller.device != self.caller.device {
            return Err(End::Closing("another_person"));
        }
        self.spend(1, 0)?;
        self.caller = caller;
        self.expires = expires;
        self.begin(hello);
        Ok(())
    }

    async fn answer(&mut self, frame: ClientFrame, bytes: usize) -> Result<(), End> {
        match frame {
            ClientFrame::Push(push) => self.take(push, bytes).await,
            ClientFrame::Want(document) => {
                self.spend(1, 0)?;
                self.repeat(document).await
            }
            ClientFrame::Audit(root) => {
                self.spend(AUDIT, 0)?;
                self.audit(&root).await
            }
            ClientFrame::Ping(number) => self.out.send(&ServerFrame::Pong(number)).await,
            // Handled by the caller.
            ClientFrame::Hello(_) => Ok(()),
        }
    }

    async fn take(&mut self, push: Push, bytes: usize) -> Result<(), End> {
        if push.items.len() > MOST_ITEMS {
            return Err(End::Closing("malformed"));
        }
        self.spend(push.items.len(), bytes)?;
        self.push(push).await
    }

    /// Counts what a device asks of the relay; one that asks too much is let go.
    fn spend(&self, items: usize, bytes: usize) -> Result<(), End> {
        spend(self.app, self.caller, items, bytes)
    }

    async fn hear(&mut self, news: News) -> Result<(), End> {
        if let Some(code) = news.closing {
            return Err(End::Closing(code));
        }
        if news.standing || news.views.contains(COMPANY) {
            check_standing(self.app, self.caller).await?;
        }
        if news.log {
            self.catch_up(Source::Bell).await?;
        }
        if !news.views.is_empty() {
            self.stale.extend(news.views);
            // Many commits in a row make one view, and a quiet moment makes none.
            self.views_at = self.views_at.or_else(|| Some(Instant::now() + self.relay.0.limits.views_every));
        }
        Ok(())
    }

    /// The authority's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }
}

/// Counts what a device asks of the relay by either door; one that asks too much is let go.
pub(super) fn spend(app: &App, caller: Caller, items: usize, bytes: usize) -> Result<(), End> {
    let within = app.relay.0.quota.take(caller.device, app.clock.now(), items, bytes);
    if within { Ok(()) } else { Err(End::Closing(codes::TOO_MUCH)) }
}

/// Asks a question of the committed rows; a store that fails ends the session.
pub(super) async fn read<T, F>(app: &App, question: F) -> Result<T, End>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
{
    app.store.readers.read(question).await.map_err(|error| {
        tracing::error!(code = error.code(), %error, "a session could not read");
        End::Closing("unavailable")
    })
}

/// Ends the session of somebody who is no longer with the company, and of a device that was revoked.
pub(super) async fn check_standing(app: &App, caller: Caller) -> Result<(), End> {
    let directory = std::sync::Arc::clone(&app.directory);
    let stands = read(app, move |connection| {
        let device = identity::find_device(connection, caller.device)?;
        let is_trusted = device.is_some_and(|device| device.revoked_at.is_none());
        Ok(is_trusted && directory.person(connection, caller.person)?.is_some())
    });
    if stands.await? { Ok(()) } else { Err(End::Closing("revoked")) }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
