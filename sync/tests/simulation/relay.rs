//! A relay in memory: the gate, one log with positions, who may read what, and files.
//!
//! It keeps the promises of the server's relay with plain maps: an answer is given only for what is in
//! the log, a device is sent what its person may read after its cursor, and a copy of it made before
//! a fault is what a backup would be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use budget::{DeviceId, PersonId, RequestId, RequestState};
use sha2::{Digest, Sha256};
use sync::inventory::{Inventory, Sum};
use sync::signature::PublicKey;
use sync::view::RequestView;
use sync::wire::{Item, SignedChange};
use sync::{Document, DocumentKey};

/// Refusals kept as evidence for one device.
pub(crate) const MOST_REFUSALS: usize = 64;

#[derive(Clone, Default)]
pub(crate) struct Relay {
    pub(crate) epoch: Vec<u8>,
    pub(crate) position: u64,
    pub(crate) devices: BTreeMap<DeviceId, (PersonId, PublicKey)>,
    pub(crate) revoked: BTreeSet<DeviceId>,
    /// Who decides on whose requests.
    pub(crate) managers: BTreeMap<PersonId, PersonId>,
    pub(crate) documents: BTreeMap<DocumentKey, Kept>,
    pub(crate) hashes: BTreeMap<[u8; 32], DocumentKey>,
    pub(crate) requests: BTreeMap<RequestId, Request>,
    pub(crate) access: BTreeMap<(PersonId, RequestId), Access>,
    pub(crate) records: BTreeSet<[u8; 32]>,
    pub(crate) ids: BTreeSet<[u8; 16]>,
    pub(crate) refused: BTreeMap<DeviceId, VecDeque<([u8; 32], &'static str)>>,
    pub(crate) blobs: BTreeMap<[u8; 32], Vec<u8>>,
    pub(crate) partial: BTreeMap<[u8; 32], Vec<u8>>,
}

#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) document: Document,
    pub(crate) owner: PersonId,
    pub(crate) log: Vec<(u64, SignedChange)>,
}

#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) view: RequestView,
    /// Of its latest status.
    pub(crate) position: u64,
    /// Others than its owner see the claim up to here.
    pub(crate) shown: u64,
}

/// Since when somebody reads a request, and whether that has ended.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) position: u64,
    pub(crate) ended: Option<u64>,
}

impl Relay {
    pub(crate) const fn next_position(&mut self) -> u64 {
        self.position += 1;
        self.position
    }

    pub(crate) fn reads(&self, person: PersonId, request: RequestId) -> bool {
        self.access.get(&(person, request)).is_some_and(|access| access.ended.is_none())
    }

    pub(crate) fn owner(&self, request: RequestId) -> Option<PersonId> {
        self.documents.get(&DocumentKey::Claim(request)).map(|kept| kept.owner)
    }

    pub(crate) fn state(&self, request: RequestId) -> RequestState {
        self.requests.get(&request).map_or(RequestState::Draft, |request| request.view.state)
    }

    /// The position from which a change is new to this person; `None` when they may not read it.
    fn effective(&self, person: PersonId, key: &DocumentKey, kept: &Kept, position: u64) -> Option<u64> {
        match key {
            DocumentKey::Preferences(owner) => (*owner == person).then_some(position),
            _ if kept.owner == person => Some(position),
            DocumentKey::Claim(id) | DocumentKey::Thread(id) => {
                let access = self.access.get(&(person, *id)).filter(|access| access.ended.is_none())?;
                let shown = self.requests.get(id).map_or(0, |request| request.shown);
                let visible = matches!(key, DocumentKey::Thread(_)) || position <= shown;
                visible.then_some(position.max(access.position))
            }
        }
    }

