//! Warnings and thresholds: told once each.

use super::*;

fn watched(control: Control) -> World {
    let line = BudgetLine { control, thresholds: [50, 80, 100].into(), ..line("2026-MKT") };
    World::of(vec![(line, "100")], &[])
}

fn told(decision: Decision) -> Vec<u8> {
    decision.unwrap().alerts.iter().map(|crossing| crossing.percent).collect()
}

#[test]
fn each_threshold_is_told_once() {
    let mut world = watched(Control::Hard);
    assert!(told(world.reserve(1, "MKT", "49.99")).is_empty());
    assert_eq!(told(world.reserve(2, "MKT", "30.01")), [50, 80]);
    assert!(told(world.run(Action::Release { document: document(2) })).is_empty());
    assert!(told(world.reserve(2, "MKT", "40")).is_empty(), "back and forth is not news");
    assert!(told(world.consume(1, "49.99", true)).is_empty(), "spending what is held uses no more");
    assert_eq!(told(world.reserve(3, "MKT", "10.01")), [100]);
}

#[test]
fn a_new_limit_is_watched_anew() {
    let mut world = watched(Control::Hard);
    assert_eq!(told(world.reserve(1, "MKT", "80")), [50, 80]);
    assert!(told(world.run(Action::Appropriate { line: code("2026-MKT"), amount: yuan("100") })).is_empty());
    assert_eq!(told(world.reserve(2, "MKT", "20")), [50]);
    let withdraw = Action::Withdraw { line: code("2026-MKT"), amount: yuan("100") };
    assert_eq!(told(world.run(withdraw)), [80, 100], "less limit, more used of it");
}

#[test]
fn soft_control_warns_and_lets_pass() {
    let mut world = watched(Control::Warn);
    let outcome = world.reserve(1, "MKT", "130").unwrap();
    assert_eq!(outcome.warnings[0].lacking, yuan("30"));
    assert_eq!(outcome.alerts.len(), 3);
    world.check("2026-MKT", "0", "130", "-30");
    // What is overspent cannot give budget away, nor come under hard control.
    let withdraw = Action::Withdraw { line: code("2026-MKT"), amount: yuan("1") };
    assert_eq!(lacking(world.run(withdraw)), [("2026-MKT".to_owned(), yuan("31"))]);
    let hard = Draft { trees: trees(), lines: vec![line("2026-MKT")], ..Draft::default() };
    let refused = world.ledger.publish(Scheme::publish(hard).unwrap());
    assert_eq!(refused, Err(PublishError::Overspent { line: code("2026-MKT"), lacking: yuan("30") }));
}

#[test]
fn a_threshold_that_is_new_and_reached_is_told_when_it_is_published() {
    let mut world = watched(Control::Hard);
    world.reserve(1, "MKT", "95").unwrap();
    let line = BudgetLine { thresholds: [80, 90, 99].into(), ..line("2026-MKT") };
    let scheme = Scheme::publish(Draft { trees: trees(), lines: vec![line], ..Draft::default() }).unwrap();
    let told: Vec<u8> = world.ledger.publish(scheme).unwrap().iter().map(|crossing| crossing.percent).collect();
    assert_eq!(told, [90]);
}

#[test]
fn what_a_line_counts_stays_while_money_is_on_it() {
    let mut world = watched(Control::Hard);
    let otherwise = || {
        let line = BudgetLine { tax_basis: TaxBasis::Exclusive, ..line("2026-MKT") };
        Scheme::publish(Draft { trees: trees(), lines: vec![line], ..Draft::default() }).unwrap()
    };
    world.reserve(1, "MKT", "1").unwrap();
    assert_eq!(world.ledger.publish(otherwise()), Err(PublishError::CountsOtherwise(code("2026-MKT"))));
    world.run(Action::Release { document: document(1) }).unwrap();
    assert_eq!(world.ledger.publish(otherwise()), Ok(vec![]));
}

#[test]
fn blocks_mean_what_the_scheme_in_force_says() {
    let mut world = World::new(&[("2026-ALL", "100")]);
    world.reserve(1, "MKT", "10").unwrap();
    let draft = Draft { trees: trees(), lines: vec![line("2026-ALL"), line("2026-MKT")], ..Draft::default() };
    world.ledger.publish(Scheme::publish(draft).unwrap()).unwrap();
    assert_eq!(lacking(world.reserve(2, "MKT", "10")), [("2026-MKT".to_owned(), yuan("10"))]);
    // What was held before stays on its own lines.
    world.consume(1, "10", true).unwrap();
    world.check("2026-ALL", "10", "0", "90");
    world.check("2026-MKT", "0", "0", "0");
}
