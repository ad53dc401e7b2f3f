//! Allowances: final offline, never more than the grant, and clones found.

use super::*;

const ID: AllowanceId = AllowanceId([7; 16]);
const DEVICE: crate::DeviceId = crate::DeviceId([8; 16]);

fn expires() -> Timestamp {
    noon("2026-12-20")
}

/// 100 of a line, of which a device may spend 40.
fn granted() -> (World, Purse) {
    let mut world = World::new(&[("2026-ALL", "100"), ("2026-MKT", "100")]);
    world.run(allow(ID, "40")).unwrap();
    (world, Purse::new(ID, block("MKT", "TRAVEL"), yuan("40"), expires()))
}

fn allow(allowance: AllowanceId, amount: &str) -> Action {
    let (block, amount) = (block("MKT", "TRAVEL"), yuan(amount));
    Action::Allow { allowance, device: DEVICE, block, amount, expires: expires() }
}

fn spend(purse: &mut Purse, number: u8, amount: &str) {
    purse.spend(noon("2026-12-02"), document(number), claim_line(1), yuan(amount), Money::ZERO).unwrap();
}

/// Limit, consumed, reserved, escrowed.
#[track_caller]
fn check(world: &World, reserved: &str, escrowed: &str, available: &str) {
    world.check("2026-MKT", "0", reserved, available);
    world.check("2026-ALL", "0", reserved, available);
    assert_eq!(world.balance("2026-ALL").escrowed, yuan(escrowed));
    let replayed = world.replay().unwrap();
    assert_eq!(standing(&replayed), standing(&world.ledger), "replayed");
}

fn exceptions(decision: Decision) -> Vec<Exception> {
    let of = |entry: Entry| match entry.escrow.as_deref() {
        Some(Escrow::Spent { exception, .. }) => *exception,
        _ => None,
    };
    decision.unwrap().entries.into_iter().filter_map(of).collect()
}

#[test]
fn what_a_device_may_spend_is_a_figure_of_its_own() {
    let (mut world, mut purse) = granted();
    check(&world, "0", "40", "60");
    assert_eq!(lacking(world.reserve(1, "MKT", "60.01"))[0].1, yuan("0.01"));
    spend(&mut purse, 2, "15");
    spend(&mut purse, 3, "20");
    let short = purse.spend(noon("2026-12-02"), document(4), claim_line(1), yuan("5.01"), Money::ZERO);
    assert_eq!(short.unwrap_err(), PurseError::TooLittle { left: yuan("5") });
    check(&world, "0", "40", "60");
    let report = purse.report().unwrap();
    world.run(report.clone()).unwrap();
    check(&world, "35", "5", "60");
    assert_eq!(world.run(report).unwrap().count, 0, "told twice, counted once");
    purse.acknowledge(2);
    assert_eq!(purse.report(), None);
    world.run(purse.close()).unwrap();
    check(&world, "35", "0", "65");
    assert_eq!(purse.spend(world.now, document(4), claim_line(1), yuan("1"), Money::ZERO), Err(PurseError::Closed));
    // What was spent offline is held like anything else, and paid.
    world.consume(2, "15", true).unwrap();
    world.check("2026-MKT", "15", "20", "65");
}

#[test]
fn expiry_stops_the_device_and_frees_nothing() {
    let (mut world, mut purse) = granted();
    spend(&mut purse, 2, "10");
    assert_eq!(purse.spend(expires(), document(3), claim_line(1), yuan("1"), Money::ZERO), Err(PurseError::Expired));
    world.on("2026-12-31");
    assert!(world.reserve(1, "MKT", "61").is_err(), "nothing came back");
    world.run(purse.report().unwrap()).unwrap();
    check(&world, "10", "30", "60");
    world.run(purse.close()).unwrap();
    check(&world, "10", "0", "90");
}

#[test]
fn after_a_forced_end_late_spends_come_back_as_exceptions() {
    let (mut world, mut purse) = granted();
    spend(&mut purse, 2, "10");
    world.run(Action::ForceClose { allowance: ID }).unwrap();
    check(&world, "0", "0", "100");
    assert_eq!(exceptions(world.run(purse.report().unwrap())), [Exception::ForceClosed]);
    check(&world, "0", "0", "100");
    assert!(!world.ledger.allowance(ID).unwrap().cloned, "the device did nothing wrong");
}

