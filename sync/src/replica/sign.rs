//! What has to be signed by the device's key, which only the browser can use.

use budget::{PersonId, RequestId, Timestamp};

use super::Replica;
use super::outbox::{Outgoing, Work};
use super::rows::{self, Writes};
use crate::document::{NewChange, Problem, digest};
use crate::record::{Decision, Head, Record, SignedRecord, Submission, Verb, Withdrawal};
use crate::signature::{change_message, record_message};
use crate::{Document, DocumentKey};

/// A change that waits for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// Its place in the outbox.
    pub order: u64,
    /// What the key signs.
    pub message: Vec<u8>,
}

impl Unsigned {
    pub(super) fn change(order: u64, document: &DocumentKey, change: &NewChange) -> Self {
        Self { order, message: change_message(document, &change.hash) }
    }
}

/// A record that waits for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedRecord {
    /// The record.
    pub record: Record,
    /// What the key signs.
    pub message: Vec<u8>,
}

impl UnsignedRecord {
    /// A record to sign.
    pub fn new(record: Record) -> Self {
        let message = record_message(&record.body());
        Self { record, message }
    }
}

impl Replica {
    /// Takes the signature of a change: from now on it is kept and sent.
    pub fn signed(&mut self, order: u64, signature: Vec<u8>) -> Writes {
        let Some(outgoing) = self.outbox.get_mut(&order) else {
            return Writes::default();
        };
        outgoing.signature = signature;
        Writes::put(rows::outgoing_key(order), minicbor::to_vec(&*outgoing).unwrap_or_default())
    }

    /// Takes a signed record: it is kept and sent after everything that was done before it.
    pub fn queue_record(&mut self, unsigned: &UnsignedRecord, signature: Vec<u8>) -> Writes {
        let signed = SignedRecord { body: unsigned.record.body(), device: self.device, signature };
        let order = self.take_order();
        let outgoing = Outgoing::record(signed);
        let bytes = minicbor::to_vec(&outgoing).unwrap_or_default();
        self.outbox.insert(order, outgoing);
        Writes::put(rows::outgoing_key(order), bytes)
    }

    /// Takes back a record that was not sent yet (撤销). `None` when it is on its way or answered.
    pub fn cancel_record(&mut self, id: [u8; 16]) -> Option<Writes> {
        let (order, _) = self.outbox.iter().find(|(order, outgoing)| {
            let flying = self.in_flight.as_ref().is_some_and(|flight| flight.orders.contains(order));
            !flying
                && matches!(&outgoing.work, Work::Record(record)
                    if Record::parse(&record.body).is_ok_and(|record| record.id() == id))
        })?;
        let order = *order;
        self.outbox.remove(&order);
        Some(Writes::delete(rows::outgoing_key(order)))
    }

    /// "I submit this": what the claimant signs, or everything that keeps the claim from it.
    pub fn submission(&self, request: RequestId, at: Timestamp, id: [u8; 16]) -> Result<UnsignedRecord, Vec<Problem>> {
        let claim = self.claim(request).ok_or_else(|| vec![Problem::NoLine])?;
        let problems = claim.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let document = self.document(&DocumentKey::Claim(request));
        let digest = document.and_then(|document| digest(document).ok());
        let (Some(digest), Some(total)) = (digest, claim.total()) else {
            return Err(vec![Problem::TooLarge]);
        };
        let heads = document.map(Document::heads).unwrap_or_default().into_iter().map(Head).collect();
        let revision = self.status(request).map_or(0, |status| status.revision).saturating_add(1);
        Ok(UnsignedRecord::new(Record::Submission(Submission {
            id,
            request,
            kind: claim.kind,
            revision,
            heads,
            digest,
            total,
            person: self.person,
            at,
        })))
    }

    /// "I approve, reject or return this": what the approver signs about the request as this device
    /// knows it. `None` when the device does not know its status.
    pub fn decision(
        &self,
        request: RequestId,
        verb: Verb,
        reason: &str,
        at: Timestamp,
        id: [u8; 16],
    ) -> Option<UnsignedRecord> {
        let decision = Decision::of(self.status(request)?, verb, reason, self.person, at, id)?;
        Some(UnsignedRecord::new(Record::Decision(decision)))
    }

    /// "I take this back": what the claimant signs. `None` when nothing was submitted.
    pub fn withdrawal(&self, request: RequestId, at: Timestamp, id: [u8; 16]) -> Option<UnsignedRecord> {
        let revision = self.status(request)?.revision;
        let person: PersonId = self.person;
        Some(UnsignedRecord::new(Record::Withdrawal(Withdrawal { id, request, revision, person, at })))
    }
}
