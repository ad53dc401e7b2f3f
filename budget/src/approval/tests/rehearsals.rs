//! New rules are looked at before they are in force, and open requests move to them only when somebody wants it.

use crate::approval::rehearsal::{Pace, Past, rehearse};
use crate::approval::{Act, Facts, RuleSet, Standing, Verb, decide, migrate, route};
use crate::{CodingBlock, Money, PersonId, RequestId, RequestKind};

use super::cases::{NOW, Stage, code};

const DAY: i64 = 86_400_000;

/// Version 4: daily claims above ¥3,000, not ¥5,000, go to the second level.
fn stricter() -> RuleSet {
    let text = include_str!("rules.toml");
    let (before, daily) = text.split_once("name = \"日常费用\"").unwrap();
    let daily = daily.replacen("upTo = 5000", "upTo = 3000", 1).replacen("above = 5000", "above = 3000", 1);
    RuleSet { version: 4, ..RuleSet::parse(&format!("{before}name = \"日常费用\"{daily}")).unwrap() }
}

fn past(stage: &Stage, number: u8, yuan: i64, days_ago: i64) -> Past {
    let mut facts =
        Facts::new(RequestKind::ExpenseClaim, stage.person("张伟"), code("MKT"), Money::from_yuan(yuan).unwrap());
    facts.vendors.insert(format!("vendor {number}"));
    Past { request: RequestId([number; 16]), submitted_at: NOW.plus(-days_ago * DAY), facts }
}

#[test]
fn a_rehearsal_names_what_would_have_gone_elsewhere() {
    let stage = Stage::new();
    let past: Vec<Past> = [(1, 900), (2, 2_999), (3, 3_000), (4, 3_001), (5, 4_999), (6, 5_001)]
        .into_iter()
        .map(|(number, yuan)| past(&stage, number, yuan, 60 - i64::from(number)))
        .collect();
    let pace = Pace { people: [(stage.person("何伟"), 3 * DAY)].into(), everybody: DAY };
    let found = rehearse(&stage.rules, &stricter(), &stage.organisation, &pace, &past);
    let names = |steps: &[Vec<PersonId>]| -> Vec<Vec<String>> {
        steps.iter().map(|step| step.iter().map(|person| stage.name(*person)).collect()).collect()
    };
    assert_eq!((found.requests, found.rerouted), (6, 2));
    assert_eq!(found.examples.iter().map(|e| e.request).collect::<Vec<_>>(), [RequestId([4; 16]), RequestId([5; 16])]);
    assert_eq!(names(&found.examples[0].before).last().unwrap(), &["王强"]);
    assert_eq!(names(&found.examples[0].after).last().unwrap(), &["何伟"]);
    assert!(found.unroutable.is_empty() && found.both_keys.is_empty());
    // One day for finance and one for the head, or three for the slower level above.
    assert_eq!((found.waiting_before.median, found.waiting_after.median), (2 * DAY, 2 * DAY));
    assert_eq!((found.waiting_before.p90, found.waiting_after.p90), (4 * DAY, 4 * DAY));
    let load = found.load.iter().find(|load| load.person == stage.person("何伟")).unwrap();
    assert_eq!((load.before, load.after), (1_000, 3_000));
}

#[test]
fn a_rehearsal_says_who_would_be_alone_with_both_keys() {
    let stage = Stage::new();
    let alone = r#"
        [[table]]
        name = "全部"
        [[table.tier]]
        steps = [{ name = "出纳", by = { role = "cashier" } }]
    "#;
    let proposed = RuleSet::parse(alone).unwrap();
    let past = [past(&stage, 1, 900, 3), past(&stage, 2, 900, 2)];
    let found = rehearse(&stage.rules, &proposed, &stage.organisation, &Pace::default(), &past);
    let both = &found.both_keys[0];
    assert_eq!(found.both_keys.len(), 1);
    assert_eq!((both.person, both.before, both.after), (stage.person("钱进"), 0, 2));
    assert_eq!(both.example, Some(RequestId([1; 16])));
}

#[test]
fn splitting_is_rehearsed_too() {
    let stage = Stage::new();
    let mut past: Vec<Past> = [(1, 6), (2, 4), (3, 2)].map(|(n, days)| past(&stage, n, 2_900, days)).into();
    for request in &mut past {
        request.facts.vendors = ["one vendor".into()].into();
    }
    let without = RuleSet { aggregate: None, ..stage.rules.clone() };
    let found = rehearse(&without, &stage.rules, &stage.organisation, &Pace::default(), &past);
    assert_eq!(found.rerouted, 2, "5,800 and 8,700 are over 5,000");
}

#[test]
fn s11_an_open_request_moves_to_new_rules_with_what_was_agreed() {
    let stage = Stage::new();
    let mut facts =
        Facts::new(RequestKind::ExpenseClaim, stage.person("张伟"), code("MKT"), Money::from_yuan(4_000).unwrap());
    facts = facts.charged(&stage.scheme, [&CodingBlock::default()]);
    let before = route(&stage.rules, &stage.organisation, &facts, NOW).unwrap();
    let act = Act { person: stage.person("吴芳"), step: 0, verb: Verb::Approve };
    let next = decide(&before, 0, &stage.organisation, &facts, NOW, &act).unwrap();
    assert_eq!(next.standing, Standing::Open(1));
    let moved = migrate(&stricter(), &next.route, 1, &stage.organisation, &facts, NOW.plus(DAY)).unwrap();
    assert!(moved.differs);
    assert_eq!((moved.from, moved.to, moved.route.rules_version), (3, 4, 4));
    let steps: Vec<(&str, bool, bool)> =
        moved.route.steps.iter().map(|s| (s.name.as_str(), s.superseded, s.is_settled())).collect();
    assert_eq!(
        steps,
        [
            ("财务", true, true),
            ("部门负责人", true, false),
            ("财务", false, true), // 吴芳 agreed already
            ("上级负责人", false, false),
        ]
    );
    assert_eq!(moved.open, 3);
    let open = &moved.route.steps[3];
    assert_eq!(open.people().collect::<Vec<_>>(), [stage.person("何伟")]);
}

#[test]
fn moving_to_other_rules_never_approves() {
    let stage = Stage::new();
    let facts =
        Facts::new(RequestKind::ExpenseClaim, stage.person("张伟"), code("MKT"), Money::from_yuan(4_000).unwrap());
    let before = route(&stage.rules, &stage.organisation, &facts, NOW).unwrap();
    let act = Act { person: stage.person("吴芳"), step: 0, verb: Verb::Approve };
    let next = decide(&before, 0, &stage.organisation, &facts, NOW, &act).unwrap();
    let only_finance = r#"
        version = 5
        [[table]]
        name = "全部"
        [[table.tier]]
        steps = [{ name = "财务", by = { role = "finance" } }]
    "#;
    let proposed = RuleSet::parse(only_finance).unwrap();
    let moved = migrate(&proposed, &next.route, 1, &stage.organisation, &facts, NOW).unwrap();
    let open = &moved.route.steps[usize::try_from(moved.open).unwrap()];
    assert!(!open.superseded && !open.is_settled(), "the last step is asked once more");
}
