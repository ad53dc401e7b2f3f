//! Peers with the stock engine around conversations, and bytes that no peer sends.

use std::collections::BTreeSet;

use automerge::sync::{Message, State, SyncDoc};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ROOT, ReadDoc};
use budget::{PersonId, RequestId, Timestamp};

use super::*;
use crate::document::{Document, NewChange};
use crate::{DocumentKey, Edit, Field, Place, Scalar};

const ID: RequestId = RequestId([1, 0x9c, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16]);
const CLAIM: DocumentKey = DocumentKey::Claim(ID);
const THREAD: DocumentKey = DocumentKey::Thread(ID);

/// The changes of a claim with a title.
fn claim() -> (Document, Vec<NewChange>) {
    let mut document = Document::new();
    let edits = [
        Edit::CreateClaim { owner: PersonId([1; 16]), at: Timestamp(1) },
        Edit::set(Place::Header, Field::Title, Scalar::Text("上海出差".into())),
    ];
    let changes = edits.iter().map(|edit| document.edit(&CLAIM, [1; 16], Timestamp(1_000), edit).unwrap().unwrap());
    let changes = changes.collect();
    (document, changes)
}

fn open(changes: &[NewChange]) -> Conversation {
    Conversation::open(&CLAIM, changes.iter().map(|change| change.bytes.as_slice())).unwrap()
}

/// What a stock peer does.
struct Peer {
    document: Automerge,
    state: State,
    frames: usize,
}

impl Peer {
    fn new(document: Automerge, salt: u8) -> Self {
        Self { document: document.with_actor(ActorId::from([salt; 16].as_slice())), state: State::new(), frames: 0 }
    }

    fn write(&mut self, field: &str, value: &str) -> [u8; 32] {
        let mut transaction = self.document.transaction();
        transaction.put(ROOT, field, value).unwrap();
        transaction.commit_with(CommitOptions::default()).0.unwrap().0
    }

    fn reads(&self, field: &str) -> Option<String> {
        self.document.get(ROOT, field).unwrap().map(|(value, _)| value.as_str().unwrap_or_default().to_owned())
    }

    /// Talks until both sides are quiet. What `is_refused` says of a change is what the gate says; returns what was admitted.
    fn talk(&mut self, with: &mut Conversation, is_refused: impl Fn(&NewChange) -> bool) -> Vec<NewChange> {
        let mut admitted = Vec::new();
        let mut told = with.say();
        for _ in 0..50 {
            let said = self.document.generate_sync_message(&mut self.state).map(Message::encode);
            if said.is_none() && told.is_none() {
                return admitted;
            }
            if let Some(bytes) = said {
                self.frames += 1;
                let offer = with.hear(&bytes).unwrap();
                let mut refused = BTreeSet::new();
                for change in &offer.changes {
                    if is_refused(change) {
                        refused.insert(change.hash);
                    } else {
                        admitted.push(change.clone());
                    }
                }
                told = told.or(with.answer(offer, &refused));
            }
            if let Some(bytes) = told.take() {
                self.frames += 1;
                let message = Message::decode(&bytes).unwrap();
                self.document.receive_sync_message(&mut self.state, message).unwrap();
            }
        }
        panic!("they never come to rest");
    }
}

fn all(_: &NewChange) -> bool {
    true
}

fn none(_: &NewChange) -> bool {
    false
}

#[test]
fn names_lead_to_documents_and_back() {
    for key in [CLAIM, THREAD] {
        let name = url_name(&key).unwrap();
        assert_eq!(document(&name), Some(key));
        let mut wrong = name.clone();
        let last = if wrong.pop() == Some('1') { '2' } else { '1' };
        wrong.push(last);
        assert_eq!(document(&wrong), None, "the checksum is looked at");
    }
    assert_ne!(url_name(&CLAIM), url_name(&THREAD));
    assert_eq!(url_name(&DocumentKey::Preferences(PersonId(ID.bytes()))), None);
    assert_eq!(url_name(&DocumentKey::Claim(RequestId([1; 16]))), None);
    assert_eq!(document(&bs58::encode([1; 16]).with_check().into_string()), None);
    assert_eq!(document(&bs58::encode([0x77; 17]).with_check().into_string()), None);
    assert_eq!(document(""), None);
    assert_eq!(document(&"z".repeat(10_000)), None);
}

