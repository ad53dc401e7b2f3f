//! What each decision leads to: 同意, 驳回, 退回, 加签, 转交, with 会签 and 或签.
//!
//! ```text
//! open step ──approve──▶ settled? ──▶ next step ──▶ … ──▶ approved
//!    │  │  │                └─ not yet: stays open (会签)
//!    │  │  └─ reject ──▶ rejected             whatever the others said
//!    │  └─ return ──▶ returned to the claimant, or the steps since are done again as new steps
//!    └─ add a signer, hand over ──▶ more or other seats
//! ```
//!
//! Promise: the open step's number only goes up, so an old card or an old tap never meets another step under its
//! number. What was done stays in the route. Refused acts change nothing.

use std::collections::BTreeSet;

use super::people::{Ask, Ground, Roster};
use super::{Because, Facts, Mode, Reason, Route, Seat, Signed, Source, Step};
use crate::{Organisation, PersonId, Timestamp};

/// The most steps a route may grow to.
pub(super) const MOST_STEPS: usize = 48;

/// What an approver does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub person: PersonId,
    /// On which step, from 0.
    pub step: u32,
    /// What.
    pub verb: Verb,
}

/// What an approver may do with an open step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Agree (同意).
    Approve,
    /// Refuse for good (驳回).
    Reject,
    /// Give back: to an earlier step, or to the claimant (退回).
    Return {
        /// The earlier step; the claimant when there is none.
        to: Option<u32>,
    },
    /// Ask for another opinion (加签).
    AddSigner {
        /// Whose.
        person: PersonId,
        /// Before one decides oneself, or after (前加签, 后加签).
        before: bool,
    },
    /// Let somebody else decide in one's place (转交).
    HandOver {
        /// Who.
        to: PersonId,
    },
}

/// Where a request stands after an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A step is open.
    Open(u32),
    /// Every step agreed.
    Approved,
    /// Refused.
    Rejected,
    /// Given back to the claimant.
    Returned,
}

/// What an act leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The route as it is now.
    pub route: Route,
    /// Where the request stands.
    pub standing: Standing,
    /// By whose authority the person acted (代).
    pub in_place_of: PersonId,
}

/// Why an act is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The step is not the open one.
    #[error("this step is not open")]
    NotOpen,
    /// Nobody decides on their own request.
    #[error("nobody decides on their own request")]
    OwnRequest,
    /// Somebody else decides.
    #[error("somebody else decides this step")]
    NotYourStep,
    /// The person named may not decide this request.
    #[error("the person named may not decide this request: {0:?}")]
    NotEligible(Because),
    /// The person named is asked at this step already.
    #[error("the person named is asked at this step already")]
    AlreadyAsked,
    /// The person named handed it over before.
    #[error("the person named handed it over before")]
    HandedBack,
    /// The step named is not one behind this one.
    #[error("there is no such step to give it back to")]
    NoSuchStep,
    /// The route would grow without end.
    #[error("the request has too many steps")]
    TooManySteps,
}

impl Refusal {
    /// The stable code that texts and clients use.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotOpen => "step_not_open",
            Self::OwnRequest => "own_request",
            Self::NotYourStep => "not_your_step",
            Self::NotEligible(Because::Claimant) => "named_is_claimant",
            Self::NotEligible(Because::Payee) => "named_is_payee",
            Self::NotEligible(Because::Delegate) => "named_stands_in_for_claimant",
            Self::NotEligible(Because::Left) => "named_has_left",
            Self::AlreadyAsked => "already_asked",
            Self::HandedBack => "handed_back",
            Self::NoSuchStep => "no_such_step",
            Self::TooManySteps => "too_many_steps",
        }
    }
}

/// Puts those who left, or may not decide any more, out of every seat that is open or to come, and the next person
/// in. Whether anything changed.
pub fn follow(route: &mut Route, open: u32, organisation: &Organisation, facts: &Facts, now: Timestamp) -> bool {
    let roster = Roster::new(organisation);
    let ground = Ground::new(&roster, facts, now);
    let mut changed = false;
    for step in route.steps.iter_mut().skip(index(open)) {
        changed |= reseat(step, &ground);
    }
    changed
}

