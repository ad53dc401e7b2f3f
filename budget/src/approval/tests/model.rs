//! A model check of 同意, 驳回, 退回, 加签 and 转交 over a step of 会签 and one of 或签: every state that a few people can
//! reach in a few acts, whatever they do.

use std::collections::{BTreeSet, HashSet};

use crate::approval::{
    Act, Facts, Mode, Next, Phase, Refusal, Route, RuleSet, Selector, Standing, Step, StepRule, Table, Tier, Verb,
    decide, route,
};
use crate::organisation::Post;
use crate::{Code, Money, Organisation, Person, PersonId, RequestKind, Role, Timestamp};

const CLAIMANT: PersonId = PersonId([1; 16]);
const ANNA: PersonId = PersonId([2; 16]);
const BEN: PersonId = PersonId([3; 16]);
const CORA: PersonId = PersonId([4; 16]);
const CHIEF: PersonId = PersonId([5; 16]);
const PEOPLE: [PersonId; 5] = [CLAIMANT, ANNA, BEN, CORA, CHIEF];
const NOW: Timestamp = Timestamp(1);

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn company() -> Organisation {
    let roles = |id| match id {
        ANNA => vec![Role::Finance],
        BEN => vec![Role::Finance, Role::Cashier],
        CORA => vec![Role::Cashier],
        CHIEF => vec![Role::Executive],
        _ => vec![],
    };
    let person = |id| Person {
        id,
        login: String::new(),
        name: String::new(),
        department: code("ALL"),
        roles: roles(id).into_iter().collect(),
        active: true,
    };
    Organisation {
        people: PEOPLE.map(|id| (id, person(id))).into(),
        department_heads: [(code("ALL"), CHIEF)].into(),
        posts: [(code("LAST"), Post { name: String::new(), holders: [CHIEF].into() })].into(),
        ..Organisation::default()
    }
}

fn facts() -> Facts {
    Facts::new(RequestKind::ExpenseClaim, CLAIMANT, code("ALL"), Money::from_fen(100))
}

/// 会签 of Anna and Ben, 或签 of Ben and Cora, then the chief.
fn start() -> Route {
    let step = |name: &str, phase, by, mode| StepRule { name: name.into(), phase, by, mode };
    let steps = vec![
        step("all", Phase::Review, Selector::Role(Role::Finance), Mode::All),
        step("any", Phase::Approve, Selector::Role(Role::Cashier), Mode::Any),
        step("last", Phase::Ratify, Selector::Role(Role::Executive), Mode::Any),
    ];
    let tiers = vec![Tier { steps, ..Tier::default() }];
    let rules = RuleSet { tables: vec![Table { name: "t".into(), tiers, ..Table::default() }], ..RuleSet::default() };
    route(&rules, &company(), &facts(), NOW).unwrap()
}

fn verbs(open: u32) -> Vec<Verb> {
    let mut verbs = vec![Verb::Approve, Verb::Reject, Verb::Return { to: None }];
    verbs.extend((0..=open).map(|to| Verb::Return { to: Some(to) }));
    for person in PEOPLE {
        verbs.extend([Verb::AddSigner { person, before: true }, Verb::AddSigner { person, before: false }]);
        verbs.push(Verb::HandOver { to: person });
    }
    verbs
}

fn act(route: &Route, open: u32, person: PersonId, verb: Verb) -> Result<Next, Refusal> {
    decide(route, open, &company(), &facts(), NOW, &Act { person, step: open, verb })
}

fn settled(step: &Step) -> bool {
    let signed = step.seats.iter().filter(|seat| seat.signed.is_some()).count();
    if step.mode == Mode::All { signed == step.seats.len() } else { signed > 0 }
}

/// What holds in every state.
fn check_state(route: &Route, standing: Standing) {
    let names = |steps: &mut dyn Iterator<Item = &Step>| steps.map(|s| s.name.clone()).collect::<BTreeSet<String>>();
    let live: Vec<&Step> = route.steps.iter().filter(|step| !step.superseded).collect();
    assert_eq!(names(&mut live.iter().copied()), names(&mut start().steps.iter()), "no step is lost");
    for step in &route.steps {
        assert!(!step.seats.is_empty());
        for seat in &step.seats {
            assert_ne!(seat.person, CLAIMANT, "the claimant is never asked");
            assert!(seat.signed.is_none_or(|signed| signed.by != CLAIMANT), "the claimant never decides");
        }
    }
    match standing {
        Standing::Open(open) => {
            let open = usize::try_from(open).unwrap();
            let step = &route.steps[open];
            assert!(!step.superseded && !settled(step), "the open step waits");
            assert!(!step.deciders(&company(), &facts(), NOW).is_empty(), "somebody may decide it");
            let (behind, ahead) = (&route.steps[..open], &route.steps[open + 1..]);
            assert!(behind.iter().all(|step| step.superseded || settled(step)), "no step was skipped");
            assert!(ahead.iter().all(|step| !step.superseded && step.closed_at.is_none()));
        }
        Standing::Approved => assert!(live.iter().all(|step| settled(step)), "approved is agreed at every step"),
        Standing::Rejected | Standing::Returned => {}
    }
}

