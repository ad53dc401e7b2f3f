//! For any company, rules, leave and leavers: an open request has somebody who may decide it, no step is skipped, and
//! nobody decides on their own.

use std::collections::BTreeSet;

use crate::approval::{
    Act, Addition, Escalation, Facts, Measure, Mode, Phase, Reason, Repeat, Route, RoutingError, RuleSet, Selector,
    Standing, StepRule, Table, Tier, Verb, When, decide, escalate, excluded, follow, route,
};
use crate::calendar::Calendar;
use crate::organisation::{Delegation, Post};
use crate::{Code, Money, Organisation, Person, PersonId, RequestKind, Role, Timestamp};
use proptest::prelude::*;

const DAY: i64 = 86_400_000;
const START: Timestamp = Timestamp(1_794_448_800_000);
const PEOPLE: u8 = 8;
/// Never leaves, never claims and stands in for nobody: the post of last resort.
const LAST: PersonId = PersonId([99; 16]);
const ROLES: [Role; 4] = [Role::Finance, Role::Executive, Role::ProjectManager, Role::DepartmentHead];

fn id(number: u8) -> PersonId {
    PersonId([number % PEOPLE + 1; 16])
}

fn department(number: u8) -> Code {
    Code::new(&format!("D{}", number % 5)).unwrap()
}

fn project(number: u8) -> Code {
    Code::new(&format!("P{}", number % 3)).unwrap()
}

fn person(id: PersonId, (at, roles, active): (u8, u8, bool)) -> Person {
    let roles = ROLES.iter().enumerate().filter(|(bit, _)| roles >> bit & 1 == 1).map(|(_, role)| *role).collect();
    Person { id, login: String::new(), name: String::new(), department: department(at), roles, active }
}

fn delegation() -> impl Strategy<Value = Delegation> {
    (any::<u8>(), any::<u8>(), -3_i64..6, 0_i64..8, any::<bool>(), proptest::option::of(0_i64..300)).prop_map(
        |(from, to, starts, days, redelegable, cap)| {
            let starts = START.plus(starts * DAY);
            Delegation {
                redelegable,
                cap: cap.map(Money::from_fen),
                ..Delegation::new(id(from), id(to), starts, starts.plus(days * DAY))
            }
        },
    )
}

/// Any company: heads may be missing or have left, the line upward may be a loop.
fn company() -> impl Strategy<Value = Organisation> {
    let people = proptest::collection::vec((any::<u8>(), any::<u8>(), prop::bool::weighted(0.8)), usize::from(PEOPLE));
    let heads = proptest::collection::vec(proptest::option::of(any::<u8>()), 5);
    let parents = proptest::collection::vec(proptest::option::of(any::<u8>()), 5);
    let managers = proptest::collection::vec(proptest::option::of(any::<u8>()), 3);
    let delegations = proptest::collection::vec(delegation(), 0..5);
    (people, heads, parents, managers, delegations).prop_map(|(people, heads, parents, managers, delegations)| {
        let mut organisation = Organisation { delegations, ..Organisation::default() };
        for (number, row) in (0..).zip(people) {
            organisation.people.insert(id(number), person(id(number), row));
        }
        organisation.people.insert(LAST, person(LAST, (0, 0, true)));
        for (number, (head, parent)) in (0..).zip(heads.into_iter().zip(parents)) {
            organisation.department_heads.extend(head.map(|head| (department(number), id(head))));
            organisation.department_parents.extend(parent.map(|parent| (department(number), department(parent))));
        }
        for (number, manager) in (0..).zip(managers) {
            organisation.project_managers.extend(manager.map(|manager| (project(number), id(manager))));
        }
        let last = Post { name: String::new(), holders: BTreeSet::from([LAST]) };
        organisation.posts.insert(Code::new(Organisation::LAST_RESORT).unwrap(), last);
        organisation
    })
}

fn selector() -> impl Strategy<Value = Selector> {
    prop_oneof![
        (0_u8..4).prop_map(Selector::Head),
        Just(Selector::ProjectManager),
        (0_usize..4).prop_map(|role| Selector::Role(ROLES[role])),
        (0_usize..4).prop_map(|role| Selector::EntityRole(ROLES[role])),
        any::<u8>().prop_map(|number| Selector::Person(id(number))),
        Just(Selector::Post(Code::new("NONE").unwrap())),
    ]
}

