//! The page's end of the keeper: intents on their way to the disk, and what the keeper tells.
//!
//! Promise: an intent is noted on the device before the call that asks for it returns, and the note stays until the
//! keeper says that it is on the disk. A keeper that dies is started again and asked again for everything that it had
//! not kept; so is one that starts after a tab was killed.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use budget::RequestId;
use leptos::prelude::*;
use sync::Shown;

use super::desk::{Desk, Phase};
use super::mirror::Mirror;
use crate::device::background::{Background, Heard};
use crate::device::{clock, page, task};
use crate::keeper::intent::Intent;
use crate::keeper::rows::First;
use crate::keeper::word::{Ask, Tell};

/// Where Trunk puts the script that starts the keeper.
const LOADER: &str = "/keeper_loader.js";
/// What a person is told when the keeper dies again and again.
const FAILING: &str = "keeper";
/// So many deaths in a row are more than bad luck.
const MANY: u32 = 3;
/// A keeper that died is started again after so long, at first and at most, in milliseconds.
const PAUSES: (u32, u32) = (500, 30_000);

/// The keeper and what it has still to keep.
#[derive(Default)]
pub(crate) struct Keeping {
    keeper: Option<Background>,
    /// The number of the last intent.
    number: u64,
    /// Intents that are not on the disk yet.
    unkept: BTreeMap<u64, Intent>,
    waiting: Vec<(u64, Waker)>,
    /// How often it died since it last kept what it was asked.
    failures: u32,
}

impl Keeping {
    /// The intents that are not on the disk yet, in their order.
    pub(super) fn unkept(&self) -> impl Iterator<Item = &Intent> {
        self.unkept.values()
    }

    /// Leaves nothing to be done, as at sign-out.
    pub(super) fn forget(&mut self) {
        self.unkept.clear();
    }
}

impl Desk {
    /// Starts the keeper for the person who is signed in.
    pub(super) fn start_keeper(self) {
        let keeper = Background::start(LOADER, move |heard| match heard {
            Heard::Bytes(bytes) => self.hear_keeper(&bytes),
            Heard::Stopped => self.keeper_stopped(),
        });
        let asks = self.with(|core| {
            core.keeping.keeper = keeper;
            let session = core.session.as_ref()?;
            let open = Ask::Open { login: session.login.clone(), device: session.device_id, person: session.person.id };
            let again = core.keeping.unkept.iter();
            let again = again.map(|(number, intent)| Ask::Do { number: *number, intent: intent.clone() });
            Some(std::iter::once(open).chain(again).collect::<Vec<_>>())
        });
        for ask in asks.unwrap_or_default() {
            self.ask_keeper(&ask);
        }
    }

    /// Ends the keeper, as before everything is removed.
    pub(super) fn stop_keeper(self) {
        let keeper = self.with(|core| core.keeping.keeper.take());
        drop(keeper);
    }

    fn keeper_stopped(self) {
        task::log("the keeper stopped and is started again");
        let (stopped, failures) = self.with(|core| {
            core.keeping.failures = core.keeping.failures.saturating_add(1);
            (core.keeping.keeper.take(), core.keeping.failures)
        });
        let pause = PAUSES.0.saturating_mul(1 << (failures - 1).min(6)).min(PAUSES.1);
        if failures >= MANY {
            self.trouble.set(Some(FAILING));
        }
        // It is its own listener that calls this; it is dropped afterwards.
        task::spawn(async move {
            drop(stopped);
            self.lost();
            task::sleep(pause).await;
            if self.with(|core| core.session.is_some() && core.keeping.keeper.is_none()) {
                self.start_keeper();
            }
        });
    }

    pub(super) fn ask_keeper(self, ask: &Ask) {
        let bytes = minicbor::to_vec(ask).unwrap_or_default();
        self.with(|core| {
            if let Some(keeper) = &core.keeping.keeper {
                keeper.say(&bytes);
            }
        });
    }

    /// Has an intent done. It is on the screen and noted when this returns; the future resolves once it is kept.
    pub(super) fn intend(self, intent: Intent) -> impl Future<Output = ()> + use<> {
        let request = intent.request();
        let number = self.with(|core| {
            core.keeping.number += 1;
            let number = core.keeping.number;
            core.mirror.ask(number, intent.clone());
            core.keeping.unkept.insert(number, intent.clone());
            number
        });
        self.note();
        self.saving.set(true);
        self.show_requests(&request.into_iter().collect());
        self.ask_keeper(&Ask::Do { number, intent });
        poll_fn(move |context| {
            self.with(|core| {
                if !core.keeping.unkept.contains_key(&number) {
                    return Poll::Ready(());
                }
                core.keeping.waiting.push((number, context.waker().clone()));
                Poll::Pending
            })
        })
    }

