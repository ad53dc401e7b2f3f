//! A hostile peer: an enrolled device of an employee that forges, replays and repeats.

use std::collections::BTreeSet;

use budget::{PersonId, RequestId, RequestKind, Timestamp};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use sync::document::{CommentId, NewChange, new_actor};
use sync::record::{Decision, Head, Record, SignedRecord, Submission, Verb};
use sync::signature::{Algorithm, PublicKey, change_message, record_message};
use sync::wire::{Push, PushItem, ServerFrame, SignedChange};
use sync::{Document, DocumentKey, Edit, Field, Place};

use crate::device::text;
use crate::random::Chance;
use crate::relay::Relay;

pub(crate) struct Hostile {
    person: PersonId,
    key: SigningKey,
    /// Everything that must never be seen by anybody.
    pub(crate) forged: BTreeSet<[u8; 32]>,
    repeated: Vec<PushItem>,
    pub(crate) attacks: usize,
}

impl Hostile {
    pub(crate) fn new(person: PersonId, seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        Self { person, key, forged: BTreeSet::new(), repeated: Vec::new(), attacks: 0 }
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey { algorithm: Algorithm::Ed25519, bytes: self.key.verifying_key().to_bytes().to_vec() }
    }

    /// One attack; every forgery has to be refused, and a replay has to change nothing.
    pub(crate) fn attack(&mut self, relay: &mut Relay, chance: &mut Chance, now: Timestamp) {
        let targets: Vec<DocumentKey> = relay
            .documents
            .iter()
            .filter(|(key, kept)| matches!(key, DocumentKey::Claim(_)) && kept.owner != self.person)
            .map(|(key, _)| *key)
            .collect();
        let Some(key) = chance.pick(&targets).copied() else { return };
        let kind = chance.below(9);
        let Some(item) = self.forge(kind, relay, key, chance) else { return };
        let device = self.public().device();
        let replay = kind == 6;
        self.attacks += 1;
        for _ in 0..=chance.below(4) {
            let before = relay.position;
            let answers = relay.push(device, Push { id: 1, items: vec![item.clone()] }, now);
            let refused = answers.iter().any(|answer| matches!(answer, ServerFrame::Refused(_)));
            assert!(refused != replay, "attack {kind}: {answers:?}");
            assert_eq!(relay.position, before, "attack {kind} left a trace");
        }
        if !replay {
            // What is true elsewhere is a forgery only here.
            if !relay.hashes.contains_key(&item.hash()) {
                self.forged.insert(item.hash());
            }
            self.repeated.push(item);
        }
    }

    fn forge(&self, kind: usize, relay: &Relay, key: DocumentKey, chance: &mut Chance) -> Option<PushItem> {
        let kept = relay.documents.get(&key)?;
        let victim = kept.log.first()?.1.clone();
        let DocumentKey::Claim(request) = key else { return None };
        let title = Edit::set(Place::Header, Field::Title, text(&hex::encode(chance.bytes::<8>())));
        let mine = new_actor(self.public().device(), chance.bytes());
        Some(match kind {
            // Another person's claim, under one's own actor.
            0 => self.change(key, edit(&kept.document, &key, mine, &title)?),
            // Another device's actor, under one's own signature.
            1 => {
                let actor = new_actor(victim.device, chance.bytes());
                self.change(key, edit(&kept.document, &key, actor, &title)?)
            }
            // The same with a claim to be that device.
            2 => {
                let actor = new_actor(victim.device, chance.bytes());
                let PushItem::Change(change) = self.change(key, edit(&kept.document, &key, actor, &title)?) else {
                    return None;
                };
                PushItem::Change(SignedChange { device: victim.device, ..change })
            }
            // Bytes that were tampered with, checksum repaired.
            3 => {
                let mut change = edit(&kept.document, &key, mine, &title)?;
                let at = 9 + chance.below(change.bytes.len() - 9);
                change.bytes[at] ^= 1 << chance.below(8);
                let sum = Sha256::digest(&change.bytes[8..]);
                change.bytes[4..8].copy_from_slice(&sum[..4]);
                change.hash = sum.into();
                self.change(key, change)
            }
            // A true change in another document.
            4 => {
                let other = relay.documents.keys().find(|other| **other != key)?;
                PushItem::Change(SignedChange { document: *other, ..victim })
            }
            // A comment in another's name.
            5 => {
                let thread = DocumentKey::Thread(request);
                let document = relay.documents.get(&thread).map(|kept| kept.document.clone())?;
                let place = Place::Comment(CommentId { actor: mine, number: 1 });
                let by = text(&kept.owner.to_string());
                self.change(thread, edit(&document, &thread, mine, &Edit::set(place, Field::CommentBy, by))?)
            }
            // A true change, carried: harmless.
            6 => PushItem::Change(victim),
            // A decision in another's name, or one that is not theirs.
            7 => {
                let view = &relay.requests.get(&request)?.view;
                let person = if chance.happens(50) { kept.owner } else { self.person };
                if view.decides_for(self.person).is_some() {
                    return None;
                }
                let mut digest = [0; 32];
                hex::decode_to_slice(&view.digest, &mut digest).ok()?;
                self.record(&Record::Decision(Decision {
                    id: chance.bytes(),
                    request,
                    revision: view.revision,
                    digest,
                    step: 0,
                    rules_version: 0,
                    verb: Verb::Approve,
                    reason: String::new(),
                    person,
                    total: view.total,
                    at: Timestamp(0),
                    whom: None,
                    back_to: None,
                }))
            }
            // Another's claim handed in, or what was refused before once more.
            _ => match chance.pick(&self.repeated) {
                Some(again) if chance.happens(50) => again.clone(),
                _ => self.submission(request, &kept.document, chance),
            },
        })
    }

    fn submission(&self, request: RequestId, document: &Document, chance: &mut Chance) -> PushItem {
        self.record(&Record::Submission(Submission {
            id: chance.bytes(),
            request,
            kind: RequestKind::ExpenseClaim,
            revision: 1,
            heads: document.heads().into_iter().map(Head).collect(),
            digest: chance.bytes(),
            total: budget::Money::from_fen(1),
            person: self.person,
            at: Timestamp(0),
        }))
    }

    fn change(&self, document: DocumentKey, change: NewChange) -> PushItem {
        let signature = self.key.sign(&change_message(&document, &change.hash)).to_bytes().to_vec();
        let device = self.public().device();
        PushItem::Change(SignedChange { document, hash: change.hash, bytes: change.bytes, device, signature })
    }

    fn record(&self, record: &Record) -> PushItem {
        let body = record.body();
        let signature = self.key.sign(&record_message(&body)).to_bytes().to_vec();
        PushItem::Record(SignedRecord { body, device: self.public().device(), signature })
    }
}

fn edit(document: &Document, key: &DocumentKey, actor: [u8; 16], edit: &Edit) -> Option<NewChange> {
    document.clone().edit(key, actor, Timestamp(1_000), edit).ok().flatten()
}
