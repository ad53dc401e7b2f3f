//! Doing what a person wants: written, signed, kept.
//!
//! Promise: an intent that is asked for again, because the program died before it could say that it was kept, is done
//! once.

use std::collections::BTreeSet;
use std::rc::Rc;

use budget::{RequestId, Timestamp};
use sync::document::EditError;
use sync::replica::{Unsigned, UnsignedRecord, Writes};
use sync::{DocumentKey, Edit, Field, Place, Record, Replica, Scalar};

use super::intent::Intent;
use super::program::{Keeper, tell};
use super::word::Tell;
use crate::device::{random, task};

impl Keeper {
    /// Does an intent. What has to be signed before later intents may be done is waited for; the disk is not.
    pub(super) async fn take(self: &Rc<Self>, number: u64, intent: Intent) {
        match intent {
            Intent::Edit { document, edits, at } => self.edit(number, document, edits, at),
            Intent::Comment { request, text, at } => self.comment(number, request, text, at),
            Intent::Submit { request, id, at } => {
                let made = self.submission(request, id, at);
                self.queue(number, request, made).await;
            }
            Intent::Withdraw { request, id, at } => match self.cancel(request) {
                Some(writes) => self.did(number, writes, request),
                None => {
                    let made = self.held.borrow().replica.withdrawal(request, at, id);
                    self.queue(number, request, made).await;
                }
            },
            Intent::Record { request, body, signature } => self.record(number, request, &body, signature),
            Intent::Dismiss { request, order } => {
                let writes = self.held.borrow_mut().replica.dismiss(order);
                self.did(number, writes, request);
            }
        }
    }

    /// Tells that an intent was done, keeps what it did, and tells that.
    fn did(self: &Rc<Self>, number: u64, writes: Writes, request: RequestId) {
        self.held.borrow_mut().done = number;
        self.tell_requests(&[request].into());
        let kept = self.keep(writes, &[request].into());
        task::spawn(async move {
            kept.await;
            tell(&[Tell::Kept(number)]);
        });
    }

    fn edit(self: &Rc<Self>, number: u64, document: DocumentKey, edits: Vec<Edit>, at: Timestamp) {
        let request = document.request();
        let (unsigned, result) = apply(&mut self.held.borrow_mut().replica, document, edits, at);
        self.held.borrow_mut().done = number;
        if let Err(error) = &result {
            task::log(&format!("an edit of {document} cannot be done: {error}"));
        }
        if result.is_ok() && !unsigned.is_empty() {
            // The page has shown exactly this.
            tell(&[Tell::Done(number)]);
        } else {
            self.tell_requests(&request.into_iter().collect());
        }
        task::spawn(Rc::clone(self).sign_and_keep(number, unsigned, request.into_iter().collect()));
    }

    async fn sign_and_keep(self: Rc<Self>, number: u64, unsigned: Vec<Unsigned>, requests: BTreeSet<RequestId>) {
        let mut writes = Writes::default();
        for one in unsigned {
            let signature = self.sign(&one.message).await;
            writes.and(self.held.borrow_mut().replica.signed(one.order, signature));
        }
        if !writes.is_empty() {
            self.keep(writes, &requests).await;
        }
        tell(&[Tell::Kept(number)]);
    }

    fn comment(self: &Rc<Self>, number: u64, request: RequestId, text: String, at: Timestamp) {
        let (key, me) = (DocumentKey::Thread(request), self.person);
        let (unsigned, result) = {
            let replica = &mut self.held.borrow_mut().replica;
            let same = |comment: &sync::document::Comment| comment.by == me && comment.at == at && comment.text == text;
            if replica.thread(request).comments.iter().any(same) {
                (Vec::new(), Ok(()))
            } else {
                let id = replica.next_comment(key, random::bytes());
                let values = vec![
                    (Field::CommentBy, Scalar::Text(me.to_string())),
                    (Field::CommentAt, Scalar::Integer(at.0)),
                    (Field::CommentText, Scalar::Text(text)),
                ];
                apply(replica, key, vec![Edit::CreateThread, Edit::Put { place: Place::Comment(id), values }], at)
            }
        };
        if let Err(error) = result {
            task::log(&format!("a comment cannot be written: {error}"));
        }
        self.held.borrow_mut().done = number;
        self.tell_requests(&[request].into());
        task::spawn(Rc::clone(self).sign_and_keep(number, unsigned, [request].into()));
    }

    /// The submission of a request, unless it was handed in already or cannot be; the page has looked before it asked.
    fn submission(&self, request: RequestId, id: [u8; 16], at: Timestamp) -> Option<UnsignedRecord> {
        let replica = &self.held.borrow().replica;
        let waits = replica.waiting_records(request).any(|record| matches!(record, Record::Submission(_)));
        let editable = replica.status(request).is_none_or(|status| status.state.is_editable());
        if waits || !editable {
            return None;
        }
        match replica.submission(request, at, id) {
            Ok(unsigned) => Some(unsigned),
            Err(problems) => {
                task::log(&format!("a claim cannot be handed in: {} problems", problems.len()));
                None
            }
        }
    }

    /// Takes back a submission that was not sent yet, if there is one.
    fn cancel(&self, request: RequestId) -> Option<Writes> {
        let replica = &mut self.held.borrow_mut().replica;
        let submission = replica.waiting_records(request).find(|record| matches!(record, Record::Submission(_)))?;
        replica.cancel_record(submission.id())
    }

    /// Signs a record and puts it into the outbox.
    async fn queue(self: &Rc<Self>, number: u64, request: RequestId, made: Option<UnsignedRecord>) {
        let writes = match made {
            Some(unsigned) => {
                let signature = self.sign(&unsigned.message).await;
                self.held.borrow_mut().replica.queue_record(&unsigned, signature)
            }
            None => Writes::default(),
        };
        self.did(number, writes, request);
    }

    fn record(self: &Rc<Self>, number: u64, request: RequestId, body: &[u8], signature: Vec<u8>) {
        let writes = match Record::parse(body) {
            Ok(record) => {
                let replica = &mut self.held.borrow_mut().replica;
                let waits = replica.waiting_records(request).any(|other| other.id() == record.id());
                if waits { Writes::default() } else { replica.queue_record(&UnsignedRecord::new(record), signature) }
            }
            Err(error) => {
                task::log(&format!("a record cannot be read: {error}"));
                Writes::default()
            }
        };
        self.did(number, writes, request);
    }
}

/// Writes a document. An edit that begins it is left out where it was begun already; after one that cannot be done the
/// others are not done, and what was done before it stays.
fn apply(
    replica: &mut Replica,
    document: DocumentKey,
    edits: Vec<Edit>,
    at: Timestamp,
) -> (Vec<Unsigned>, Result<(), EditError>) {
    let mut unsigned = Vec::new();
    for edit in edits {
        match replica.edit(document, edit, at, random::bytes()) {
            Ok(made) => unsigned.extend(made),
            Err(EditError::Exists) => {}
            Err(error) => return (unsigned, Err(error)),
        }
    }
    (unsigned, Ok(()))
}
