//! From rules and facts to steps and the people who decide them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::people::{Ask, Ground, Roster};
use super::rule::{Addition, StepRule, Table};
use super::{Decider, Facts, Measure, Mode, Phase, Reason, Repeat, RuleSet, Selector};
use crate::{Organisation, PersonId, Timestamp};

/// The steps of one request, in order: those behind it, the open one, those to come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The rules that made it.
    pub rules_version: u32,
    /// Why it is this route.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The steps; never empty. A step that was opened keeps its place for ever: what is done again is a new step.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Step {
    /// What people call it.
    pub name: String,
    /// 审核, 审批 or 核准.
    pub phase: Phase,
    /// Whether one of its seats or all of them have to agree.
    pub mode: Mode,
    /// Who is asked; never empty.
    pub seats: Vec<Seat>,
    /// Why it is asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// When it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Whether a later step does it again, because the request was given back or another opinion was asked first.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub superseded: bool,
}

/// One place in a step that somebody fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seat {
    /// Whose decision it is, before leave and delegation.
    pub person: PersonId,
    /// How the seat came about.
    #[serde(default)]
    pub source: Source,
    /// How it found its person.
    pub(super) ask: Ask,
    /// How many further people upward are asked because nobody answered.
    #[serde(default)]
    pub escalated: u8,
    /// Who agreed in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// Who held it before and handed it over; it never goes back to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handed: Vec<PersonId>,
}

/// How a seat came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// A rule asks for it.
    #[default]
    Rule,
    /// An approver added it (加签).
    Added,
    /// An approver handed it over (转交).
    Handed,
}

/// An agreement in a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// Who agreed.
    pub by: PersonId,
    /// By whose authority (代).
    pub in_place_of: PersonId,
    /// When.
    pub at: Timestamp,
}

impl Step {
    /// A step that asks these people by name, any of whom decides it.
    pub fn of(name: &str, people: impl IntoIterator<Item = PersonId>) -> Self {
        let mut step = Self { name: name.into(), ..Self::default() };
        for person in people {
            sit(&mut step, person, Ask::Person(person));
        }
        step
    }

    /// Who may decide it now, in the seats that nobody has signed.
    pub fn deciders(&self, organisation: &Organisation, facts: &Facts, now: Timestamp) -> Vec<Decider> {
        self.deciders_on(&Ground::new(&Roster::new(organisation), facts, now))
    }

    pub(super) fn deciders_on(&self, ground: &Ground<'_>) -> Vec<Decider> {
        let mut deciders: Vec<Decider> = Vec::new();
        for (index, seat) in self.seats.iter().enumerate().filter(|(_, seat)| seat.signed.is_none()) {
            deciders.extend(ground.deciders(index, seat.person, &seat.ask, seat.escalated));
        }
        deciders
    }

    /// Whose decision it is, before leave and delegation.
    pub fn people(&self) -> impl Iterator<Item = PersonId> {
        self.seats.iter().map(|seat| seat.person)
    }

    /// Whether enough of its seats agreed.
    pub fn is_settled(&self) -> bool {
        match self.mode {
            Mode::Any => self.seats.iter().any(|seat| seat.signed.is_some()),
            Mode::All => self.seats.iter().all(|seat| seat.signed.is_some()),
        }
    }

    fn same_people(&self, other: &Self) -> bool {
        let mine: BTreeSet<PersonId> = self.people().collect();
        mine == other.people().collect() && (self.mode == other.mode || mine.len() == 1)
    }
}

/// Why a request cannot be routed. It is kept and an administrator is told; it is never dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    /// A step applies and nobody can decide it.
    #[error("nobody can decide the step {0}")]
    NobodyDecides(String),
    /// No matrix applies: the rules have a hole.
    #[error("no rule covers this request")]
    NoRule,
}

/// The route of a request by these rules, with the people of this instant.
pub fn route(
    rules: &RuleSet,
    organisation: &Organisation,
    facts: &Facts,
    now: Timestamp,
) -> Result<Route, RoutingError> {
    route_on(rules, &Ground::new(&Roster::new(organisation), facts, now))
}

/// The same on ground that is prepared.
pub(super) fn route_on(rules: &RuleSet, ground: &Ground<'_>) -> Result<Route, RoutingError> {
    let Ground { organisation, facts, .. } = *ground;
    let table = rules.tables.iter().find(|table| facts.hold(&table.when, organisation)).ok_or(RoutingError::NoRule)?;
    let amount = facts.together();
    let tier = table.tiers.iter().find(|tier| tier.bounds().contains(amount)).ok_or(RoutingError::NoRule)?;
    let mut reasons = vec![Reason::Tier { table: table.name.clone(), bounds: tier.bounds(), amount }];
    reasons.extend(together(rules, table, facts));
    let mut steps = Vec::new();
    for addition in rules.additions.iter().filter(|addition| adds(addition, facts, organisation)) {
        steps.push(step(&addition.step, addition_reasons(addition, facts), ground)?);
    }
    for rule in &tier.steps {
        steps.push(step(rule, Vec::new(), ground)?);
    }
    // Stable: additions stay before the matrix's steps of the same phase.
    steps.sort_by_key(|step| step.phase);
    if rules.repeat == Repeat::Once {
        merge(&mut steps);
    }
    if steps.is_empty() {
        return Err(RoutingError::NoRule);
    }
    Ok(Route { rules_version: rules.version, reasons, steps })
}

