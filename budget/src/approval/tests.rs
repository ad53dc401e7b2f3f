//! Routes as finance writes them down.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::organisation::Delegation;
use crate::{Code, Money, Organisation, Person, PersonId, RequestKind, Role, Timestamp};

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

const fn person(number: u8) -> PersonId {
    PersonId([number; 16])
}

const CLERK: PersonId = person(1);
const HEAD: PersonId = person(2);
const FINANCE: PersonId = person(3);
const CHIEF: PersonId = person(4);
const MANAGER: PersonId = person(5);

fn company() -> Organisation {
    let people = [
        (CLERK, "MKT", Role::Employee),
        (HEAD, "MKT", Role::DepartmentHead),
        (FINANCE, "FIN", Role::Finance),
        (CHIEF, "ALL", Role::Executive),
        (MANAGER, "RND", Role::ProjectManager),
    ];
    Organisation {
        people: people
            .into_iter()
            .map(|(id, department, role)| {
                let person = Person {
                    id,
                    login: String::new(),
                    name: String::new(),
                    department: code(department),
                    roles: BTreeSet::from([role]),
                    active: true,
                };
                (id, person)
            })
            .collect(),
        department_heads: BTreeMap::from([(code("MKT"), HEAD), (code("ALL"), CHIEF)]),
        department_parents: BTreeMap::from([(code("MKT"), code("ALL"))]),
        project_managers: BTreeMap::from([(code("P1"), MANAGER)]),
        ..Organisation::default()
    }
}

fn rules() -> Rules {
    let step = |name: &str, above: Option<i64>, with_project, approver| StepRule {
        name: name.into(),
        condition: Condition {
            above: above.map(|yuan| Money::from_yuan(yuan).unwrap()),
            with_project,
            ..Condition::default()
        },
        approver,
    };
    Rules {
        version: 3,
        steps: vec![
            step("项目经理", None, true, Approver::ProjectManager),
            step("部门负责人", None, false, Approver::DepartmentHead),
            step("财务", Some(1_000), false, Approver::AnyOf(Role::Finance)),
            step("高管", Some(5_000), false, Approver::AnyOf(Role::Executive)),
        ],
    }
}

fn facts(claimant: PersonId, total: &str, projects: &[&str]) -> Facts {
    Facts {
        kind: RequestKind::ExpenseClaim,
        claimant,
        department: code("MKT"),
        projects: projects.iter().map(|p| code(p)).collect(),
        total: Money::parse(total).unwrap(),
    }
}

#[track_caller]
fn check(facts: &Facts, expected: &[PersonId]) {
    let route = route(&rules(), &company(), facts).unwrap();
    let found: Vec<_> = route.steps.iter().map(|s| s.approvers.iter().copied().collect::<Vec<_>>()).collect();
    let expected: Vec<_> = expected.iter().map(|p| vec![*p]).collect();
    assert_eq!(found, expected);
    assert_eq!(route.rules_version, 3);
}

#[test]
fn the_amount_decides_who_is_asked() {
    check(&facts(CLERK, "1000.00", &[]), &[HEAD]);
    check(&facts(CLERK, "1000.01", &[]), &[HEAD, FINANCE]);
    check(&facts(CLERK, "5000.01", &[]), &[HEAD, FINANCE, CHIEF]);
    check(&facts(CLERK, "10", &["P1"]), &[MANAGER, HEAD]);
}

#[test]
fn nobody_decides_their_own_request() {
    check(&facts(HEAD, "100", &[]), &[CHIEF]);
    check(&facts(MANAGER, "100", &["P1"]), &[HEAD]);
    check(&facts(FINANCE, "2000", &[]), &[HEAD, CHIEF]);
}

#[test]
fn a_step_without_an_approver_has_a_name() {
    let mut company = company();
    company.people.get_mut(&CHIEF).unwrap().active = false;
    let answer = route(&rules(), &company, &facts(HEAD, "100", &[]));
    assert_eq!(answer, Err(RoutingError::NobodyDecides("部门负责人".into())));
    let nothing = Rules { version: 1, steps: vec![] };
    assert_eq!(route(&nothing, &company, &facts(CLERK, "1", &[])), Err(RoutingError::NoRule));
}

#[test]
fn a_delegate_acts_for_the_approver_but_never_for_themselves() {
    let mut company = company();
    let delegate = |to| Delegation {
        from: HEAD,
        to,
        kinds: BTreeSet::new(),
        cap: None,
        starts: Timestamp(10),
        ends: Timestamp(20),
    };
    company.delegations = vec![delegate(MANAGER)];
    let claim = facts(CLERK, "100", &[]);
    let step = route(&rules(), &company, &claim).unwrap().steps.remove(0);
    assert_eq!(step.deciders(&company, Timestamp(15), &claim), [(MANAGER, HEAD)]);
    assert_eq!(step.deciders(&company, Timestamp(20), &claim), [(HEAD, HEAD)]);
    company.delegations = vec![delegate(CLERK)];
    assert_eq!(step.deciders(&company, Timestamp(15), &claim), [(HEAD, HEAD)]);
}