    /// Whether everything that was asked is on the disk.
    pub(super) fn is_kept(self) -> bool {
        self.with(|core| core.keeping.unkept.is_empty())
    }

    fn kept(self, number: u64) {
        let woken: Vec<Waker> = self.with(|core| {
            core.keeping.unkept.remove(&number);
            core.keeping.failures = 0;
            let (woken, waiting) =
                std::mem::take(&mut core.keeping.waiting).into_iter().partition(|(waits, _)| *waits == number);
            core.keeping.waiting = waiting;
            let woken: Vec<(u64, Waker)> = woken;
            woken.into_iter().map(|(_, waker)| waker).collect()
        });
        self.note();
        if self.is_kept() {
            self.saving.set(false);
        }
        if self.trouble.get_untracked() == Some(FAILING) {
            self.trouble.set(None);
        }
        for waker in woken {
            waker.wake();
        }
        self.pump();
    }

    fn hear_keeper(self, bytes: &[u8]) {
        match minicbor::decode::<Vec<Tell>>(bytes) {
            Ok(words) => {
                for word in words {
                    self.hear_word(word);
                }
            }
            Err(error) => task::log(&format!("the keeper said something that is not understood: {error}")),
        }
    }

    fn hear_word(self, word: Tell) {
        match word {
            Tell::Opened { requests } => self.opened(requests),
            Tell::Requests { done, requests } => {
                let about = requests.iter().map(|shown| shown.request).collect();
                self.with(|core| core.mirror.told(done, requests));
                self.show_requests(&about);
            }
            Tell::Done(number) => self.with(|core| core.mirror.done(number)),
            Tell::Kept(number) => self.kept(number),
            Tell::View(view) => self.hear_view(view),
            Tell::Trouble(code) => self.trouble.set(known(&code)),
            Tell::Send { connection, frame } => self.send(connection, &frame),
            Tell::Heard { connection, up_to_date, refused, closing } => {
                self.heard(connection, up_to_date, refused, closing.as_deref());
            }
            Tell::Malformed { connection } => self.malformed(connection),
            Tell::Failed(code) => self.failed(&code),
            Tell::Adopted => self.pump(),
            Tell::Written => self.saved_at.set(Some(clock::now())),
        }
    }

    /// The keeper has opened the replica.
    fn opened(self, requests: Vec<Shown>) {
        self.with(|core| {
            let asked: Vec<_> = core.keeping.unkept.iter().map(|(number, intent)| (*number, intent.clone())).collect();
            core.mirror.opened(requests, asked);
            // One that opens and dies of what it is asked has not come further.
            if core.keeping.unkept.is_empty() {
                core.keeping.failures = 0;
            }
        });
        self.show_all_requests();
        if self.phase.get_untracked() == Phase::Opening {
            self.phase.set(Phase::Ready);
            page::mark("ready");
        }
    }

    fn failed(self, code: &str) {
        match known(code) {
            Some(code) if self.phase.get_untracked() == Phase::Opening => self.phase.set(Phase::Failed(code)),
            code => self.trouble.set(code),
        }
    }

    /// Shows what this device kept of the replica for the first paint. True when that is all there is.
    pub(super) fn show_first(self, first: First) -> bool {
        let person = self.person_id();
        self.with(|core| {
            core.mirror = Mirror::new(person, first.requests);
            for (number, intent) in &core.keeping.unkept {
                core.mirror.ask(*number, intent.clone());
            }
        });
        self.show_all_requests();
        first.whole
    }

    /// The content of a request now, without following it.
    pub(super) fn peek(self, request: RequestId) -> Option<sync::document::Claim> {
        self.with(|core| core.mirror.claim(request))
    }
}

/// The codes that the keeper says; text is keyed by them.
fn known(code: &str) -> Option<&'static str> {
    const CODES: [&str; 7] =
        ["storage_full", "storage_unavailable", "storage_outdated", "storage", "key_unsupported", "key", "key_missing"];
    if code.is_empty() {
        return None;
    }
    Some(CODES.into_iter().find(|known| *known == code).unwrap_or("storage"))
}
