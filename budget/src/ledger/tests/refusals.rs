//! Every rung has its name, and a refusal changes nothing.

use super::*;

/// One line under each limit, and a member that ended.
fn world() -> World {
    let mut world = World::new(&[("2026-MKT", "10"), ("2026-RND", "10"), ("2027-MKT", "10")]);
    let mut draft = Draft::from(world.ledger.scheme().clone());
    let accounts = draft.trees[&Dimension::Account].members().cloned().map(|member| match member.code.as_str() {
        "COURIER" => member.valid(Some(day("2026-01-01")), Some(day("2026-06-30"))),
        _ => member,
    });
    let accounts = Tree::new(accounts);
    draft.trees.insert(Dimension::Account, accounts);
    draft.closings.insert(code("2026"), day("2027-01-15"));
    draft.lines.push(BudgetLine { currency: Currency::new("USD").unwrap(), ..line("2027-RND") });
    world.ledger.publish(Scheme::publish(draft).unwrap()).unwrap();
    world
}

#[track_caller]
fn check(world: &mut World, action: Action, expected: &str) {
    let before: Vec<_> = world.ledger.balances().map(|(line, balance)| (line.clone(), balance)).collect();
    let next = world.ledger.next_sequence();
    let rejection = world.run(action).unwrap_err();
    assert_eq!(rejection.code(), expected, "{rejection}");
    let after: Vec<_> = world.ledger.balances().map(|(line, balance)| (line.clone(), balance)).collect();
    assert_eq!((before, next), (after, world.ledger.next_sequence()), "a refusal changed something");
    let json = serde_json::to_string(&rejection).unwrap();
    assert_eq!(serde_json::from_str::<Rejection>(&json).unwrap(), rejection, "kept as it is");
}

fn reserve(charges: Vec<Charge>) -> Action {
    Action::Reserve { document: document(1), charges }
}

#[test]
fn charges_are_refused_by_name() {
    let world = &mut world();
    let office = |amount| charge(1, "MKT", "OFFICE", amount);
    check(world, reserve(vec![]), "no_line");
    check(world, reserve(vec![office("0")]), "amount_not_positive");
    check(world, reserve(vec![office("-1")]), "amount_not_positive");
    check(world, reserve(vec![Charge { tax: yuan("1"), ..office("1") }]), "wrong_tax");
    check(world, reserve(vec![Charge { tax: yuan("-1"), ..office("1") }]), "wrong_tax");
    check(world, reserve(vec![office("1"), office("1")]), "line_twice");
    check(world, reserve(vec![charge(1, "HR", "OFFICE", "1")]), "unknown_member");
    let mut timeless = office("1");
    timeless.block.period = None;
    check(world, reserve(vec![timeless]), "no_period");
    check(world, reserve(vec![charge(1, "MKT", "COURIER", "1")]), "member_not_valid");
    let summer = Charge { on: Some(day("2026-06-30")), ..charge(1, "MKT", "COURIER", "1") };
    assert_eq!(world.ledger.would_refuse(world.now, &Command::new(CommandId([99; 16]), reserve(vec![summer]))), None);
    check(world, reserve(vec![charge(1, "ALL", "OFFICE", "1")]), "no_budget_line");
    let dollars = Charge { currency: Currency::new("USD").unwrap(), ..office("1") };
    check(world, reserve(vec![dollars]), "mixed_currency");
    check(world, reserve(vec![office("11")]), "insufficient_budget");
    let huge = Charge { amount: Money::from_fen(i64::MAX), ..office("1") };
    check(world, reserve(vec![huge.clone()]), "insufficient_budget");
    check(world, reserve(vec![huge.clone(), Charge { line: claim_line(2), ..huge }]), "amount_too_large");
    world.on("2027-01-16");
    check(world, reserve(vec![office("1")]), "period_closed");
}

