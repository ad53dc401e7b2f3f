//! The gate against honest people, forgers and broken bytes.

use automerge::legacy::{self, Key, ObjectId, OpId, OpType};
use automerge::{ActorId, Automerge, Change, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue};
use budget::{InvoiceId, LineId, RequestId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sha2::{Digest, Sha256};

use super::*;
use crate::document::{CommentId, NewChange};
use crate::{DocumentKey, Edit, Scalar};

mod mutants;

const OWNER: PersonId = PersonId([1; 16]);
const OTHER: PersonId = PersonId([2; 16]);
const DEVICE: DeviceId = DeviceId([7; 16]);
const LINE: LineId = LineId([5; 16]);

use budget::{DeviceId, PersonId};

fn actor(salt: u8) -> [u8; 16] {
    let mut actor = [salt; 16];
    actor[..8].copy_from_slice(&actor_prefix(DEVICE));
    actor
}

fn terms() -> Terms {
    Terms {
        key: DocumentKey::Claim(RequestId([3; 16])),
        device: DEVICE,
        lent_actor: None,
        person: OWNER,
        owner: Some(OWNER),
        editable: true,
        participant: true,
    }
}

fn text(value: &str) -> Scalar {
    Scalar::Text(value.into())
}

fn edit(document: &mut Document, salt: u8, it: &Edit) -> NewChange {
    edit_in(&terms().key, document, salt, it)
}

fn edit_in(key: &DocumentKey, document: &mut Document, salt: u8, edit: &Edit) -> NewChange {
    document.edit(key, actor(salt), Timestamp(1_000), edit).unwrap().unwrap()
}

/// A claim with a line and an invoice, and the changes that made it.
fn claim() -> (Document, Vec<NewChange>) {
    let mut document = Document::new();
    let edits = [
        Edit::CreateClaim { owner: OWNER, at: Timestamp(1) },
        Edit::set(Place::Header, Field::Title, text("上海出差")),
        Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(100)),
        Edit::set(Place::Line(LINE), Field::Description, text("高铁")),
        Edit::set(Place::Invoice(InvoiceId([9; 16])), Field::Total, Scalar::Integer(100)),
    ];
    let changes = edits.iter().map(|it| edit(&mut document, 1, it)).collect();
    (document, changes)
}

/// What happens to a change that `edit` makes on the claim, under `terms`.
fn attempt(terms: &Terms, salt: u8, it: &Edit) -> Result<Vec<(Place, Field)>, &'static str> {
    let (document, _) = claim();
    let mut theirs = document.clone();
    let change = edit(&mut theirs, salt, it);
    admit(&document, terms, &change.bytes).map(|admitted| admitted.touched).map_err(|refusal| refusal.code)
}

#[test]
fn honest_work_is_admitted_change_by_change() {
    let (expected, changes) = claim();
    let mut document = Document::new();
    for change in &changes {
        let owner = (!document.is_empty()).then_some(OWNER);
        let admitted = admit(&document, &Terms { owner, ..terms() }, &change.bytes).unwrap();
        assert_eq!(admitted.hash, change.hash);
        document = admitted.document;
    }
    assert_eq!(document.heads(), expected.heads());
}

#[test]
fn concurrent_edits_and_their_settlement_are_admitted() {
    let (base, _) = claim();
    let (mut one, mut two) = (base.clone(), base.clone());
    let mine = edit(&mut one, 2, &Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(250)));
    let yours = edit(&mut two, 3, &Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(90)));
    let document = admit(&base, &terms(), &mine.bytes).unwrap().document;
    let mut document = admit(&document, &terms(), &yours.bytes).unwrap().document;
    let relay = document.clone();
    let settled = edit(&mut document, 4, &Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(250)));
    let admitted = admit(&relay, &terms(), &settled.bytes).unwrap();
    assert_eq!(admitted.touched, [(Place::Line(LINE), Field::Amount)]);
}

#[test]
fn either_value_of_a_conflict_may_be_chosen() {
    for chosen in [250, 90] {
        let (base, _) = claim();
        let (mut one, mut two) = (base.clone(), base.clone());
        let mine = edit(&mut one, 2, &Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(250)));
        let yours = edit(&mut two, 3, &Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(90)));
        let document = admit(&base, &terms(), &mine.bytes).unwrap().document;
        let relay = admit(&document, &terms(), &yours.bytes).unwrap().document;
        let mut copy = relay.clone();
        let settled = edit(&mut copy, 4, &Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(chosen)));
        let admitted = admit(&relay, &terms(), &settled.bytes).unwrap();
        assert_eq!(admitted.touched, [(Place::Line(LINE), Field::Amount)]);
        let claim = crate::document::Claim::read(&admitted.document).unwrap();
        assert_eq!(claim.conflicts, []);
        assert_eq!(claim.line(LINE).unwrap().amount.unwrap().fen(), chosen);
        let last = admitted.document.history().pop().unwrap();
        assert_eq!(
            (last.before, last.after),
            (vec![Scalar::Integer(90), Scalar::Integer(250)], Scalar::Integer(chosen))
        );
    }
}

