//! The connection to the relay: one socket, owned by the tab that leads.
//!
//! Promise: whether the server is in reach is known from its answers, never from the browser's guess. A connection
//! that is silent for 45 seconds is given up; the next try comes later each time, never all devices at once, and at
//! once when the network may be back.

use leptos::prelude::*;
use sync::wire::{PROTOCOL, TOKEN};

use super::desk::{Desk, Phase, Reach};
use crate::device::http::HttpError;
use crate::device::socket::{Socket, SocketEvent};
use crate::device::task::Ticker;
use crate::device::{clock, connection, leader, random, task};
use crate::keeper::word::Ask;

/// A sign of life is asked for this often, in milliseconds.
const PING: i64 = 20_000;
/// Silence for this long is death.
const DEAD: i64 = 45_000;
/// The first pause after a failure and the longest, in milliseconds.
const PAUSES: (i64, i64) = (500, 30_000);

/// The state of the connection.
#[derive(Default)]
pub(crate) struct Link {
    socket: Option<Socket>,
    /// Counts sockets, so that words of an old one are not taken for the new one's.
    generation: u64,
    leads: bool,
    connecting: bool,
    /// The device has everything, so its own work may go out.
    live: bool,
    failures: u32,
    next_try: i64,
    heard: i64,
    pinged: i64,
    ticker: Option<Ticker>,
}

impl Desk {
    /// Stands for the lead among the tabs, and connects once it has it.
    pub(crate) fn start_link(self) {
        leader::stand("suanpan", move || {
            self.with(|core| core.link.leads = true);
            self.tick();
        });
        let ticker = Ticker::new(1_000, move || self.tick());
        let hints = connection::hints(move || self.hint());
        self.with(|core| {
            core.link.ticker = Some(ticker);
            core.hints.push(hints);
        });
    }

    /// Ends the connection for good, as at sign-out.
    pub(super) fn stop_link(self) {
        self.drop_socket();
        self.with(|core| core.link.ticker = None);
    }

    /// Whether the device's own work goes out now.
    pub(super) fn is_live(self) -> bool {
        self.with(|core| core.link.live)
    }

    /// The network may be back, or somebody looks again: tried at once.
    pub(crate) fn hint(self) {
        let now = clock::now().0;
        let alive = self.with(|core| {
            core.link.failures = 0;
            core.link.next_try = now;
            // A connection that slept is asked whether it still stands.
            core.link.pinged = core.link.pinged.min(now - PING);
            core.link.socket.is_some() && now - core.link.heard > PING
        });
        if alive {
            self.with(|core| core.link.heard = core.link.heard.max(now - DEAD + 5_000));
        }
        self.tick();
    }

    fn tick(self) {
        enum Do {
            Nothing,
            Connect,
            GiveUp,
            Ping(u64),
        }
        if self.phase.get_untracked() != Phase::Ready {
            return;
        }
        let now = clock::now().0;
        let next = self.with(|core| {
            let link = &mut core.link;
            if !link.leads || link.connecting {
                Do::Nothing
            } else if link.socket.is_none() {
                if now >= link.next_try { Do::Connect } else { Do::Nothing }
            } else if now - link.heard > DEAD {
                Do::GiveUp
            } else if now - link.pinged >= PING {
                link.pinged = now;
                Do::Ping(u64::try_from(now).unwrap_or_default())
            } else {
                Do::Nothing
            }
        });
        match next {
            Do::Nothing => {}
            Do::Connect => self.connect(),
            Do::GiveUp => self.lost(),
            Do::Ping(number) => {
                self.ask_keeper(&Ask::Ping { connection: self.connection(), number });
                self.greet_again();
            }
        }
    }

    fn connect(self) {
        let first = self.with(|core| {
            core.link.connecting = true;
            core.link.failures == 0
        });
        // Later tries are nobody's business: "offline" stays on the badge until one succeeds.
        if first && self.news_at.get_untracked().is_none() {
            self.reach.set(Reach::Connecting);
        }
        task::spawn(async move {
            let token = self.token().await;
            self.with(|core| core.link.connecting = false);
            match token {
                Ok(token) => self.open_socket(&token),
                Err(HttpError::Refused { code, .. }) if code == "session_ended" || code == "proof_refused" => {}
                Err(_) => self.lost(),
            }
        });
    }

