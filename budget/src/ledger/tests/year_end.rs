//! S19: from one year into the next.

use super::*;

/// 1,000,000; executed 820,000; reserved 86,000; free 94,000, on a line and on the company above it.
fn december() -> World {
    let lines = ["2026-ALL", "2026-MKT", "2027-ALL", "2027-MKT"];
    let limits = ["1000000", "1000000", "0", "0"];
    let lines = lines.iter().map(|name| line(name)).zip(limits).collect();
    let mut world = World::of(lines, &[("2026", "2027-01-15")]);
    world.reserve(1, "MKT", "820000").unwrap();
    world.consume(1, "820000", true).unwrap();
    world.reserve(2, "MKT", "86000").unwrap();
    world.check("2026-MKT", "820000", "86000", "94000");
    world
}

fn forward(policy: CarryPolicy) -> Action {
    let carry = |from: &str, to: &str| Carry { from: code(from), to: code(to) };
    Action::CarryForward { lines: vec![carry("2026-MKT", "2027-MKT"), carry("2026-ALL", "2027-ALL")], policy }
}

fn lapse(release: bool) -> Action {
    Action::Lapse { lines: vec![code("2026-MKT"), code("2026-ALL")], release }
}

#[test]
fn s19_committed_only() {
    let mut world = december();
    world.on("2027-01-01").run(forward(CarryPolicy::CommittedOnly)).unwrap();
    for line in ["2027-MKT", "2027-ALL"] {
        world.check(line, "0", "86000", "0");
        assert_eq!(world.balance(line).carried, yuan("86000"));
        assert_eq!(world.balance(line).limit, yuan("86000"));
    }
    for line in ["2026-MKT", "2026-ALL"] {
        world.check(line, "820000", "0", "94000");
        assert_eq!(world.balance(line).limit, yuan("914000"));
    }
    // A claim dated December arrives in January: last year's period, until the cut-off.
    world.on("2027-01-15").reserve(3, "MKT", "4000").unwrap();
    world.consume(3, "4000", true).unwrap();
    world.check("2026-MKT", "824000", "0", "90000");
    assert!(matches!(world.run(lapse(false)), Err(Rejection::PeriodOpen { .. })));

    // Later the finance department decides.
    let late = world.on("2027-01-16").reserve(4, "MKT", "1000");
    assert_eq!(late, Err(Rejection::PeriodClosed { period: code("2026"), until: day("2027-01-15") }));
    world.run(Action::Admit { document: document(4) }).unwrap();
    world.reserve(4, "MKT", "1000").unwrap();
    world.consume(4, "1000", true).unwrap();
    world.run(lapse(false)).unwrap();
    for line in ["2026-MKT", "2026-ALL"] {
        world.check(line, "825000", "0", "0");
    }

    // What was carried is spent once, in the new year.
    world.consume(2, "80000", true).unwrap();
    world.check("2027-MKT", "80000", "0", "6000");
    world.check("2026-MKT", "825000", "0", "0");
    assert!(world.replay().unwrap().is_admitted(document(4)));
}

#[test]
fn s19_nothing_late_lapses_94_000() {
    let mut world = december();
    world.on("2027-01-01").run(forward(CarryPolicy::CommittedOnly)).unwrap();
    let outcome = world.on("2027-01-16").run(lapse(false)).unwrap();
    let lapsed: Vec<_> = outcome.entries.iter().map(|entry| (entry.kind, entry.amount)).collect();
    assert_eq!(lapsed, [(EntryKind::Lapse, yuan("94000")); 2]);
    world.check("2026-MKT", "820000", "0", "0");
    world.check("2027-MKT", "0", "86000", "0");
}

#[test]
fn s19_all() {
    let mut world = december();
    world.on("2027-01-01").run(forward(CarryPolicy::All)).unwrap();
    world.check("2026-MKT", "820000", "0", "0");
    world.check("2027-MKT", "0", "86000", "94000");
    assert_eq!(world.balance("2027-ALL").carried, yuan("180000"));
}

#[test]
fn s19_none() {
    let mut world = december();
    assert_eq!(world.on("2027-01-01").run(forward(CarryPolicy::None)).unwrap().count, 0);
    world.consume(2, "6000", false).unwrap();
    world.on("2027-01-16").run(lapse(true)).unwrap();
    world.check("2026-MKT", "826000", "0", "0");
    world.check("2027-MKT", "0", "0", "0");
}

#[test]
fn carrying_again_carries_nothing_twice() {
    let mut world = december();
    world.on("2027-01-01").run(forward(CarryPolicy::All)).unwrap();
    assert_eq!(world.run(forward(CarryPolicy::All)).unwrap().count, 0);
    world.check("2027-MKT", "0", "86000", "94000");
}

#[test]
fn spending_of_last_year_is_reversed_in_last_year() {
    let mut world = december();
    world.consume(2, "26000", false).unwrap();
    world.on("2027-01-01").run(forward(CarryPolicy::CommittedOnly)).unwrap();
    world.consume(2, "60000", true).unwrap();
    world.check("2026-MKT", "846000", "0", "94000");
    world.check("2027-MKT", "60000", "0", "0");
    // The newest spending comes back first, the rest in the year in which it was spent.
    world.run(Action::Reverse { document: document(2), draws: vec![draw(1, "70000")] }).unwrap();
    world.check("2027-MKT", "0", "0", "60000");
    world.check("2026-MKT", "836000", "0", "104000");
}
