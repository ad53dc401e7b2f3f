//! What the relay says, and what it changes here.

use budget::RequestId;

use super::held::KeptChange;
use super::outbox::{Outgoing, Work};
use super::rows::{self, Writes};
use super::{RefusedWork, Replica};
use crate::DocumentKey;
use crate::record::SignedRecord;
use crate::wire::{Batch, Item, Refused, ServerFrame, SignedChange, ViewFrame, ViewPart};

/// What a frame changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// What to keep, in one transaction.
    pub writes: Writes,
    /// What to show anew.
    pub events: Vec<Event>,
}

/// Something to show anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A document has other content or fewer pending edits.
    Document(DocumentKey),
    /// A request stands otherwise.
    Status(RequestId),
    /// A view was told anew.
    View(String),
    /// Work came back; its number in [`Replica::refused`].
    Refused(u64),
    /// The device has everything that it may read.
    UpToDate,
    /// The relay ends the connection, with a stable code.
    Closing(String),
    /// The connection answers.
    Alive,
}

impl Replica {
    /// Applies a frame.
    pub fn receive(&mut self, frame: ServerFrame) -> Received {
        let mut received = Received::default();
        match frame {
            ServerFrame::Welcome(welcome) => {
                // An empty epoch is the one that this device named.
                if !welcome.epoch.is_empty() && welcome.epoch != self.epoch {
                    // The log was restored or is another one: everything is asked for again.
                    let is_first = self.epoch.is_empty();
                    self.epoch = welcome.epoch;
                    self.cursor = 0;
                    if !is_first {
                        self.doubt_everything();
                    }
                    received.writes.and(self.cursor_row());
                }
                self.audit_if_due(welcome.now, &mut received);
                received.events.push(Event::Alive);
                if let Some(cursor) = welcome.live {
                    self.live(cursor, &mut received);
                }
            }
            ServerFrame::Batch(batch) => self.batch(batch, &mut received),
            ServerFrame::Live(cursor) => self.live(cursor, &mut received),
            ServerFrame::Ack(ack) => {
                for hash in ack.admitted {
                    if self.offered_again(&hash.0).is_none() {
                        self.admitted(&hash.0, &mut received);
                    }
                }
                self.finish_reconciling(&mut received);
            }
            ServerFrame::Refused(refused) => match self.offered_again(&refused.hash) {
                Some(item) => {
                    self.refuse_again(item, refused, &mut received);
                    self.finish_reconciling(&mut received);
                }
                None => self.refuse(refused, &mut received),
            },
            ServerFrame::View(view) => self.view_told(view, &mut received),
            ServerFrame::ViewPart(part) => self.part(part, &mut received),
            ServerFrame::Audited(audited) => self.audited(audited, &mut received),
            ServerFrame::Closing(code) => received.events.push(Event::Closing(code)),
            ServerFrame::Pong(number) => {
                self.pong(number, &mut received);
                received.events.push(Event::Alive);
            }
        }
        received
    }

    /// The device has everything up to here.
    fn live(&mut self, cursor: u64, received: &mut Received) {
        self.move_cursor(cursor, received);
        self.heard_out(received);
        self.begin_audit();
        received.events.push(Event::UpToDate);
    }

    fn view_told(&mut self, view: ViewFrame, received: &mut Received) {
        let newer = self.views.get(&view.name).is_none_or(|known| known.as_of <= view.as_of);
        if newer {
            let bytes = minicbor::to_vec(&view).unwrap_or_default();
            received.writes.and(Writes::put(rows::view_key(&view.name), bytes));
            received.events.push(Event::View(view.name.clone()));
            self.views.insert(view.name.clone(), view);
        }
    }

    /// Puts a view together that is larger than a frame. A part that does not follow the one before
    /// begins anew, so that a lost connection leaves nothing half.
    fn part(&mut self, part: ViewPart, received: &mut Received) {
        let begun = self.part.take().filter(|begun| begun.continues_with(&part));
        let whole = match begun {
            None if part.offset == 0 => part,
            None => return,
            Some(mut begun) => {
                begun.json.extend_from_slice(&part.json);
                ViewPart { json: begun.json, offset: 0, ..part }
            }
        };
        if whole.json.len() as u64 == whole.total {
            let ViewPart { name, as_of, json, signature, mark, .. } = whole;
            self.view_told(ViewFrame { name, as_of, json, signature, mark }, received);
        } else {
            self.part = Some(whole);
        }
    }

    fn batch(&mut self, batch: Batch, received: &mut Received) {
        for item in batch.items {
            match item {
                Item::Changes { document, changes } => self.changes(document, &changes, received),
                Item::Status { request, json } => {
                    // A status that this app cannot read is from a newer server; the old one stays.
                    if let Ok(status) = serde_json::from_slice(&json) {
                        self.statuses.insert(request, status);
                        if let Some(doubt) = &mut self.reconciling {
                            doubt.told(request);
                        }
                        received.writes.and(Writes::put(rows::status_key(request), json));
                        received.events.push(Event::Status(request));
                    }
                }
                Item::Gone { document } => self.gone(document, received),
            }
        }
        self.move_cursor(batch.cursor, received);
    }

