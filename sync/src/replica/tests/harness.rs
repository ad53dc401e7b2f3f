//! A device with a disk, and a relay that admits through the gate.

use std::collections::BTreeMap;

use budget::{DeviceId, PersonId, Timestamp};
use ed25519_dalek::{Signer, SigningKey};

use super::{CLAIM, LINE, REQUEST};
use crate::gate::{self, Terms};
use crate::record::Head;
use crate::replica::{Event, Replica, Writes};
use crate::signature::{Algorithm, PublicKey, change_message, record_message};
use crate::wire::{self, Ack, Batch, Item, Push, PushItem, Refused, ServerFrame, SignedChange};
use crate::{Document, Edit, Field, Place, Scalar};

/// One device: the replica, its key and what it has on disk.
pub(super) struct Device {
    pub(super) replica: Replica,
    pub(super) key: SigningKey,
    pub(super) disk: BTreeMap<String, Vec<u8>>,
    pub(super) salt: u64,
}

impl Device {
    pub(super) fn new(person: u8, key: u8) -> Self {
        let key = SigningKey::from_bytes(&[key; 32]);
        let public = PublicKey { algorithm: Algorithm::Ed25519, bytes: key.verifying_key().to_bytes().to_vec() };
        Self { replica: Replica::new(public.device(), PersonId([person; 16])), key, disk: BTreeMap::new(), salt: 0 }
    }

    pub(super) fn keep(&mut self, writes: Writes) {
        for key in writes.delete {
            self.disk.remove(&key);
        }
        self.disk.extend(writes.put);
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        self.salt += 1;
        if let Some(unsigned) = self.replica.edit(CLAIM, edit, Timestamp(1), self.salt.to_be_bytes()).unwrap() {
            let signature = self.key.sign(&unsigned.message).to_bytes().to_vec();
            let writes = self.replica.signed(unsigned.order, signature);
            self.keep(writes);
        }
    }

    pub(super) fn amount(&mut self, fen: i64) {
        self.edit(Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(fen)));
    }

    pub(super) fn begin(&mut self) {
        let owner = self.replica.person();
        self.edit(Edit::CreateClaim { owner, at: Timestamp(1) });
        let text = |value: &str| Scalar::Text(value.into());
        self.edit(Edit::Put {
            place: Place::Header,
            values: vec![(Field::Title, text("打车")), (Field::Department, text("MKT"))],
        });
        self.edit(Edit::Put {
            place: Place::Line(LINE),
            values: vec![
                (Field::Amount, Scalar::Integer(100)),
                (Field::Date, text("2026-06-02")),
                (Field::Account, text("TAXI")),
            ],
        });
    }

    pub(super) fn submit(&mut self) {
        let unsigned = self.replica.submission(REQUEST, Timestamp(2), [9; 16]).unwrap();
        let signature = self.key.sign(&unsigned.message).to_bytes().to_vec();
        let writes = self.replica.queue_record(&unsigned, signature);
        self.keep(writes);
    }

    /// The tab is killed: only what is on disk remains.
    pub(super) fn killed(&mut self) {
        let (replica, damaged) = Replica::open(self.replica.device(), self.replica.person(), self.disk.clone());
        assert_eq!(damaged, Vec::<String>::new());
        self.replica = replica;
        // A new session never uses the actors of the old one.
        self.salt += 1_000;
    }

    pub(super) fn receive(&mut self, frame: &ServerFrame) -> Vec<Event> {
        let bytes = wire::encode(frame);
        let received = self.replica.receive(wire::decode(&bytes).unwrap());
        self.keep(received.writes);
        received.events
    }

    pub(super) fn shown(&self) -> Option<i64> {
        self.replica.claim(REQUEST)?.line(LINE)?.amount.map(budget::Money::fen)
    }
}

/// A relay that admits through the gate and keeps a log.
#[derive(Default)]
pub(super) struct Relay {
    pub(super) document: Document,
    pub(super) owner: Option<PersonId>,
    pub(super) people: BTreeMap<DeviceId, (PersonId, PublicKey)>,
    pub(super) log: Vec<SignedChange>,
    pub(super) records: Vec<[u8; 32]>,
    pub(super) frozen: bool,
}

impl Relay {
    pub(super) fn knows(&mut self, device: &Device) {
        let public = PublicKey { algorithm: Algorithm::Ed25519, bytes: device.key.verifying_key().to_bytes().to_vec() };
        self.people.insert(device.replica.device(), (device.replica.person(), public));
    }

    pub(super) fn take(&mut self, push: Push) -> Vec<ServerFrame> {
        let mut answers = Vec::new();
        let mut admitted = Vec::new();
        for item in push.items {
            let hash = item.hash();
            let answer = match item {
                PushItem::Record(record) => {
                    let (_, key) = &self.people[&record.device];
                    assert!(key.verifies(&record_message(&record.body), &record.signature));
                    if !self.records.contains(&hash) {
                        self.records.push(hash);
                    }
                    self.frozen = true;
                    Ok(())
                }
                PushItem::Change(change) => self.change(change),
            };
            match answer {
                Ok(()) => admitted.push(Head(hash)),
                Err(code) => answers.push(ServerFrame::Refused(Refused {
                    push: push.id,
                    hash,
                    code: code.into(),
                    detail: Vec::new(),
                    accepted: self.document.heads().into_iter().map(Head).collect(),
                })),
            }
        }
        answers.insert(0, ServerFrame::Ack(Ack { push: push.id, admitted }));
        answers
    }

    pub(super) fn change(&mut self, change: SignedChange) -> Result<(), &'static str> {
        if self.log.iter().any(|known| known.hash == change.hash) {
            return Ok(());
        }
        let (person, key) = &self.people[&change.device];
        assert!(key.verifies(&change_message(&change.document, &change.hash), &change.signature));
        let terms = Terms {
            key: change.document,
            device: change.device,
            lent_actor: None,
            person: *person,
            owner: self.owner,
            editable: !self.frozen,
            participant: true,
        };
        let admitted = gate::admit(&self.document, &terms, &change.bytes).map_err(|refusal| refusal.code)?;
        if admitted.creates {
            self.owner = Some(*person);
        }
        self.document = admitted.document;
        self.log.push(change);
        Ok(())
    }

    /// Everything, in one batch; a device that has it already loses nothing by hearing it again.
    pub(super) fn tell(&self) -> ServerFrame {
        let items = vec![Item::Changes { document: CLAIM, changes: self.log.clone() }];
        ServerFrame::Batch(Batch { items, cursor: self.log.len() as u64 })
    }
}
