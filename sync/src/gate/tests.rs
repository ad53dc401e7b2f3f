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

const OWNER: PersonId = PersonId([1; 16]);
const OTHER: PersonId = PersonId([2; 16]);
const DEVICE: DeviceId = DeviceId([7; 16]);
const LINE: LineId = LineId([5; 16]);

use budget::PersonId;

fn actor(salt: u8) -> [u8; 16] {
    let mut actor = [salt; 16];
    actor[..8].copy_from_slice(&actor_prefix(DEVICE));
    actor
}

fn terms() -> Terms {
    Terms {
        key: DocumentKey::Claim(RequestId([3; 16])),
        device: DEVICE,
        person: OWNER,
        owner: Some(OWNER),
        editable: true,
        participant: true,
    }
}

fn text(value: &str) -> Scalar {
    Scalar::Text(value.into())
}

fn edit(document: &mut Document, salt: u8, edit: &Edit) -> NewChange {
    document.edit(actor(salt), Timestamp(1_000), edit).unwrap().unwrap()
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
        let admitted = admit(&document, &terms(), &change.bytes).unwrap();
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
fn the_table_of_who_may_write_what_when() {
    let amount = Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(7));
    let check = |terms: Terms, expected: Result<Vec<(Place, Field)>, &'static str>| {
        assert_eq!(attempt(&terms, 1, &amount), expected, "{terms:?}");
    };
    check(terms(), Ok(vec![(Place::Line(LINE), Field::Amount)]));
    check(Terms { person: OTHER, ..terms() }, Err(codes::NOT_ALLOWED));
    check(Terms { editable: false, ..terms() }, Err(codes::FROZEN));
    check(Terms { device: DeviceId([8; 16]), ..terms() }, Err(codes::NOT_ALLOWED));
    let somebody = PersonId([4; 16]);
    check(Terms { key: DocumentKey::Preferences(somebody), ..terms() }, Err(codes::NOT_ALLOWED));
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
    let begun = edit(&mut document, 1, &Edit::CreateThread);
    let mut relay = admit(&Document::new(), &thread, &begun.bytes).unwrap().document;
    let comment = |salt, number, by: PersonId| Edit::Put {
        place: Place::Comment(CommentId { actor: actor(salt), number }),
        values: vec![
            (Field::CommentBy, text(&by.to_string())),
            (Field::CommentAt, Scalar::Integer(1)),
            (Field::CommentText, text("请补发票")),
        ],
    };
    let written = edit(&mut document, 1, &comment(1, 1, OWNER));
    relay = admit(&relay, &thread, &written.bytes).unwrap().document;
    let refused = |it: Edit, salt| {
        let mut copy = relay.clone();
        let change = edit(&mut copy, salt, &it);
        admit(&relay, &thread, &change.bytes).unwrap_err().code
    };
    assert_eq!(refused(comment(1, 2, OTHER), 1), codes::NOT_ALLOWED, "in another name");
    assert_eq!(refused(comment(2, 1, OWNER), 1), codes::NOT_ALLOWED, "under another actor");
    let place = Place::Comment(CommentId { actor: actor(1), number: 1 });
    assert_eq!(refused(Edit::set(place, Field::CommentText, text("改口")), 1), codes::NOT_ALLOWED, "again");
    let outsider = Terms { participant: false, ..thread.clone() };
    let mut copy = relay.clone();
    let change = edit(&mut copy, 1, &comment(1, 2, OWNER));
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

/// What an admitted change must survive afterwards.
fn survives(document: &Document) -> bool {
    let reloads =
        Automerge::load(&document.save()).is_ok_and(|again| again.get_heads() == document.inner().get_heads());
    let mut copy = document.clone();
    let edited = copy.edit(actor(77), Timestamp(1), &Edit::set(Place::Header, Field::Purpose, text("after"))).is_ok();
    let mut replayed = Document::new();
    let changes = document.changes();
    let replays = replayed.apply(changes.iter().map(|change| change.bytes.as_slice())).is_ok()
        && replayed.heads() == document.heads();
    reloads && edited && replays && crate::document::Claim::read(document).is_some()
}