#[test]
fn a_peer_gets_the_document_and_its_edits_are_offered_one_by_one() {
    let (document, changes) = claim();
    let mut relay = open(&changes);
    let mut peer = Peer::new(Automerge::new(), 7);
    assert_eq!(peer.talk(&mut relay, all), []);
    assert_eq!(peer.reads("title").as_deref(), Some("上海出差"));
    let heads: Vec<[u8; 32]> = peer.document.get_heads().into_iter().map(|head| head.0).collect();
    assert_eq!(heads, document.heads());

    // More than a third of the document, which a stock peer would send as a whole to whoever takes that.
    let written: Vec<[u8; 32]> = (0..9).map(|n| peer.write("purpose", &format!("{n} {}", "长".repeat(300)))).collect();
    let admitted: Vec<[u8; 32]> = peer.talk(&mut relay, none).into_iter().map(|change| change.hash).collect();
    assert_eq!(admitted, written, "in their order");
    let before = peer.frames;
    assert_eq!(peer.talk(&mut relay, all), []);
    assert_eq!(peer.frames, before, "both know that they have the same");
}

#[test]
fn a_refused_change_is_answered_once_and_the_others_work_still_comes() {
    let (_, changes) = claim();
    let mut relay = open(&changes);
    let mut peer = Peer::new(Automerge::new(), 7);
    peer.talk(&mut relay, none);
    peer.write("owner", "somebody else");
    let before = peer.frames;
    assert_eq!(peer.talk(&mut relay, all), []);
    assert_eq!(peer.frames - before, 1, "the peer's own, and nothing after it");

    // A colleague's edit, made on what was admitted.
    let mut colleague = Peer::new(Automerge::new(), 8);
    let mut theirs = open(&changes);
    colleague.talk(&mut theirs, none);
    colleague.write("title", "北京出差");
    let edit = colleague.talk(&mut theirs, none).remove(0);
    let said = relay.take([edit.bytes.as_slice()]).unwrap().unwrap();
    peer.document.receive_sync_message(&mut peer.state, Message::decode(&said).unwrap()).unwrap();
    let before = peer.frames;
    assert_eq!(peer.talk(&mut relay, all), []);
    assert!(peer.frames - before <= 2, "{} frames", peer.frames - before);
    assert_eq!(peer.reads("title").as_deref(), Some("北京出差"));
    assert_eq!(peer.reads("owner").as_deref(), Some("somebody else"), "nothing can be taken from a peer");

    // What follows a refused change is decided, and refused, by itself; a merge of both worlds as well.
    let later = peer.write("title", "南京出差");
    let offered = std::cell::RefCell::new(Vec::new());
    let before = peer.frames;
    peer.talk(&mut relay, |change| {
        offered.borrow_mut().push(change.hash);
        true
    });
    assert_eq!(*offered.borrow(), [later]);
    assert_eq!(peer.frames - before, 1);

    // The same peer connects anew: the relay remembers nothing, and comes to rest again.
    let mut again = open(&[changes, vec![edit]].concat());
    peer.state = State::decode(&peer.state.encode()).unwrap();
    let before = peer.frames;
    assert_eq!(peer.talk(&mut again, all), []);
    assert!(peer.frames - before <= 4, "{} frames", peer.frames - before);
}

#[test]
fn what_is_admitted_before_a_refused_change_is_kept() {
    let (_, changes) = claim();
    let mut relay = open(&changes);
    let mut peer = Peer::new(Automerge::new(), 7);
    peer.talk(&mut relay, none);
    let good = peer.write("purpose", "见附件");
    let bad = peer.write("owner", "somebody else");
    let before = peer.frames;
    let admitted = peer.talk(&mut relay, |change| change.hash == bad);
    assert_eq!(admitted.iter().map(|change| change.hash).collect::<Vec<_>>(), [good]);
    assert!(peer.frames - before <= 3, "{} frames", peer.frames - before);
}

