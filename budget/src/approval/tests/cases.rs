//! The rule cases: facts, the route that they take and the reason that people are told, one line each. The lines are in
//! `cases.md`, for people of finance to read and extend.

use std::collections::{BTreeMap, BTreeSet};

use crate::approval::{
    Aggregate, Facts, Language, Mode, Phase, RoutingError, RuleSet, Step, aggregate::Earlier, check, escalate, route,
};
use crate::calendar::Calendar;
use crate::coding::{Member, Tree};
use crate::organisation::{Delegation, Post};
use crate::scheme::Draft;
use crate::{
    Code, CodingBlock, Dimension, Money, Organisation, Person, PersonId, RequestId, RequestKind, Scheme, Timestamp,
};
use serde::Deserialize;

const DAY: i64 = 86_400_000;
/// Thursday 2026-11-12, 10:00 in China: no holiday is near.
pub(super) const NOW: Timestamp = Timestamp(1_794_448_800_000);

#[derive(Deserialize)]
struct Company {
    departments: BTreeMap<String, (String, String)>,
    people: BTreeMap<String, Vec<String>>,
    projects: BTreeMap<String, (String, String)>,
    posts: BTreeMap<String, Vec<String>>,
    serves: BTreeMap<String, Vec<String>>,
}

pub(super) struct Stage {
    pub(super) organisation: Organisation,
    pub(super) scheme: Scheme,
    pub(super) rules: RuleSet,
    names: BTreeMap<PersonId, String>,
}

pub(super) fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

impl Stage {
    pub(super) fn new() -> Self {
        let company: Company = toml::from_str(include_str!("company.toml")).unwrap();
        let ids: BTreeMap<&String, PersonId> =
            company.people.keys().zip(1..).map(|(name, number)| (name, PersonId([number; 16]))).collect();
        let id = |name: &String| *ids.get(name).unwrap_or_else(|| panic!("{name} is nobody of company.toml"));
        let role = |text: &String| serde_json::from_value(serde_json::Value::String(text.clone())).unwrap();
        let mut organisation = Organisation::default();
        for (name, row) in &company.people {
            let (department, roles) = row.split_first().unwrap();
            let person = Person {
                id: id(name),
                login: name.clone(),
                name: name.clone(),
                department: code(department),
                roles: roles.iter().map(role).collect(),
                active: true,
            };
            organisation.people.insert(person.id, person);
        }
        for (department, (head, above)) in &company.departments {
            if !head.is_empty() {
                organisation.department_heads.insert(code(department), id(head));
            }
            if !above.is_empty() {
                organisation.department_parents.insert(code(department), code(above));
            }
        }
        for (project, (manager, kind)) in &company.projects {
            organisation.project_managers.insert(code(project), id(manager));
            organisation.project_types.insert(code(project), code(kind));
        }
        for (post, row) in &company.posts {
            let (name, holders) = row.split_first().unwrap();
            let post_of = Post { name: name.clone(), holders: holders.iter().map(id).collect() };
            organisation.posts.insert(code(post), post_of);
        }
        for (name, departments) in &company.serves {
            organisation.serves.insert(id(name), departments.iter().map(|text| code(text)).collect());
        }
        let member = |text: &str, parent: Option<&str>| Member::new(code(text), text, parent.map(code));
        let accounts = Tree::new([member("TRAVEL", None), member("HOTEL", Some("TRAVEL")), member("ENTERTAIN", None)]);
        let projects = Tree::new(company.projects.keys().map(|project| member(project, None)));
        let trees = [(Dimension::Account, accounts), (Dimension::Project, projects)].into();
        let names = ids.iter().map(|(name, id)| (*id, (*name).clone())).collect();
        Self {
            organisation,
            scheme: Scheme::publish(Draft { trees, ..Draft::default() }).unwrap(),
            rules: RuleSet::parse(include_str!("rules.toml")).unwrap(),
            names,
        }
    }

    pub(super) fn person(&self, name: &str) -> PersonId {
        let found = self.names.iter().find(|(_, other)| other.as_str() == name);
        *found.unwrap_or_else(|| panic!("{name} is nobody of company.toml")).0
    }

