//! What the page itself gives to the disk: originals, decisions that are held, the session. The keeper writes the rest.

use leptos::prelude::*;

use super::desk::Desk;
use crate::device::clock;
use crate::device::queue::{Outcome, Queue};
use crate::device::store::Write;
use crate::keeper::rows;

impl Desk {
    /// The key of a person's row in the database.
    pub(super) fn own_key(self, key: &str) -> String {
        rows::own(self.person_id(), key)
    }

    /// Writes a batch after everything that was given before it. Resolves once it is on the disk.
    pub(super) fn write(self, batch: Vec<Write>) -> impl Future<Output = ()> + use<> {
        let queue = self
            .with(|core| core.queue.get_or_insert_with(|| Queue::new(move |outcome| self.disk_says(outcome))).clone());
        queue.write(batch)
    }

    fn disk_says(self, outcome: Outcome) {
        match outcome {
            Outcome::Busy => self.saving.set(true),
            Outcome::Written => self.saved_at.set(Some(clock::now())),
            Outcome::Idle => self.saving.set(!self.is_kept()),
            Outcome::Failed(code) => self.trouble.set(Some(code)),
            Outcome::Mended => self.trouble.set(None),
        }
    }
}
