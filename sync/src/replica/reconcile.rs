//! When the relay's log is not the one that the device knows.
//!
//! A log that was restored from a backup lacks what was acknowledged after the backup was made; one
//! that differs in the daily audit lacks something for another reason. Either way the device asks for
//! everything in doubt, hears it out, and then offers again what the relay turns out not to have:
//! signed changes as their authors signed them, and its own person's records.
//!
//! Promise: what one honest device still has is not lost with a relay's disk. What the relay does not
//! admit again leaves the accepted content and comes back by name, like any refused work.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use budget::{RequestId, Timestamp};

use super::receive::{Event, Received};
use super::{RefusedWork, Replica, rows};
use crate::document::Document;
use crate::inventory::{self, Inventory};
use crate::replica::Writes;
use crate::wire::{Audited, ClientFrame, PushItem, Refused};
use crate::{DocumentKey, Edit};

/// How often the cursor is audited, in milliseconds of the authority's clock.
const AUDIT_EVERY: i64 = 24 * 60 * 60 * 1_000;
/// The number of the ping whose answer says that every wanted document was sent.
const FENCE: u64 = u64::MAX;

/// What is in doubt.
#[derive(Debug, Default)]
pub(super) struct Reconciliation {
    /// Admitted changes that the relay has not shown in this log.
    unseen: BTreeMap<DocumentKey, BTreeSet<[u8; 32]>>,
    /// Statuses that the relay has not told in this log.
    untold: BTreeSet<RequestId>,
    /// Whether the log as a whole is another one, so that records are offered as well.
    whole: bool,
    /// False until everything in doubt was heard.
    heard: bool,
    /// What the relay does not have, in the order in which to offer it.
    queue: VecDeque<PushItem>,
}

impl Reconciliation {
    pub(super) fn saw(&mut self, document: &DocumentKey, hash: &[u8; 32]) {
        if let Some(unseen) = self.unseen.get_mut(document) {
            unseen.remove(hash);
        }
    }

    /// The person may no longer read it, so it is not offered either.
    pub(super) fn gone(&mut self, document: &DocumentKey) {
        self.unseen.remove(document);
    }

    pub(super) fn told(&mut self, request: RequestId) {
        self.untold.remove(&request);
    }

    /// What may be offered now; `None` while the relay is still being heard.
    pub(super) fn offers(&self) -> Option<&VecDeque<PushItem>> {
        self.heard.then_some(&self.queue)
    }
}

impl Replica {
    /// The log is another one: everything is in doubt.
    pub(super) fn doubt_everything(&mut self) {
        self.cursor = 0;
        self.auditing = false;
        let unseen = self.documents.iter().map(|(key, held)| (*key, held.hashes().collect()));
        self.reconciling = Some(Reconciliation {
            unseen: unseen.collect(),
            untold: self.statuses.keys().copied().collect(),
            whole: true,
            ..Reconciliation::default()
        });
    }

    /// The connection is gone: what was in doubt is asked for again.
    pub(super) fn restart_reconciling(&mut self) {
        match self.reconciling.as_ref().map(|doubt| doubt.whole) {
            Some(true) => self.doubt_everything(),
            // A difference that an audit found is found again by the next one.
            Some(false) => {
                self.reconciling = None;
                self.audited = Some(Timestamp::default());
            }
            None => {}
        }
    }

    /// The relay has said everything that it has.
    pub(super) fn heard_out(&mut self, received: &mut Received) {
        let Some(doubt) = &mut self.reconciling else {
            return;
        };
        if doubt.heard {
            return;
        }
        doubt.heard = true;
        let unseen = std::mem::take(&mut doubt.unseen);
        let untold = std::mem::take(&mut doubt.untold);
        for (key, hashes) in unseen.iter().filter(|(_, hashes)| !hashes.is_empty()) {
            if let Some(held) = self.documents.get(key) {
                let offers = held.offers(*key).filter(|change| hashes.contains(&change.hash));
                doubt.queue.extend(offers.map(PushItem::Change));
            }
        }
        if doubt.whole {
            doubt.queue.extend(self.records.values().cloned().map(PushItem::Record));
        }
        for request in untold {
            self.statuses.remove(&request);
            received.writes.and(Writes::delete(rows::status_key(request)));
            received.events.push(Event::Status(request));
        }
        self.finish_reconciling(received);
    }

    /// Ends it when nothing is left to offer.
    pub(super) fn finish_reconciling(&mut self, received: &mut Received) {
        if self.reconciling.as_ref().and_then(Reconciliation::offers).is_some_and(VecDeque::is_empty) {
            self.reconciling = None;
            received.writes.and(self.cursor_row());
        }
    }

    /// Whether an answer was for something that was offered again; then it is done with.
    pub(super) fn offered_again(&mut self, hash: &[u8; 32]) -> Option<PushItem> {
        let doubt = self.reconciling.as_mut()?;
        let place = doubt.queue.iter().position(|item| item.hash() == *hash)?;
        let item = doubt.queue.remove(place)?;
        if let Some(flight) = &mut self.in_flight {
            flight.again.remove(hash);
        }
        self.land();
        Some(item)
    }