    pub(super) fn name(&self, person: PersonId) -> String {
        self.names.get(&person).cloned().unwrap_or_default()
    }
}

fn kind(text: &str) -> RequestKind {
    match text {
        "报销" => RequestKind::ExpenseClaim,
        "事前申请" => RequestKind::PreApproval,
        "借款" => RequestKind::Advance,
        "付款" => RequestKind::Payment,
        "预算调整" => RequestKind::BudgetAdjustment,
        "规则变更" => RequestKind::RuleChange,
        other => panic!("{other} is no kind of request"),
    }
}

fn money(text: &str) -> Money {
    Money::parse(text).unwrap_or_else(|_| panic!("{text} is no amount"))
}

/// What 情形 adds to the facts and the company.
struct Circumstances {
    facts: Facts,
    silent_days: u32,
}

impl Stage {
    fn arrange(&mut self, mut facts: Facts, circumstances: &str) -> Circumstances {
        let mut silent_days = 0;
        let mut earlier: Vec<(i64, Money)> = Vec::new();
        for part in circumstances.split('；').map(str::trim).filter(|part| !part.is_empty()) {
            let words: Vec<&str> = part.split_whitespace().collect();
            match words.as_slice() {
                ["超标", amount] => facts.over_standard = money(amount),
                ["超预算", amount] => facts.over_budget = money(amount),
                ["供应商", vendor] => drop(facts.vendors.insert((*vendor).into())),
                ["收款人", name] => drop(facts.payees.insert(self.person(name))),
                ["离职", name] => {
                    let id = self.person(name);
                    self.organisation.people.get_mut(&id).unwrap().active = false;
                }
                ["委托", pair, rest @ ..] => {
                    let (from, to) = pair.split_once('→').unwrap();
                    let dates = (NOW.plus(-DAY), NOW.plus(90 * DAY));
                    let mut delegation = Delegation::new(self.person(from), self.person(to), dates.0, dates.1);
                    match rest {
                        [] => {}
                        ["上限", cap] => delegation.cap = Some(money(cap)),
                        ["可转委"] => delegation.redelegable = true,
                        other => panic!("{other:?} is no limit of a delegation"),
                    }
                    self.organisation.delegations.push(delegation);
                }
                ["前", amounts @ ..] => earlier.extend(amounts.iter().map(|amount| (2, money(amount)))),
                ["八天前", amounts @ ..] => earlier.extend(amounts.iter().map(|amount| (8, money(amount)))),
                ["超时", days] => silent_days = days.parse().unwrap(),
                other => panic!("{other:?} is no circumstance"),
            }
        }
        let past: Vec<(i64, Facts)> = earlier
            .into_iter()
            .map(|(days, total)| (days, Facts { total, over_standard: Money::ZERO, ..facts.clone() }))
            .collect();
        let aggregate: &Aggregate = self.rules.aggregate.as_ref().unwrap();
        let past = past.iter().zip(1..).map(|((days, facts), number)| Earlier {
            request: RequestId([number; 16]),
            submitted_at: NOW.plus(-days * DAY),
            facts,
        });
        facts.siblings = aggregate.siblings(&facts, NOW, past);
        Circumstances { facts, silent_days }
    }

    fn show(&self, step: &Step, facts: &Facts, now: Timestamp, reasons: &mut BTreeSet<String>) -> String {
        let phase = match step.phase {
            Phase::Review => "审核",
            Phase::Approve => "审批",
            Phase::Ratify => "核准",
        };
        let mut people: Vec<String> = Vec::new();
        for decider in step.deciders(&self.organisation, facts, now) {
            let stands_in = decider.person != decider.in_place_of;
            let place = if stands_in { format!("(代{})", self.name(decider.in_place_of)) } else { String::new() };
            people.push(format!("{}{place}", self.name(decider.person)));
            reasons.extend(decider.reasons.iter().map(|reason| reason.text(Language::Chinese, &|id| self.name(id))));
        }
        let between = if step.mode == Mode::All && people.len() > 1 { "+" } else { "/" };
        reasons.extend(step.reasons.iter().map(|reason| reason.text(Language::Chinese, &|id| self.name(id))));
        format!("{phase} {}", people.join(between))
    }

