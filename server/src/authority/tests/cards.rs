//! Taps on cards, and the rows that bring cards to people.

use budget::{Money, RequestId, RequestState};
use sync::record::Verb;
use sync::view::{Surface, codes};

use super::bench::{Bench, TRAVEL};
use crate::authority::outbox;
use crate::authority::{CardResult, CardTap, Refused};
use crate::demo::person;
use crate::store::sql::params;

const DINGTALK: &str = "dingtalk";

/// The rows of every card that may be sent once the tap before it was answered.
fn waiting(bench: &Bench) -> Vec<outbox::Row> {
    let later = bench.now.plus(60_000);
    let cards = outbox::due(&bench.connection, DINGTALK, later, 100).unwrap();
    outbox::rows_of(&bench.connection, &cards).unwrap()
}

/// Gives people accounts in chat.
fn accounts(bench: &Bench, logins: &[&str]) {
    for login in logins {
        bench
            .connection
            .prepare_cached(
                "INSERT INTO chat_identity (platform, corporation, user_id, person, bound_at) VALUES (?1, 'c', ?2, ?3, 0)",
            )
            .unwrap()
            .execute(params![DINGTALK, *login, person(login).bytes()])
            .unwrap();
    }
}

fn tap(
    bench: &mut Bench,
    login: &str,
    id: RequestId,
    revision: u32,
    step: u32,
    verb: Verb,
) -> Result<CardResult, Refused> {
    let now = bench.later();
    let tap = CardTap {
        person: person(login),
        request: id,
        revision,
        step,
        verb,
        reason: if verb == Verb::Approve { String::new() } else { "不符合规定".into() },
        through: Surface::DingTalk,
        evidence: [9; 32],
    };
    bench.authority.decide_by_card(&bench.connection, now, &tap).unwrap().outcome
}

#[test]
fn s12_an_old_card_is_refused_with_what_changed_and_a_second_tap_is_one_decision() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "5200", "TRAVEL-HOTEL");
    bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, id)).unwrap();
    bench.set_amount("zhangwei", id, "9200").unwrap();
    bench.submit("zhangwei", id).unwrap();
    let refused = tap(&mut bench, "wangqiang", id, 1, 0, Verb::Approve).unwrap_err();
    assert_eq!(refused.code, codes::STALE);
    let yuan = |yuan| Money::from_yuan(yuan).unwrap();
    assert_eq!(refused.detail.total, Some((yuan(5_200), yuan(9_200))));

    for _ in 0..2 {
        assert_eq!(tap(&mut bench, "wangqiang", id, 2, 0, Verb::Approve), Ok(CardResult::Applied(Verb::Approve)));
    }
    assert_eq!(bench.authority.request(id).unwrap().decided.len(), 1);
    let event = bench.view(id).history.last().unwrap().clone();
    assert_eq!(event.through, Surface::DingTalk);
    bench.check(TRAVEL, "50800", "9200", "0");
    bench.all_holds();
}

#[test]
fn the_second_of_two_who_tap_hears_who_was_quicker() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    assert_eq!(tap(&mut bench, "caiwu", id, 1, 0, Verb::Approve).unwrap_err().code, codes::NOT_YOUR_STEP);
    tap(&mut bench, "wangqiang", id, 1, 0, Verb::Approve).unwrap();
    tap(&mut bench, "caiwu", id, 1, 1, Verb::Reject).unwrap();
    let slower = tap(&mut bench, "zhengtao", id, 1, 1, Verb::Approve);
    assert_eq!(slower, Ok(CardResult::Already { by: person("caiwu"), verb: Verb::Reject }));
    assert_eq!(bench.view(id).state, RequestState::Rejected);
    assert_eq!(
        tap(&mut bench, "zhangwei", id, 1, 0, Verb::Approve),
        Ok(CardResult::Already { by: person("wangqiang"), verb: Verb::Approve })
    );
    bench.check(TRAVEL, "60000", "0", "0");
    bench.all_holds();
}

#[test]
fn a_tap_without_a_reason_does_not_refuse_a_claim() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "20", "TRAVEL-HOTEL");
    let now = bench.later();
    let tap = CardTap {
        person: person("wangqiang"),
        request: id,
        revision: 1,
        step: 0,
        verb: Verb::Reject,
        reason: " ".into(),
        through: Surface::DingTalk,
        evidence: [9; 32],
    };
    let refused = bench.authority.decide_by_card(&bench.connection, now, &tap).unwrap().outcome.unwrap_err();
    assert_eq!(refused.code, codes::NO_REASON);
    assert_eq!(bench.view(id).state, RequestState::InApproval);
}

#[test]
fn each_decider_gets_one_card_and_every_card_is_kept_up_to_date() {
    let mut bench = Bench::new();
    accounts(&bench, &["wangqiang", "caiwu", "zhengtao"]);
    let id = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    let rows = waiting(&bench);
    let asked: Vec<_> = rows.iter().map(|row| (row.person, row.creates, row.step)).collect();
    assert_eq!(asked, [(person("wangqiang"), true, 0)]);
    bench.decide("wangqiang", id, Verb::Approve, "").unwrap();
    let rows = waiting(&bench);
    let created: std::collections::BTreeSet<_> =
        rows.iter().filter(|row| row.creates).map(|row| (row.person, row.step)).collect();
    assert_eq!(created, [(person("wangqiang"), 0), (person("caiwu"), 1), (person("zhengtao"), 1)].into());
    let first = &rows[0];
    let update = rows.iter().find(|row| row.card == first.card && !row.creates).unwrap();
    assert!(update.version > first.version && update.next_at > bench.now, "after the tap was answered");
    // What became of a row is stored and it no longer waits.
    for mut row in rows {
        row.state = "sent".into();
        row.attempts = 1;
        outbox::store(&bench.connection, &row).unwrap();
    }
    assert_eq!(waiting(&bench), []);
}

#[test]
fn a_card_that_is_held_back_or_on_its_way_keeps_no_place_in_the_queue() {
    let mut bench = Bench::new();
    accounts(&bench, &["wangqiang"]);
    let (first, second) =
        (bench.claim("zhangwei", "20", "TRAVEL-HOTEL"), bench.claim("zhangwei", "30", "TRAVEL-HOTEL"));
    let card = |id| outbox::card(DINGTALK, id, 1, 0, person("wangqiang"));
    let due = |bench: &Bench, most| outbox::due(&bench.connection, DINGTALK, bench.now, most).unwrap();
    assert_eq!(due(&bench, 9), [card(first), card(second)]);
    assert_eq!(due(&bench, 1), [card(first)], "the longest waiting first");
    // Decided before it was ever shown: the new view waits until the tap was answered, and the old one with it.
    bench.decide("wangqiang", first, Verb::Approve, "").unwrap();
    assert_eq!(due(&bench, 1), [card(second)]);
    let mut row = outbox::rows_of(&bench.connection, &[card(second)]).unwrap().remove(0);
    row.lease_until = Some(bench.now.plus(90_000));
    outbox::store(&bench.connection, &row).unwrap();
    assert_eq!(due(&bench, 9), Vec::<String>::new());
    bench.now = bench.now.plus(90_000);
    assert_eq!(due(&bench, 9), [card(first), card(second)], "a sender that died holds nothing for ever");
}
