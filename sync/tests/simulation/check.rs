//! What must hold when the world is at rest.

use std::collections::{BTreeMap, BTreeSet};

use budget::PersonId;
use sync::document::Document;
use sync::wire::Item;
use sync::{DocumentKey, Scalar};

use crate::device::{Device, said};
use crate::relay::MOST_REFUSALS;
use crate::world::World;

impl World {
    pub(crate) fn check(&mut self) {
        self.everybody_sees_the_same();
        self.what_was_acknowledged_is_there();
        self.what_was_refused_is_nowhere();
        self.nothing_typed_is_lost_or_doubled();
        self.every_record_is_answered();
        self.originals_are_identical();
        self.rest_is_quiet();
    }

    /// What this person may read, from the log alone.
    fn readable(&self, person: PersonId) -> BTreeMap<DocumentKey, Document> {
        let mut documents: BTreeMap<DocumentKey, Document> = BTreeMap::new();
        for (_, item) in self.relay.since(person, 0) {
            if let Item::Changes { document, changes } = item {
                let held = documents.entry(document).or_default();
                held.apply(changes.iter().map(|change| change.bytes.as_slice())).unwrap();
            }
        }
        documents
    }

    fn everybody_sees_the_same(&self) {
        for device in self.honest() {
            let person = device.replica.person();
            assert!(device.replica.is_settled(), "{:?} waits", device.replica.waiting());
            let expected = self.readable(person);
            for (key, document) in &expected {
                let shown = device.replica.document(key).map(Document::heads);
                assert_eq!(shown.as_ref(), Some(&document.heads()), "{key} of {person}");
            }
            for id in device.replica.requests() {
                let key = DocumentKey::Claim(id);
                let has = device.replica.document(&key).is_some_and(|document| !document.is_empty());
                assert!(!has || expected.contains_key(&key), "{key} of {person} is not theirs to read");
            }
            for (id, request) in self.relay.requests.iter().filter(|(id, _)| self.relay.reads(person, **id)) {
                assert_eq!(device.replica.status(*id), Some(&request.view));
            }
            // After a restore an approver may hold what its owner has not handed in again yet.
            let differs = device.replica.differences() > 0;
            assert!(!differs || self.restored > 0, "an audit found a difference");
        }
    }

    fn what_was_acknowledged_is_there(&self) {
        for device in self.honest() {
            for hash in &device.acknowledged {
                let is_there = self.relay.hashes.contains_key(hash) || self.relay.records.contains(hash);
                // After a restore it may have come back, by name.
                let came_back = self.restored > 0;
                assert!(is_there || came_back, "{} was acknowledged", hex::encode(hash));
            }
        }
    }

    fn what_was_refused_is_nowhere(&self) {
        let honest = self.devices.iter().flat_map(|device| &device.refused);
        for hash in honest.chain(&self.hostile.forged) {
            let is_there = self.relay.hashes.contains_key(hash) || self.relay.records.contains(hash);
            let on_a_device = self.devices.iter().any(|device| {
                device.replica.requests().iter().any(|id| {
                    [DocumentKey::Claim(*id), DocumentKey::Thread(*id)]
                        .iter()
                        .any(|key| device.replica.document(key).is_some_and(|document| document.has(hash)))
                })
            });
            let whose = if self.hostile.forged.contains(hash) { "forged" } else { "honest" };
            assert!(
                !is_there && !on_a_device,
                "{} was refused and is {whose}; in the log: {is_there}, on a device: {on_a_device}, document {:?}",
                hex::encode(hash),
                self.relay.hashes.get(hash)
            );
        }
        for evidence in self.relay.refused.values() {
            assert!(evidence.len() <= MOST_REFUSALS, "evidence is bounded");
        }
    }

    fn nothing_typed_is_lost_or_doubled(&self) {
        let mut written: BTreeMap<(DocumentKey, String), usize> = BTreeMap::new();
        for (key, kept) in &self.relay.documents {
            for edited in kept.document.history() {
                // Choosing one of two values says again what stood there; nobody typed it twice.
                let is_settled = edited.before.contains(&edited.after);
                if let (Scalar::Text(words), false) = (edited.after, is_settled) {
                    *written.entry((*key, words)).or_default() += 1;
                }
            }
        }
        for device in self.honest() {
            let kept: BTreeSet<String> = device
                .replica
                .refused()
                .flat_map(|(_, work)| said(&work.edits))
                .chain(device.settled.iter().cloned())
                .collect();
            for (key, words) in &device.typed {
                let times = written.get(&(*key, words.clone())).copied().unwrap_or(0);
                let unreadable = !self.may_write(device, key);
                assert!(times == 1 || kept.contains(words) || unreadable, "{words} is {times} times in {key}");
                assert!(times <= 1, "{words} is {times} times in {key}");
            }
        }
    }

    /// Whether the person could write there at all: a comment on what was taken from them is refused.
    fn may_write(&self, device: &Device, key: &DocumentKey) -> bool {
        let person = device.replica.person();
        match key {
            DocumentKey::Preferences(_) => true,
            DocumentKey::Claim(id) | DocumentKey::Thread(id) => {
                self.relay.owner(*id) == Some(person) || self.relay.reads(person, *id)
            }
        }
    }

    fn every_record_is_answered(&self) {
        for device in self.honest() {
            for hash in &device.signed {
                let answered = self.relay.records.contains(hash)
                    || device.refused.contains(hash)
                    || device.returned.contains(hash)
                    || (self.restored > 0 && device.acknowledged.contains(hash));
                assert!(answered, "{} has no answer", hex::encode(hash));
            }
        }
        let revisions: BTreeSet<_> =
            self.relay.requests.values().map(|request| (request.view.id, request.view.revision)).collect();
        assert_eq!(revisions.len(), self.relay.requests.len(), "one submission for each revision");
    }

    fn originals_are_identical(&self) {
        assert!(self.relay.damaged_blobs().is_empty(), "a file was kept under another's name");
        for device in self.honest() {
            for (hash, bytes) in &device.files {
                assert_eq!(self.relay.blobs.get(hash), Some(bytes), "an original is here, byte for byte");
            }
        }
    }

    /// At rest nobody sends anything, and coming back costs one frame each way.
    fn rest_is_quiet(&mut self) {
        for number in 0..self.devices.len() {
            if self.devices[number].purged {
                continue;
            }
            let before = self.devices[number].frames;
            self.devices[number].pump();
            self.devices[number].disconnect();
            self.devices[number].connect();
            let (mut up, mut down) = (0, 0);
            loop {
                let link = self.devices[number].link.as_mut();
                let Some(link) = link else { break };
                if !link.up.is_empty() {
                    up += 1;
                    self.deliver_up_quietly(number);
                } else if let Some(bytes) = link.down.pop_front() {
                    down += 1;
                    self.devices[number].receive(&bytes);
                } else {
                    break;
                }
                assert!(up + down < 10, "device {number} never comes to rest");
            }
            let audits = self.devices[number].frames - before;
            assert!(audits <= 1, "only an audit that is due: {audits} frames");
            assert_eq!((up, down), (1 + audits, 1 + audits), "device {number}");
        }
    }
}
