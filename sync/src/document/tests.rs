//! Documents under concurrent hands.

use budget::{DeviceId, InvoiceId, LineId, Money, PersonId, RequestId, Timestamp};

use super::*;

const OWNER: PersonId = PersonId([1; 16]);
const LINE: LineId = LineId([5; 16]);
const KEY: DocumentKey = DocumentKey::Claim(RequestId([3; 16]));

fn begun() -> Document {
    let mut document = Document::new();
    document.edit(&KEY, [1; 16], Timestamp(1_000), &Edit::CreateClaim { owner: OWNER, at: Timestamp(1_000) }).unwrap();
    document
}

fn put(document: &mut Document, actor: u8, place: Place, values: &[(Field, Scalar)]) -> Option<NewChange> {
    document.edit(&KEY, [actor; 16], Timestamp(2_000), &Edit::Put { place, values: values.to_vec() }).unwrap()
}

fn text(value: &str) -> Scalar {
    Scalar::Text(value.into())
}

/// A claim that could be submitted.
fn complete() -> Document {
    let mut document = begun();
    put(&mut document, 1, Place::Header, &[(Field::Title, text("上海出差")), (Field::Department, text("MKT"))]);
    let line =
        [(Field::Date, text("2026-09-12")), (Field::Amount, Scalar::Integer(55_300)), (Field::Account, text("TRAVEL"))];
    put(&mut document, 1, Place::Line(LINE), &line);
    document
}

#[test]
fn a_claim_is_read_as_it_was_written() {
    let claim = Claim::read(&complete()).unwrap();
    assert_eq!(claim.owner, OWNER);
    assert_eq!(claim.title, "上海出差");
    assert_eq!(claim.total(), Money::parse("553.00").ok());
    let charges = claim.charges();
    assert_eq!(charges[0].block.period.as_ref().unwrap().as_str(), "2026-09");
    assert_eq!(charges[0].block.department.as_ref().unwrap().as_str(), "MKT");
    assert_eq!(claim.problems(), []);
}

#[test]
fn two_values_are_shown_block_and_are_settled_by_writing() {
    let mut one = complete();
    let mut two = Document::load(&one.save()).unwrap();
    let mine = put(&mut one, 2, Place::Line(LINE), &[(Field::Amount, Scalar::Integer(25_000))]).unwrap();
    let yours = put(&mut two, 3, Place::Line(LINE), &[(Field::Amount, Scalar::Integer(9_000))]).unwrap();
    one.apply([yours.bytes.as_slice()]).unwrap();
    two.apply([mine.bytes.as_slice()]).unwrap();
    assert_eq!(one.heads(), two.heads());

    let claim = Claim::read(&one).unwrap();
    let [conflict] = claim.conflicts.as_slice() else { panic!("one conflict: {:?}", claim.conflicts) };
    let mut values = conflict.values.clone();
    values.sort();
    assert_eq!(values, [Scalar::Integer(9_000), Scalar::Integer(25_000)]);
    assert!(claim.problems().contains(&Problem::Conflict(conflict.clone())));
    assert_eq!(digest(&one), Err(DigestError::Conflict(format!("lines.{LINE}.amount"))));

    put(&mut one, 2, Place::Line(LINE), &[(Field::Amount, conflict.values[0].clone())]).unwrap();
    assert_eq!(Claim::read(&one).unwrap().conflicts, []);
    assert!(digest(&one).is_ok());
}

#[test]
fn a_deleted_line_does_not_swallow_an_edit() {
    let mut one = complete();
    let mut two = Document::load(&one.save()).unwrap();
    let deleted = put(&mut one, 2, Place::Line(LINE), &[(Field::LineDeleted, Scalar::Flag(true))]).unwrap();
    put(&mut two, 3, Place::Line(LINE), &[(Field::Description, text("高铁"))]).unwrap();
    two.apply([deleted.bytes.as_slice()]).unwrap();
    assert_eq!(Claim::read(&two).unwrap().lines, []);
    put(&mut two, 3, Place::Line(LINE), &[(Field::LineDeleted, Scalar::Flag(false))]).unwrap();
    assert_eq!(Claim::read(&two).unwrap().lines[0].description, "高铁");
}