fn adds(addition: &Addition, facts: &Facts, organisation: &Organisation) -> bool {
    let amount = facts.measured(addition.measure);
    let there = addition.measure == Measure::Total || amount.is_positive();
    there && addition.bounds().contains(amount) && facts.hold(&addition.when, organisation)
}

fn addition_reasons(addition: &Addition, facts: &Facts) -> Vec<Reason> {
    let mut reasons = vec![Reason::Addition { name: addition.name.clone() }];
    match addition.measure {
        Measure::OverStandard => reasons.push(Reason::OverStandard { amount: facts.over_standard }),
        Measure::OverBudget => reasons.push(Reason::OverBudget { amount: facts.over_budget }),
        Measure::Total => {}
    }
    reasons
}

/// Said only when counting together makes a difference.
fn together(rules: &RuleSet, table: &Table, facts: &Facts) -> Option<Reason> {
    let alone = table.tiers.iter().position(|tier| tier.bounds().contains(facts.total));
    let sum = facts.together();
    let now = table.tiers.iter().position(|tier| tier.bounds().contains(sum));
    let days = rules.aggregate.as_ref().map_or(0, |aggregate| aggregate.days);
    let siblings = facts.siblings.iter().map(|sibling| sibling.request).collect();
    (alone != now).then_some(Reason::Together { days, sum, siblings })
}

fn step(rule: &StepRule, reasons: Vec<Reason>, ground: &Ground<'_>) -> Result<Step, RoutingError> {
    let mut step = Step { name: rule.name.clone(), phase: rule.phase, mode: rule.mode, reasons, ..Step::default() };
    for ask in asks(&rule.by, ground) {
        if let Ask::Manager(project) = &ask {
            step.reasons.push(Reason::Project { project: project.clone() });
        }
        seat(&mut step, ask, ground)?;
    }
    Ok(step)
}

/// A selector as the questions of its seats.
fn asks(selector: &Selector, ground: &Ground<'_>) -> Vec<Ask> {
    match selector {
        // Without a project the line decides; a step is never left out.
        Selector::ProjectManager if ground.facts.projects.is_empty() => vec![Ask::Head(0)],
        Selector::ProjectManager => ground.facts.projects.iter().cloned().map(Ask::Manager).collect(),
        Selector::Head(up) => vec![Ask::Head(*up)],
        Selector::Role(role) => vec![Ask::Role(*role)],
        Selector::EntityRole(role) => vec![Ask::EntityRole(*role)],
        Selector::Post(post) => vec![Ask::Post(post.clone())],
        Selector::Person(person) => vec![Ask::Person(*person)],
    }
}

/// Seats everybody who is asked and may decide; the next person upward where nobody may.
fn seat(step: &mut Step, ask: Ask, ground: &Ground<'_>) -> Result<(), RoutingError> {
    let asked = ground.asked(&ask);
    let (fit, unfit): (Vec<PersonId>, Vec<PersonId>) =
        asked.iter().copied().partition(|person| ground.eligible(*person).is_ok());
    if fit.is_empty() {
        let skipped = unfit.iter().filter_map(|person| {
            ground.eligible(*person).err().map(|because| Reason::Skipped { person: *person, because })
        });
        step.reasons.extend(skipped);
        if unfit.is_empty() {
            step.reasons.push(Reason::Vacant);
        }
        let above = ground.above(&ask, &BTreeSet::new());
        let person = above.ok_or_else(|| RoutingError::NobodyDecides(step.name.clone()))?;
        sit(step, person, ask);
    } else {
        for person in fit {
            sit(step, person, ask.clone());
        }
    }
    Ok(())
}

fn sit(step: &mut Step, person: PersonId, ask: Ask) {
    if step.seats.iter().all(|seat| seat.person != person) {
        step.seats.push(Seat { person, source: Source::Rule, ask, escalated: 0, signed: None, handed: Vec::new() });
    }
}

/// Whoever is found for two steps is asked at the last one, where everything before is known.
fn merge(steps: &mut Vec<Step>) {
    let mut index = 0;
    while let Some(step) = steps.get(index) {
        let later = steps.iter().skip(index + 1).position(|other| other.same_people(step));
        let Some(later) = later.map(|offset| index + 1 + offset) else {
            index += 1;
            continue;
        };
        let merged = steps.remove(index);
        if let Some(step) = steps.get_mut(later - 1) {
            step.reasons.push(Reason::Merged { step: merged.name });
            step.reasons.extend(merged.reasons);
        }
    }
}