/// Decides one act on the open step.
pub fn decide(
    route: &Route,
    open: u32,
    organisation: &Organisation,
    facts: &Facts,
    now: Timestamp,
    act: &Act,
) -> Result<Next, Refusal> {
    let roster = Roster::new(organisation);
    let ground = Ground::new(&roster, facts, now);
    if act.person == facts.claimant {
        return Err(Refusal::OwnRequest);
    }
    let at = index(open);
    let step = route.steps.get(at).filter(|_| act.step == open).ok_or(Refusal::NotOpen)?;
    let mine: Vec<(usize, PersonId)> = step
        .deciders_on(&ground)
        .into_iter()
        .filter(|decider| decider.person == act.person)
        .map(|decider| (decider.seat, decider.in_place_of))
        .collect();
    let in_place_of = mine.first().ok_or(Refusal::NotYourStep)?.1;
    let mut course = Course { route: route.clone(), at, ground: &ground };
    let standing = match act.verb {
        Verb::Approve => course.approve(act.person, &mine),
        Verb::Reject => course.close(Standing::Rejected),
        Verb::Return { to: None } => course.close(Standing::Returned),
        Verb::Return { to: Some(to) } => course.give_back(act.person, index(to))?,
        Verb::AddSigner { person, before } => course.add_signer(act.person, person, before)?,
        Verb::HandOver { to } => course.hand_over(act.person, &mine, to)?,
    };
    Ok(Next { route: course.route, standing, in_place_of })
}

struct Course<'a> {
    route: Route,
    at: usize,
    ground: &'a Ground<'a>,
}

impl Course<'_> {
    fn open_step(&mut self) -> Option<&mut Step> {
        self.route.steps.get_mut(self.at)
    }

    fn close(&mut self, standing: Standing) -> Standing {
        let now = self.ground.now;
        if let Some(step) = self.open_step() {
            step.closed_at = Some(now);
        }
        standing
    }

    /// Opens the step after the closed one, if there is one.
    fn advance(&mut self) -> Standing {
        self.close(Standing::Approved);
        self.at += 1;
        match self.route.steps.get_mut(self.at) {
            None => Standing::Approved,
            Some(step) => {
                reseat(step, self.ground);
                step.opened_at = Some(self.ground.now);
                Standing::Open(number(self.at))
            }
        }
    }

    fn approve(&mut self, by: PersonId, mine: &[(usize, PersonId)]) -> Standing {
        let at = self.ground.now;
        let mut settled = false;
        if let Some(step) = self.open_step() {
            for (seat, in_place_of) in mine {
                if let Some(seat) = step.seats.get_mut(*seat) {
                    seat.signed = Some(Signed { by, in_place_of: *in_place_of, at });
                }
            }
            settled = step.is_settled();
        }
        if settled { self.advance() } else { Standing::Open(number(self.at)) }
    }

    /// The steps from `to` up to the open one are done again, as new steps behind it.
    fn give_back(&mut self, by: PersonId, to: usize) -> Result<Standing, Refusal> {
        let target = self.route.steps.get(to).filter(|step| to < self.at && !step.superseded);
        target.ok_or(Refusal::NoSuchStep)?;
        let mut again = Vec::new();
        for step in self.route.steps.iter_mut().take(self.at + 1).skip(to).filter(|step| !step.superseded) {
            again.push(step.fresh());
            step.superseded = true;
        }
        if let Some(first) = again.first_mut() {
            first.reasons.push(Reason::GivenBack { by });
        }
        self.insert_after(again)?;
        Ok(self.advance())
    }

    fn add_signer(&mut self, by: PersonId, person: PersonId, before: bool) -> Result<Standing, Refusal> {
        self.ground.eligible(person).map_err(Refusal::NotEligible)?;
        let step = self.route.steps.get(self.at).ok_or(Refusal::NotOpen)?;
        if step.deciders_on(self.ground).iter().any(|decider| decider.person == person) || holds(step, person) {
            return Err(Refusal::AlreadyAsked);
        }
        let seat = Seat {
            person,
            source: Source::Added,
            ask: Ask::Person(person),
            escalated: 0,
            signed: None,
            handed: Vec::new(),
        };
        let added = Step {
            name: step.name.clone(),
            phase: step.phase,
            mode: Mode::Any,
            seats: vec![seat],
            reasons: vec![Reason::Added { by }],
            ..Step::default()
        };
        if !before {
            self.insert_after(vec![added])?;
            return Ok(Standing::Open(number(self.at)));
        }
        // Who agreed at this step already need not agree again: nothing that they saw has changed.
        let again = Step { opened_at: None, ..step.clone() };
        self.insert_after(vec![added, again])?;
        if let Some(step) = self.open_step() {
            step.superseded = true;
        }
        Ok(self.advance())
    }

    fn hand_over(&mut self, by: PersonId, mine: &[(usize, PersonId)], to: PersonId) -> Result<Standing, Refusal> {
        self.ground.eligible(to).map_err(Refusal::NotEligible)?;
        let step = self.open_step().ok_or(Refusal::NotOpen)?;
        let held = mine.iter().filter_map(|(seat, _)| step.seats.get(*seat));
        if to == by || held.clone().any(|seat| seat.handed.contains(&to)) {
            return Err(Refusal::HandedBack);
        }
        if holds(step, to) {
            return Err(Refusal::AlreadyAsked);
        }
        for (index, _) in mine {
            if let Some(seat) = step.seats.get_mut(*index) {
                for person in [seat.person, by] {
                    if !seat.handed.contains(&person) {
                        seat.handed.push(person);
                    }
                }
                seat.person = to;
                seat.source = Source::Handed;
                seat.ask = Ask::Person(to);
                seat.escalated = 0;
            }
        }
        step.reasons.push(Reason::Handed { by });
        Ok(Standing::Open(number(self.at)))
    }

    fn insert_after(&mut self, steps: Vec<Step>) -> Result<(), Refusal> {
        if self.route.steps.len() + steps.len() > MOST_STEPS {
            return Err(Refusal::TooManySteps);
        }
        let behind = self.at + 1;
        self.route.steps.splice(behind..behind, steps);
        Ok(())
    }
}

