//! Handing in and taking back; and what becomes of work that came back.

use budget::RequestId;
use leptos::prelude::*;
use sync::document::{Claim, Problem};
use sync::record::Record;
use sync::view::codes;
use sync::{Edit, Field, Place, Scalar};

use super::Desk;
use crate::device::{clock, random, task};
use crate::keeper::intent::Intent;
use crate::state::mended;

impl Desk {
    /// Hands a claim in: noted, signed, kept, and sent as soon as the server is in reach. Everything that keeps it from
    /// being handed in comes back instead.
    pub(crate) fn submit(self, request: RequestId) -> Result<(), Vec<Problem>> {
        self.flush_typing();
        let problems = self.with(|core| core.mirror.read(request).map_or(vec![Problem::NoLine], Claim::problems));
        if !problems.is_empty() {
            return Err(problems);
        }
        task::spawn(self.intend(Intent::Submit { request, id: random::bytes(), at: clock::now() }));
        Ok(())
    }

    /// Takes a request back: a submission that was not sent yet is simply not sent.
    pub(crate) fn withdraw(self, request: RequestId) {
        task::spawn(self.intend(Intent::Withdraw { request, id: random::bytes(), at: clock::now() }));
    }

    /// Forgets refused work.
    pub(crate) fn dismiss(self, request: RequestId, order: u64) {
        task::spawn(self.intend(Intent::Dismiss { request, order }));
    }

    /// Does refused edits again in the same claim, which may be edited again.
    pub(crate) fn edit_again(self, request: RequestId, order: u64) {
        let edits = self.refused_edits(order);
        for edit in edits {
            self.edit(request, edit);
        }
        self.dismiss(request, order);
    }

    /// Makes a new draft of a claim's content and the refused edits; its id.
    pub(crate) fn keep_as_draft(self, request: RequestId, order: u64) -> RequestId {
        let id = RequestId(random::id().into_bytes());
        let claim = self.peek(request);
        let edits = mended::new_draft(self.person_id(), clock::now(), claim.as_ref(), &self.refused_edits(order));
        for edit in edits {
            self.edit(id, edit);
        }
        self.dismiss(request, order);
        id
    }

    fn refused_edits(self, order: u64) -> Vec<Edit> {
        self.with(|core| {
            let work = core.mirror.refused().find(|(other, _)| *other == order);
            work.map(|(_, work)| work.edits.clone()).unwrap_or_default()
        })
    }

    /// Submissions that were refused only because a file had not arrived: the files are sent, and the claim is handed
    /// in again by itself. Files that this device does not have leave the refusal to the person.
    pub(crate) fn mend_missing_blobs(self) {
        let missing: Vec<(u64, RequestId, Vec<String>)> = self.with(|core| {
            let of_missing = core.mirror.refused().filter(|(_, work)| work.code == codes::MISSING_BLOB);
            of_missing
                .filter_map(|(order, work)| {
                    let Some(Record::Submission(record)) = work.record() else {
                        return None;
                    };
                    Some((order, record.request, work.detail().blobs.into_iter().collect()))
                })
                .collect()
        });
        for (order, request, blobs) in missing {
            task::spawn(async move {
                if self.upload_again(request, &blobs).await {
                    self.dismiss(request, order);
                    if let Err(problems) = self.submit(request) {
                        task::log(&format!("a claim could not be handed in again: {} problems", problems.len()));
                    }
                }
            });
        }
    }

    /// Takes a line out of a claim.
    pub(crate) fn delete_line(self, request: RequestId, line: budget::LineId) {
        self.put(request, Place::Line(line), vec![(Field::LineDeleted, Scalar::Flag(true))]);
    }

    /// Takes an invoice and the line that it proves out of a claim.
    pub(crate) fn delete_invoice(self, request: RequestId, invoice: budget::InvoiceId) {
        let claim = self.peek(request);
        for line in claim.iter().flat_map(|claim| &claim.lines).filter(|line| line.invoice == Some(invoice)) {
            self.delete_line(request, line.id);
        }
        self.put(request, Place::Invoice(invoice), vec![(Field::InvoiceDeleted, Scalar::Flag(true))]);
        self.remarks.update(|remarks| remarks.retain(|remark| remark.invoice != Some(invoice)));
    }
}