fn step_rule(number: usize) -> impl Strategy<Value = StepRule> {
    (selector(), any::<bool>(), 0_u8..3).prop_map(move |(by, all, phase)| StepRule {
        name: format!("S{number}"),
        phase: [Phase::Review, Phase::Approve, Phase::Ratify][usize::from(phase)],
        by,
        mode: if all { Mode::All } else { Mode::Any },
    })
}

fn rules() -> impl Strategy<Value = RuleSet> {
    let steps = (1_usize..4).prop_flat_map(|count| (0..count).map(step_rule).collect::<Vec<_>>());
    (steps, proptest::option::of(step_rule(9)), any::<bool>()).prop_map(|(steps, addition, each)| RuleSet {
        version: 7,
        repeat: if each { Repeat::Each } else { Repeat::Once },
        tables: vec![Table { name: "T".into(), tiers: vec![Tier { steps, ..Tier::default() }], ..Table::default() }],
        additions: addition
            .into_iter()
            .map(|step| add(step, When { with_project: Some(true), ..When::default() }))
            .collect(),
        escalation: Some(Escalation { working_days: 1 }),
        ..RuleSet::default()
    })
}

fn add(step: StepRule, when: When) -> Addition {
    let (above, from, below, up_to) = (None, None, None, None);
    Addition { name: step.name.clone(), when, measure: Measure::Total, above, from, below, up_to, step }
}

fn facts() -> impl Strategy<Value = Facts> {
    (any::<u8>(), any::<u8>(), proptest::option::of(any::<u8>()), proptest::option::of(any::<u8>()), 1_i64..500)
        .prop_map(|(claimant, at, charged, payee, fen)| {
            let total = Money::from_fen(fen);
            let mut facts = Facts::new(RequestKind::ExpenseClaim, id(claimant), department(at), total);
            facts.projects = charged.into_iter().map(project).collect();
            facts.payees = payee.into_iter().map(id).collect();
            facts
        })
}

/// What may happen to an open request.
#[derive(Debug, Clone)]
enum Event {
    Decide { who: u8, verb: u8, whom: u8 },
    Leave(u8),
    Delegate(Delegation),
    Wait(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(who, verb, whom)| Event::Decide { who, verb, whom }),
        1 => any::<u8>().prop_map(Event::Leave),
        1 => delegation().prop_map(Event::Delegate),
        2 => (0_i64..72).prop_map(Event::Wait),
    ]
}

/// What every rule of the tier asked for is in the route, under its own name or merged into another step.
fn check_complete(rules: &RuleSet, route: &Route, facts: &Facts) {
    let merged = route.steps.iter().flat_map(|step| &step.reasons).filter_map(|reason| match reason {
        Reason::Merged { step } => Some(step.clone()),
        _ => None,
    });
    let live = route.steps.iter().filter(|step| !step.superseded).map(|step| step.name.clone());
    let there: BTreeSet<String> = live.chain(merged).collect();
    let mut asked: BTreeSet<String> = rules.tables[0].tiers[0].steps.iter().map(|step| step.name.clone()).collect();
    if !facts.projects.is_empty() {
        asked.extend(rules.additions.iter().map(|addition| addition.step.name.clone()));
    }
    assert_eq!(there, asked, "no step is skipped");
}

struct Life {
    organisation: Organisation,
    rules: RuleSet,
    facts: Facts,
    calendar: Calendar,
    now: Timestamp,
    route: Route,
    standing: Standing,
}

impl Life {
    fn check(&self) {
        check_complete(&self.rules, &self.route, &self.facts);
        let barred = excluded(&self.organisation, &self.facts, self.now);
        match self.standing {
            Standing::Open(open) => {
                let step = &self.route.steps[usize::try_from(open).unwrap()];
                let deciders = step.deciders(&self.organisation, &self.facts, self.now);
                assert!(!deciders.is_empty(), "an open request has somebody who may decide it");
                for decider in deciders {
                    assert!(!barred.contains_key(&decider.person), "{decider:?} may not decide this");
                    assert!(self.organisation.active(decider.person).is_some(), "{decider:?} has left");
                }
            }
            Standing::Approved => {
                let live = self.route.steps.iter().filter(|step| !step.superseded);
                assert!(live.clone().all(crate::approval::Step::is_settled), "approved is agreed at every step");
            }
            Standing::Rejected | Standing::Returned => {}
        }
        let signed = self.route.steps.iter().flat_map(|step| &step.seats).filter_map(|seat| seat.signed);
        assert!(signed.clone().all(|signed| signed.by != self.facts.claimant), "the claimant never decides");
        assert!(signed.clone().all(|signed| !self.facts.payees.contains(&signed.by)), "a payee never decides");
    }

