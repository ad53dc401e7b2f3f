//! What this tab notes on the device the moment it happens: what is being typed, and what was asked of the keeper and
//! is not on the disk yet.
//!
//! Promise: one note holds both, so that a keystroke goes from the one to the other in a single write; a tab that was
//! killed leaves its note to the next one, which takes up all of it.

use super::desk::Desk;
use super::typed::Spot;
use crate::device::{journal, task};
use crate::keeper::intent::Intent;

/// What a note holds: fields with what stands in them, and intents in their order.
type Note = (Vec<(Spot, String)>, Vec<Intent>);

impl Desk {
    /// The name under which a tab's note is kept.
    fn note_of(self, tab: &str) -> String {
        format!("suanpan-note/{}/{tab}", self.person_id())
    }

    /// Notes what is open at this moment.
    pub(super) fn note(self) {
        let note = self.with(|core| {
            let typed: Vec<(&Spot, &str)> = core.typing.open().collect();
            let asked: Vec<&Intent> = core.keeping.unkept().collect();
            let open = !typed.is_empty() || !asked.is_empty();
            open.then(|| journal::text(&minicbor::to_vec((typed, asked)).unwrap_or_default()))
        });
        journal::write(&self.note_of(&journal::tab()), note.as_deref());
    }

    /// Takes up what tabs that were killed had noted.
    pub(super) fn restore_notes(self) {
        journal::orphans(&self.note_of(""), move |note| match minicbor::decode::<Note>(&journal::bytes(&note)) {
            Ok((typed, asked)) => {
                for intent in asked {
                    task::spawn(self.intend(intent));
                }
                self.take_up_typing(typed);
                true
            }
            // It stays for the version of the app that wrote it.
            Err(error) => {
                task::log(&format!("the note of a tab cannot be read: {error}"));
                false
            }
        });
    }

    /// Removes the notes of every tab, as at sign-out.
    pub(super) fn forget_notes(self) {
        self.with(|core| {
            core.keeping.forget();
            core.typing.forget();
        });
        journal::forget(&self.note_of(""));
    }
}
