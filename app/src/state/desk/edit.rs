//! Writing documents: at once on the screen, noted on the device, then signed and kept by the keeper.

use std::cell::Cell;

use budget::RequestId;
use leptos::prelude::*;
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use super::Desk;
use crate::device::{clock, page, task};
use crate::keeper::intent::Intent;

thread_local! {
    static COMMANDS: Cell<u64> = const { Cell::new(0) };
}

impl Desk {
    /// Does what the person wants with a claim. It is on the screen when this returns and on the disk soon after; a
    /// claim that was never begun is begun first.
    pub(crate) fn edit(self, request: RequestId, edit: Edit) {
        let number = COMMANDS.get() + 1;
        COMMANDS.set(number);
        let asked = format!("command-{number}");
        page::mark(&asked);
        let at = clock::now();
        let mut edits = self.beginning(request, &edit);
        edits.push(edit);
        let keeping = self.intend(Intent::Edit { document: DocumentKey::Claim(request), edits, at });
        task::spawn(async move {
            keeping.await;
            page::measure("command-kept", &asked);
        });
    }

    /// Writes fields of one place of a claim.
    pub(crate) fn put(self, request: RequestId, place: Place, values: Vec<(Field, Scalar)>) {
        self.edit(request, Edit::Put { place, values });
    }

    /// Writes a comment on a request.
    pub(crate) fn comment(self, request: RequestId, words: &str) {
        let text = words.trim().chars().take(2_000).collect();
        task::spawn(self.intend(Intent::Comment { request, text, at: clock::now() }));
    }

    /// The edits that begin a claim that nobody has written yet.
    fn beginning(self, request: RequestId, edit: &Edit) -> Vec<Edit> {
        let begun = self.with(|core| core.mirror.has_content(request));
        if begun || matches!(edit, Edit::CreateClaim { .. }) {
            return Vec::new();
        }
        let department = self.person.with_untracked(|person| person.as_ref().map(|p| p.department.clone()));
        let mut edits = vec![Edit::CreateClaim { owner: self.person_id(), at: clock::now() }];
        edits.extend(
            department
                .map(|department| Edit::set(Place::Header, Field::Department, Scalar::Text(department.to_string()))),
        );
        edits
    }
}
