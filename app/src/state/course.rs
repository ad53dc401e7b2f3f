//! The way of a request: what happened, what is being decided, what comes.
//!
//! Promise: what only this device knows stands apart from what the authority told.

use budget::{PersonId, Timestamp};
use sync::record::{Record, Verb};
use sync::view::{RequestView, Surface, What};

/// Where a station of the way stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Behind us.
    Done,
    /// Refused or returned there.
    Refused,
    /// Done on this device; the authority does not know.
    Held,
    /// Waits for its people.
    Now,
    /// Comes later.
    Ahead,
}

/// What a station is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that happened.
    Happened(What),
    /// A step that is open or comes.
    Step,
}

/// One station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Station {
    pub(crate) passage: Passage,
    pub(crate) kind: Kind,
    /// Who did it, or who may do it.
    pub(crate) people: Vec<PersonId>,
    /// In whose place (代).
    pub(crate) in_place_of: Option<PersonId>,
    pub(crate) at: Option<Timestamp>,
    /// The name of the step.
    pub(crate) step: String,
    /// What was written.
    pub(crate) reason: String,
    pub(crate) through: Option<Surface>,
}

/// The stations of a request: its history, what waits on this device, and the steps that are open or to come.
pub(crate) fn of(view: Option<&RequestView>, waiting: &[Record]) -> Vec<Station> {
    let mut stations: Vec<Station> = view.map(past).unwrap_or_default();
    stations.extend(waiting.iter().map(held));
    if let Some(view) = view.filter(|_| waiting.is_empty()) {
        stations.extend(to_come(view));
    }
    stations
}

fn past(view: &RequestView) -> Vec<Station> {
    let station = |event: &sync::view::Event| {
        let refused = matches!(
            event.what,
            What::Decided(Verb::Reject | Verb::Return) | What::OverBudget | What::Duplicate | What::Withdrawn
        );
        Station {
            passage: if refused { Passage::Refused } else { Passage::Done },
            kind: Kind::Happened(event.what),
            people: vec![event.person],
            in_place_of: event.in_place_of.filter(|person| *person != event.person),
            at: Some(event.at),
            step: event.step.clone(),
            reason: event.reason.clone(),
            through: Some(event.through),
        }
    };
    view.history.iter().map(station).collect()
}

fn held(record: &Record) -> Station {
    let (what, at, reason) = match record {
        Record::Submission(it) => (What::Submitted, it.at, String::new()),
        Record::Decision(it) => (What::Decided(it.verb), it.at, it.reason.clone()),
        Record::Withdrawal(it) => (What::Withdrawn, it.at, String::new()),
    };
    Station {
        passage: Passage::Held,
        kind: Kind::Happened(what),
        people: vec![record.person()],
        in_place_of: None,
        at: Some(at),
        step: String::new(),
        reason,
        through: None,
    }
}

fn to_come(view: &RequestView) -> Vec<Station> {
    let Some(open) = view.step.and_then(|step| usize::try_from(step).ok()) else {
        return Vec::new();
    };
    let station = |(index, step): (usize, &budget::approval::Step)| {
        let now = index == open;
        let people: Vec<PersonId> =
            if now { view.deciders.iter().map(|decider| decider.person).collect() } else { step.people().collect() };
        let acting = view.deciders.first().filter(|decider| now && decider.person != decider.in_place_of);
        Station {
            passage: if now { Passage::Now } else { Passage::Ahead },
            kind: Kind::Step,
            people,
            in_place_of: acting.map(|decider| decider.in_place_of),
            at: None,
            step: step.name.clone(),
            reason: String::new(),
            through: None,
        }
    };
    view.route.steps.iter().enumerate().skip(open).map(station).collect()
}
