//! The ledger against the cases that finance departments complain of, and against random histories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::coding::{Member, Tree};
use crate::scheme::{BudgetLine, Draft, TaxBasis};
use crate::{CodingBlock, Dimension};

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// A company with one tree of departments; each line is one department's node.
struct World {
    ledger: Ledger,
    commands: BTreeMap<CommandId, Command>,
    next: u8,
}

impl World {
    fn new(lines: &[(&str, &str)]) -> Self {
        let member = |c: &str, p: Option<&str>| Member { code: code(c), name: c.into(), parent: p.map(code) };
        let departments = Tree::new([member("ALL", None), member("MKT", Some("ALL")), member("RND", Some("ALL"))]);
        let accounts = Tree::new([member("OFFICE", None), member("COURIER", None)]);
        let trees = BTreeMap::from([(Dimension::Department, departments), (Dimension::Account, accounts)]);
        let line = |c: &str, control| BudgetLine {
            code: code(c),
            name: c.into(),
            fixes: BTreeMap::from([if matches!(c, "OFFICE" | "COURIER") {
                (Dimension::Account, code(c))
            } else {
                (Dimension::Department, code(c))
            }]),
            control,
            tax_basis: TaxBasis::Inclusive,
            thresholds: BTreeSet::new(),
        };
        let scheme =
            Scheme::publish(Draft { trees, lines: lines.iter().map(|(c, _)| line(c, Control::Hard)).collect() });
        let mut world = Self { ledger: Ledger::new(scheme.unwrap()), commands: BTreeMap::new(), next: 0 };
        for (line, limit) in lines {
            world.run(Action::Appropriate { line: code(line), amount: yuan(limit) }).unwrap();
        }
        world
    }

    fn run(&mut self, action: Action) -> Decision {
        self.next += 1;
        let command = Command { id: CommandId([self.next; 16]), action };
        self.commands.insert(command.id, command.clone());
        self.ledger.apply(Timestamp(i64::from(self.next)), &command)
    }

    fn reserve(&mut self, document: u8, department: &str, amount: &str) -> Decision {
        self.run(Action::Reserve { document: DocumentId([document; 16]), charges: vec![charge(1, department, amount)] })
    }

    fn consume(&mut self, document: u8, amount: &str, close: bool) -> Decision {
        let draws = vec![Draw { line: LineId([1; 16]), amount: yuan(amount) }];
        self.run(Action::Consume { document: DocumentId([document; 16]), draws, close })
    }

    #[track_caller]
    fn check(&self, line: &str, consumed: &str, reserved: &str, available: &str) {
        let balance = self.ledger.balance(&code(line)).unwrap();
        assert_eq!(balance.consumed, yuan(consumed), "consumed of {line}");
        assert_eq!(balance.reserved, yuan(reserved), "reserved of {line}");
        assert_eq!(balance.available().unwrap(), yuan(available), "available of {line}");
        assert_eq!(self.ledger.check_invariants(), Ok(()));
    }
}

fn charge(line: u8, department: &str, amount: &str) -> Charge {
    let mut block = CodingBlock::default();
    let dimension = if matches!(department, "OFFICE" | "COURIER") { Dimension::Account } else { Dimension::Department };
    block.set(dimension, Some(code(department)));
    Charge { line: LineId([line; 16]), block, amount: yuan(amount) }
}

#[test]
fn s2_two_claims_one_budget() {
    let mut world = World::new(&[("MKT", "200000")]);
    world.reserve(1, "MKT", "150000").unwrap();
    world.consume(1, "150000", true).unwrap();
    world.check("MKT", "150000", "0", "50000");

    world.reserve(2, "MKT", "30000").unwrap();
    let Err(Rejection::Insufficient { shortages }) = world.reserve(3, "MKT", "30000") else {
        panic!("the second claim must be refused")
    };
    assert_eq!(shortages.len(), 1);
    assert_eq!(shortages[0].lacking, yuan("10000"));
    assert_eq!(shortages[0].holders[0].document, DocumentId([2; 16]));
    world.check("MKT", "150000", "30000", "20000");

    world.run(Action::Release { document: DocumentId([2; 16]) }).unwrap();
    world.check("MKT", "150000", "0", "50000");
    world.reserve(3, "MKT", "30000").unwrap();
    world.check("MKT", "150000", "30000", "20000");
}

#[test]
fn s3_four_cases_of_loans_and_claims() {
    // A loan reserves by its application and consumes nothing; only the claim consumes.
    let mut world = World::new(&[("MKT", "20000")]);
    for (document, applied, claimed) in [(1, "3000", "3000"), (2, "8888", "9999"), (3, "777", "777"), (4, "879", "820")]
    {
        world.reserve(document, "MKT", applied).unwrap();
        world.consume(document, claimed, true).unwrap();
    }
    world.check("MKT", "14596", "0", "5404");
}