    /// What was admitted once is not admitted again: it leaves what is accepted, with all that
    /// follows it, and stays readable as edits.
    pub(super) fn refuse_again(&mut self, item: PushItem, refused: Refused, received: &mut Received) {
        let mut work = RefusedWork {
            code: refused.code,
            detail: refused.detail,
            document: None,
            edits: Vec::new(),
            record: Vec::new(),
        };
        match item {
            PushItem::Record(record) => {
                self.records.remove(&record.hash());
                received.writes.and(Writes::delete(rows::record_key(&record.hash())));
                work.record = record.body;
            }
            PushItem::Change(change) => {
                let key = change.document;
                let (owned, device) = (self.owns(&key), self.device);
                let Some(held) = self.documents.get_mut(&key) else {
                    return;
                };
                let before: Document = held.accepted.clone();
                let taken = held.take_out(&change.hash);
                // Somebody else's work is kept for them by their own device.
                let mine = taken.iter().filter(|(_, author)| owned || *author == device);
                work.edits = mine.flat_map(|(hash, _)| before.wanted(hash)).collect();
                let out: Vec<[u8; 32]> = taken.into_iter().map(|(hash, _)| hash).collect();
                work.document = Some(key);
                for hash in &out {
                    received.writes.and(Writes::delete(rows::change_key(&key, hash)));
                    let _ = self.offered_again(hash);
                }
                self.withdraw_pending(key, &mut work, received);
                received.events.push(Event::Document(key));
            }
        }
        self.keep_refused(work, received);
    }

    fn owns(&self, key: &DocumentKey) -> bool {
        match key {
            DocumentKey::Claim(request) => self.claim(*request).is_some_and(|claim| claim.owner == self.person),
            DocumentKey::Preferences(person) => *person == self.person,
            DocumentKey::Thread(_) => false,
        }
    }

    /// Asks for an audit when the last one is a day old by the authority's clock.
    pub(super) fn audit_if_due(&mut self, now: Timestamp, received: &mut Received) {
        let due = self.audited.is_some_and(|last| now.0.saturating_sub(last.0) >= AUDIT_EVERY);
        if self.audited.is_none() {
            // Nothing was missed yet.
            self.audited = Some(now);
            received.writes.and(self.cursor_row());
        }
        self.audit_at = due.then_some(now);
    }

    /// Everything is here as far as the cursor tells; if an audit is due, the relay is asked.
    pub(super) fn begin_audit(&mut self) {
        if self.audit_at.is_some() && self.reconciling.is_none() && !self.auditing {
            self.auditing = true;
            self.listed.clear();
            self.control.push_back(ClientFrame::Audit(inventory::root(&self.inventory())));
        }
    }

    /// How many documents an audit found to differ since this replica was opened. More than none is a
    /// fault of the relay's log or of this device's storage, and worth a report.
    pub const fn differences(&self) -> usize {
        self.differences
    }

    /// What this device has of what its person may read.
    pub fn inventory(&self) -> Inventory {
        let mut inventory: Inventory =
            self.documents.iter().filter(|(_, held)| held.sum.count > 0).map(|(key, held)| (*key, held.sum)).collect();
        for (request, status) in &self.statuses {
            inventory.entry(DocumentKey::Claim(*request)).or_default().status = Some(status.as_of);
        }
        inventory
    }

    /// The relay's answer: the same, or what it has.
    pub(super) fn audited(&mut self, audited: Audited, received: &mut Received) {
        if !self.auditing {
            return;
        }
        self.listed.extend(audited.documents.into_iter().map(|listed| (listed.document, listed.sum)));
        if !audited.last {
            return;
        }
        self.auditing = false;
        self.audited = self.audit_at.take().or(self.audited);
        received.writes.and(self.cursor_row());
        let theirs = std::mem::take(&mut self.listed);
        if audited.same {
            return;
        }
        let ours = self.inventory();
        let mut doubt = Reconciliation::default();
        for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
            if ours.get(key) == theirs.get(key) {
                continue;
            }
            let unseen = self.documents.get(key).map(|held| held.hashes().collect()).unwrap_or_default();
            doubt.unseen.insert(*key, unseen);
            // What the relay does not list is not this person's to read, unless they own it: then
            // the relay has lost it.
            if theirs.contains_key(key) || !self.owns(key) {
                self.control.push_back(ClientFrame::Want(*key));
            }
        }
        if !doubt.unseen.is_empty() {
            self.differences = self.differences.saturating_add(doubt.unseen.len());
            self.reconciling = Some(doubt);
            self.control.push_back(ClientFrame::Ping(FENCE));
        }
    }

    /// The answer to a ping: perhaps the last of what was wanted has been sent.
    pub(super) fn pong(&mut self, number: u64, received: &mut Received) {
        if number == FENCE {
            self.heard_out(received);
        }
    }

    pub(super) fn keep_refused(&mut self, work: RefusedWork, received: &mut Received) {
        let meaningful = work.edits.iter().any(|edit| !matches!(edit, Edit::CreateThread | Edit::CreatePreferences));
        if !meaningful && work.record.is_empty() {
            return;
        }
        let order = self.take_order();
        received.writes.and(Writes::put(rows::refused_key(order), minicbor::to_vec(&work).unwrap_or_default()));
        self.refused.insert(order, work);
        received.events.push(Event::Refused(order));
    }
}
