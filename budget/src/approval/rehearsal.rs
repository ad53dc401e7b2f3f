//! Rehearsal (规则试算): a proposed set of rules over past requests, before it is in force.
//!
//! Promise: it routes each past request by both sets with the same engine that routes new ones, so what it shows is what
//! would happen; it takes time proportional to the number of requests and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::aggregate::{Earlier, Window};
use super::people::{Ground, Roster};
use super::route::route_on;
use super::times::Summary;
use super::{Facts, Mode, Route, RuleSet};
use crate::{Organisation, PersonId, RequestId, Role, Timestamp};

/// A request of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    /// Which.
    pub request: RequestId,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// What it was, without siblings: they are counted anew for each set of rules.
    pub facts: Facts,
}

/// How long people take to answer, in milliseconds: medians of what really happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    /// By person.
    pub people: BTreeMap<PersonId, i64>,
    /// Of everybody, for people who never decided.
    pub everybody: i64,
}

/// What the rehearsal found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rehearsal {
    /// How many past requests were routed.
    pub requests: usize,
    /// How many would have gone elsewhere.
    pub rerouted: usize,
    /// The first of them, at most [`Rehearsal::MOST_LISTED`].
    pub examples: Vec<Rerouted>,
    /// Requests for which the proposed rules find nobody.
    pub unroutable: Vec<RequestId>,
    /// How long requests would wait by the rules in force.
    pub waiting_before: Summary,
    /// How long they would wait by the proposed rules.
    pub waiting_after: Summary,
    /// How much each approver would have to decide, most first.
    pub load: Vec<Load>,
    /// Who could have brought requests from submission to payment alone.
    pub both_keys: Vec<BothKeys>,
}

impl Rehearsal {
    /// The most examples that are listed.
    pub const MOST_LISTED: usize = 200;
}

/// A request that would have gone elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rerouted {
    /// Which.
    pub request: RequestId,
    /// Who is asked by the rules in force, step by step; empty when nobody is.
    pub before: Vec<Vec<PersonId>>,
    /// Who would be asked by the proposed ones.
    pub after: Vec<Vec<PersonId>>,
}

/// What one approver has to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    /// Who.
    pub person: PersonId,
    /// Decisions by the rules in force, in thousandths: one of three who may decide counts a third.
    pub before: u64,
    /// Decisions by the proposed rules, in thousandths.
    pub after: u64,
    /// More than twice what an approver has on average, and a quarter more than before.
    pub overloaded: bool,
}

/// Somebody who alone decides every step of requests and may pay them too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BothKeys {
    /// Who.
    pub person: PersonId,
    /// How many requests by the rules in force.
    pub before: usize,
    /// How many by the proposed ones.
    pub after: usize,
    /// One of those by the proposed rules.
    pub example: Option<RequestId>,
}

#[derive(Default)]
struct Tally {
    waiting: Vec<i64>,
    load: BTreeMap<PersonId, u64>,
    alone: BTreeMap<PersonId, (usize, RequestId)>,
}

impl Tally {
    fn add(&mut self, request: RequestId, route: &Route, organisation: &Organisation, pace: &Pace) {
        let mut waits = 0_i64;
        for step in &route.steps {
            let times = step.people().map(|person| pace.people.get(&person).copied().unwrap_or(pace.everybody));
            let wait = match step.mode {
                Mode::Any => times.min(),
                Mode::All => times.max(),
            };
            waits = waits.saturating_add(wait.unwrap_or(0));
            let share = match step.mode {
                Mode::Any => 1_000 / u64::try_from(step.seats.len().max(1)).unwrap_or(1),
                Mode::All => 1_000,
            };
            for person in step.people() {
                *self.load.entry(person).or_default() += share;
            }
        }
        self.waiting.push(waits);
        let people: BTreeSet<PersonId> = route.steps.iter().flat_map(super::Step::people).collect();
        if let (1, Some(person)) = (people.len(), people.first()) {
            let pays = [Role::Cashier, Role::Finance].iter().any(|role| organisation.has_role(*person, *role));
            if pays {
                let entry = self.alone.entry(*person).or_insert((0, request));
                entry.0 += 1;
            }
        }
    }
}

