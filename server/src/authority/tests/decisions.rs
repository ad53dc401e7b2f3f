//! Decisions: who, on what, when it is too late, and for whom.

use budget::{Money, RequestState};
use sync::record::Verb;
use sync::view::codes;

use super::bench::{Bench, TRAVEL, refusal};
use crate::demo::person;

#[test]
fn reject_edit_resubmit() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    bench.decide("wangqiang", id, Verb::Approve, "").unwrap();
    bench.decide("caiwu", id, Verb::Reject, "住宿超标").unwrap();
    assert_eq!(bench.view(id).state, RequestState::Rejected);
    bench.check(TRAVEL, "60000", "0", "0");
    bench.set_amount("zhangwei", id, "1500").unwrap();
    bench.submit("zhangwei", id).unwrap();
    let view = bench.view(id);
    assert_eq!((view.revision, view.step, view.state), (2, Some(0), RequestState::InApproval));
    bench.check(TRAVEL, "58500", "1500", "0");
    bench.approve(id);
    assert_eq!(bench.view(id).history.len(), 6, "two submissions, four decisions");
    bench.all_holds();
}

#[test]
fn a_decision_on_older_content_is_refused_with_both_amounts() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "5200", "TRAVEL-HOTEL");
    // Signed in a lift, before the claimant takes it back and raises it.
    let old = bench.with("wangqiang", |stage, hand, now| stage.decision(hand, now, id, Verb::Approve, "")).unwrap();
    bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, id)).unwrap();
    bench.set_amount("zhangwei", id, "9200").unwrap();
    bench.submit("zhangwei", id).unwrap();
    let refused = refusal(bench.with("wangqiang", |stage, hand, now| stage.push(hand, now, &old)));
    assert_eq!(refused.code, codes::STALE);
    let yuan = |yuan| Money::from_yuan(yuan).unwrap();
    assert_eq!(refused.detail.total, Some((yuan(5_200), yuan(9_200))));
    assert_eq!(refused.detail.revision, Some((1, 2)));
    assert_eq!(bench.view(id).step, Some(0), "nothing was decided");
    bench.all_holds();
}

#[test]
fn a_step_is_decided_once_and_the_second_hears_by_whom() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    bench.decide("wangqiang", id, Verb::Approve, "").unwrap();
    // Two people of finance look at the same step.
    let slower =
        bench.with("zhengtao", |stage, hand, now| stage.decision(hand, now, id, Verb::Reject, "不同意")).unwrap();
    bench.decide("caiwu", id, Verb::Approve, "").unwrap();
    let refused = refusal(bench.with("zhengtao", |stage, hand, now| stage.push(hand, now, &slower)));
    assert_eq!((refused.code, refused.detail.by), (codes::ALREADY_DECIDED, Some(person("caiwu"))));
    assert_eq!(bench.view(id).state, RequestState::Approved);
    bench.all_holds();
}

#[test]
fn only_who_is_asked_decides_and_never_on_their_own() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    assert_eq!(refusal(bench.decide("caiwu", id, Verb::Approve, "")).code, codes::NOT_YOUR_STEP);
    assert_eq!(refusal(bench.decide("zhangwei", id, Verb::Approve, "")).code, codes::OWN_REQUEST);
    assert_eq!(refusal(bench.decide("wangqiang", id, Verb::Reject, "  ")).code, codes::NO_REASON);
    // Somebody without access is not even told that it exists.
    let stranger =
        bench.with("wangqiang", |stage, hand, now| stage.decision(hand, now, id, Verb::Approve, "")).unwrap();
    let Ok(sync::Record::Decision(mut decision)) = sync::Record::parse(&stranger.body) else { panic!("a decision") };
    decision.person = person("sunli");
    let forged = bench.hands["sunli"].sign(&sync::Record::Decision(decision));
    assert_eq!(
        refusal(bench.with("sunli", |stage, hand, now| stage.push(hand, now, &forged))).code,
        codes::UNKNOWN_REQUEST
    );

    // A head's own claim goes one up.
    let own = bench.claim("wangqiang", "300", "TRAVEL-HOTEL");
    assert_eq!(bench.view(own).deciders[0].person, person("zongjing"));
    assert_eq!(refusal(bench.decide("wangqiang", own, Verb::Approve, "")).code, codes::OWN_REQUEST);
    bench.all_holds();
}

