//! The device's side: what was accepted, what is still pending, and what came back.
//!
//! ```text
//!            accepted (the relay has it)
//!                + pending edits (signed, in the outbox)   = what the person sees
//! ```
//!
//! Promises: an edit that was written down is sent until it is answered; an answer is applied once;
//! a refused edit leaves the document and stays readable as an edit; nothing typed is dropped. The
//! caller does the IO: each call returns the [`Writes`] to keep in one transaction, and frames to
//! send are asked for with [`Replica::next_push`].

mod held;
mod outbox;
mod receive;
mod reconcile;
mod rows;
mod share;
mod sign;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use budget::{DeviceId, PersonId, RequestId, Timestamp};

pub use outbox::{Outgoing, Work};
pub use receive::{Event, Received};
pub use rows::Writes;
pub use sign::{Unsigned, UnsignedRecord};

use self::held::Held;
use self::outbox::Flight;
use self::reconcile::Reconciliation;
use crate::document::{Claim, EditError, Preferences, Thread, new_actor};
use crate::inventory::Inventory;
use crate::record::{Head, SignedRecord};
use crate::view::{RefusalDetail, RequestView};
use crate::wire::{ClientFrame, Hello, ViewFrame, ViewPart, view_number};
use crate::{Document, DocumentKey, Edit};

/// Everything that a device knows.
#[derive(Debug)]
pub struct Replica {
    device: DeviceId,
    person: PersonId,
    epoch: Vec<u8>,
    cursor: u64,
    documents: BTreeMap<DocumentKey, Held>,
    outbox: BTreeMap<u64, Outgoing>,
    in_flight: Option<Flight>,
    next_order: u64,
    slot: u64,
    next_push: u64,
    statuses: BTreeMap<RequestId, RequestView>,
    views: BTreeMap<String, ViewFrame>,
    refused: BTreeMap<u64, RefusedWork>,
    /// Records of this device that were admitted, for a relay that loses them.
    records: BTreeMap<[u8; 32], SignedRecord>,
    reconciling: Option<Reconciliation>,
    /// Frames beside work: questions of an audit.
    control: VecDeque<ClientFrame>,
    auditing: bool,
    listed: Inventory,
    audited: Option<Timestamp>,
    audit_at: Option<Timestamp>,
    differences: usize,
    part: Option<ViewPart>,
}

/// Work that the relay did not admit. It stays until the person decides what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct RefusedWork {
    /// Why: a stable code.
    #[n(0)]
    pub code: String,
    /// JSON of [`RefusalDetail`], or empty.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub detail: Vec<u8>,
    /// The document whose edits were refused, if it was edits.
    #[n(2)]
    pub document: Option<DocumentKey>,
    /// The edits, in their order.
    #[n(3)]
    pub edits: Vec<Edit>,
    /// The body of the record that was refused, if it was a record.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub record: Vec<u8>,
}

impl RefusedWork {
    /// What people need to know beside the code.
    pub fn detail(&self) -> RefusalDetail {
        serde_json::from_slice(&self.detail).unwrap_or_default()
    }

    /// The record that was refused, if it was one.
    pub fn record(&self) -> Option<crate::Record> {
        crate::Record::parse(&self.record).ok()
    }

    /// The request that it is about.
    pub fn request(&self) -> Option<RequestId> {
        self.document.and_then(|key| key.request()).or_else(|| self.record().map(|record| record.request()))
    }
}

impl Replica {
    /// A device that knows nothing yet.
    pub fn new(device: DeviceId, person: PersonId) -> Self {
        Self {
            device,
            person,
            epoch: Vec::new(),
            cursor: 0,
            documents: BTreeMap::new(),
            outbox: BTreeMap::new(),
            in_flight: None,
            next_order: 1,
            slot: 0,
            next_push: 1,
            statuses: BTreeMap::new(),
            views: BTreeMap::new(),
            refused: BTreeMap::new(),
            records: BTreeMap::new(),
            reconciling: None,
            control: VecDeque::new(),
            auditing: false,
            listed: Inventory::new(),
            audited: None,
            audit_at: None,
            differences: 0,
            part: None,
        }
    }

    /// The device that signs here.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The person who is signed in.
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// The document as the person sees it.
    pub fn document(&self, key: &DocumentKey) -> Option<&Document> {
        self.documents.get(key).map(|held| &held.working)
    }

    /// The claim as the person sees it.
    pub fn claim(&self, request: RequestId) -> Option<Claim> {
        self.document(&DocumentKey::Claim(request)).and_then(Claim::read)
    }

    /// The comments as the person sees them.
    pub fn thread(&self, request: RequestId) -> Thread {
        self.document(&DocumentKey::Thread(request)).map(Thread::read).unwrap_or_default()
    }