#[test]
fn structural_mutants_have_no_bad_effect() {
    let (document, _) = claim();
    let inner = document.inner();
    let next = next_operation(inner);
    let identifier =
        (0u8..4, 1..next + 4).prop_map(|(salt, number)| OpId::new(number, &ActorId::from(actor(salt).as_slice())));
    let keys = prop::sample::select(vec!["title", "purpose", "owner", "lines", "invoices", "amount", "status", ""]);
    let operation = (
        keys,
        any::<bool>(),
        identifier.clone(),
        prop::collection::vec(identifier, 0..2),
        0..7u8,
        any::<bool>(),
        0..20u8,
    );
    let operation = operation.prop_map(move |(key, root, object, forged, action, honest, rare)| {
        let obj = if root { ObjectId::Root } else { ObjectId::Id(object) };
        legacy::Op {
            action: match action {
                0 => OpType::Delete,
                1 => OpType::Make(ObjType::Map),
                2 => OpType::Increment(3),
                3 => OpType::Make(ObjType::List),
                4 => OpType::Put(ScalarValue::Int(5)),
                _ => OpType::Put(ScalarValue::Str("x".into())),
            },
            key: if rare == 0 { Key::Seq(legacy::ElementId::Head) } else { Key::Map(key.into()) },
            pred: if honest { legacy::SortedVec::new() } else { forged.into() },
            insert: rare == 1,
            obj,
        }
    });
    let change = (prop::collection::vec(operation, 1..4), 1u64..3, prop_oneof![9 => Just(next), 1 => 1u64..1 << 33]);
    let mut admitted = 0;
    let mut runner = TestRunner::new(Config { cases: 1_500, failure_persistence: None, ..Config::default() });
    runner
        .run(&change, |(mut operations, sequence, start)| {
            // The title stands already, so an honest author names it as the predecessor.
            for operation in &mut operations {
                if operation.obj == ObjectId::Root
                    && operation.pred.is_empty()
                    && let Key::Map(key) = &operation.key
                {
                    let standing = inner.get_all(ROOT, key.as_str()).unwrap_or_default();
                    let standing: Vec<_> = standing
                        .into_iter()
                        .filter_map(|(_, id)| match id {
                            automerge::ObjId::Id(counter, actor, _) => Some(OpId::new(counter, &actor)),
                            automerge::ObjId::Root => None,
                        })
                        .collect();
                    operation.pred = standing.into();
                }
            }
            let Some(bytes) = forged(inner, operations, sequence, start) else {
                return Ok(());
            };
            if let Ok(it) = admit(&document, &terms(), &bytes) {
                prop_assert!(survives(&it.document));
            }
            Ok(())
        })
        .unwrap();
    // The generator is worth something only if some of its changes pass every stage.
    let bytes = forged(inner, vec![root_put("purpose", ScalarValue::Str("x".into()))], 1, next).unwrap();
    admitted += usize::from(admit(&document, &terms(), &bytes).is_ok_and(|it| survives(&it.document)));
    assert_eq!(admitted, 1);
}

#[test]
fn byte_mutants_with_a_repaired_checksum_have_no_bad_effect() {
    let (document, _) = claim();
    let mut theirs = document.clone();
    let place = Place::Line(LineId([6; 16]));
    let values = vec![(Field::Amount, Scalar::Integer(77)), (Field::Description, text("出租车"))];
    let good = edit(&mut theirs, 66, &Edit::Put { place, values }).bytes;
    assert!(admit(&document, &terms(), &good).is_ok());
    let mutation = prop::collection::vec((9..good.len(), 0..3u8, any::<u8>()), 1..4);
    let mut runner = TestRunner::new(Config { cases: 4_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&mutation, |mutations| {
            let mut bytes = good.clone();
            for (at, how, value) in mutations {
                bytes[at] = match how {
                    0 => value,
                    1 => bytes[at] ^ (1 << (value % 8)),
                    _ => bytes[at].wrapping_add(1),
                };
            }
            let sum = Sha256::digest(&bytes[8..]);
            bytes[4..8].copy_from_slice(&sum[..4]);
            if let Ok(it) = admit(&document, &terms(), &bytes) {
                prop_assert!(survives(&it.document));
            }
            Ok(())
        })
        .unwrap();
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