#[test]
fn s4_partial_offset_draws_on_what_remains() {
    let mut world = World::new(&[("MKT", "10.00")]);
    world.reserve(1, "MKT", "10.00").unwrap();
    world.consume(1, "2.00", false).unwrap();
    world.consume(1, "8.00", false).unwrap();
    world.check("MKT", "10.00", "0", "0");
    // The dead reservation does not pay a third claim; the budget is asked, and has nothing.
    assert_eq!(world.consume(1, "0.01", false), Err(Rejection::NotReserved { line: LineId([1; 16]) }));
    assert!(matches!(world.reserve(2, "MKT", "0.01"), Err(Rejection::Insufficient { .. })));
}

#[test]
fn s5_one_line_up_one_line_down() {
    let mut world = World::new(&[("OFFICE", "1000"), ("COURIER", "1000")]);
    let document = DocumentId([9; 16]);
    world
        .run(Action::Reserve { document, charges: vec![charge(1, "OFFICE", "450"), charge(2, "COURIER", "50")] })
        .unwrap();
    let draws =
        vec![Draw { line: LineId([1; 16]), amount: yuan("500") }, Draw { line: LineId([2; 16]), amount: yuan("20") }];
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
    assert!(outcome.entries.iter().all(|e| e.document == Some(document)));
    world.check("OFFICE", "500", "0", "500");
    world.check("COURIER", "20", "0", "980");
}

#[test]
fn every_hard_line_on_the_path_is_checked() {
    let mut world = World::new(&[("ALL", "100"), ("MKT", "90"), ("RND", "90")]);
    world.reserve(1, "MKT", "60").unwrap();
    let Err(Rejection::Insufficient { shortages }) = world.reserve(2, "RND", "50") else { panic!() };
    assert_eq!(shortages.iter().map(|s| s.line.as_str()).collect::<Vec<_>>(), ["ALL"]);
    world.check("RND", "0", "0", "90");
    world.check("ALL", "0", "60", "40");
}

#[test]
fn several_lines_are_all_or_nothing() {
    let mut world = World::new(&[("OFFICE", "100"), ("COURIER", "10")]);
    let charges = vec![charge(1, "OFFICE", "50"), charge(2, "COURIER", "20")];
    let refused = world.run(Action::Reserve { document: DocumentId([1; 16]), charges });
    assert!(matches!(refused, Err(Rejection::Insufficient { .. })));
    world.check("OFFICE", "0", "0", "100");
}

#[test]
fn an_id_gives_one_answer_for_ever() {
    let mut world = World::new(&[("MKT", "10")]);
    let document = DocumentId([1; 16]);
    let want = |amount| Command {
        id: CommandId([77; 16]),
        action: Action::Reserve { document, charges: vec![charge(1, "MKT", amount)] },
    };
    let refused = world.ledger.apply(Timestamp(1), &want("20"));
    assert!(refused.is_err());
    world.run(Action::Appropriate { line: code("MKT"), amount: yuan("100") }).unwrap();
    assert_eq!(world.ledger.apply(Timestamp(2), &want("20")), refused, "a refused id stays refused");
    assert_eq!(world.ledger.apply(Timestamp(3), &want("5")), Err(Rejection::IdReused));
    world.check("MKT", "0", "0", "110");
}

#[test]
fn each_rung_of_the_ladder_has_its_name() {
    let mut world = World::new(&[("MKT", "10"), ("RND", "10")]);
    let document = DocumentId([1; 16]);
    let reserve = |charges| Action::Reserve { document, charges };
    let mut check = |action, expected: &str| {
        let rejection = world.run(action).unwrap_err();
        assert_eq!(rejection.code(), expected, "{rejection}");
    };
    check(reserve(vec![]), "no_line");
    check(reserve(vec![charge(1, "MKT", "0")]), "amount_not_positive");
    check(reserve(vec![charge(1, "MKT", "1"), charge(1, "MKT", "1")]), "line_twice");
    check(reserve(vec![charge(1, "HR", "1")]), "unknown_member");
    check(reserve(vec![charge(1, "OFFICE", "1")]), "no_budget_line");
    check(reserve(vec![charge(1, "MKT", "11")]), "insufficient_budget");
    check(Action::Transfer { from: code("MKT"), to: code("MKT"), amount: yuan("1") }, "same_line");
    check(Action::Transfer { from: code("MKT"), to: code("RND"), amount: yuan("11") }, "insufficient_budget");
    check(Action::Appropriate { line: code("HR"), amount: yuan("1") }, "unknown_budget_line");
    check(Action::Appropriate { line: code("MKT"), amount: Money::from_fen(i64::MAX) }, "amount_too_large");
    let draws = vec![Draw { line: LineId([1; 16]), amount: yuan("1") }];
    check(Action::Consume { document, draws: draws.clone(), close: false }, "not_reserved");
    check(Action::Reverse { document, draws }, "not_consumed");
    check(Action::Adjust { document, line: LineId([1; 16]), amount: yuan("1") }, "not_reserved");
}

#[test]
fn a_red_invoice_gives_the_money_back() {
    let mut world = World::new(&[("MKT", "11300")]);
    world.reserve(1, "MKT", "11300").unwrap();
    world.consume(1, "11300", true).unwrap();
    let draws = vec![Draw { line: LineId([1; 16]), amount: yuan("11300") }];
    world.run(Action::Reverse { document: DocumentId([1; 16]), draws }).unwrap();
    world.check("MKT", "0", "0", "11300");
}

