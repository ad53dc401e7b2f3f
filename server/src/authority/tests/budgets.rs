//! Two phones and one budget, and money that comes back.

use budget::{Money, RequestState};
use sync::record::Verb;
use sync::view::{What, codes};

use super::bench::{Bench, PROMOTION, TRAVEL, refusal};

#[test]
fn s2_two_people_offline_and_one_budget() {
    let mut bench = Bench::new();
    // 200,000 released, 150,000 spent.
    let spent = bench.claim("lina", "150000", "PROMOTION");
    bench.approve(spent);
    bench.pay("chuna", spent).unwrap();
    bench.check(PROMOTION, "50000", "0", "150000");

    // Both write offline, both come online in the same second.
    let first = bench.draft("zhangwei", "30000", "PROMOTION");
    let second = bench.draft("lina", "30000", "PROMOTION");
    bench.submit("zhangwei", first).unwrap();
    bench.submit("lina", second).unwrap();
    bench.check(PROMOTION, "20000", "30000", "150000");
    assert_eq!(bench.view(first).state, RequestState::InApproval);
    let kept = bench.view(second);
    assert_eq!(kept.state, RequestState::OverBudget);
    assert_eq!(kept.history.last().unwrap().what, What::OverBudget);
    let lacking: Vec<_> = kept.shortages.iter().map(|s| (s.line.as_str(), s.lacking)).collect();
    assert_eq!(lacking, [(PROMOTION, Money::from_yuan(10_000).unwrap())]);
    assert!(!kept.may_reserve_again);

    // The first is refused: the money is free at once and the second is told.
    bench.decide("wangqiang", first, Verb::Reject, "本季不做").unwrap();
    bench.check(PROMOTION, "50000", "0", "150000");
    assert!(bench.view(second).may_reserve_again);
    let told = bench.authority.request(second).unwrap().position;
    assert!(told > bench.authority.request(first).unwrap().position, "the prompt is a new status");

    bench.submit("lina", second).unwrap();
    let again = bench.view(second);
    assert_eq!((again.state, again.revision, again.may_reserve_again), (RequestState::InApproval, 2, false));
    bench.check(PROMOTION, "20000", "30000", "150000");
    bench.all_holds();
}

#[test]
fn a_prompt_is_taken_back_when_somebody_was_quicker() {
    let mut bench = Bench::new();
    let holder = bench.claim("zhangwei", "190000", "PROMOTION");
    let waiting = bench.claim("lina", "30000", "PROMOTION");
    let other = bench.claim("zhangwei", "20000", "PROMOTION");
    assert_eq!(bench.view(waiting).state, RequestState::OverBudget);
    assert_eq!(bench.view(other).state, RequestState::OverBudget);
    bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, holder)).unwrap();
    assert!(bench.view(waiting).may_reserve_again && bench.view(other).may_reserve_again);
    // Somebody takes nearly all of it.
    let quick = bench.claim("wangqiang", "175000", "PROMOTION");
    assert_eq!(bench.view(quick).state, RequestState::InApproval);
    assert!(!bench.view(waiting).may_reserve_again);
    assert!(bench.view(other).may_reserve_again);
    bench.all_holds();
}

#[test]
fn a_command_looks_at_those_only_whose_answer_it_can_change() {
    let mut bench = Bench::new();
    let first = bench.claim("zhangwei", "195000", "PROMOTION");
    let second = bench.claim("lina", "5000", "PROMOTION");
    let waiting: Vec<_> =
        (1..=40).map(|thousand| bench.claim("lina", &format!("{thousand}000"), "PROMOTION")).collect();
    assert!(waiting.iter().all(|id| bench.view(*id).state == RequestState::OverBudget));
    let told = |bench: &Bench| waiting.iter().filter(|id| bench.view(**id).may_reserve_again).count();
    let mut looked = bench.authority.looked_at();
    let mut check = |bench: &Bench, expected: u64, prompted: usize| {
        let now = bench.authority.looked_at();
        assert_eq!((now - looked, told(bench)), (expected, prompted));
        assert!(bench.authority.prompts_are_right());
        looked = now;
    };
    // Another line.
    let travel = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, travel)).unwrap();
    check(&bench, 0, 0);
    // ¥5,000 come back: those who ask for no more.
    bench.with("lina", |stage, hand, now| stage.withdraw(hand, now, second)).unwrap();
    check(&bench, 5, 5);
    // ¥3,000 of it go: those who ask for more than is left.
    bench.claim("wangqiang", "3000", "PROMOTION");
    check(&bench, 3, 2);
    bench.restart();
    looked = bench.authority.looked_at();
    bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, first)).unwrap();
    let now = bench.authority.looked_at();
    assert_eq!((now - looked, told(&bench)), (38, 40), "the two that were told already stay as they are");
    bench.all_holds();
}

