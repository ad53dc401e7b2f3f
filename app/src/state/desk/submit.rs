//! Handing in and taking back; and what becomes of work that came back.

use budget::{RequestId, RequestKind};
use leptos::prelude::*;
use sync::document::Problem;
use sync::record::Record;
use sync::replica::UnsignedRecord;
use sync::view::codes;
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use super::Desk;
use crate::device::{clock, random, task};
use crate::state::mended;

impl Desk {
    /// Hands a claim in: signed, kept, and sent as soon as the server is in reach. Everything that keeps it from being
    /// handed in comes back instead.
    pub(crate) fn submit(self, request: RequestId) -> Result<(), Vec<Problem>> {
        self.flush_typing();
        let made = self.with(|core| {
            let replica = core.replica.as_ref()?;
            Some(replica.submission(request, RequestKind::ExpenseClaim, clock::now(), random::bytes()))
        });
        match made {
            Some(Ok(unsigned)) => self.queue(unsigned),
            Some(Err(problems)) => return Err(problems),
            None => {}
        }
        Ok(())
    }

    /// Takes a request back: a submission that was not sent yet is simply not sent.
    pub(crate) fn withdraw(self, request: RequestId) {
        let waiting = self.with(|core| {
            let replica = core.replica.as_mut()?;
            let submission = replica.waiting_records(request).find(|record| matches!(record, Record::Submission(_)))?;
            replica.cancel_record(submission.id())
        });
        if let Some(writes) = waiting {
            task::spawn(self.keep(writes));
            return self.show_requests(&[request].into());
        }
        let made = self.with(|core| core.replica.as_ref()?.withdrawal(request, clock::now(), random::bytes()));
        if let Some(unsigned) = made {
            self.queue(unsigned);
        }
    }

    /// Signs a record, keeps it and sends it when it can be sent.
    pub(super) fn queue(self, unsigned: UnsignedRecord) {
        task::spawn(async move {
            if let Some(signature) = self.sign(&unsigned.message).await {
                self.queue_signed(&unsigned, signature).await;
            }
        });
    }

    /// Gives a signed record to the disk, before anything that is given to it later, and sends it when it can be sent.
    pub(super) fn queue_signed(
        self,
        unsigned: &UnsignedRecord,
        signature: Vec<u8>,
    ) -> impl Future<Output = ()> + use<> {
        let request = unsigned.record.request();
        let writes = self.with(|core| core.replica.as_mut().map(|r| r.queue_record(unsigned, signature)));
        let kept = self.keep(writes.unwrap_or_default());
        self.show_requests(&[request].into());
        async move {
            kept.await;
            self.pump();
        }
    }

    /// Forgets refused work.
    pub(crate) fn dismiss(self, request: RequestId, order: u64) {
        let writes = self.with(|core| core.replica.as_mut().map(|replica| replica.dismiss(order)));
        if let Some(writes) = writes {
            task::spawn(self.keep(writes));
        }
        self.show_requests(&[request].into());
    }

    /// Does refused edits again in the same claim, which may be edited again.
    pub(crate) fn edit_again(self, request: RequestId, order: u64) {
        let edits = self.refused_edits(order);
        for edit in edits {
            self.edit(DocumentKey::Claim(request), edit);
        }
        self.dismiss(request, order);
    }

    /// Makes a new draft of a claim's content and the refused edits; its id.
    pub(crate) fn keep_as_draft(self, request: RequestId, order: u64) -> RequestId {
        let id = RequestId(random::id().into_bytes());
        let claim = self.with(|core| core.replica.as_ref().and_then(|replica| replica.claim(request)));
        let edits = mended::new_draft(self.person_id(), clock::now(), claim.as_ref(), &self.refused_edits(order));
        for edit in edits {
            self.edit(DocumentKey::Claim(id), edit);
        }
        self.dismiss(request, order);
        id
    }

    fn refused_edits(self, order: u64) -> Vec<Edit> {
        self.with(|core| {
            let replica = core.replica.as_ref()?;
            replica.refused().find(|(other, _)| *other == order).map(|(_, work)| work.edits.clone())
        })
        .unwrap_or_default()
    }

    /// Submissions that were refused only because a file had not arrived: the files are sent, and the claim is handed
    /// in again by itself. Files that this device does not have leave the refusal to the person.
    pub(crate) fn mend_missing_blobs(self) {
        let missing: Vec<(u64, RequestId, Vec<String>)> = self.with(|core| {
            let Some(replica) = &core.replica else {
                return Vec::new();
            };
            let of_missing = replica.refused().filter(|(_, work)| work.code == codes::MISSING_BLOB);
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
        let claim = self.with(|core| core.replica.as_ref().and_then(|replica| replica.claim(request)));
        for line in claim.iter().flat_map(|claim| &claim.lines).filter(|line| line.invoice == Some(invoice)) {
            self.delete_line(request, line.id);
        }
        self.put(request, Place::Invoice(invoice), vec![(Field::InvoiceDeleted, Scalar::Flag(true))]);
        self.remarks.update(|remarks| remarks.retain(|remark| remark.invoice != Some(invoice)));
    }
}