    fn changes(&mut self, key: DocumentKey, changes: &[SignedChange], received: &mut Received) {
        for change in changes {
            if self.outbox.values().any(|outgoing| outgoing.hash() == change.hash) {
                // Our own, of which the answer was lost.
                self.admitted(&change.hash, received);
                continue;
            }
            if let Some(doubt) = &mut self.reconciling {
                doubt.saw(&key, &change.hash);
            }
            let kept = KeptChange::of(change);
            let held = self.documents.entry(key).or_default();
            if held.accept(&change.hash, &kept) && held.working.apply([kept.bytes.as_slice()]).is_ok() {
                received.writes.and(Writes::put(rows::change_key(&key, &change.hash), kept.row()));
            }
        }
        received.events.push(Event::Document(key));
    }

    fn admitted(&mut self, hash: &[u8; 32], received: &mut Received) {
        let Some((order, outgoing)) = self.answered(hash) else {
            return;
        };
        received.writes.and(Writes::delete(rows::outgoing_key(order)));
        match outgoing.work {
            Work::Change { document, bytes, .. } => {
                let kept = KeptChange { bytes, device: self.device, signature: outgoing.signature };
                // It was made here on top of what was accepted, so it applies.
                self.documents.entry(document).or_default().accept(hash, &kept);
                received.writes.and(Writes::put(rows::change_key(&document, hash), kept.row()));
                received.events.push(Event::Document(document));
            }
            Work::Record(record) => {
                if let Ok(parsed) = crate::Record::parse(&record.body) {
                    received.events.push(Event::Status(parsed.request()));
                }
                received.writes.and(Writes::put(rows::record_key(hash), minicbor::to_vec(&record).unwrap_or_default()));
                self.records.insert(*hash, record);
            }
        }
    }

    fn refuse(&mut self, refused: Refused, received: &mut Received) {
        let Some((order, outgoing)) = self.answered(&refused.hash) else {
            return;
        };
        received.writes.and(Writes::delete(rows::outgoing_key(order)));
        let mut work = RefusedWork {
            code: refused.code,
            detail: refused.detail,
            document: None,
            edits: Vec::new(),
            record: Vec::new(),
        };
        match outgoing.work {
            Work::Record(record) => {
                if let Some(request) = Outgoing::record(record.clone()).request() {
                    received.events.push(Event::Status(request));
                }
                work.record = record.body;
            }
            Work::Change { document, edit, .. } => {
                work.edits.push(edit);
                self.withdraw_pending(document, &mut work, received);
                work.document = Some(document);
                received.events.push(Event::Document(document));
            }
        }
        received.writes.and(Writes::put(rows::refused_key(order), minicbor::to_vec(&work).unwrap_or_default()));
        self.refused.insert(order, work);
        received.events.push(Event::Refused(order));
    }

    /// Takes everything pending of a document out: it follows what was refused. What was to be
    /// signed about that content is taken back with it. Edits are kept.
    pub(super) fn withdraw_pending(&mut self, key: DocumentKey, work: &mut RefusedWork, received: &mut Received) {
        let orders: Vec<u64> = self
            .outbox
            .iter()
            .filter(|(_, outgoing)| match &outgoing.work {
                Work::Change { document, .. } => *document == key,
                Work::Record(_) => matches!(key, DocumentKey::Claim(request) if outgoing.request() == Some(request)),
            })
            .map(|(order, _)| *order)
            .collect();
        for order in orders {
            let Some(outgoing) = self.outbox.remove(&order) else {
                continue;
            };
            self.forget_in_flight(order);
            received.writes.and(Writes::delete(rows::outgoing_key(order)));
            match outgoing.work {
                Work::Change { edit, .. } => work.edits.push(edit),
                Work::Record(record) => work.record = record.body,
            }
        }
        let held = self.documents.entry(key).or_default();
        held.working = held.accepted.clone();
        held.actor = None;
    }

    fn gone(&mut self, key: DocumentKey, received: &mut Received) {
        let mut work = RefusedWork {
            code: crate::view::codes::NOT_ALLOWED.into(),
            detail: Vec::new(),
            document: Some(key),
            edits: Vec::new(),
            record: Vec::new(),
        };
        self.withdraw_pending(key, &mut work, received);
        if let Some(held) = self.documents.remove(&key) {
            for hash in held.hashes() {
                received.writes.and(Writes::delete(rows::change_key(&key, &hash)));
            }
        }
        if let Some(doubt) = &mut self.reconciling {
            doubt.gone(&key);
        }
        if let Some(request) = key.request() {
            self.statuses.remove(&request);
            received.writes.and(Writes::delete(rows::status_key(request)));
            let of_it = |record: &SignedRecord| {
                crate::Record::parse(&record.body).is_ok_and(|record| record.request() == request)
            };
            for hash in
                self.records.iter().filter(|(_, record)| of_it(record)).map(|(hash, _)| *hash).collect::<Vec<_>>()
            {
                self.records.remove(&hash);
                received.writes.and(Writes::delete(rows::record_key(&hash)));
            }
        }
        self.keep_refused(work, received);
        received.events.push(Event::Document(key));
    }

    fn move_cursor(&mut self, cursor: u64, received: &mut Received) {
        if cursor > self.cursor {
            self.cursor = cursor;
            // Until everything in doubt is settled, a killed device has to begin again.
            if self.reconciling.is_none() {
                received.writes.and(self.cursor_row());
            }
        }
    }
}