/// Routes past requests, oldest first, by the rules in force and by the proposed ones, with the people of today.
pub fn rehearse(
    current: &RuleSet,
    proposed: &RuleSet,
    organisation: &Organisation,
    pace: &Pace,
    past: &[Past],
) -> Rehearsal {
    let mut found = Rehearsal { requests: past.len(), ..Rehearsal::default() };
    let (mut before, mut after) = (Tally::default(), Tally::default());
    let roster = Roster::new(organisation);
    let (mut window_before, mut window_after) = (Window::default(), Window::default());
    for request in past {
        let old = by(current, &roster, request, &mut window_before);
        let new = by(proposed, &roster, request, &mut window_after);
        if let Some(route) = &old {
            before.add(request.request, route, organisation, pace);
        }
        match &new {
            Some(route) => after.add(request.request, route, organisation, pace),
            None => found.unroutable.push(request.request),
        }
        if !same_people(old.as_ref(), new.as_ref()) {
            found.rerouted += 1;
            if found.examples.len() < Rehearsal::MOST_LISTED {
                let (before, after) = (people(old.as_ref()), people(new.as_ref()));
                found.examples.push(Rerouted { request: request.request, before, after });
            }
        }
    }
    found.both_keys = both_keys(&before, &after);
    found.load = load(&before, &after);
    found.waiting_before = Summary::of(before.waiting);
    found.waiting_after = Summary::of(after.waiting);
    found
}

fn by<'a>(rules: &RuleSet, roster: &Roster<'_>, request: &'a Past, window: &mut Window<'a>) -> Option<Route> {
    let earlier = Earlier { request: request.request, submitted_at: request.submitted_at, facts: &request.facts };
    let siblings = rules.aggregate.as_ref().map(|rule| window.next(rule, earlier)).unwrap_or_default();
    let found = if siblings.is_empty() {
        route_on(rules, &Ground::new(roster, &request.facts, request.submitted_at))
    } else {
        let facts = Facts { siblings, ..request.facts.clone() };
        route_on(rules, &Ground::new(roster, &facts, request.submitted_at))
    };
    found.ok()
}

fn same_people(one: Option<&Route>, other: Option<&Route>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.steps.len() == other.steps.len()
                && one.steps.iter().zip(&other.steps).all(|(a, b)| a.mode == b.mode && a.people().eq(b.people()))
        }
        (None, None) => true,
        _ => false,
    }
}

fn people(route: Option<&Route>) -> Vec<Vec<PersonId>> {
    route.into_iter().flat_map(|route| route.steps.iter()).map(|step| step.people().collect()).collect()
}

fn both_keys(before: &Tally, after: &Tally) -> Vec<BothKeys> {
    let everybody: BTreeSet<PersonId> = before.alone.keys().chain(after.alone.keys()).copied().collect();
    let of = |tally: &Tally, person| tally.alone.get(person).map_or(0, |(count, _)| *count);
    everybody
        .iter()
        .map(|person| BothKeys {
            person: *person,
            before: of(before, person),
            after: of(after, person),
            example: after.alone.get(person).map(|(_, request)| *request),
        })
        .collect()
}

fn load(before: &Tally, after: &Tally) -> Vec<Load> {
    let everybody: BTreeSet<PersonId> = before.load.keys().chain(after.load.keys()).copied().collect();
    let average = after.load.values().sum::<u64>() / u64::try_from(after.load.len().max(1)).unwrap_or(1);
    let of = |tally: &Tally, person| tally.load.get(person).copied().unwrap_or(0);
    let mut load: Vec<Load> = everybody
        .iter()
        .map(|person| {
            let (was, will) = (of(before, person), of(after, person));
            Load { person: *person, before: was, after: will, overloaded: will > 2 * average && will * 4 > was * 5 }
        })
        .collect();
    load.sort_by_key(|load| (core::cmp::Reverse(load.after), load.person));
    load
}