    /// The person's preferences as they see them.
    pub fn preferences(&self) -> Preferences {
        self.document(&DocumentKey::Preferences(self.person)).map(Preferences::read).unwrap_or_default()
    }

    /// Every request of which this device has the content or the status.
    pub fn requests(&self) -> BTreeSet<RequestId> {
        let claims = self.documents.keys().filter_map(|key| match key {
            DocumentKey::Claim(id) => Some(*id),
            _ => None,
        });
        claims.chain(self.statuses.keys().copied()).collect()
    }

    /// How a request stands with the authority, as far as this device was told.
    pub fn status(&self, request: RequestId) -> Option<&RequestView> {
        self.statuses.get(&request)
    }

    /// A view by its name.
    pub fn view(&self, name: &str) -> Option<&ViewFrame> {
        self.views.get(name)
    }

    /// What came back, oldest first.
    pub fn refused(&self) -> impl Iterator<Item = (u64, &RefusedWork)> {
        self.refused.iter().map(|(order, work)| (*order, work))
    }

    /// The requests that have work which the relay has not acknowledged: "2 项待同步".
    pub fn waiting(&self) -> BTreeSet<RequestId> {
        self.outbox.values().filter_map(Outgoing::request).collect()
    }

    /// The work on a request that the relay has not acknowledged, in its order.
    pub fn work_of(&self, request: RequestId) -> impl Iterator<Item = &Work> {
        self.outbox.values().filter(move |outgoing| outgoing.request() == Some(request)).map(|outgoing| &outgoing.work)
    }

    /// Whether a record of this request waits to be sent or answered.
    pub fn waiting_records(&self, request: RequestId) -> impl Iterator<Item = crate::Record> {
        self.outbox.values().filter_map(move |outgoing| match &outgoing.work {
            Work::Record(signed) => {
                crate::Record::parse(&signed.body).ok().filter(|record| record.request() == request)
            }
            Work::Change { .. } => None,
        })
    }

    /// The first frame of a connection; `token` is empty when it went with the request for it.
    pub fn hello(&self, token: &str) -> ClientFrame {
        let marked = self.views.values().filter(|view| view.mark.len() == 4);
        let known = marked.filter_map(|view| Some((view_number(&view.name)?, &view.mark)));
        let views = known.flat_map(|(number, mark)| std::iter::once(number).chain(mark.iter().copied())).collect();
        ClientFrame::Hello(Hello { token: token.into(), epoch: self.epoch.clone(), cursor: self.cursor, views })
    }

    /// Does what the person wants, at once on this device. The change has to be signed and given
    /// back with [`Self::signed`]; until then it is neither kept nor sent. `random` makes the actor
    /// of a document that has none yet.
    pub fn edit(
        &mut self,
        key: DocumentKey,
        edit: Edit,
        at: Timestamp,
        random: [u8; 8],
    ) -> Result<Option<Unsigned>, EditError> {
        let device = self.device;
        let held = self.documents.entry(key).or_default();
        let actor = *held.actor.get_or_insert_with(|| new_actor(device, random));
        let Some(change) = held.working.edit(&key, actor, at, &edit)? else {
            return Ok(None);
        };
        let order = self.take_order();
        let unsigned = Unsigned::change(order, &key, &change);
        self.outbox.insert(order, Outgoing::change(key, edit, change));
        Ok(Some(unsigned))
    }

    /// A number for a comment that this device has not used in this document.
    pub fn next_comment(&mut self, key: DocumentKey, random: [u8; 8]) -> crate::document::CommentId {
        let device = self.device;
        let held = self.documents.entry(key).or_default();
        let actor = *held.actor.get_or_insert_with(|| new_actor(device, random));
        let used = Thread::read(&held.working).comments.into_iter().filter(|comment| comment.id.actor == actor);
        let number = used.map(|comment| comment.id.number).max().unwrap_or(0).saturating_add(1);
        crate::document::CommentId { actor, number }
    }

    /// Forgets refused work, after the person decided what becomes of it.
    pub fn dismiss(&mut self, order: u64) -> Writes {
        self.refused.remove(&order);
        Writes::delete(rows::refused_key(order))
    }

    /// The heads that the relay has accepted for a document.
    pub fn accepted_heads(&self, key: &DocumentKey) -> Vec<Head> {
        self.documents.get(key).map(|held| held.accepted.heads().into_iter().map(Head).collect()).unwrap_or_default()
    }

    fn take_order(&mut self) -> u64 {
        let order = share::order_in_slot(self.next_order, self.slot);
        self.next_order = order.saturating_add(1);
        order
    }
}