#[test]
fn a_delegate_decides_in_somebodys_place_and_it_is_written_so() {
    let mut bench = Bench::new();
    // The research head is away; their delegate stands in, but never on their own claims.
    let id = bench.claim("liuyang", "300", "TRAVEL-HOTEL");
    let decider = &bench.view(id).deciders[0];
    assert_eq!((decider.person, decider.in_place_of), (person("xujing"), person("zhaolei")));
    assert_eq!(refusal(bench.decide("zhaolei", id, Verb::Approve, "")).code, codes::NOT_YOUR_STEP);
    bench.decide("xujing", id, Verb::Approve, "").unwrap();
    let event = bench.view(id).history.last().unwrap().clone();
    assert_eq!((event.person, event.in_place_of), (person("xujing"), Some(person("zhaolei"))));
    let own = bench.claim("xujing", "300", "TRAVEL-HOTEL");
    assert_eq!(bench.view(own).deciders[0].person, person("zongjing"), "one level up");
    bench.all_holds();
}

#[test]
fn s10_open_items_move_when_a_delegation_begins_or_ends() {
    let mut bench = Bench::new();
    let id = bench.claim("liuyang", "300", "TRAVEL-HOTEL");
    assert_eq!(bench.view(id).deciders[0].person, person("xujing"));
    // Six days later the head is back.
    bench.now = bench.now.plus(6 * 86_400_000);
    let now = bench.now;
    let moved = bench.authority.tick(&bench.connection, now).unwrap();
    assert!(moved.effects.contains(&crate::authority::Effect::Request(id)));
    assert_eq!(bench.view(id).deciders[0].person, person("zhaolei"));
    assert_eq!(bench.authority.tick(&bench.connection, now).unwrap().effects, [], "nothing moves twice");
    assert_eq!(refusal(bench.decide("xujing", id, Verb::Approve, "")).code, codes::NOT_YOUR_STEP);
    bench.decide("zhaolei", id, Verb::Approve, "").unwrap();
    bench.all_holds();
}

#[test]
fn no_open_request_is_left_without_a_living_approver() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "300", "TRAVEL-HOTEL");
    let mut organisation = (*bench.authority.books().organisation).clone();
    organisation.people.get_mut(&person("wangqiang")).unwrap().active = false;
    let now = bench.later();
    bench.authority.publish_organisation(&bench.connection, now, Some(person("admin")), organisation).unwrap();
    assert_eq!(bench.view(id).deciders[0].person, person("zongjing"), "the next head upward");
    let refused = refusal(bench.decide("wangqiang", id, Verb::Approve, ""));
    assert_eq!(refused.code, codes::NOT_ALLOWED);
    bench.decide("zongjing", id, Verb::Approve, "").unwrap();
    bench.all_holds();
}

#[test]
fn a_restart_in_the_middle_changes_nothing() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "6000", "TRAVEL-HOTEL");
    for login in ["wangqiang", "caiwu", "zongjing"] {
        bench.restart();
        bench.decide(login, id, Verb::Approve, "").unwrap();
    }
    bench.restart();
    bench.pay("chuna", id).unwrap();
    bench.restart();
    bench.check(TRAVEL, "54000", "0", "6000");
    bench.all_holds();
}

#[test]
fn who_has_another_duty_on_a_request_does_not_decide_on_it() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    bench.decide("wangqiang", id, Verb::Approve, "").unwrap();
    // No way of the product leads here: a request is booked after it was agreed to. The rung holds all the same.
    bench.authority.requests.get_mut(&id).unwrap().booked.insert(person("caiwu"));
    let before = bench.view(id);
    let refused = refusal(bench.decide("caiwu", id, Verb::Approve, ""));
    assert_eq!((refused.code, refused.detail.place.as_str()), (codes::DUTIES, "approve_and_book"));
    assert_eq!(bench.view(id), before);
    bench.decide("zhengtao", id, Verb::Approve, "").unwrap();
    assert_eq!(bench.view(id).state, RequestState::Approved);
    bench.check(TRAVEL, "58000", "2000", "0");
}