#[test]
fn a_peer_that_goes_on_is_not_listened_to_any_more() {
    let (_, changes) = claim();
    let mut relay = open(&changes);
    let mut peer = Peer::new(Automerge::new(), 7);
    peer.talk(&mut relay, none);
    for number in 0..80 {
        peer.write("owner", &format!("{number}"));
        peer.talk(&mut relay, all);
    }
    assert!(relay.is_muted());
    assert_eq!(relay.say(), None);
}

#[test]
fn a_document_is_begun_by_a_peer() {
    let mut relay = open(&[]);
    let (document, changes) = claim();
    let mut inner = Automerge::new();
    inner.apply_changes(changes.iter().map(|it| automerge::Change::from_bytes(it.bytes.clone()).unwrap())).unwrap();
    let mut peer = Peer::new(inner, 7);
    let admitted = peer.talk(&mut relay, none);
    assert_eq!(admitted, changes);
    assert_eq!(document.heads().len(), 1);
}

#[test]
fn a_thread_that_nobody_began_is_shown_begun_and_begins_with_the_first_comment() {
    let mut relay = Conversation::open(&THREAD, []).unwrap();
    let mut peer = Peer::new(Automerge::new(), 7);
    assert_eq!(peer.talk(&mut relay, all), [], "to look at it begins nothing");
    let (_, comments) = peer.document.get(ROOT, "comments").unwrap().unwrap();
    let mut transaction = peer.document.transaction();
    transaction.put(comments, "x", 1).unwrap();
    let comment = transaction.commit().0.unwrap();
    let first = crate::document::genesis(&THREAD).unwrap();
    let admitted = peer.talk(&mut relay, none);
    assert_eq!(admitted.iter().map(|change| change.hash).collect::<Vec<_>>(), [first.hash, comment.0]);
    peer.write("x", "y");
    assert_eq!(peer.talk(&mut relay, none).len(), 1, "a thread begins once");
}

fn frames() -> Vec<Frame> {
    let subject = || Subject { document: url_name(&CLAIM).unwrap(), sender: "a-1".into(), target: "suanpan".into() };
    vec![
        Frame::Join { sender: "a-1".into(), is_understood: true },
        Frame::Join { sender: "a-1".into(), is_understood: false },
        Frame::Peer { sender: "suanpan".into(), target: "a-1".into() },
        Frame::Request(subject(), vec![1, 2, 3]),
        Frame::Sync(subject(), vec![0x42; 200]),
        Frame::Unavailable(subject()),
        Frame::Refused(subject(), vec![RefusedChange { hash: [7; 32], code: "not_allowed".into() }]),
        Frame::Error("unauthenticated".into()),
        Frame::Leave,
        Frame::Other,
    ]
}

#[test]
fn frames_are_read_as_they_were_written() {
    for frame in frames() {
        assert_eq!(Frame::decode(&frame.encode()).unwrap(), frame);
    }
}

#[test]
fn other_spellings_of_a_frame_are_understood() {
    // An indefinite map, bytes that are marked as an array of bytes, and entries that nobody knows.
    let mut e = minicbor::Encoder::new(Vec::new());
    e.begin_map().unwrap().str("type").unwrap().str("sync").unwrap().str("later").unwrap();
    e.begin_array().unwrap().map(1).unwrap().str("x").unwrap().null().unwrap().end().unwrap();
    e.str("documentId").unwrap().str("d").unwrap().str("senderId").unwrap().str("s").unwrap();
    e.str("targetId").unwrap().str("t").unwrap().str("data").unwrap();
    e.tag(minicbor::data::Tag::new(64)).unwrap().bytes(&[5]).unwrap().end().unwrap();
    let subject = Subject { document: "d".into(), sender: "s".into(), target: "t".into() };
    assert_eq!(Frame::decode(&e.into_writer()).unwrap(), Frame::Sync(subject, vec![5]));
    let mut e = minicbor::Encoder::new(Vec::new());
    e.map(1).unwrap().str("type").unwrap().str("remote-heads-changed").unwrap();
    assert_eq!(Frame::decode(&e.into_writer()).unwrap(), Frame::Other);
}

