//! A device: the replica, its key, its disk and its files, and the person who uses it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use budget::{InvoiceId, LineId, PersonId, RequestId, Timestamp};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use sync::record::Verb;
use sync::replica::{Event, RefusedWork, Unsigned, UnsignedRecord, Writes};
use sync::signature::{Algorithm, PublicKey};
use sync::view::codes;
use sync::wire::{self, ServerFrame};
use sync::{Document, DocumentKey, Edit, Field, Place, Replica, Scalar};

use crate::random::Chance;

/// One connection: what is on its way in each direction, and the relay's side of it.
#[derive(Default)]
pub(crate) struct Link {
    pub(crate) up: VecDeque<Vec<u8>>,
    pub(crate) down: VecDeque<Vec<u8>>,
    pub(crate) session: Option<Session>,
}

/// What the relay keeps of a connection while it stands.
pub(crate) struct Session {
    pub(crate) cursor: u64,
    pub(crate) own: BTreeSet<[u8; 32]>,
    pub(crate) live: bool,
}

pub(crate) struct Device {
    pub(crate) replica: Replica,
    pub(crate) key: SigningKey,
    pub(crate) disk: BTreeMap<String, Vec<u8>>,
    /// Originals that were captured here.
    pub(crate) files: BTreeMap<[u8; 32], Vec<u8>>,
    /// Of these, how much the relay is known to have; absent once it has all.
    pub(crate) uploads: BTreeMap<[u8; 32], usize>,
    pub(crate) link: Option<Link>,
    pub(crate) live: bool,
    /// How far its clock is off, in milliseconds.
    pub(crate) skew: i64,
    /// Revoked, and purged when it heard of it.
    pub(crate) purged: bool,
    salt: u64,
    /// What was typed here, each text once in the whole world.
    pub(crate) typed: Vec<(DocumentKey, String)>,
    /// What the person decided to let go, or to type again under another name.
    pub(crate) settled: BTreeSet<String>,
    /// Submissions and decisions that were signed here.
    pub(crate) signed: BTreeSet<[u8; 32]>,
    /// Records that came back.
    pub(crate) returned: BTreeSet<[u8; 32]>,
    /// Changes and records that the relay acknowledged to this device.
    pub(crate) acknowledged: BTreeSet<[u8; 32]>,
    /// Changes and records that the relay refused to this device.
    pub(crate) refused: BTreeSet<[u8; 32]>,
    /// Frames with work or questions that it sent.
    pub(crate) frames: usize,
}

impl Device {
    pub(crate) fn new(person: PersonId, seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        let device = public(&key).device();
        Self {
            replica: Replica::new(device, person),
            key,
            disk: BTreeMap::new(),
            files: BTreeMap::new(),
            uploads: BTreeMap::new(),
            link: None,
            live: false,
            skew: 0,
            purged: false,
            salt: 0,
            typed: Vec::new(),
            settled: BTreeSet::new(),
            signed: BTreeSet::new(),
            returned: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            refused: BTreeSet::new(),
            frames: 0,
        }
    }

    pub(crate) fn public(&self) -> PublicKey {
        public(&self.key)
    }

    fn keep(&mut self, writes: Writes) {
        for key in writes.delete {
            self.disk.remove(&key);
        }
        self.disk.extend(writes.put);
    }