#[test]
fn the_digest_is_of_content_not_of_history() {
    let document = complete();
    let expected = digest(&document).unwrap();
    assert_eq!(digest(&Document::load(&document.save()).unwrap()), Ok(expected));
    let mut backwards = Document::new();
    let changes = document.changes();
    backwards.apply(changes.iter().rev().map(|change| change.bytes.as_slice())).unwrap();
    assert_eq!(digest(&backwards), Ok(expected));
    let mut other = document.clone();
    put(&mut other, 1, Place::Header, &[(Field::Title, text("北京出差"))]);
    assert_ne!(digest(&other), Ok(expected));
    put(&mut other, 1, Place::Header, &[(Field::Title, text("上海出差"))]);
    assert_eq!(digest(&other), Ok(expected));
}

#[test]
fn writing_what_stands_there_makes_no_change() {
    let mut document = complete();
    assert_eq!(put(&mut document, 1, Place::Header, &[(Field::Title, text("上海出差"))]), None);
}

#[test]
fn wrong_edits_are_named() {
    let mut document = complete();
    let mut check = |place, field, value, expected| {
        let edit = Edit::set(place, field, value);
        assert_eq!(document.edit(&KEY, [1; 16], Timestamp(0), &edit), Err(expected));
    };
    check(Place::Header, Field::Amount, Scalar::Integer(1), EditError::WrongPlace(Field::Amount));
    check(Place::Line(LINE), Field::Amount, text("1.00"), EditError::WrongValue(Field::Amount));
    check(Place::Line(LINE), Field::Amount, Scalar::Integer(i64::MAX), EditError::WrongValue(Field::Amount));
    check(Place::Header, Field::Owner, text("x"), EditError::Fixed(Field::Owner));
    check(Place::Header, Field::Title, text(&"长".repeat(201)), EditError::WrongValue(Field::Title));
    let edit = Edit::CreateClaim { owner: OWNER, at: Timestamp(0) };
    assert_eq!(document.edit(&KEY, [1; 16], Timestamp(0), &edit), Err(EditError::Exists));
    assert_eq!(
        Document::new().edit(&KEY, [1; 16], Timestamp(0), &Edit::set(Place::Header, Field::Title, text("x"))),
        Err(EditError::Missing)
    );
}

#[test]
fn a_line_may_not_claim_more_than_its_invoice() {
    let mut document = complete();
    let invoice = InvoiceId([9; 16]);
    put(&mut document, 1, Place::Invoice(invoice), &[(Field::Total, Scalar::Integer(50_000))]);
    put(&mut document, 1, Place::Line(LINE), &[(Field::LineInvoice, text(&invoice.to_string()))]);
    assert_eq!(Claim::read(&document).unwrap().problems(), [Problem::MoreThanInvoice(LINE)]);
}

#[test]
fn every_field_has_one_name_in_its_place() {
    for field in Field::ALL {
        let places = [
            Place::Header,
            Place::Line(LINE),
            Place::Invoice(InvoiceId([1; 16])),
            Place::Comment(CommentId { actor: [1; 16], number: 1 }),
        ];
        let place = places.into_iter().find(|place| field.belongs_to(place)).unwrap();
        assert_eq!(Field::find(&place, field.name()), Some(*field));
    }
}

#[test]
fn equal_values_written_at_the_same_time_are_no_conflict() {
    let mut one = complete();
    let mut two = one.clone();
    let mine = put(&mut one, 2, Place::Line(LINE), &[(Field::Amount, Scalar::Integer(9_000))]).unwrap();
    let yours = put(&mut two, 3, Place::Line(LINE), &[(Field::Amount, Scalar::Integer(9_000))]).unwrap();
    one.apply([yours.bytes.as_slice()]).unwrap();
    two.apply([mine.bytes.as_slice()]).unwrap();
    assert_eq!(Claim::read(&one).unwrap().conflicts, []);
    assert_eq!(Claim::read(&one).unwrap().problems(), []);
    assert_eq!(digest(&one).unwrap(), digest(&two).unwrap());
}

#[test]
fn the_history_says_who_changed_5200_to_9200_and_when() {
    let (phone, tablet) = (DeviceId([7; 16]), DeviceId([8; 16]));
    let mut document = begun();
    let mut amount = |device: DeviceId, second: i64, fen: i64| {
        let edit = Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(fen));
        document.edit(&KEY, new_actor(device, [1; 8]), Timestamp(second * 1_000), &edit).unwrap().unwrap()
    };
    amount(phone, 10, 520_000);
    let second = amount(tablet, 70, 920_000);
    let history = document.history();
    let last = history.last().unwrap();
    assert_eq!(
        (last.change, last.at, last.place.clone(), last.field),
        (second.hash, Timestamp(70_000), Place::Line(LINE), Field::Amount)
    );
    assert_eq!(
        (last.before.as_slice(), &last.after),
        ([Scalar::Integer(520_000)].as_slice(), &Scalar::Integer(920_000))
    );
    assert!(last.is_by(tablet) && !last.is_by(phone));
    assert!(history[history.len() - 2].before.is_empty(), "it was written for the first time");
    assert_eq!(document.wanted(&second.hash), [Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(920_000))]);
}