impl Step {
    /// The same step, to be done again.
    fn fresh(&self) -> Self {
        let mut step = Self { opened_at: None, closed_at: None, superseded: false, ..self.clone() };
        for seat in &mut step.seats {
            seat.signed = None;
            seat.escalated = 0;
        }
        step
    }
}

fn holds(step: &Step, person: PersonId) -> bool {
    step.people().any(|other| other == person)
}

/// Finds somebody for each seat whose person may not decide any more.
pub(super) fn reseat(step: &mut Step, ground: &Ground<'_>) -> bool {
    let gone = |seat: &Seat| seat.signed.is_none() && ground.eligible(seat.person).is_err();
    let mut changed = false;
    if step.mode == Mode::Any && step.seats.iter().any(|seat| !gone(seat)) {
        let before = step.seats.len();
        step.seats.retain(|seat| !gone(seat));
        return step.seats.len() < before;
    }
    for at in 0..step.seats.len() {
        let Some(left) = step.seats.get(at).filter(|seat| gone(seat)).cloned() else { continue };
        let others: BTreeSet<PersonId> = step.people().collect();
        let asked = ground.asked(&left.ask).into_iter().filter(|person| ground.eligible(*person).is_ok());
        let next = asked
            .clone()
            .find(|person| !others.contains(person))
            .or_else(|| ground.above(&left.ask, &others))
            // Two seats in one hand are better than an empty one.
            .or_else(|| asked.clone().next())
            .or_else(|| ground.above(&left.ask, &BTreeSet::new()));
        // With nobody left to ask, the seat stays with whom it had and is counted as without an approver.
        if let (Some(person), Some(seat)) = (next, step.seats.get_mut(at)) {
            seat.person = person;
            seat.escalated = 0;
            step.reasons.push(Reason::Replaces { person: left.person });
            changed = true;
        }
    }
    changed
}

fn index(step: u32) -> usize {
    usize::try_from(step).unwrap_or(usize::MAX)
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