/// Calls `attempt` with everything that these bytes become by a cut or by another byte.
fn mutants(bytes: &[u8], mut attempt: impl FnMut(&[u8])) {
    for length in 0..bytes.len() {
        attempt(&bytes[..length]);
    }
    for at in 0..bytes.len() {
        for with in [0, 1, 0x1b, 0x40, 0x7f, 0x80, 0x9f, 0xbf, 0xff, bytes[at].wrapping_add(1), bytes[at] ^ 0x20] {
            let mut mutant = bytes.to_vec();
            mutant[at] = with;
            attempt(&mutant);
        }
    }
}

#[test]
fn hostile_frames_are_refused_without_a_panic() {
    let mut read = 0;
    for frame in frames() {
        mutants(&frame.encode(), |bytes| read += usize::from(Frame::decode(bytes).is_ok()));
    }
    assert!(read > 0, "some mutants are frames");
    let check = |bytes: &[u8]| assert!(Frame::decode(bytes).is_err());
    check(&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    check(&vec![0x9f; crate::wire::LARGEST_FRAME]);
    check(&vec![0xa0; crate::wire::LARGEST_FRAME + 1]);
    let mut long = minicbor::Encoder::new(Vec::new());
    long.map(1).unwrap().str("senderId").unwrap().str(&"x".repeat(MOST_NAME + 1)).unwrap();
    check(&long.into_writer());
}

#[test]
fn hostile_messages_are_refused_or_harmless() {
    let (document, changes) = claim();
    let mut peer = Peer::new(Automerge::new(), 7);
    let mut relay = open(&changes);
    peer.talk(&mut relay, none);
    peer.write("title", "南京出差");
    let honest = peer.document.generate_sync_message(&mut peer.state).unwrap().encode();
    let mut heard = 0;
    mutants(&honest, |bytes| {
        let mut relay = open(&changes);
        if let Ok(offer) = relay.hear(bytes) {
            heard += 1;
            // Whatever it offers, the gate refuses.
            let refused = offer.changes.iter().map(|change| change.hash).collect();
            relay.answer(offer, &refused);
            assert_eq!(relay.heads(), document.heads(), "the document is what it was");
            assert!(relay.hear(&honest).is_ok(), "and the peer can go on");
        }
    });
    assert!(heard > 100, "{heard} mutants were messages");
}

#[test]
fn a_filter_that_asks_for_too_much_is_refused() {
    let check = |filter: &[u8], expected: bool| {
        // Type, no heads, nothing needed, one summary without heads, its filter, no changes.
        let mut message = vec![0x42, 0, 0, 1, 0, u8::try_from(filter.len()).unwrap()];
        message.extend_from_slice(filter);
        message.push(0);
        assert_eq!(open(&[]).hear(&message).is_ok(), expected, "{filter:?}");
    };
    check(&[], true);
    check(&[1, 10, 7, 0, 0], true);
    check(&[1, 10, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0], false);
    check(&[1, 0, 7], false);
    check(&[1, 10, 7, 0], false);
    check(&[1, 10, 7, 0, 0, 0], false);
    check(&[0xff, 0xff, 0xff, 0xff, 0x0f, 10, 7, 0], false);
    // As many heads as a byte can promise, and whole documents.
    assert!(open(&[]).hear(&[0x42, 0xff, 0xff, 0xff, 0xff, 0x0f]).is_err());
    assert!(open(&[]).hear(&[0x43, 0, 0, 0, 1, 4, 0x85, 0x6f, 0x4a, 0x83]).is_err());
    assert!(open(&[]).hear(&[0x43, 0, 0, 0, 0]).is_ok());
}
