//! Changes that the relay vouches for: whose they are, and under which names they may be written.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change};
use budget::{DeviceId, RequestId};
use ed25519_dalek::Signer;
use sync::DocumentKey;
use sync::signature::{change_message, vouch_message};
use sync::view::codes;
use sync::wire::SignedChange;

use super::bench::Bench;
use crate::authority::signing;
use crate::demo::person;
use crate::demo::stage::Hand;

/// What a stock program of this device makes of a new title, under an actor of its own choice and with the relay's word.
fn written(bench: &mut Bench, login: &str, id: RequestId, actor: [u8; 16], title: &str) -> SignedChange {
    let key = DocumentKey::Claim(id);
    let known = bench.with(login, |stage, hand, _| stage.document(hand, key).unwrap()).changes();
    let mut document = Automerge::new();
    document.apply_changes(known.into_iter().map(|change| Change::from_bytes(change.bytes).unwrap())).unwrap();
    document.set_actor(ActorId::from(actor.as_slice()));
    let mut transaction = document.transaction();
    transaction.put(automerge::ROOT, "title", title).unwrap();
    transaction.commit_with(CommitOptions::default());
    let change = document.get_last_local_change().unwrap();
    vouched(bench, bench.hands[login].device, key, change.hash().0, change.raw_bytes().to_vec())
}

fn vouched(bench: &Bench, device: DeviceId, document: DocumentKey, hash: [u8; 32], bytes: Vec<u8>) -> SignedChange {
    let key = signing::key(&bench.connection).unwrap();
    let signature = key.sign(&vouch_message(&document, &hash, device)).to_bytes().to_vec();
    SignedChange { document, hash, bytes, device, signature }
}

fn push(bench: &mut Bench, login: &str, change: &SignedChange) -> Result<u64, &'static str> {
    let now = bench.later();
    let caller = bench.hands[login].caller();
    let answer = bench.authority.push_change(&bench.connection, now, &caller, change).unwrap();
    answer.outcome.map(|pushed| pushed.position).map_err(|refused| refused.code)
}

#[test]
fn the_relays_word_stands_for_the_device_of_the_session() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "10", "TRAVEL-HOTEL");
    let change = written(&mut bench, "zhangwei", id, [0xa1; 16], "新标题");
    let other = |change: &SignedChange| SignedChange { device: DeviceId([9; 16]), ..change.clone() };
    assert_eq!(push(&mut bench, "zhangwei", &other(&change)), Err(codes::UNKNOWN_DEVICE));
    let lina = bench.hands["lina"].device;
    let moved = SignedChange { device: lina, ..change.clone() };
    assert_eq!(push(&mut bench, "lina", &moved), Err(codes::BAD_SIGNATURE), "it is no word for another device");
    let elsewhere = SignedChange { document: DocumentKey::Thread(id), ..change.clone() };
    assert_eq!(push(&mut bench, "zhangwei", &elsewhere), Err(codes::BAD_SIGNATURE));
    let position = push(&mut bench, "zhangwei", &change).unwrap();
    // After a restored backup any device offers it again, as it is.
    bench.restart();
    assert_eq!(push(&mut bench, "lina", &change), Ok(position));
    bench.all_holds();
}

#[test]
fn the_policy_is_the_same_as_for_a_signed_change() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "10", "TRAVEL-HOTEL");
    let late = written(&mut bench, "zhangwei", id, [0xa1; 16], "改");
    assert_eq!(push(&mut bench, "zhangwei", &late), Err(codes::FROZEN));
    let bytes = late.bytes.clone();
    let theirs = vouched(&bench, bench.hands["lina"].device, DocumentKey::Claim(id), late.hash, bytes);
    assert_eq!(push(&mut bench, "lina", &theirs), Err(codes::NOT_ALLOWED));
    bench.all_holds();
}

#[test]
fn an_actor_belongs_to_the_device_that_used_it_first() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "10", "TRAVEL-HOTEL");
    let first = written(&mut bench, "zhangwei", id, [0xa1; 16], "一");
    push(&mut bench, "zhangwei", &first).unwrap();
    let second = written(&mut bench, "zhangwei", id, [0xa1; 16], "二");
    push(&mut bench, "zhangwei", &second).unwrap();

    // Another device of the same person, enrolled like his first: under the peer's actor, and under the first device's own.
    let tablet = Hand::enrol(&bench.connection, bench.now, person("zhangwei"), "平板").unwrap().device;
    let stolen = written(&mut bench, "zhangwei", id, [0xa1; 16], "三");
    let stolen = vouched(&bench, tablet, stolen.document, stolen.hash, stolen.bytes);
    assert_eq!(push(&mut bench, "zhangwei", &stolen), Err(codes::NOT_ALLOWED));
    let phones = bench.hands["zhangwei"].actor();
    let stolen = written(&mut bench, "zhangwei", id, phones, "四");
    let stolen = vouched(&bench, tablet, stolen.document, stolen.hash, stolen.bytes);
    assert_eq!(push(&mut bench, "zhangwei", &stolen), Err(codes::NOT_ALLOWED));
    // A new actor that names an enrolled device is its own and nobody else's.
    let mut named = [0x5c; 16];
    named[..8].copy_from_slice(&sync::gate::actor_prefix(bench.hands["lina"].device));
    let stolen = written(&mut bench, "zhangwei", id, named, "五");
    assert_eq!(push(&mut bench, "zhangwei", &stolen), Err(codes::NOT_ALLOWED));

    // Signed by its device, a change under a lent actor is not admitted: the two ways do not mix.
    let mixed = written(&mut bench, "zhangwei", id, [0xa2; 16], "六");
    let signature = bench.hands["zhangwei"].signature(&change_message(&mixed.document, &mixed.hash));
    assert_eq!(push(&mut bench, "zhangwei", &SignedChange { signature, ..mixed }), Err(codes::NOT_ALLOWED));
    bench.all_holds();
}