/// From here everybody who is asked agrees: it ends approved, so nothing is ever stuck.
fn check_ends(route: &Route, open: u32) {
    let (mut route, mut open) = (route.clone(), open);
    for _ in 0..200 {
        let step = &route.steps[usize::try_from(open).unwrap()];
        let decider = step.deciders(&company(), &facts(), NOW).remove(0);
        let next = act(&route, open, decider.person, Verb::Approve).unwrap();
        route = next.route;
        match next.standing {
            Standing::Open(next) => {
                assert!(next >= open);
                open = next;
            }
            Standing::Approved => return,
            other => panic!("agreeing leads to {other:?}"),
        }
    }
    panic!("agreeing never ends");
}

#[test]
fn whatever_approvers_do_no_step_is_lost_and_nothing_is_stuck() {
    let deepest = if std::env::var_os("SUANPAN_NIGHTLY").is_some() { 5 } else { 3 };
    let mut seen: HashSet<String> = HashSet::new();
    let mut edge = vec![(start(), 0)];
    let (mut states, mut refused) = (0, BTreeSet::new());
    for _ in 0..deepest {
        let mut next_edge = Vec::new();
        for (route, open) in edge {
            for person in PEOPLE {
                for verb in verbs(open) {
                    match act(&route, open, person, verb) {
                        Err(refusal) => drop(refused.insert(refusal.code())),
                        Ok(next) => {
                            assert_ne!(person, CLAIMANT);
                            if !seen
                                .insert(serde_json::to_string(&next.route).unwrap() + &format!("{:?}", next.standing))
                            {
                                continue;
                            }
                            states += 1;
                            check_state(&next.route, next.standing);
                            if let Standing::Open(now) = next.standing {
                                assert!(now >= open, "the open step's number never goes back");
                                check_ends(&next.route, now);
                                next_edge.push((next.route, now));
                            }
                        }
                    }
                }
            }
        }
        edge = next_edge;
    }
    println!("{states} states within {deepest} acts; refusals {refused:?}");
    assert!(states > 300, "{states} states");
    let expected =
        ["already_asked", "handed_back", "named_is_claimant", "no_such_step", "not_your_step", "own_request"];
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn one_refusal_of_a_countersignature_refuses_the_request() {
    let route = start();
    let next = act(&route, 0, ANNA, Verb::Approve).unwrap();
    assert_eq!(next.standing, Standing::Open(0), "Ben is still to be heard");
    assert_eq!(act(&next.route, 0, ANNA, Verb::Approve), Err(Refusal::NotYourStep), "nobody signs twice");
    assert_eq!(act(&next.route, 0, BEN, Verb::Reject).unwrap().standing, Standing::Rejected);
    assert_eq!(act(&next.route, 0, BEN, Verb::Return { to: None }).unwrap().standing, Standing::Returned);
    assert_eq!(act(&next.route, 0, BEN, Verb::Approve).unwrap().standing, Standing::Open(1));
    let late = Act { person: BEN, step: 0, verb: Verb::Approve };
    let after = act(&next.route, 0, BEN, Verb::Approve).unwrap();
    assert_eq!(decide(&after.route, 1, &company(), &facts(), NOW, &late), Err(Refusal::NotOpen));
}

#[test]
fn another_opinion_comes_first_and_then_the_step_goes_on() {
    let route = act(&start(), 0, ANNA, Verb::Approve).unwrap().route;
    let asked = act(&route, 0, BEN, Verb::AddSigner { person: CORA, before: true }).unwrap();
    assert_eq!(asked.standing, Standing::Open(1));
    let given = act(&asked.route, 1, CORA, Verb::Approve).unwrap();
    assert_eq!(given.standing, Standing::Open(2));
    let step = &given.route.steps[2];
    assert!(step.seats.iter().any(|seat| seat.person == ANNA && seat.signed.is_some()), "Anna agreed already");
    assert_eq!(act(&given.route, 2, BEN, Verb::Approve).unwrap().standing, Standing::Open(3));
}

#[test]
fn given_back_to_a_step_everything_since_is_done_again() {
    let mut route = start();
    for person in [ANNA, BEN] {
        route = act(&route, 0, person, Verb::Approve).unwrap().route;
    }
    let back = act(&route, 1, CORA, Verb::Return { to: Some(0) }).unwrap();
    assert_eq!(back.standing, Standing::Open(2));
    let names: Vec<(&str, bool)> = back.route.steps.iter().map(|s| (s.name.as_str(), s.superseded)).collect();
    assert_eq!(names, [("all", true), ("any", true), ("all", false), ("any", false), ("last", false)]);
    assert!(back.route.steps[2].seats.iter().all(|seat| seat.signed.is_none()));
    assert_eq!(act(&back.route, 2, ANNA, Verb::Return { to: Some(0) }), Err(Refusal::NoSuchStep));
}