#[test]
fn the_table_of_who_may_write_what_when() {
    let amount = Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(7));
    let check = |terms: Terms, expected: Result<Vec<(Place, Field)>, &'static str>| {
        assert_eq!(attempt(&terms, 1, &amount), expected, "{terms:?}");
    };
    check(terms(), Ok(vec![(Place::Line(LINE), Field::Amount)]));
    check(Terms { person: OTHER, ..terms() }, Err(codes::NOT_ALLOWED));
    check(Terms { editable: false, ..terms() }, Err(codes::FROZEN));
    check(Terms { device: DeviceId([8; 16]), ..terms() }, Err(codes::NOT_ALLOWED));
}

#[test]
fn nobody_begins_a_claim_in_another_name() {
    let mut document = Document::new();
    let change = edit(&mut document, 1, &Edit::CreateClaim { owner: OTHER, at: Timestamp(1) });
    let new = Terms { owner: None, ..terms() };
    assert_eq!(admit(&Document::new(), &new, &change.bytes).unwrap_err().code, codes::NOT_ALLOWED);
}

#[test]
fn comments_are_their_writers_and_are_written_once() {
    let key = DocumentKey::Thread(RequestId([3; 16]));
    let thread = Terms { key, ..terms() };
    let mut document = Document::new();
    let begun = edit_in(&key, &mut document, 1, &Edit::CreateThread);
    let mut relay = admit(&Document::new(), &thread, &begun.bytes).unwrap().document;
    let comment = |salt, number, by: PersonId| Edit::Put {
        place: Place::Comment(CommentId { actor: actor(salt), number }),
        values: vec![
            (Field::CommentBy, text(&by.to_string())),
            (Field::CommentAt, Scalar::Integer(1)),
            (Field::CommentText, text("请补发票")),
        ],
    };
    let written = edit_in(&key, &mut document, 1, &comment(1, 1, OWNER));
    relay = admit(&relay, &thread, &written.bytes).unwrap().document;
    let refused = |it: Edit, salt| {
        let mut copy = relay.clone();
        let change = edit_in(&key, &mut copy, salt, &it);
        admit(&relay, &thread, &change.bytes).unwrap_err().code
    };
    assert_eq!(refused(comment(1, 2, OTHER), 1), codes::NOT_ALLOWED, "in another name");
    assert_eq!(refused(comment(2, 1, OWNER), 1), codes::NOT_ALLOWED, "under another actor");
    let place = Place::Comment(CommentId { actor: actor(1), number: 1 });
    assert_eq!(refused(Edit::set(place, Field::CommentText, text("改口")), 1), codes::NOT_ALLOWED, "again");
    let outsider = Terms { participant: false, ..thread.clone() };
    let mut copy = relay.clone();
    let change = edit_in(&key, &mut copy, 1, &comment(1, 2, OWNER));
    assert_eq!(admit(&relay, &outsider, &change.bytes).unwrap_err().code, codes::NOT_ALLOWED);
}

fn forged(document: &Automerge, operations: Vec<legacy::Op>, sequence: u64, start: u64) -> Option<Vec<u8>> {
    let expanded = ExpandedChange {
        operations,
        actor_id: ActorId::from(actor(66).as_slice()),
        hash: None,
        seq: sequence,
        start_op: core::num::NonZeroU64::new(start)?,
        time: 0,
        message: None,
        deps: document.get_heads(),
        extra_bytes: Vec::new(),
        author: None,
    };
    // The engine cannot even build some of them.
    guarded("building", || Change::from(expanded).raw_bytes().to_vec()).ok()
}

fn next_operation(document: &Automerge) -> u64 {
    document.get_changes_meta(&[]).iter().map(|meta| meta.max_op).max().unwrap_or(0) + 1
}

fn root_put(key: &str, value: ScalarValue) -> legacy::Op {
    legacy::Op {
        action: OpType::Put(value),
        obj: ObjectId::Root,
        key: Key::Map(key.into()),
        pred: legacy::SortedVec::new(),
        insert: false,
    }
}

