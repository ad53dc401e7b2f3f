//! What is being typed and is not yet in a document.
//!
//! Promise: a keystroke is noted on the device before the next one, and is in the document 300 ms after the last one,
//! when the field is left, or when the page is hidden. What is no value of its field stays as it was typed, also over
//! a restart.

use std::collections::{BTreeMap, BTreeSet};

use budget::RequestId;
use leptos::prelude::*;
use sync::{Field, Place, Scalar};

use super::desk::Desk;
use super::typed::{self, Spot};
use crate::device::task;

/// Typing pauses for this long before it is written down, in milliseconds.
const PAUSE: u32 = 300;

/// What is being typed.
#[derive(Default)]
pub(crate) struct Typing {
    typed: BTreeMap<Spot, Typed>,
    /// Counts keystrokes, so that only the last one starts the writing.
    strokes: u64,
}

struct Typed {
    text: String,
    /// Not in the document yet.
    fresh: bool,
}

impl Typing {
    /// What stands in fields and in no document.
    pub(super) fn open(&self) -> impl Iterator<Item = (&Spot, &str)> {
        let open = |(spot, typed): &(&Spot, &Typed)| typed.fresh || typed::parse(spot.field, &typed.text).is_err();
        self.typed.iter().filter(open).map(|(spot, typed)| (spot, typed.text.as_str()))
    }

    /// Forgets what is typed, as at sign-out.
    pub(super) fn forget(&mut self) {
        self.typed.clear();
    }
}

impl Desk {
    /// Takes a keystroke.
    pub(crate) fn type_in(self, spot: Spot, text: String) {
        let stroke = self.with(|core| {
            core.typing.typed.insert(spot, Typed { text, fresh: true });
            core.typing.strokes += 1;
            core.typing.strokes
        });
        self.note();
        self.typed.update(|typed| *typed += 1);
        task::spawn(async move {
            task::sleep(PAUSE).await;
            if self.with(|core| core.typing.strokes) == stroke {
                self.flush_typing();
            }
        });
    }

    /// What a field shows: what is being typed, or what the document says.
    pub(crate) fn shown(self, spot: &Spot, otherwise: impl FnOnce() -> String) -> String {
        self.typed.track();
        self.with(|core| core.typing.typed.get(spot).map(|typed| typed.text.clone())).unwrap_or_else(otherwise)
    }

    /// What is wrong with what is being typed: a stable code.
    pub(crate) fn typing_error(self, spot: &Spot) -> Option<&'static str> {
        self.typed.track();
        self.with(|core| core.typing.typed.get(spot).and_then(|typed| typed::parse(spot.field, &typed.text).err()))
    }

    /// Whether anything of a request is typed that is no value of its field.
    pub(crate) fn mistyped(self, request: RequestId) -> Option<Spot> {
        self.typed.track();
        self.with(|core| {
            let wrong = |(spot, typed): &(&Spot, &Typed)| {
                spot.request == request && typed::parse(spot.field, &typed.text).is_err()
            };
            core.typing.typed.iter().find(wrong).map(|(spot, _)| spot.clone())
        })
    }

    /// The person left a field: what they typed is written, and shown as the document has it.
    pub(crate) fn leave(self, spot: &Spot) {
        self.flush_typing();
        let gone = self.with(|core| {
            let good = core.typing.typed.get(spot).is_some_and(|typed| typed::parse(spot.field, &typed.text).is_ok());
            good && core.typing.typed.remove(spot).is_some()
        });
        if gone {
            self.typed.update(|typed| *typed += 1);
        }
    }

    /// Puts everything typed so far into the documents, each place in one change.
    pub(crate) fn flush_typing(self) {
        let mut edits: BTreeMap<(RequestId, Place), Vec<(Field, Scalar)>> = BTreeMap::new();
        self.with(|core| {
            for (spot, typed) in core.typing.typed.iter_mut().filter(|(_, typed)| typed.fresh) {
                if let Ok(value) = typed::parse(spot.field, &typed.text) {
                    typed.fresh = false;
                    edits.entry((spot.request, spot.place.clone())).or_default().push((spot.field, value));
                }
            }
        });
        // Each is noted as what is asked; nothing has to be noted once more.
        for ((request, place), values) in edits {
            self.put(request, place, values);
        }
    }

    /// Takes up what another tab had noted.
    pub(super) fn take_up_typing(self, noted: Vec<(Spot, String)>) {
        let spots: BTreeSet<Spot> = noted.iter().map(|(spot, _)| spot.clone()).collect();
        self.with(|core| {
            let typed = noted.into_iter().map(|(spot, text)| (spot, Typed { text, fresh: true }));
            core.typing.typed.extend(typed);
        });
        self.note();
        for spot in spots {
            self.leave(&spot);
        }
    }
}
