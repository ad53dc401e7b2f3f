//! Random histories: whatever people do in whatever order, no line goes below zero and the books hold.

use budget::{RequestId, RequestState};
use sync::record::Verb;

use super::bench::Bench;

/// A small generator (Knuth, MMIX), so that a failing history can be played again by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

const PEOPLE: [&str; 3] = ["zhangwei", "lina", "wangqiang"];

fn step(bench: &mut Bench, dice: &mut Dice, requests: &mut Vec<(RequestId, &'static str)>) {
    let person = PEOPLE[dice.roll(3)];
    let yuan = (dice.roll(90_000) + 1).to_string();
    if requests.is_empty() || dice.roll(4) == 0 {
        requests.push((bench.claim(person, &yuan, "PROMOTION"), person));
        return;
    }
    let (id, owner) = requests[dice.roll(requests.len())];
    let view = bench.view(id);
    match (view.state, dice.roll(5)) {
        (RequestState::InApproval, 0) => {
            bench.with(owner, |stage, hand, now| stage.withdraw(hand, now, id)).unwrap();
        }
        (RequestState::InApproval, roll) => {
            let decider = bench.login(view.deciders[0].person);
            let verb = [Verb::Reject, Verb::Return, Verb::Approve, Verb::Approve][roll - 1];
            bench.decide(decider, id, verb, "理由").unwrap();
        }
        (RequestState::Approved, _) => bench.pay("chuna", id).unwrap(),
        (RequestState::Paid | RequestState::Archived, _) => {
            assert!(bench.set_amount(owner, id, &yuan).is_err());
        }
        (_, roll) => {
            if roll % 2 == 0 {
                bench.set_amount(owner, id, &yuan).unwrap();
            }
            bench.submit(owner, id).unwrap();
        }
    }
}

#[track_caller]
fn check(seed: u64) {
    let mut bench = Bench::new();
    let mut dice = Dice(seed);
    let mut requests = Vec::new();
    for number in 0..80 {
        step(&mut bench, &mut dice, &mut requests);
        bench
            .authority
            .ledger()
            .check_invariants()
            .unwrap_or_else(|broken| panic!("seed {seed}, step {number}: {broken}"));
        if dice.roll(20) == 0 {
            bench.restart();
        }
    }
    bench.all_holds();
}

#[test]
fn no_history_overspends() {
    for seed in 1..=6 {
        check(seed);
    }
}
