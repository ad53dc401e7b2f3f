//! What the relay says, and what it changes here.

use budget::RequestId;

use super::outbox::{Outgoing, Work};
use super::rows::{self, Writes};
use super::{RefusedWork, Replica};
use crate::DocumentKey;
use crate::wire::{Batch, Item, Refused, ServerFrame, SignedChange};

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
                if welcome.epoch != self.epoch {
                    // The log was restored or is another one: everything is asked for again.
                    self.epoch = welcome.epoch;
                    self.cursor = 0;
                    received.writes.and(self.cursor_row());
                }
                received.events.push(Event::Alive);
            }
            ServerFrame::Batch(batch) => self.batch(batch, &mut received),
            ServerFrame::Live(cursor) => {
                self.move_cursor(cursor, &mut received);
                received.events.push(Event::UpToDate);
            }
            ServerFrame::Ack(ack) => {
                for hash in ack.admitted {
                    self.admitted(&hash.0, &mut received);
                }
            }
            ServerFrame::Refused(refused) => self.refuse(refused, &mut received),
            ServerFrame::View(view) => {
                let newer = self.views.get(&view.name).is_none_or(|known| known.as_of <= view.as_of);
                if newer {
                    let bytes = minicbor::to_vec(&view).unwrap_or_default();
                    received.writes.and(Writes::put(rows::view_key(&view.name), bytes));
                    received.events.push(Event::View(view.name.clone()));
                    self.views.insert(view.name.clone(), view);
                }
            }
            ServerFrame::Closing(code) => received.events.push(Event::Closing(code)),
            ServerFrame::Pong(_) => received.events.push(Event::Alive),
        }
        received
    }

    fn batch(&mut self, batch: Batch, received: &mut Received) {
        for item in batch.items {
            match item {
                Item::Changes { document, changes } => self.changes(document, &changes, received),
                Item::Status { request, json } => {
                    // A status that this app cannot read is from a newer server; the old one stays.
                    if let Ok(status) = serde_json::from_slice(&json) {
                        self.statuses.insert(request, status);
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
            let held = self.documents.entry(key).or_default();
            if held.accepted.has(&change.hash) {
                continue;
            }
            let bytes = change.bytes.as_slice();
            if held.accepted.apply([bytes]).is_ok() && held.working.apply([bytes]).is_ok() {
                received.writes.and(Writes::put(rows::change_key(&key, &change.hash), change.bytes.clone()));
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
                let held = self.documents.entry(document).or_default();
                // It was made here on top of what was accepted, so it applies.
                let _ = held.accepted.apply([bytes.as_slice()]);
                received.writes.and(Writes::put(rows::change_key(&document, hash), bytes));
                received.events.push(Event::Document(document));
            }
            Work::Record(_) => {
                if let Some(request) = outgoing.request() {
                    received.events.push(Event::Status(request));
                }
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
    fn withdraw_pending(&mut self, key: DocumentKey, work: &mut RefusedWork, received: &mut Received) {
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
            for change in held.accepted.changes() {
                received.writes.and(Writes::delete(rows::change_key(&key, &change.hash)));
            }
        }
        if let Some(request) = key.request() {
            self.statuses.remove(&request);
            received.writes.and(Writes::delete(rows::status_key(request)));
        }
        if !work.edits.is_empty() {
            let order = self.take_order();
            received.writes.and(Writes::put(rows::refused_key(order), minicbor::to_vec(&work).unwrap_or_default()));
            self.refused.insert(order, work);
            received.events.push(Event::Refused(order));
        }
        received.events.push(Event::Document(key));
    }

    fn move_cursor(&mut self, cursor: u64, received: &mut Received) {
        if cursor > self.cursor {
            self.cursor = cursor;
            received.writes.and(self.cursor_row());
        }
    }
}