#[test]
fn a_copied_device_is_found_whichever_comes_first() {
    let (mut world, mut one) = granted();
    spend(&mut one, 2, "10");
    let mut two = one.clone();
    spend(&mut one, 3, "30");
    spend(&mut two, 4, "25");
    world.run(two.report().unwrap()).unwrap();
    check(&world, "35", "5", "60");
    assert_eq!(exceptions(world.run(one.report().unwrap())), [Exception::Forked]);
    assert!(world.ledger.allowance(ID).unwrap().cloned);
    check(&world, "35", "5", "60");
    // From now on nobody knows which device is meant: neither spends nor closes.
    spend(&mut two, 5, "5");
    assert_eq!(exceptions(world.run(two.report().unwrap())), [Exception::Cloned]);
    assert_eq!(world.run(two.close()).unwrap().count, 0);
    check(&world, "35", "5", "60");
    world.run(Action::ForceClose { allowance: ID }).unwrap();
    check(&world, "35", "0", "65");
}

#[test]
fn a_last_word_that_denies_spends_gives_nothing_back() {
    let (mut world, mut purse) = granted();
    let mut earlier = purse.clone();
    spend(&mut purse, 2, "10");
    world.run(purse.report().unwrap()).unwrap();
    world.run(earlier.close()).unwrap();
    assert!(world.ledger.allowance(ID).unwrap().cloned);
    check(&world, "10", "30", "60");
    // And a spend after an honest last word proves a second device.
    let (mut world, mut purse) = granted();
    let mut copy = purse.clone();
    world.run(purse.close()).unwrap();
    spend(&mut copy, 2, "1");
    assert_eq!(exceptions(world.run(copy.report().unwrap())), [Exception::AfterClose]);
    assert!(world.ledger.allowance(ID).unwrap().cloned);
    check(&world, "0", "0", "100");
}

#[test]
fn what_an_honest_purse_would_not_do_does_not_count() {
    let (mut world, mut purse) = granted();
    spend(&mut purse, 2, "10");
    let Some(Action::Settle { spends, .. }) = purse.report() else { panic!() };
    let mut settle = |change: &dyn Fn(&mut Spend)| {
        let mut spend = spends[0].clone();
        let allowance = world.ledger.allowance(ID).unwrap();
        (spend.sequence, spend.previous) = (allowance.count + 1, allowance.last);
        change(&mut spend);
        exceptions(world.run(Action::Settle { allowance: ID, spends: vec![spend] }))
    };
    assert_eq!(settle(&|spend| spend.amount = yuan("40.01")), [Exception::BeyondGrant]);
    assert_eq!(settle(&|spend| spend.at = expires()), [Exception::Expired]);
    assert_eq!(settle(&|spend| spend.block = block("RND", "TRAVEL")), [Exception::OtherLines]);
    assert!(settle(&|_| ()).is_empty());
    check(&world, "10", "30", "60");
}

#[test]
fn what_a_request_holds_already_is_not_held_twice() {
    let (mut world, mut purse) = granted();
    let charges = vec![charge(1, "MKT", "TRAVEL", "10")];
    world.run(Action::Reserve { document: document(2), charges }).unwrap();
    spend(&mut purse, 2, "12");
    world.run(purse.report().unwrap()).unwrap();
    check(&world, "12", "28", "60");
}

#[test]
fn allowances_are_refused_by_name() {
    let (mut world, mut purse) = granted();
    let other = AllowanceId([9; 16]);
    let mut check = |action, expected| assert_eq!(world.run(action).unwrap_err().code(), expected);
    check(allow(ID, "1"), "allowance_exists");
    check(allow(other, "1"), "allowance_open");
    check(allow(other, "0"), "amount_not_positive");
    let late = Action::Allow {
        allowance: other,
        device: DEVICE,
        block: block("MKT", "OFFICE"),
        amount: yuan("1"),
        expires: noon("2026-11-30"),
    };
    check(late, "allowance_expired");
    let elsewhere = Action::Allow {
        allowance: other,
        device: crate::DeviceId([1; 16]),
        block: block("MKT", "OFFICE"),
        amount: yuan("60.01"),
        expires: expires(),
    };
    check(elsewhere, "insufficient_budget");
    check(Action::Settle { allowance: other, spends: vec![] }, "unknown_allowance");
    check(Action::Settle { allowance: ID, spends: vec![] }, "no_line");
    check(Action::ForceClose { allowance: other }, "unknown_allowance");
    spend(&mut purse, 2, "1");
    purse.acknowledge(1);
    spend(&mut purse, 3, "1");
    check(purse.report().unwrap(), "spends_missing");
    check(purse.close(), "spends_missing");
}
