//! Changes of drafts: admitted, refused by name, retried.

use budget::{DeviceId, RequestId};
use sync::document::CommentId;
use sync::record::Verb;
use sync::view::codes;
use sync::wire::SignedChange;
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use super::bench::{Bench, refusal};
use crate::authority::{Caller, Effect, Refused};
use crate::demo::person;

fn title(text: &str) -> Edit {
    Edit::set(Place::Header, Field::Title, Scalar::Text(text.into()))
}

/// A signed change that is not pushed.
fn change(bench: &mut Bench, login: &str, id: RequestId, edits: &[Edit]) -> Vec<SignedChange> {
    bench.with(login, |stage, hand, now| {
        let key = DocumentKey::Claim(id);
        let mut document = stage.document(hand, key).unwrap();
        edits.iter().filter_map(|edit| hand.edit(&mut document, key, now, edit).unwrap()).collect()
    })
}

fn push(bench: &mut Bench, login: &str, change: &SignedChange) -> Result<u64, Refused> {
    let now = bench.later();
    let caller = bench.hands[login].caller();
    let answer = bench.authority.push_change(&bench.connection, now, &caller, change).unwrap();
    answer.outcome.map(|pushed| pushed.position)
}

#[test]
fn a_change_sent_twice_is_one() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "10", "TRAVEL-HOTEL");
    let changes = change(&mut bench, "zhangwei", id, &[title("新标题")]);
    let now = bench.later();
    let caller = bench.hands["zhangwei"].caller();
    let answer = bench.authority.push_change(&bench.connection, now, &caller, &changes[0]).unwrap();
    assert_eq!(answer.effects, [Effect::Document(DocumentKey::Claim(id))]);
    let position = answer.outcome.unwrap().position;
    assert_eq!(push(&mut bench, "zhangwei", &changes[0]), Ok(position));
    bench.restart();
    assert_eq!(push(&mut bench, "zhangwei", &changes[0]), Ok(position));
    // A colleague's connection may carry it: the signature says whose it is.
    assert_eq!(push(&mut bench, "lina", &changes[0]), Ok(position));
    bench.all_holds();
}

#[test]
fn what_is_being_approved_is_frozen_and_what_follows_a_refused_change_says_so() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "10", "TRAVEL-HOTEL");
    let late = change(&mut bench, "zhangwei", id, &[title("改一"), title("改二")]);
    let refused = push(&mut bench, "zhangwei", &late[0]).unwrap_err();
    assert_eq!(refused.code, codes::FROZEN);
    assert_eq!(refused.accepted.len(), 1, "the device rebases on what was accepted");
    assert_eq!(push(&mut bench, "zhangwei", &late[1]).unwrap_err().code, codes::DEPENDS_ON_REFUSED);
    // Given back, the very changes stay refused: their device was told so, and they may come by a slower way.
    bench.decide("wangqiang", id, Verb::Return, "请改标题").unwrap();
    assert_eq!(push(&mut bench, "zhangwei", &late[0]).unwrap_err().code, codes::FROZEN);
    assert_eq!(push(&mut bench, "zhangwei", &late[1]).unwrap_err().code, codes::DEPENDS_ON_REFUSED);
    // The same edits done again are welcome.
    for again in change(&mut bench, "zhangwei", id, &[title("改一"), title("改二")]) {
        push(&mut bench, "zhangwei", &again).unwrap();
    }
    bench.all_holds();
}

#[test]
fn only_an_enrolled_device_of_the_owner_writes() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "10", "TRAVEL-HOTEL");
    let good = change(&mut bench, "zhangwei", id, &[title("标题")]).remove(0);
    let check = |bench: &mut Bench, change: &SignedChange, code| {
        assert_eq!(push(bench, "zhangwei", change).unwrap_err().code, code);
    };
    check(&mut bench, &SignedChange { device: DeviceId([9; 16]), ..good.clone() }, codes::UNKNOWN_DEVICE);
    check(&mut bench, &SignedChange { signature: vec![0; 64], ..good.clone() }, codes::BAD_SIGNATURE);
    let lina = bench.hands["lina"].device;
    check(&mut bench, &SignedChange { device: lina, ..good.clone() }, codes::BAD_SIGNATURE);
    check(&mut bench, &SignedChange { document: DocumentKey::Thread(id), ..good.clone() }, codes::BAD_SIGNATURE);

    // Somebody else signs properly, and still may not.
    let foreign = bench.with("zhangwei", |stage, hand, _| stage.document(hand, DocumentKey::Claim(id)).unwrap());
    let now = bench.later();
    let edit =
        bench.hands["lina"].edit(&mut foreign.clone(), DocumentKey::Claim(id), now, &title("别人的")).unwrap().unwrap();
    assert_eq!(push(&mut bench, "lina", &edit).unwrap_err().code, codes::NOT_ALLOWED);

    bench.connection.execute("UPDATE device SET revoked_at = 1 WHERE id = ?1", [good.device.bytes()]).unwrap();
    check(&mut bench, &good, codes::UNKNOWN_DEVICE);
    bench.all_holds();
}

#[test]
fn whoever_left_writes_nothing() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "10", "TRAVEL-HOTEL");
    let late = change(&mut bench, "zhangwei", id, &[title("标题")]).remove(0);
    let mut organisation = (*bench.authority.books().organisation).clone();
    organisation.people.get_mut(&person("zhangwei")).unwrap().active = false;
    let now = bench.later();
    bench.authority.publish_organisation(&bench.connection, now, None, organisation).unwrap();
    assert_eq!(push(&mut bench, "lina", &late).unwrap_err().code, codes::NOT_ALLOWED);
    let caller = Caller { person: person("zhangwei"), device: late.device };
    assert!(bench.authority.push_change(&bench.connection, now, &caller, &late).unwrap().outcome.is_err());
}

#[test]
fn participants_comment_and_auditors_only_read() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "10", "TRAVEL-HOTEL");
    let key = DocumentKey::Thread(id);
    let mut comment = |login: &str, begin: bool| {
        bench.with(login, |stage, hand, now| {
            let place = Place::Comment(CommentId { actor: hand.actor(), number: 1 });
            let values = vec![
                (Field::CommentBy, Scalar::Text(hand.person.to_string())),
                (Field::CommentAt, Scalar::Integer(now.0)),
                (Field::CommentText, Scalar::Text("请看附件".into())),
            ];
            let mut edits = vec![Edit::Put { place, values }];
            if begin {
                edits.insert(0, Edit::CreateThread);
            }
            stage.write(hand, now, key, &edits)
        })
    };
    comment("wangqiang", true).unwrap();
    comment("zhangwei", false).unwrap();
    comment("caiwu", false).unwrap();
    assert_eq!(refusal(comment("shenji", false)).code, codes::NOT_ALLOWED);
    let thread = bench.with("shenji", |stage, hand, _| stage.document(hand, key)).unwrap();
    assert_eq!(sync::document::Thread::read(&thread).comments.len(), 3);
    bench.all_holds();
}

#[test]
fn evidence_of_refusals_is_bounded() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "10", "TRAVEL-HOTEL");
    for number in 0..300 {
        let late = change(&mut bench, "zhangwei", id, &[title(&format!("改 {number}"))]).remove(0);
        push(&mut bench, "zhangwei", &late).unwrap_err();
    }
    let kept: i64 = bench.connection.query_row("SELECT count(*) FROM refusal", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 256);
}