#[test]
fn a_changed_entry_is_found() {
    let mut world = World::new(&[("MKT", "100")]);
    world.reserve(1, "MKT", "60").unwrap();
    world.consume(1, "60", true).unwrap();
    let entries: Vec<Entry> = world
        .ledger
        .answers
        .values()
        .filter_map(|(_, answer)| answer.as_ref().ok())
        .flat_map(|outcome| outcome.entries.clone())
        .collect();
    let scheme = world.ledger.scheme().clone();
    assert!(Ledger::replay(scheme.clone(), entries.clone(), [], &world.commands).is_ok());
    let mut smaller = entries.clone();
    smaller[1].amount = yuan("50");
    assert_eq!(Ledger::replay(scheme.clone(), smaller, [], &world.commands).unwrap_err(), ReplayError::Impossible(3));
    let without: Vec<_> = entries.into_iter().filter(|e| e.sequence != 2).collect();
    assert_eq!(
        Ledger::replay(scheme, without, [], &world.commands).unwrap_err(),
        ReplayError::Gap { expected: 2, found: 3 }
    );
}

/// A random command over few documents and lines, so that histories collide.
fn any_action() -> impl Strategy<Value = Action> {
    let document = (1u8..6).prop_map(|n| DocumentId([n; 16]));
    let line = 1u8..4;
    let amount = (1i64..9_000).prop_map(Money::from_fen);
    let budget_line = prop::sample::select(vec!["ALL", "MKT", "RND"]);
    let draws = prop::collection::vec((line.clone(), amount.clone()), 1..3).prop_map(|draws| {
        draws.into_iter().map(|(line, amount)| Draw { line: LineId([line; 16]), amount }).collect::<Vec<_>>()
    });
    prop_oneof![
        1 => (budget_line.clone(), amount.clone())
            .prop_map(|(line, amount)| Action::Appropriate { line: code(line), amount }),
        1 => (budget_line.clone(), budget_line.clone(), amount.clone())
            .prop_map(|(from, to, amount)| Action::Transfer { from: code(from), to: code(to), amount }),
        6 => (document.clone(), prop::collection::vec((line.clone(), budget_line, amount.clone()), 1..4))
            .prop_map(|(document, charges)| Action::Reserve {
                document,
                charges: charges
                    .into_iter()
                    .map(|(line, department, amount)| Charge { amount, ..charge(line, department, "1") })
                    .collect(),
            }),
        2 => (document.clone(), line, amount)
            .prop_map(|(document, line, amount)| Action::Adjust { document, line: LineId([line; 16]), amount }),
        4 => (document.clone(), draws.clone(), any::<bool>())
            .prop_map(|(document, draws, close)| Action::Consume { document, draws, close }),
        2 => document.clone().prop_map(|document| Action::Release { document }),
        1 => (document, draws).prop_map(|(document, draws)| Action::Reverse { document, draws }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// S2: whatever people do in whatever order, no line is overspent, nothing leaks, and the
    /// entries alone tell the same balances.
    #[test]
    fn random_histories_keep_every_promise(actions in prop::collection::vec(any_action(), 1..60)) {
        let mut world = World::new(&[("ALL", "150"), ("MKT", "100"), ("RND", "100")]);
        let mut entries = Vec::new();
        let mut refusals = Vec::new();
        let limits = |ledger: &Ledger| ledger.balances().map(|(_, b)| b.limit.fen()).sum::<i64>();
        for action in actions {
            let before = world.ledger.clone();
            let transfer = matches!(action, Action::Transfer { .. });
            match world.run(action) {
                Ok(outcome) => {
                    entries.extend(outcome.entries);
                    prop_assert!(!transfer || limits(&before) == limits(&world.ledger));
                }
                Err(rejection) => {
                    let command = world.commands[&CommandId([world.next; 16])].clone();
                    refusals.push((command, rejection));
                    prop_assert!(before.balances().eq(world.ledger.balances()), "a refusal changed a balance");
                }
            }
            prop_assert_eq!(world.ledger.check_invariants(), Ok(()));
        }
        for command in world.commands.clone().into_values() {
            let known = world.ledger.answers[&command.id].1.clone();
            prop_assert_eq!(world.ledger.apply(Timestamp(0), &command), known);
        }
        let mut all: Vec<Entry> = world.ledger.answers.values()
            .filter_map(|(_, answer)| answer.as_ref().ok())
            .flat_map(|outcome| outcome.entries.clone()).collect();
        all.sort_by_key(|entry| entry.sequence);
        let replayed = Ledger::replay(world.ledger.scheme().clone(), all, refusals, &world.commands).unwrap();
        prop_assert!(replayed.balances().eq(world.ledger.balances()));
        for (id, (fingerprint, _)) in &world.ledger.answers {
            // A command that succeeded without an entry leaves no trace to replay.
            if let Some((again, _)) = replayed.answers.get(id) {
                prop_assert_eq!(again, fingerprint);
            }
        }
    }
}
