//! The gate against changes that nobody honest would make: built at random from the engine's own
//! parts, and honest bytes that were tampered with and given a correct checksum again.
//!
//! `SUANPAN_NIGHTLY=1` runs 100,000 of each, and 2,000 honest histories.

use std::collections::BTreeSet;

use super::*;
use crate::document::Claim;

fn runner(short: u32, night: u32) -> TestRunner {
    let cases = if std::env::var_os("SUANPAN_NIGHTLY").is_some() { night } else { short };
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// What must hold after a change was admitted: the document lives on, and nothing has changed but
/// what the gate says was written.
fn is_harmless(before: &Document, admitted: &Admitted) -> Result<(), String> {
    let document = &admitted.document;
    let check = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    let heads = document.inner().get_heads();
    check(Automerge::load(&document.save()).is_ok_and(|again| again.get_heads() == heads), "it does not reload")?;
    let mut replayed = Document::new();
    let changes = document.changes();
    check(replayed.apply(changes.iter().map(|change| change.bytes.as_slice())).is_ok(), "its log does not replay")?;
    check(replayed.heads() == document.heads(), "its log replays to other heads")?;
    let mut copy = document.clone();
    let later = Edit::set(Place::Header, Field::Purpose, text("after"));
    check(copy.edit(&terms().key, actor(77), Timestamp(1), &later).is_ok(), "it cannot be edited")?;
    check(document.changes().len() == before.changes().len() + 1, "it has more than one change more")?;
    let (Some(was), Some(is)) = (Claim::read(before), Claim::read(document)) else {
        return Err("it is no claim any more".into());
    };
    check((was.owner, was.created_at) == (is.owner, is.created_at), "it has another owner")?;
    let touched: BTreeSet<&Place> = admitted.touched.iter().map(|(place, _)| place).collect();
    for line in &was.lines {
        check(touched.contains(&Place::Line(line.id)) || is.line(line.id) == Some(line), "another line changed")?;
    }
    for invoice in &was.invoices {
        let same = is.invoice(invoice.id) == Some(invoice);
        check(touched.contains(&Place::Invoice(invoice.id)) || same, "another invoice changed")?;
    }
    let written: BTreeSet<(Place, Field)> = document
        .history()
        .into_iter()
        .filter(|edited| edited.change == admitted.hash)
        .map(|edited| (edited.place, edited.field))
        .collect();
    check(written == admitted.touched.iter().cloned().collect(), "it wrote something else than it says")
}

fn operation(next: u64) -> impl Strategy<Value = legacy::Op> {
    let identifier =
        (0u8..4, 1..next + 4).prop_map(|(salt, number)| OpId::new(number, &ActorId::from(actor(salt).as_slice())));
    let line = LineId([6; 16]).to_string();
    let keys = [
        "title",
        "purpose",
        "title",
        "purpose",
        "owner",
        "lines",
        "invoices",
        "amount",
        "description",
        "status",
        "",
        &line,
    ];
    let keys = prop::sample::select(keys.map(str::to_owned).to_vec());
    let parts = (
        keys,
        any::<bool>(),
        identifier.clone(),
        prop::collection::vec(identifier, 0..2),
        0..8u8,
        any::<bool>(),
        0..20u8,
    );
    parts.prop_map(move |(key, root, object, forged, action, honest, rare)| legacy::Op {
        action: match action {
            0 => OpType::Delete,
            1 => OpType::Make(ObjType::Map),
            2 => OpType::Increment(3),
            3 => OpType::Make(ObjType::List),
            4 => OpType::Put(ScalarValue::Int(5)),
            5 => OpType::Put(ScalarValue::F64(5.0)),
            _ => OpType::Put(ScalarValue::Str("x".into())),
        },
        key: if rare == 0 { Key::Seq(legacy::ElementId::Head) } else { Key::Map(key.into()) },
        pred: if honest { legacy::SortedVec::new() } else { forged.into() },
        insert: rare == 1,
        obj: if root { ObjectId::Root } else { ObjectId::Id(object) },
    })
}

/// Names what stands there as the predecessors, as an honest author would.
fn make_honest(inner: &Automerge, operation: &mut legacy::Op) {
    let object = match &operation.obj {
        ObjectId::Root => ROOT,
        ObjectId::Id(id) => automerge::ObjId::Id(id.counter(), id.actor().clone(), 0),
    };
    let Key::Map(key) = &operation.key else { return };
    let standing = guarded("reading", || inner.get_all(&object, key.as_str())).ok().and_then(Result::ok);
    let standing: Vec<_> = standing
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(_, id)| match id {
            automerge::ObjId::Id(counter, actor, _) => Some(OpId::new(counter, &actor)),
            automerge::ObjId::Root => None,
        })
        .collect();
    operation.pred = standing.into();
}