    /// What is new to this person after `cursor`, in order, with the position of each.
    pub(crate) fn since(&self, person: PersonId, cursor: u64) -> Vec<(u64, Item)> {
        let mut found: Vec<(u64, u64, Item)> = Vec::new();
        for (key, kept) in &self.documents {
            for (position, change) in &kept.log {
                if let Some(effective) = self.effective(person, key, kept, *position)
                    && effective > cursor
                {
                    let item = Item::Changes { document: *key, changes: vec![change.clone()] };
                    found.push((effective, *position, item));
                }
            }
        }
        for ((reader, id), access) in self.access.iter().filter(|((reader, _), _)| *reader == person) {
            debug_assert_eq!(*reader, person);
            match (access.ended, self.requests.get(id)) {
                (Some(ended), _) if ended > cursor => {
                    for document in [DocumentKey::Claim(*id), DocumentKey::Thread(*id)] {
                        found.push((ended, ended, Item::Gone { document }));
                    }
                }
                (None, Some(request)) if request.position > cursor || access.position > cursor => {
                    let json = serde_json::to_vec(&request.view).unwrap();
                    let item = Item::Status { request: *id, json };
                    found.push((request.position.max(access.position), request.position, item));
                }
                _ => {}
            }
        }
        found.sort_by_key(|(effective, position, _)| (*effective, *position));
        found.into_iter().map(|(effective, _, item)| (effective, item)).collect()
    }

    /// Every change of one document that this person may read.
    pub(crate) fn whole(&self, person: PersonId, key: &DocumentKey) -> Vec<Item> {
        let Some(kept) = self.documents.get(key) else {
            return vec![Item::Gone { document: *key }];
        };
        let changes: Vec<_> = kept
            .log
            .iter()
            .filter(|(position, _)| self.effective(person, key, kept, *position).is_some())
            .map(|(_, change)| change.clone())
            .collect();
        if changes.is_empty() {
            return vec![Item::Gone { document: *key }];
        }
        let mut items = vec![Item::Changes { document: *key, changes }];
        if let DocumentKey::Claim(id) = key
            && self.reads(person, *id)
            && let Some(request) = self.requests.get(id)
        {
            items.push(Item::Status { request: *id, json: serde_json::to_vec(&request.view).unwrap() });
        }
        items
    }

    pub(crate) fn inventory(&self, person: PersonId) -> Inventory {
        let mut inventory = Inventory::new();
        for (key, kept) in &self.documents {
            let mut sum = Sum::default();
            for (position, change) in &kept.log {
                if self.effective(person, key, kept, *position).is_some() {
                    sum.add(&change.hash);
                }
            }
            if sum.count > 0 {
                inventory.insert(*key, sum);
            }
        }
        for (id, request) in self.requests.iter().filter(|(id, _)| self.reads(person, **id)) {
            inventory.entry(DocumentKey::Claim(*id)).or_default().status = Some(request.view.as_of);
        }
        inventory
    }

    /// Takes a piece of a file at the place where it has to go on, and says where that is now.
    pub(crate) fn upload(&mut self, hash: [u8; 32], offset: usize, piece: &[u8], last: bool) -> usize {
        if let Some(whole) = self.blobs.get(&hash) {
            return whole.len();
        }
        let partial = self.partial.entry(hash).or_default();
        if partial.len() == offset {
            partial.extend_from_slice(piece);
        }
        let length = partial.len();
        if last && length == offset + piece.len() {
            let whole = self.partial.remove(&hash).unwrap_or_default();
            if <[u8; 32]>::from(Sha256::digest(&whole)) == hash {
                self.blobs.insert(hash, whole);
            } else {
                return 0;
            }
        }
        length
    }

    /// The head of a person's claims is another one now: open requests move with the office.
    pub(crate) fn appoint(&mut self, person: PersonId, manager: PersonId, now: budget::Timestamp) {
        let former = self.managers.insert(person, manager);
        let open: Vec<RequestId> =
            self.requests.iter().filter(|(_, request)| request.view.claimant == person).map(|(id, _)| *id).collect();
        for id in open {
            let position = self.next_position();
            if let Some(former) = former
                && former != manager
                && let Some(access) = self.access.get_mut(&(former, id))
            {
                access.ended.get_or_insert(position);
            }
            self.access
                .entry((manager, id))
                .and_modify(|access| {
                    if access.ended.is_some() {
                        *access = Access { position, ended: None };
                    }
                })
                .or_insert(Access { position, ended: None });
            if let Some(request) = self.requests.get_mut(&id) {
                request.position = position;
                request.view.as_of = now;
                if request.view.state == RequestState::InApproval {
                    request.view.deciders = vec![sync::view::Decider { person: manager, in_place_of: manager }];
                }
            }
        }
    }
}