#[test]
fn what_is_not_held_is_neither_spent_nor_changed() {
    let world = &mut world();
    let draws = vec![draw(1, "1")];
    check(world, Action::Consume { document: document(1), draws: draws.clone(), close: false }, "not_reserved");
    check(world, Action::Reverse { document: document(1), draws: draws.clone() }, "not_consumed");
    let adjust = Action::Adjust { document: document(1), line: claim_line(1), amount: yuan("1"), tax: Money::ZERO };
    check(world, adjust, "not_reserved");
    world.reserve(1, "MKT", "5").unwrap();
    check(world, reserve(vec![charge(1, "MKT", "OFFICE", "1")]), "already_reserved");
    check(world, Action::Reverse { document: document(1), draws }, "not_consumed");
    let more = vec![draw(1, "10.01")];
    check(world, Action::Consume { document: document(1), draws: more, close: true }, "insufficient_budget");
    // More than is held is a new charge, which a closed period does not take.
    world.on("2027-01-16");
    let more = vec![draw(1, "6")];
    check(world, Action::Consume { document: document(1), draws: more, close: true }, "period_closed");
    world.consume(1, "5", true).unwrap();
}

#[test]
fn budget_is_moved_only_where_it_is() {
    let world = &mut world();
    let transfer = |from, to, amount| Action::Transfer { from: code(from), to: code(to), amount: yuan(amount) };
    check(world, transfer("2026-MKT", "2026-MKT", "1"), "same_line");
    check(world, transfer("2026-MKT", "2026-RND", "10.01"), "insufficient_budget");
    check(world, transfer("2026-MKT", "2026-RND", "-1"), "amount_not_positive");
    check(world, transfer("2026-MKT", "2026-HR", "1"), "unknown_budget_line");
    check(world, transfer("2026-MKT", "2027-RND", "1"), "mixed_currency");
    check(world, Action::Appropriate { line: code("HR"), amount: yuan("1") }, "unknown_budget_line");
    let huge = Money::from_fen(i64::MAX);
    check(world, Action::Appropriate { line: code("2026-MKT"), amount: huge }, "amount_too_large");
    check(world, Action::Withdraw { line: code("2026-MKT"), amount: yuan("11") }, "insufficient_budget");
}

#[test]
fn years_end_only_where_they_close() {
    let world = &mut world();
    let carry = |from: &str, to: &str| Carry { from: code(from), to: code(to) };
    let forward = |lines| Action::CarryForward { lines, policy: CarryPolicy::All };
    check(world, forward(vec![]), "no_line");
    check(world, forward(vec![carry("2026-MKT", "2026-MKT")]), "same_line");
    check(world, forward(vec![carry("2026-MKT", "2027-HR")]), "unknown_budget_line");
    check(world, forward(vec![carry("2026-RND", "2027-RND")]), "budget_lines_differ");
    check(world, forward(vec![carry("2027-MKT", "2026-MKT")]), "period_open");
    check(world, forward(vec![carry("2026-MKT", "2027-MKT"), carry("2026-MKT", "2026-RND")]), "budget_line_twice");
    let lapse = |lines: &[&str]| Action::Lapse { lines: lines.iter().map(|line| code(line)).collect(), release: true };
    check(world, lapse(&[]), "no_line");
    check(world, lapse(&["2026-MKT"]), "period_open");
    world.on("2027-01-16");
    check(world, lapse(&["2027-MKT"]), "period_open");
    check(world, lapse(&["2026-MKT", "2026-MKT"]), "budget_line_twice");
    world.run(lapse(&["2026-MKT"])).unwrap();
}

#[test]
fn money_that_is_no_money_is_refused_before_it_gets_here() {
    for text in ["1.005", "1e3", "", "1.2.3", "99999999999999999999"] {
        assert!(Money::parse(text).is_err(), "{text}");
    }
    assert_eq!(Money::from_decimal("0.005".parse().unwrap()), None);
    assert!(Currency::new("RMB元").is_err());
}
