//! S2 to S5, and the cases around them.

use super::*;

#[test]
fn s2_two_claims_one_budget() {
    let mut world = World::new(&[("2026-MKT", "200000")]);
    world.reserve(1, "MKT", "150000").unwrap();
    world.consume(1, "150000", true).unwrap();
    world.check("2026-MKT", "150000", "0", "50000");

    world.reserve(2, "MKT", "30000").unwrap();
    let refused = world.reserve(3, "MKT", "30000");
    let Err(Rejection::Insufficient { shortages }) = &refused else { panic!("the second claim must be refused") };
    assert_eq!(shortages[0].holders[0].by, HeldBy::Document(document(2)));
    assert_eq!(lacking(refused), [("2026-MKT".to_owned(), yuan("10000"))]);
    world.check("2026-MKT", "150000", "30000", "20000");

    world.run(Action::Release { document: document(2) }).unwrap();
    world.check("2026-MKT", "150000", "0", "50000");
    world.reserve(3, "MKT", "30000").unwrap();
    world.check("2026-MKT", "150000", "30000", "20000");
}

#[test]
fn s3_four_cases_of_loans_and_claims() {
    // A loan reserves by its application and consumes nothing; only the claim consumes.
    let mut world = World::new(&[("2026-MKT", "20000")]);
    let cases = [(1, "3000", "3000"), (2, "8888", "9999"), (3, "777", "777"), (4, "879", "820")];
    for (document, applied, claimed) in cases {
        world.reserve(document, "MKT", applied).unwrap();
        world.consume(document, claimed, true).unwrap();
    }
    world.check("2026-MKT", "14596", "0", "5404");
}

#[test]
fn s4_partial_offset_draws_on_what_remains() {
    let mut world = World::new(&[("2026-MKT", "10.00")]);
    world.reserve(1, "MKT", "10.00").unwrap();
    world.consume(1, "2.00", false).unwrap();
    world.consume(1, "8.00", false).unwrap();
    world.check("2026-MKT", "10.00", "0", "0");
    // The dead reservation does not pay a third claim; the budget is asked, and has nothing.
    assert_eq!(world.consume(1, "0.01", false), Err(Rejection::NotReserved { line: claim_line(1) }));
    let post = Action::Post { document: document(1), charges: vec![charge(1, "MKT", "OFFICE", "0.01")], close: false };
    assert_eq!(lacking(world.run(post.clone())), [("2026-MKT".to_owned(), yuan("0.01"))]);
    world.run(Action::Appropriate { line: code("2026-MKT"), amount: yuan("1") }).unwrap();
    world.run(post).unwrap();
    world.check("2026-MKT", "10.01", "0", "0.99");
}

#[test]
fn s5_one_line_up_one_line_down() {
    let mut world = World::new(&[("2026-ALL-OFFICE", "1000"), ("2026-ALL-COURIER", "1000")]);
    let document = document(9);
    let charges = vec![charge(1, "MKT", "OFFICE", "450"), charge(2, "MKT", "COURIER", "50")];
    world.run(Action::Reserve { document, charges }).unwrap();
    let draws = vec![draw(1, "500"), draw(2, "20")];
    let outcome = world.run(Action::Consume { document, draws, close: true }).unwrap();
    let kinds: Vec<_> = outcome.entries.iter().map(|e| (e.kind, e.amount)).collect();
    assert_eq!(
        kinds,
        [
            (EntryKind::Reserve, yuan("50")),
            (EntryKind::Consume, yuan("500")),
            (EntryKind::Consume, yuan("20")),
            (EntryKind::Release, yuan("30")),
        ]
    );
    assert!(outcome.entries.iter().all(|e| e.document == Some(document) && e.command == outcome.entries[0].command));
    world.check("2026-ALL-OFFICE", "500", "0", "500");
    world.check("2026-ALL-COURIER", "20", "0", "980");
}

#[test]
fn every_hard_line_on_the_path_is_checked() {
    let mut world = World::new(&[("2026-ALL", "100"), ("2026-MKT", "90"), ("2026-RND", "90")]);
    world.reserve(1, "MKT", "60").unwrap();
    assert_eq!(lacking(world.reserve(2, "RND", "50")), [("2026-ALL".to_owned(), yuan("10"))]);
    world.check("2026-RND", "0", "0", "90");
    world.check("2026-ALL", "0", "60", "40");
}

#[test]
fn several_lines_are_all_or_nothing() {
    let mut world = World::new(&[("2026-ALL-OFFICE", "100"), ("2026-ALL-COURIER", "10")]);
    let charges = vec![charge(1, "MKT", "OFFICE", "50"), charge(2, "MKT", "COURIER", "20")];
    assert_eq!(lacking(world.run(Action::Reserve { document: document(1), charges })).len(), 1);
    world.check("2026-ALL-OFFICE", "0", "0", "100");
}

#[test]
fn linked_actions_see_each_other_and_stand_or_fall_together() {
    let mut world = World::new(&[("2026-MKT", "10"), ("2026-RND", "100")]);
    world.reserve(1, "MKT", "10").unwrap();
    let reserve = |department, amount| Action::Reserve {
        document: document(2),
        charges: vec![charge(1, department, "OFFICE", amount)],
    };
    let move_in = Action::Transfer { from: code("2026-RND"), to: code("2026-MKT"), amount: yuan("50") };
    let linked = |id, amount| Command::linked(CommandId([id; 16]), move_in.clone(), vec![reserve("MKT", amount)]);
    let refused = world.apply(&linked(200, "50.01"));
    assert_eq!(lacking(refused), [("2026-MKT".to_owned(), yuan("0.01"))]);
    world.check("2026-RND", "0", "0", "100");
    world.apply(&linked(201, "50")).unwrap();
    world.check("2026-MKT", "0", "60", "0");
    world.check("2026-RND", "0", "0", "50");
    // Re-coding: give back here and hold there, in one command.
    let release = Action::Release { document: document(2) };
    world.apply(&Command::linked(CommandId([202; 16]), release, vec![reserve("RND", "50")])).unwrap();
    world.check("2026-MKT", "0", "10", "50");
    world.check("2026-RND", "0", "50", "0");
}