#[test]
fn the_history_shows_both_of_two_values_and_what_settled_them() {
    let mut one = complete();
    let mut two = one.clone();
    put(&mut one, 2, Place::Line(LINE), &[(Field::Amount, Scalar::Integer(25_000))]).unwrap();
    let yours = put(&mut two, 3, Place::Line(LINE), &[(Field::Amount, Scalar::Integer(9_000))]).unwrap();
    one.apply([yours.bytes.as_slice()]).unwrap();
    put(&mut one, 2, Place::Line(LINE), &[(Field::Amount, Scalar::Integer(25_000))]).unwrap();
    let amounts: Vec<_> = one
        .history()
        .into_iter()
        .filter(|edited| edited.field == Field::Amount)
        .map(|edited| (edited.before, edited.after))
        .collect();
    let fen = |fen: i64| Scalar::Integer(fen);
    assert_eq!(amounts.first().unwrap(), &(vec![], fen(55_300)));
    assert_eq!(amounts.last().unwrap(), &(vec![fen(9_000), fen(25_000)], fen(25_000)));
    assert_eq!(amounts.len(), 4);
}

#[test]
fn what_a_change_wanted_can_be_done_again_elsewhere() {
    let source = complete();
    let mut copy = Document::new();
    for change in source.changes() {
        for edit in source.wanted(&change.hash) {
            copy.edit(&KEY, [9; 16], Timestamp(5_000), &edit).unwrap();
        }
    }
    assert_eq!(digest(&copy), digest(&source));
}

#[test]
fn two_people_begin_one_thread_at_the_same_time() {
    let key = DocumentKey::Thread(RequestId([3; 16]));
    let (mut one, mut two) = (Document::new(), Document::new());
    let begin = |document: &mut Document, actor: u8| {
        document.edit(&key, [actor; 16], Timestamp(i64::from(actor)), &Edit::CreateThread).unwrap().unwrap()
    };
    assert_eq!(begin(&mut one, 1), begin(&mut two, 2));
    let comment = |document: &mut Document, actor: u8| {
        let values = vec![
            (Field::CommentBy, text(&OWNER.to_string())),
            (Field::CommentAt, Scalar::Integer(1)),
            (Field::CommentText, text("好")),
        ];
        let place = Place::Comment(CommentId { actor: [actor; 16], number: 1 });
        document.edit(&key, [actor; 16], Timestamp(1), &Edit::Put { place, values }).unwrap().unwrap()
    };
    comment(&mut one, 1);
    let theirs = comment(&mut two, 2);
    one.apply([theirs.bytes.as_slice()]).unwrap();
    assert_eq!(Thread::read(&one).comments.len(), 2, "neither comment hides the other");
    let other = genesis(&DocumentKey::Thread(RequestId([4; 16]))).unwrap();
    assert_ne!(genesis(&key).unwrap().hash, other.hash, "a change names one document only");
}

#[test]
fn preferences_are_read_as_they_were_written() {
    let key = DocumentKey::Preferences(OWNER);
    let mut document = Document::new();
    document.edit(&key, [1; 16], Timestamp(1), &Edit::CreatePreferences).unwrap().unwrap();
    let values = vec![(Field::Language, text("zh-CN")), (Field::UsualDepartment, text("MKT"))];
    document.edit(&key, [1; 16], Timestamp(1), &Edit::Put { place: Place::Header, values }).unwrap().unwrap();
    let preferences = Preferences::read(&document);
    assert_eq!((preferences.language.as_str(), preferences.department.unwrap().as_str()), ("zh-CN", "MKT"));
    let wrong = Edit::set(Place::Header, Field::Title, text("x"));
    assert_eq!(document.edit(&key, [1; 16], Timestamp(1), &wrong), Err(EditError::WrongPlace(Field::Title)));
    assert_eq!(document.edit(&key, [1; 16], Timestamp(1), &Edit::CreateThread), Err(EditError::WrongDocument));
}