    pub(crate) const fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0 + self.skew)
    }

    /// Edits; an edit that is impossible by now (somebody else began it) is no fault.
    pub(crate) fn edit(&mut self, key: DocumentKey, edit: Edit, now: Timestamp) {
        self.salt += 1;
        let at = self.clock(now);
        if let Ok(Some(Unsigned { order, message })) = self.replica.edit(key, edit, at, self.salt.to_be_bytes()) {
            let signature = self.key.sign(&message).to_bytes().to_vec();
            let writes = self.replica.signed(order, signature);
            self.keep(writes);
        }
    }

    pub(crate) fn sign(&mut self, unsigned: &UnsignedRecord) {
        let signature = self.key.sign(&unsigned.message).to_bytes().to_vec();
        self.signed.insert(Sha256::digest(unsigned.record.body()).into());
        let writes = self.replica.queue_record(unsigned, signature);
        self.keep(writes);
    }

    /// Begins a claim that could be submitted, with one line, and perhaps an original.
    pub(crate) fn begin(&mut self, request: RequestId, chance: &mut Chance, now: Timestamp) {
        let key = DocumentKey::Claim(request);
        let owner = self.replica.person();
        let at = self.clock(now);
        self.edit(key, Edit::CreateClaim { owner, at }, now);
        let header = vec![(Field::Title, text("出差")), (Field::Department, text("MKT"))];
        self.edit(key, Edit::Put { place: Place::Header, values: header }, now);
        self.line(request, LineId(chance.bytes()), chance, now);
        if chance.happens(60) {
            self.capture(request, chance, now);
        }
    }

    /// Writes a line; what it says is said once in the whole world.
    pub(crate) fn line(&mut self, request: RequestId, line: LineId, chance: &mut Chance, now: Timestamp) {
        let key = DocumentKey::Claim(request);
        let words = hex::encode(chance.bytes::<12>());
        let values = vec![
            (Field::Description, text(&words)),
            (Field::Amount, Scalar::Integer(1 + i64::try_from(chance.below(100_000)).unwrap())),
            (Field::Date, text("2026-06-02")),
            (Field::Account, text("TAXI")),
        ];
        self.typed.push((key, words));
        self.edit(key, Edit::Put { place: Place::Line(line), values }, now);
    }

    /// Photographs an invoice: the bytes are kept before anything else.
    pub(crate) fn capture(&mut self, request: RequestId, chance: &mut Chance, now: Timestamp) {
        let length = 1 + chance.below(5_000);
        let bytes: Vec<u8> = (0..length).map(|_| chance.next().to_be_bytes()[0]).collect();
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        self.files.insert(hash, bytes);
        self.uploads.insert(hash, 0);
        let values = vec![(Field::Blob, text(&hex::encode(hash)))];
        self.edit(
            DocumentKey::Claim(request),
            Edit::Put { place: Place::Invoice(InvoiceId(chance.bytes())), values },
            now,
        );
    }

    pub(crate) fn comment(&mut self, request: RequestId, chance: &mut Chance, now: Timestamp) {
        let key = DocumentKey::Thread(request);
        self.salt += 1;
        let id = self.replica.next_comment(key, self.salt.to_be_bytes());
        let words = hex::encode(chance.bytes::<12>());
        let values = vec![
            (Field::CommentBy, text(&self.replica.person().to_string())),
            (Field::CommentAt, Scalar::Integer(self.clock(now).0)),
            (Field::CommentText, text(&words)),
        ];
        if self.replica.document(&key).is_none_or(Document::is_empty) {
            self.edit(key, Edit::CreateThread, now);
        }
        self.typed.push((key, words));
        self.edit(key, Edit::Put { place: Place::Comment(id), values }, now);
    }

    pub(crate) fn prefer(&mut self, chance: &mut Chance, now: Timestamp) {
        let key = DocumentKey::Preferences(self.replica.person());
        if self.replica.document(&key).is_none_or(Document::is_empty) {
            self.edit(key, Edit::CreatePreferences, now);
        }
        let words = hex::encode(chance.bytes::<12>());
        self.typed.push((key, words.clone()));
        self.edit(key, Edit::set(Place::Header, Field::ListFilter, text(&words)), now);
    }

    /// Hands a claim in, after choosing where two devices disagree.
    pub(crate) fn submit(&mut self, request: RequestId, chance: &mut Chance, now: Timestamp) {
        let editable = self.replica.status(request).is_none_or(|status| status.state.is_editable());
        let waiting = self.replica.waiting_records(request).next().is_some();
        if !editable || waiting {
            return;
        }
        for conflict in self.replica.claim(request).map(|claim| claim.conflicts).unwrap_or_default() {
            let chosen = chance.pick(&conflict.values).cloned().unwrap();
            self.edit(DocumentKey::Claim(request), Edit::set(conflict.place, conflict.field, chosen), now);
        }
        let at = self.clock(now);
        if let Ok(unsigned) = self.replica.submission(request, at, chance.bytes()) {
            self.sign(&unsigned);
        }
    }

    pub(crate) fn decide(&mut self, request: RequestId, chance: &mut Chance, now: Timestamp) {
        if self.replica.waiting_records(request).next().is_some() {
            return;
        }
        let verb = *chance.pick(&[Verb::Approve, Verb::Approve, Verb::Return, Verb::Reject]).unwrap();
        let at = self.clock(now);
        if let Some(unsigned) = self.replica.decision(request, verb, "原因", at, chance.bytes()) {
            self.sign(&unsigned);
        }
    }

    pub(crate) fn withdraw(&mut self, request: RequestId, chance: &mut Chance, now: Timestamp) {
        let at = self.clock(now);
        if let Some(unsigned) = self.replica.withdrawal(request, at, chance.bytes()) {
            self.sign(&unsigned);
        }
    }

    /// The person looks at one thing that came back: does it again, copies it to a new claim, or lets it go.
    pub(crate) fn settle_refused(&mut self, chance: &mut Chance, now: Timestamp) {
        let works: Vec<(u64, RefusedWork)> =
            self.replica.refused().map(|(order, work)| (order, work.clone())).collect();
        let Some((order, work)) = chance.pick(&works).cloned() else { return };
        let words = said(&work.edits);
        match (chance.below(3), work.document) {
            (0, Some(key)) if self.replica.document(&key).is_some_and(|document| !document.is_empty()) => {
                for edit in work.edits.iter().filter(|edit| matches!(edit, Edit::Put { .. })) {
                    let comment = self.next_comment(key);
                    self.edit(key, again(edit, comment), now);
                }
            }
            (1, Some(DocumentKey::Claim(_))) => {
                let copy = RequestId(chance.bytes());
                self.begin(copy, chance, now);
                for edit in work.edits.iter().filter(|edit| matches!(edit, Edit::Put { .. })) {
                    self.edit(DocumentKey::Claim(copy), edit.clone(), now);
                }
                let moved = words.iter().map(|words| (DocumentKey::Claim(copy), words.clone()));
                self.typed.retain(|(_, typed)| !words.contains(typed));
                self.typed.extend(moved);
            }
            (2, _) if chance.happens(30) => self.settled.extend(words),
            // A file had not arrived: it is sent, and the claim is handed in once more by the person.
            _ if work.code == codes::MISSING_BLOB => self.send_files_again(),
            _ => return,
        }
        let writes = self.replica.dismiss(order);
        self.keep(writes);
    }

    fn next_comment(&mut self, key: DocumentKey) -> sync::document::CommentId {
        self.salt += 1;
        self.replica.next_comment(key, self.salt.to_be_bytes())
    }

    /// Offers every original again; the relay says where it stands with each.
    pub(crate) fn send_files_again(&mut self) {
        self.uploads = self.files.keys().map(|hash| (*hash, 0)).collect();
    }

    /// The tab is killed: only what is on disk remains.
    pub(crate) fn kill(&mut self) {
        self.link = None;
        self.live = false;
        let (replica, damaged) = Replica::open(self.replica.device(), self.replica.person(), self.disk.clone());
        assert_eq!(damaged, Vec::<String>::new());
        self.replica = replica;
        // A new session never uses the actors of the old one.
        self.salt += 1 << 20;
    }

    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        let frame: ServerFrame = wire::decode(bytes).unwrap();
        match &frame {
            ServerFrame::Ack(ack) => self.acknowledged.extend(ack.admitted.iter().map(|hash| hash.0)),
            ServerFrame::Refused(refused) => drop(self.refused.insert(refused.hash)),
            _ => {}
        }
        let received = self.replica.receive(frame);
        self.keep(received.writes);
        for event in received.events {
            match event {
                Event::UpToDate => self.live = true,
                Event::Refused(order) => {
                    let work =
                        self.replica.refused().find(|(number, _)| *number == order).map(|(_, work)| work.clone());
                    if let Some(work) = work.filter(|work| !work.record.is_empty()) {
                        self.returned.insert(Sha256::digest(&work.record).into());
                    }
                }
                Event::Closing(code) if code == "revoked" => self.purge(),
                _ => {}
            }
        }
        self.pump();
    }

    /// Sends what may go out; claims wait for their files.
    pub(crate) fn pump(&mut self) {
        if !self.live || !self.uploads.is_empty() {
            return;
        }
        while let Some(frame) = self.replica.next_push() {
            self.frames += 1;
            if let Some(link) = &mut self.link {
                link.up.push_back(wire::encode(&frame));
            }
        }
    }

    pub(crate) fn connect(&mut self) {
        let mut link = Link::default();
        link.up.push_back(wire::encode(&self.replica.hello("")));
        self.link = Some(link);
        self.live = false;
    }

    /// The connection is lost. What was on its way up may still arrive some time.
    pub(crate) fn disconnect(&mut self) -> VecDeque<Vec<u8>> {
        self.live = false;
        self.replica.disconnected();
        self.link.take().map(|link| link.up).unwrap_or_default()
    }

    fn purge(&mut self) {
        self.disk.clear();
        self.files.clear();
        self.uploads.clear();
        self.replica = Replica::new(self.replica.device(), self.replica.person());
        self.link = None;
        self.live = false;
        self.purged = true;
    }
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey { algorithm: Algorithm::Ed25519, bytes: key.verifying_key().to_bytes().to_vec() }
}

pub(crate) fn text(value: &str) -> Scalar {
    Scalar::Text(value.into())
}

/// The edit under a new comment's name, because the old one may not be used again.
fn again(edit: &Edit, comment: sync::document::CommentId) -> Edit {
    match edit {
        Edit::Put { place: Place::Comment(_), values } => {
            Edit::Put { place: Place::Comment(comment), values: values.clone() }
        }
        other => other.clone(),
    }
}

/// The words in these edits that were typed once in the world.
pub(crate) fn said(edits: &[Edit]) -> Vec<String> {
    let fields = [Field::Description, Field::CommentText, Field::ListFilter];
    edits
        .iter()
        .filter_map(|edit| match edit {
            Edit::Put { values, .. } => Some(values),
            _ => None,
        })
        .flatten()
        .filter(|(field, _)| fields.contains(field))
        .filter_map(|(_, value)| value.text().map(str::to_owned))
        .collect()
}