#[test]
fn an_id_gives_one_answer_for_ever() {
    let mut world = World::new(&[("2026-MKT", "10")]);
    let charges = |amount| vec![charge(1, "MKT", "OFFICE", amount)];
    let want =
        |amount| Command::new(CommandId([77; 16]), Action::Reserve { document: document(1), charges: charges(amount) });
    let refused = world.apply(&want("20"));
    assert!(refused.is_err());
    world.run(Action::Appropriate { line: code("2026-MKT"), amount: yuan("100") }).unwrap();
    assert_eq!(world.apply(&want("20")), refused, "a refused id stays refused");
    assert_eq!(world.apply(&want("5")), Err(Rejection::IdReused));
    world.check("2026-MKT", "0", "0", "110");
    let mut again = world.replay().unwrap();
    assert_eq!(again.apply(world.now, &want("20")), refused, "also after a restart");
    assert_eq!(again.apply(world.now, &want("5")), Err(Rejection::IdReused));
}

#[test]
fn a_command_that_did_nothing_is_remembered_too() {
    let mut world = World::new(&[("2026-MKT", "10")]);
    let nothing = Command::new(CommandId([9; 16]), Action::Release { document: document(1) });
    let first = world.apply(&nothing).unwrap();
    assert_eq!(first.count, 0);
    world.reserve(1, "MKT", "5").unwrap();
    assert_eq!(world.apply(&nothing).unwrap().count, 0, "a late retry releases nothing");
    assert_eq!(world.replay().unwrap().apply(world.now, &nothing).unwrap().count, 0);
    world.check("2026-MKT", "0", "5", "5");
}

#[test]
fn a_line_counts_with_tax_or_without() {
    let net = BudgetLine { tax_basis: TaxBasis::Exclusive, ..line("2026-MKT-TRAVEL") };
    let mut world = World::of(vec![(line("2026-MKT"), "113"), (net, "100")], &[]);
    let taxed = |amount: &str, tax: &str| Charge { tax: yuan(tax), ..charge(1, "MKT", "TRAVEL", amount) };
    let reserve = Action::Reserve { document: document(1), charges: vec![taxed("113", "13")] };
    assert_eq!(world.run(reserve).unwrap().entries.len(), 2, "one entry for each way of counting");
    world.check("2026-MKT", "0", "113", "0");
    world.check("2026-MKT-TRAVEL", "0", "100", "0");
    // The invoice turns out to carry less tax: one line has enough, the other has not.
    let spend = |tax| Action::Consume { document: document(1), draws: vec![taxed("113", tax).draw()], close: true };
    assert_eq!(lacking(world.run(spend("6.40"))), [("2026-MKT-TRAVEL".to_owned(), yuan("6.60"))]);
    world.run(spend("13.50")).unwrap();
    world.check("2026-MKT", "113", "0", "0");
    world.check("2026-MKT-TRAVEL", "99.50", "0", "0.50");
}

#[test]
fn a_red_invoice_gives_the_money_back() {
    let mut world = World::new(&[("2026-MKT", "11300")]);
    world.reserve(1, "MKT", "11300").unwrap();
    world.consume(1, "11300", true).unwrap();
    world.run(Action::Reverse { document: document(1), draws: vec![draw(1, "11300")] }).unwrap();
    world.check("2026-MKT", "0", "0", "11300");
}

#[test]
fn a_changed_entry_is_found() {
    let mut world = World::new(&[("2026-MKT", "100")]);
    world.reserve(1, "MKT", "60").unwrap();
    world.consume(1, "60", true).unwrap();
    assert!(world.replay().is_ok());
    let mut smaller = world.clone();
    smaller.entries[1].amount = yuan("50");
    assert_eq!(smaller.replay().unwrap_err(), ReplayError::Impossible(3));
    let mut larger = world.clone();
    larger.entries[1].amount = yuan("101");
    assert_eq!(larger.replay().unwrap_err(), ReplayError::Broken("a line under hard control is overspent"));
    let mut gap = world.clone();
    gap.entries.remove(1);
    assert_eq!(gap.replay().unwrap_err(), ReplayError::Gap { expected: 2, found: 3 });
    let mut foreign = world.clone();
    foreign.entries[2].command = CommandId([250; 16]);
    assert_eq!(foreign.replay().unwrap_err(), ReplayError::Unasked(3));
}

#[test]
fn whoever_holds_a_line_is_named_largest_first() {
    let mut world = World::new(&[("2026-ALL", "1000")]);
    for (document, amount) in [(1, "10"), (2, "300"), (3, "20"), (4, "40"), (5, "50"), (6, "60"), (7, "70")] {
        world.reserve(document, if document % 2 == 0 { "MKT" } else { "RND" }, amount).unwrap();
    }
    world.consume(2, "250", false).unwrap();
    let Err(Rejection::Insufficient { shortages }) = world.reserve(8, "MKT", "500") else { panic!() };
    let named: Vec<_> = shortages[0].holders.iter().map(|holder| (holder.by, holder.outstanding)).collect();
    let expected = [(7, "70"), (6, "60"), (2, "50"), (5, "50"), (4, "40")];
    assert_eq!(named, expected.map(|(number, amount)| (HeldBy::Document(document(number)), yuan(amount))));
    assert_eq!(world.ledger.holders(&code("2026-ALL")).len(), 7);
}