    fn tick(&mut self, open: u32) {
        follow(&mut self.route, open, &self.organisation, &self.facts, self.now);
        let Self { rules, route, organisation, facts, calendar, now, .. } = self;
        escalate(rules, route, open, organisation, facts, calendar, *now);
    }

    fn happens(&mut self, event: Event) {
        let Standing::Open(open) = self.standing else { return };
        match event {
            Event::Leave(who) => {
                self.organisation.people.get_mut(&id(who)).unwrap().active = false;
            }
            Event::Delegate(delegation) => self.organisation.delegations.push(delegation),
            Event::Wait(hours) => self.now = self.now.plus(hours * 3_600_000),
            Event::Decide { who, verb, whom } => return self.decide(open, who, verb, whom),
        }
        self.tick(open);
    }

    fn decide(&mut self, open: u32, who: u8, verb: u8, whom: u8) {
        let verb = match verb % 12 {
            0 => Verb::Reject,
            1 => Verb::Return { to: None },
            2 | 3 => Verb::Return { to: Some(u32::from(whom) % (open + 1)) },
            4 | 5 => Verb::AddSigner { person: id(whom), before: whom >= 128 },
            6 | 7 => Verb::HandOver { to: id(whom) },
            _ => Verb::Approve,
        };
        // Mostly somebody who may decide, now and then anybody.
        let step = &self.route.steps[usize::try_from(open).unwrap()];
        let deciders = step.deciders(&self.organisation, &self.facts, self.now);
        let chosen = deciders.get(usize::from(who) % (deciders.len() + 1)).map_or(id(who), |decider| decider.person);
        let act = Act { person: chosen, step: open, verb };
        if let Ok(next) = decide(&self.route, open, &self.organisation, &self.facts, self.now, &act) {
            assert!(deciders.iter().any(|decider| decider.person == chosen), "only who may decide decides");
            if let Standing::Open(now) = next.standing {
                assert!(now >= open, "the open step's number never goes back");
            }
            self.route = next.route;
            self.standing = next.standing;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn an_open_request_always_has_somebody_who_may_decide_it(
        organisation in company(),
        rules in rules(),
        facts in facts(),
        events in proptest::collection::vec(event(), 0..40),
    ) {
        let Ok(mut route) = route(&rules, &organisation, &facts, START) else {
            panic!("the post of last resort is always there");
        };
        prop_assert!(route.steps.windows(2).all(|pair| pair[0].phase <= pair[1].phase), "审核, 审批, 核准");
        route.steps[0].opened_at = Some(START);
        let calendar = Calendar::china().unwrap();
        let standing = Standing::Open(0);
        let mut life = Life { organisation, rules, facts, calendar, now: START, route, standing };
        life.check();
        for event in events {
            life.happens(event);
            life.check();
        }
    }

    #[test]
    fn without_a_last_resort_a_route_is_whole_or_refused(organisation in company(), rules in rules(), facts in facts()) {
        let mut organisation = organisation;
        organisation.posts.clear();
        match route(&rules, &organisation, &facts, START) {
            Ok(route) => {
                check_complete(&rules, &route, &facts);
                for step in &route.steps {
                    prop_assert!(!step.deciders(&organisation, &facts, START).is_empty());
                }
            }
            Err(RoutingError::NobodyDecides(_)) => {
                let barred = excluded(&organisation, &facts, START);
                let chiefs = organisation.with_role(Role::Executive).filter(|chief| !barred.contains_key(&chief.id));
                prop_assert_eq!(chiefs.count(), 0, "an executive would have been asked");
            }
            Err(RoutingError::NoRule) => prop_assert!(false, "the table takes everything"),
        }
    }
}

fn cases() -> u32 {
    if std::env::var_os("SUANPAN_NIGHTLY").is_some() { 20_000 } else { 400 }
}