#[test]
fn structural_mutants_have_no_bad_effect() {
    let (document, _) = claim();
    let inner = document.inner();
    let next = next_operation(inner);
    let change = (
        prop::collection::vec(operation(next), 1..3),
        prop_oneof![19 => Just(1u64), 1 => 2u64..4],
        prop_oneof![19 => Just(next), 1 => 1u64..1 << 33],
    );
    let admitted = std::cell::Cell::new(0u32);
    runner(1_500, 100_000)
        .run(&change, |(mut operations, sequence, start)| {
            for operation in operations.iter_mut().filter(|operation| operation.pred.is_empty()) {
                make_honest(inner, operation);
            }
            let Some(bytes) = forged(inner, operations, sequence, start) else {
                return Ok(());
            };
            if let Ok(it) = admit(&document, &terms(), &bytes) {
                admitted.set(admitted.get() + 1);
                prop_assert_eq!(is_harmless(&document, &it), Ok(()));
            }
            Ok(())
        })
        .unwrap();
    println!("{} admitted, all harmless", admitted.get());
    // The generator is worth something only if some of its changes pass every stage.
    assert!(admitted.get() > 2, "{} admitted", admitted.get());
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
    let admitted = std::cell::Cell::new(0u32);
    runner(4_000, 100_000)
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
                admitted.set(admitted.get() + 1);
                prop_assert_eq!(is_harmless(&document, &it), Ok(()));
            }
            Ok(())
        })
        .unwrap();
    println!("{} admitted, all harmless", admitted.get());
    assert!(admitted.get() > 10, "{} admitted", admitted.get());
}

/// Everything that the app can write, in a random order, by two devices that do and do not see each
/// other: the gate refuses none of it.
#[test]
fn no_honest_edit_is_refused() {
    let lines = prop::sample::select(vec![LINE, LineId([6; 16]), LineId([7; 16])]);
    let edit = (any::<bool>(), any::<bool>(), lines, 0..4u8, 0..50i64);
    runner(60, 2_000)
        .run(&prop::collection::vec(edit, 1..40), |edits| {
            let (mut relay, _) = claim();
            for line in [6, 7] {
                let make = Edit::set(Place::Line(LineId([line; 16])), Field::Amount, Scalar::Integer(1));
                let change = super::edit(&mut relay.clone(), 1, &make);
                relay = admit(&relay, &terms(), &change.bytes).unwrap().document;
            }
            let mut devices = [(relay.clone(), 20u8), (relay.clone(), 21u8)];
            for (first, hears, line, what, number) in edits {
                let (document, salt) = &mut devices[usize::from(first)];
                if hears {
                    let changes = relay.changes();
                    document.apply(changes.iter().map(|change| change.bytes.as_slice())).unwrap();
                }
                let it = match what {
                    0 => Edit::set(Place::Line(line), Field::Amount, Scalar::Integer(number)),
                    1 => Edit::set(Place::Line(line), Field::LineDeleted, Scalar::Flag(number % 2 == 0)),
                    2 => Edit::set(Place::Header, Field::Title, text(&number.to_string())),
                    _ => Edit::Put {
                        place: Place::Invoice(InvoiceId([9; 16])),
                        values: vec![(Field::Total, Scalar::Integer(number)), (Field::Seller, text("酒店"))],
                    },
                };
                if let Some(change) = document.edit(&terms().key, actor(*salt), Timestamp(1_000), &it).unwrap() {
                    match admit(&relay, &terms(), &change.bytes) {
                        Ok(admitted) => relay = admitted.document,
                        Err(refusal) => prop_assert!(false, "{it:?}: {refusal}"),
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}
