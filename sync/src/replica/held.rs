//! One document on this device, with who signed each of its admitted changes.

use std::collections::BTreeMap;

use budget::DeviceId;

use crate::inventory::Sum;
use crate::wire::SignedChange;
use crate::{Document, DocumentKey};

/// One document on this device.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// What the relay has admitted.
    pub(super) accepted: Document,
    /// Accepted and pending together: what the person sees.
    pub(super) working: Document,
    /// The actor of this device's changes; made anew after a refusal, because the numbers of the
    /// old one are spent.
    pub(super) actor: Option<[u8; 16]>,
    /// Who signed what was admitted, so that it can be offered again to a relay that lost it.
    signed: BTreeMap<[u8; 32], Signed>,
    /// The admitted changes, counted.
    pub(super) sum: Sum,
}

#[derive(Debug)]
struct Signed {
    device: DeviceId,
    signature: Vec<u8>,
}

/// An admitted change as it is kept on the device.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub(super) struct KeptChange {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) bytes: Vec<u8>,
    #[n(1)]
    pub(super) device: DeviceId,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) signature: Vec<u8>,
}

impl KeptChange {
    pub(super) fn of(change: &SignedChange) -> Self {
        Self { bytes: change.bytes.clone(), device: change.device, signature: change.signature.clone() }
    }

    pub(super) fn row(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }
}

impl Held {
    /// Takes an admitted change into what is accepted; false when it is there or does not apply.
    pub(super) fn accept(&mut self, hash: &[u8; 32], change: &KeptChange) -> bool {
        if self.signed.contains_key(hash) || self.accepted.apply([change.bytes.as_slice()]).is_err() {
            return false;
        }
        self.note(*hash, change);
        true
    }

    /// Takes many, in any order; false when one does not apply.
    pub(super) fn accept_all(&mut self, changes: &[([u8; 32], KeptChange)]) -> bool {
        let applied = self.accepted.apply(changes.iter().map(|(_, change)| change.bytes.as_slice())).is_ok();
        for (hash, change) in changes {
            if !self.signed.contains_key(hash) {
                self.note(*hash, change);
            }
        }
        applied
    }

    fn note(&mut self, hash: [u8; 32], change: &KeptChange) {
        self.sum.add(&hash);
        self.signed.insert(hash, Signed { device: change.device, signature: change.signature.clone() });
    }

    /// Whether this change was admitted.
    pub(super) fn has(&self, hash: &[u8; 32]) -> bool {
        self.signed.contains_key(hash)
    }

    /// The names of all admitted changes.
    pub(super) fn hashes(&self) -> impl Iterator<Item = [u8; 32]> {
        self.signed.keys().copied()
    }

    /// The admitted changes as they can be offered, oldest first.
    pub(super) fn offers(&self, document: DocumentKey) -> impl Iterator<Item = SignedChange> {
        self.accepted.changes().into_iter().filter_map(move |change| {
            let signed = self.signed.get(&change.hash)?;
            Some(SignedChange {
                document,
                hash: change.hash,
                bytes: change.bytes,
                device: signed.device,
                signature: signed.signature.clone(),
            })
        })
    }

    /// Takes a change, and every change that follows it, out of what is accepted. Returns what was
    /// taken out with the device of each, oldest first.
    pub(super) fn take_out(&mut self, hash: &[u8; 32]) -> Vec<([u8; 32], DeviceId)> {
        let (mut kept, mut out) = (Document::new(), Vec::<[u8; 32]>::new());
        for change in self.accepted.changes() {
            let follows =
                change.hash == *hash || self.accepted.follows(&change.hash).iter().any(|before| out.contains(before));
            if follows || kept.apply([change.bytes.as_slice()]).is_err() {
                out.push(change.hash);
            }
        }
        let out = out.into_iter().filter_map(|hash| Some((hash, self.signed.remove(&hash)?.device))).collect();
        self.sum = Sum { status: self.sum.status, ..Sum::default() };
        for hash in self.signed.keys() {
            self.sum.add(hash);
        }
        self.accepted = kept;
        out
    }
}