    /// The route as the table writes it, with everything that is said about it.
    fn answer(&self, circumstances: &Circumstances) -> (String, BTreeSet<String>) {
        let Circumstances { facts, silent_days } = circumstances;
        let mut found = match route(&self.rules, &self.organisation, facts, NOW) {
            Ok(found) => found,
            Err(RoutingError::NobodyDecides(_)) => return ("无人可审批".into(), BTreeSet::new()),
            Err(RoutingError::NoRule) => return ("无规则".into(), BTreeSet::new()),
        };
        let calendar = Calendar::china().unwrap();
        found.steps[0].opened_at = Some(NOW);
        let now = calendar.after(NOW, *silent_days);
        escalate(&self.rules, &mut found, 0, &self.organisation, facts, &calendar, now);
        let mut reasons: BTreeSet<String> =
            found.reasons.iter().map(|reason| reason.text(Language::Chinese, &|id| self.name(id))).collect();
        let steps: Vec<String> = found.steps.iter().map(|step| self.show(step, facts, now, &mut reasons)).collect();
        (steps.join(" → "), reasons)
    }
}

/// The people of a step in one order, so that the table need not know the order of ids.
fn sorted(route: &str) -> String {
    let step = |step: &str| {
        let (phase, people) = step.split_once(' ').unwrap_or((step, ""));
        let between = if people.contains('+') { '+' } else { '/' };
        let mut people: Vec<&str> = people.split(between).map(str::trim).collect();
        people.sort_unstable();
        format!("{phase} {}", people.join(&between.to_string()))
    };
    route.split('→').map(|part| step(part.trim())).collect::<Vec<_>>().join(" → ")
}

fn run(row: &[&str]) -> Result<(), String> {
    let [number, claimant, kind_of, department, codes, amount, circumstances, expected, said] = row else {
        return Err(format!("a row has nine cells: {row:?}"));
    };
    let mut stage = Stage::new();
    let mut facts = Facts::new(kind(kind_of), stage.person(claimant), code(department), money(amount));
    for text in codes.split_whitespace() {
        let project = stage.organisation.project_managers.contains_key(&code(text));
        let mut block = CodingBlock::default();
        block.set(if project { Dimension::Project } else { Dimension::Account }, Some(code(text)));
        facts = facts.charged(&stage.scheme, [&block]);
    }
    let circumstances = stage.arrange(facts, circumstances);
    let (found, reasons) = stage.answer(&circumstances);
    if sorted(&found) != sorted(expected) {
        return Err(format!("{number}: {found}, expected {expected}; {reasons:?}"));
    }
    let missing = said.split('；').map(str::trim).find(|part| !reasons.iter().any(|reason| reason.contains(part)));
    match missing.filter(|part| !part.is_empty()) {
        Some(part) => Err(format!("{number}: nothing says {part:?}; {reasons:?}")),
        None => Ok(()),
    }
}

#[test]
fn every_rule_case_goes_where_the_table_says() {
    let rows: Vec<Vec<&str>> = include_str!("cases.md")
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| 编号"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 60, "{} cases", rows.len());
    let numbers: BTreeSet<&str> = rows.iter().filter_map(|row| row.first().copied()).collect();
    assert_eq!(numbers.len(), rows.len(), "each case has a number of its own");
    let faults: Vec<String> = rows.iter().filter_map(|row| run(row).err()).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_rules_of_the_cases_may_be_published_and_survive_their_text() {
    let stage = Stage::new();
    assert_eq!(check(&stage.rules, &stage.organisation, &stage.scheme, NOW), []);
    let written = stage.rules.write().unwrap();
    assert_eq!(RuleSet::parse(&written).unwrap(), stage.rules, "{written}");
    let json = serde_json::to_string(&stage.rules).unwrap();
    assert_eq!(serde_json::from_str::<RuleSet>(&json).unwrap(), stage.rules);
}