#[test]
fn a_shared_document_begins_in_one_way_only() {
    let key = DocumentKey::Preferences(OWNER);
    let mut document = Document::new();
    let begun = edit_in(&key, &mut document, 1, &Edit::CreatePreferences);
    let mine = Terms { key, ..terms() };
    let relay = admit(&Document::new(), &mine, &begun.bytes).unwrap();
    assert!(relay.creates);
    let language = Edit::set(Place::Header, Field::Language, text("zh-CN"));
    let written = edit_in(&key, &mut document, 1, &language);
    admit(&relay.document, &mine, &written.bytes).unwrap();
    let check = |terms: Terms, document: &Document, bytes: &[u8], code| {
        assert_eq!(admit(document, &terms, bytes).unwrap_err().code, code, "{terms:?}");
    };
    let theirs = Terms { person: OTHER, ..mine.clone() };
    check(theirs.clone(), &Document::new(), &begun.bytes, codes::NOT_ALLOWED);
    check(theirs, &relay.document, &written.bytes, codes::NOT_ALLOWED);
    check(mine.clone(), &Document::new(), &written.bytes, codes::UNKNOWN_DEPENDENCY);
    let elsewhere = Terms { key: DocumentKey::Thread(RequestId([3; 16])), ..terms() };
    check(elsewhere, &Document::new(), &begun.bytes, codes::UNKNOWN_DEPENDENCY);
}

#[test]
fn a_line_is_made_once_also_by_two_devices_that_do_not_know_of_each_other() {
    let (base, _) = claim();
    let place = Place::Line(LineId([6; 16]));
    let (mut one, mut two) = (base.clone(), base.clone());
    let mine = edit(&mut one, 2, &Edit::set(place.clone(), Field::Amount, Scalar::Integer(1)));
    let yours = edit(&mut two, 3, &Edit::set(place.clone(), Field::Amount, Scalar::Integer(2)));
    let relay = admit(&base, &terms(), &mine.bytes).unwrap().document;
    assert_eq!(admit(&relay, &terms(), &yours.bytes).unwrap_err().code, codes::EXISTS);
    let again = edit(&mut one, 3, &Edit::set(place, Field::Amount, Scalar::Integer(2)));
    admit(&relay, &terms(), &again.bytes).unwrap();
}

#[test]
fn known_attacks_are_refused_by_name() {
    let (document, _) = claim();
    let inner = document.inner();
    let next = next_operation(inner);
    let good = || root_put("purpose", ScalarValue::Str("x".into()));
    let check = |what: &str, bytes: Option<Vec<u8>>| {
        let bytes = bytes.unwrap_or_else(|| panic!("{what} could not be forged"));
        let refusal = admit(&document, &terms(), &bytes).expect_err(what);
        assert_eq!(refusal.code, codes::MALFORMED, "{what}: {refusal}");
    };
    assert!(admit(&document, &terms(), &forged(inner, vec![good()], 1, next).unwrap()).is_ok());
    check("a low start", forged(inner, vec![good()], 1, 1));
    check("a high start", forged(inner, vec![good()], 1, (1 << 32) - 3));
    check("a skipped number", forged(inner, vec![good()], 2, next));
    check("a counter", forged(inner, vec![root_put("purpose", ScalarValue::counter(1))], 1, next));
    check("a float", forged(inner, vec![root_put("purpose", ScalarValue::F64(1.0))], 1, next));
    check("an unknown field", forged(inner, vec![root_put("status", ScalarValue::Str("approved".into()))], 1, next));
    let list = legacy::Op { action: OpType::Make(ObjType::Map), ..root_put("lines", ScalarValue::Null) };
    check("a second list of lines", forged(inner, vec![list], 1, next));
    let delete = legacy::Op { action: OpType::Delete, ..good() };
    check("a deletion", forged(inner, vec![delete], 1, next));
    let elsewhere = legacy::Op { obj: ObjectId::Id(OpId::new(99, &ActorId::from([9; 16]))), ..good() };
    check("a map that is not there", forged(inner, vec![elsewhere], 1, next));
    let unseen = legacy::Op { pred: vec![OpId::new(3, &ActorId::from(actor(1).as_slice()))].into(), ..good() };
    check("a predecessor of another key", forged(inner, vec![unseen], 1, next));
    let bomb = (0..1_000_000).map(|_| root_put("k", ScalarValue::Null)).collect();
    let bomb = forged(inner, bomb, 1, next).unwrap();
    assert!(bomb.len() < 200, "the bomb is small: {} bytes", bomb.len());
    check("a million operations", Some(bomb));
    check("nothing", forged(inner, Vec::new(), 1, next));
}

#[test]
fn arbitrary_bytes_are_refused() {
    let (document, _) = claim();
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&prop::collection::vec(any::<u8>(), 0..300), |bytes| {
            prop_assert!(admit(&document, &terms(), &bytes).is_err());
            Ok(())
        })
        .unwrap();
}