    /// The token goes beside the protocol, so that the greeting is a few bytes.
    fn open_socket(self, token: &str) {
        let generation = self.with(|core| {
            core.link.generation += 1;
            core.link.heard = clock::now().0;
            core.link.pinged = clock::now().0;
            core.link.generation
        });
        let heard = move |event| {
            if self.with(|core| core.link.generation) == generation {
                self.hear(event);
            }
        };
        match Socket::open("/sync", &[PROTOCOL, &format!("{TOKEN}{token}")], heard) {
            Ok(socket) => self.with(|core| core.link.socket = Some(socket)),
            Err(error) => {
                task::log(&error.to_string());
                self.lost();
            }
        }
    }

    fn hear(self, event: SocketEvent) {
        match event {
            SocketEvent::Open => self.ask_keeper(&Ask::Greet { connection: self.connection(), token: String::new() }),
            SocketEvent::Message(bytes) => {
                self.with(|core| core.link.heard = clock::now().0);
                self.ask_keeper(&Ask::Frame { connection: self.connection(), bytes });
            }
            SocketEvent::Closed { .. } => self.lost(),
        }
    }

    /// Greets anew, with a fresh token, before the server closes a connection whose token is over.
    fn greet_again(self) {
        let ends =
            self.with(|core| core.link.live && core.access.as_ref().is_some_and(super::session::Access::ends_soon));
        if ends {
            task::spawn(async move {
                let Ok(token) = self.token().await else {
                    return self.lost();
                };
                self.ask_keeper(&Ask::Greet { connection: self.connection(), token });
            });
        }
    }

    /// The number of the connection, so that words about an old one are told apart.
    fn connection(self) -> u64 {
        self.with(|core| core.link.generation)
    }

    /// The keeper has understood what the relay said.
    pub(super) fn heard(self, connection: u64, up_to_date: bool, refused: bool, closing: Option<&str>) {
        if connection != self.connection() {
            return;
        }
        if up_to_date {
            self.with(|core| {
                core.link.live = true;
                core.link.failures = 0;
            });
            self.reach.set(Reach::Live);
            self.run_uploads();
            self.look_for_pictures();
        }
        if self.is_live() {
            self.news_at.set(Some(clock::now()));
        }
        if refused {
            self.mend_missing_blobs();
        }
        match closing {
            Some("revoked") => task::spawn(self.revoked()),
            Some("too_much" | "busy" | "unavailable" | "restarting") => {
                self.with(|core| core.link.failures = core.link.failures.max(3));
            }
            Some("expired") => self.with(|core| core.access = None),
            _ => {}
        }
        self.pump();
    }

    /// The keeper has not understood what the relay said.
    pub(super) fn malformed(self, connection: u64) {
        if connection == self.connection() {
            self.lost();
        }
    }

    /// Has the device's own work sent, as far as it may go out.
    pub(super) fn pump(self) {
        if self.is_live() && !self.submission_waits_for_uploads() {
            self.ask_keeper(&Ask::Push { connection: self.connection() });
        }
    }

    /// Sends a frame of the keeper on the connection that it was made for.
    pub(super) fn send(self, connection: u64, frame: &[u8]) {
        if connection != self.connection() {
            return;
        }
        let sent = self.with(|core| core.link.socket.as_ref().map(|socket| socket.send(frame).is_ok()));
        if sent == Some(false) {
            self.lost();
        }
    }

    fn drop_socket(self) {
        let socket = self.with(|core| {
            core.link.generation += 1;
            core.link.live = false;
            core.link.socket.take()
        });
        self.ask_keeper(&Ask::Lost);
        // It may be its own event that ends it; it is dropped after that event.
        if let Some(socket) = socket {
            task::spawn(async move { drop(socket) });
        }
    }

    /// The connection is gone or could not be made.
    pub(super) fn lost(self) {
        self.drop_socket();
        self.reach.set(Reach::Offline);
        let [salt] = random::bytes::<1>();
        self.with(|core| {
            let link = &mut core.link;
            let pause = PAUSES.0.saturating_mul(1 << link.failures.min(6)).min(PAUSES.1);
            // Between half of the pause and all of it, so that a thousand devices do not come back together.
            let jitter = pause / 2 * i64::from(salt) / 255;
            link.next_try = clock::now().0 + pause / 2 + jitter;
            link.failures = link.failures.saturating_add(1);
        });
    }
}