#[test]
fn the_same_submission_three_times_reserves_once() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "767.90", "TRAVEL-HOTEL");
    let record = bench.with("zhangwei", |stage, hand, now| stage.submission(hand, now, id)).unwrap();
    let first = bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &record)).unwrap();
    let second = bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &record)).unwrap();
    bench.restart();
    let third = bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &record)).unwrap();
    assert_eq!((first, first), (second, third));
    bench.check(TRAVEL, "59232.10", "767.90", "0");
    assert_eq!(bench.view(id).history.len(), 1);
    bench.all_holds();
}

#[test]
fn payment_spends_what_was_held_once() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "500", "TRAVEL-HOTEL");
    assert_eq!(refusal(bench.pay("chuna", id)).code, codes::WRONG_STATE);
    bench.approve(id);
    assert_eq!(refusal(bench.pay("lina", id)).code, codes::NOT_ALLOWED);
    assert_eq!(refusal(bench.pay("wangqiang", id)).code, codes::NOT_ALLOWED);
    let now = bench.later();
    let chuna = crate::demo::person("chuna");
    for _ in 0..3 {
        let paid = bench.authority.pay(&bench.connection, now, chuna, [7; 16], id).unwrap().outcome.unwrap();
        assert_eq!(paid.total, Money::from_yuan(500).unwrap());
    }
    bench.check(TRAVEL, "59500", "0", "500");
    assert_eq!(bench.view(id).state, RequestState::Paid);
    assert_eq!(refusal(bench.pay("chuna", id)).code, codes::WRONG_STATE);
    let other = bench.claim("lina", "10", "TRAVEL-HOTEL");
    bench.approve(other);
    let reused = bench.authority.pay(&bench.connection, now, chuna, [7; 16], other).unwrap().outcome.unwrap_err();
    assert_eq!(reused.code, "id_reused");
    bench.all_holds();
}

#[test]
fn nobody_pays_their_own_claim() {
    let mut bench = Bench::new();
    let id = bench.claim("caiwu", "100", "TRAVEL-HOTEL");
    bench.approve(id);
    assert_eq!(refusal(bench.pay("caiwu", id)).code, codes::OWN_REQUEST);
    bench.pay("chuna", id).unwrap();
}

#[test]
fn a_withdrawal_frees_the_money_and_the_draft() {
    let mut bench = Bench::new();
    let id = bench.claim("zhangwei", "500", "TRAVEL-HOTEL");
    bench.check(TRAVEL, "59500", "500", "0");
    assert_eq!(
        refusal(bench.with("lina", |stage, hand, now| stage.withdraw(hand, now, id))).code,
        codes::UNKNOWN_REQUEST
    );
    bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, id)).unwrap();
    bench.check(TRAVEL, "60000", "0", "0");
    assert_eq!(bench.view(id).state, RequestState::Withdrawn);
    bench.set_amount("zhangwei", id, "400").unwrap();
    bench.submit("zhangwei", id).unwrap();
    bench.approve(id);
    assert_eq!(
        refusal(bench.with("zhangwei", |stage, hand, now| stage.withdraw(hand, now, id))).code,
        codes::WRONG_STATE
    );
    bench.all_holds();
}
