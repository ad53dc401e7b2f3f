//! The outbox: signed work on its way, in the order in which it was done.

use std::collections::BTreeSet;

use budget::RequestId;

use super::Replica;
use crate::document::NewChange;
use crate::record::SignedRecord;
use crate::wire::{ClientFrame, LARGEST_FRAME, MOST_ITEMS, Push, PushItem, SignedChange};
use crate::{DocumentKey, Edit};

/// One piece of work and whether it may be sent.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Outgoing {
    /// The work.
    #[n(0)]
    pub work: Work,
    /// The signature; empty while the browser is signing.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

/// What is on its way.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Work {
    /// A change, with the edit that made it so that it can be made again.
    #[n(0)]
    Change {
        /// The document.
        #[n(0)]
        document: DocumentKey,
        /// What the person wanted.
        #[n(1)]
        edit: Edit,
        /// The change's hash.
        #[cbor(n(2), with = "minicbor::bytes")]
        hash: [u8; 32],
        /// The change.
        #[cbor(n(3), with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    /// A record.
    #[n(1)]
    Record(#[n(0)] SignedRecord),
}

/// A push on its way.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// The work in it, by its place in the outbox.
    pub(super) orders: Vec<u64>,
    /// What is offered again in it, by hash.
    pub(super) again: BTreeSet<[u8; 32]>,
}

impl Outgoing {
    pub(super) fn change(document: DocumentKey, edit: Edit, change: NewChange) -> Self {
        let work = Work::Change { document, edit, hash: change.hash, bytes: change.bytes };
        Self { work, signature: Vec::new() }
    }

    pub(super) fn record(record: SignedRecord) -> Self {
        Self { signature: record.signature.clone(), work: Work::Record(record) }
    }

    /// What names it in answers.
    pub fn hash(&self) -> [u8; 32] {
        match &self.work {
            Work::Change { hash, .. } => *hash,
            Work::Record(record) => record.hash(),
        }
    }

    /// The request that it is about.
    pub fn request(&self) -> Option<RequestId> {
        match &self.work {
            Work::Change { document, .. } => document.request(),
            Work::Record(record) => crate::Record::parse(&record.body).ok().map(|record| record.request()),
        }
    }

    fn is_sendable(&self) -> bool {
        !self.signature.is_empty()
    }

    fn size(&self) -> usize {
        ENVELOPE
            + match &self.work {
                Work::Change { bytes, .. } => bytes.len(),
                Work::Record(record) => record.body.len(),
            }
    }
}

/// Bytes of envelope and signature beside the work itself.
const ENVELOPE: usize = 160;

fn item_size(item: &PushItem) -> usize {
    ENVELOPE
        + match item {
            PushItem::Change(change) => change.bytes.len(),
            PushItem::Record(record) => record.body.len(),
        }
}

impl Replica {
    /// The next frame to send, or `None` while a push is unanswered or nothing is ready. Work goes
    /// out in order: what is not signed yet holds back what comes after it.
    /// What a relay has lost goes out first. Questions of the daily audit come by this way as well.
    pub fn next_push(&mut self) -> Option<ClientFrame> {
        if let Some(frame) = self.control.pop_front() {
            return Some(frame);
        }
        if self.in_flight.is_some() {
            return None;
        }
        if let Some(doubt) = &self.reconciling {
            let (mut items, mut size) = (Vec::new(), 0);
            for item in doubt.offers()? {
                size += item_size(item);
                if items.len() == MOST_ITEMS || (size > LARGEST_FRAME && !items.is_empty()) {
                    break;
                }
                items.push(item.clone());
            }
            let again = items.iter().map(PushItem::hash).collect();
            return Some(self.fly(Flight { orders: Vec::new(), again }, items));
        }
        let (mut orders, mut items, mut size) = (Vec::new(), Vec::new(), 0);
        for (order, outgoing) in &self.outbox {
            size += outgoing.size();
            let full = items.len() == MOST_ITEMS || (size > LARGEST_FRAME && !items.is_empty());
            if full || !outgoing.is_sendable() {
                break;
            }
            orders.push(*order);
            items.push(self.item(outgoing));
        }
        if items.is_empty() {
            return None;
        }
        Some(self.fly(Flight { orders, again: BTreeSet::new() }, items))
    }

    fn fly(&mut self, flight: Flight, items: Vec<PushItem>) -> ClientFrame {
        let id = self.next_push;
        self.next_push += 1;
        self.in_flight = Some(flight);
        ClientFrame::Push(Push { id, items })
    }

    /// Tells that the connection is gone: whatever was unanswered goes out again.
    pub fn disconnected(&mut self) {
        self.in_flight = None;
        self.control.clear();
        self.auditing = false;
        self.part = None;
        self.restart_reconciling();
    }

    /// Whether everything that was written down is acknowledged.
    pub fn is_settled(&self) -> bool {
        self.outbox.is_empty() && self.reconciling.is_none()
    }

    fn item(&self, outgoing: &Outgoing) -> PushItem {
        match &outgoing.work {
            Work::Change { document, hash, bytes, .. } => PushItem::Change(SignedChange {
                document: *document,
                hash: *hash,
                bytes: bytes.clone(),
                device: self.device,
                signature: outgoing.signature.clone(),
            }),
            Work::Record(record) => PushItem::Record(record.clone()),
        }
    }

    /// Takes an answered piece of work out; the push is answered when its last piece is.
    pub(super) fn answered(&mut self, hash: &[u8; 32]) -> Option<(u64, Outgoing)> {
        let order = self.outbox.iter().find(|(_, outgoing)| outgoing.hash() == *hash).map(|(order, _)| *order)?;
        let outgoing = self.outbox.remove(&order)?;
        self.forget_in_flight(order);
        Some((order, outgoing))
    }

    pub(super) fn forget_in_flight(&mut self, order: u64) {
        if let Some(flight) = &mut self.in_flight {
            flight.orders.retain(|flying| *flying != order);
        }
        self.land();
    }

    /// The push is answered when its last piece is.
    pub(super) fn land(&mut self) {
        if self.in_flight.as_ref().is_some_and(|flight| flight.orders.is_empty() && flight.again.is_empty()) {
            self.in_flight = None;
        }
    }
}
