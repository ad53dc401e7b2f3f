//! From a seat to the people who may decide in it, at one instant.
//!
//! Promise: whoever is found here works for the company, did not submit the request, is not paid by it and was not
//! delegated by such a person. Where the one who would be asked is none of that, the next person upward is asked;
//! absence is bridged by the delegate, by default never by the delegate's delegate.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Because, Facts, Reason};
use crate::organisation::Delegation;
use crate::{Code, Organisation, PersonId, Role, Timestamp};

/// Somebody who may decide now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// Who decides.
    pub person: PersonId,
    /// By whose authority (代); the person themselves where nobody delegated.
    pub in_place_of: PersonId,
    /// Which seat of the step it settles.
    pub seat: usize,
    /// Why it is they.
    pub reasons: Vec<Reason>,
}

/// How a seat found its person, so that it can find another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Ask {
    Head(u8),
    Manager(Code),
    Role(Role),
    EntityRole(Role),
    Post(Code),
    Person(PersonId),
}

/// Who may not decide a request, and why: its claimant, its payees, and whoever stands in for one of them.
pub fn excluded(organisation: &Organisation, facts: &Facts, now: Timestamp) -> BTreeMap<PersonId, Because> {
    let mut excluded: BTreeMap<_, _> = facts.payees.iter().map(|payee| (*payee, Because::Payee)).collect();
    excluded.insert(facts.claimant, Because::Claimant);
    let in_force: Vec<&Delegation> = organisation.delegations.iter().filter(|d| d.in_force(now)).collect();
    loop {
        let found = in_force.iter().find(|d| excluded.contains_key(&d.from) && !excluded.contains_key(&d.to));
        let Some(found) = found else { return excluded };
        excluded.insert(found.to, Because::Delegate);
    }
}

/// Who has which role, found once for many questions about one company.
pub(super) struct Roster<'a> {
    organisation: &'a Organisation,
    roles: OnceCell<BTreeMap<Role, Vec<PersonId>>>,
    chiefs: OnceCell<Vec<PersonId>>,
}

impl<'a> Roster<'a> {
    pub(super) const fn new(organisation: &'a Organisation) -> Self {
        Self { organisation, roles: OnceCell::new(), chiefs: OnceCell::new() }
    }

    fn role(&self, role: Role) -> &[PersonId] {
        let roles = self.roles.get_or_init(|| {
            let mut roles: BTreeMap<Role, Vec<PersonId>> = BTreeMap::new();
            for person in self.organisation.people.values().filter(|person| person.active) {
                for role in &person.roles {
                    roles.entry(*role).or_default().push(person.id);
                }
            }
            roles
        });
        roles.get(&role).map(Vec::as_slice).unwrap_or_default()
    }

    /// Executives, whoever leads a whole branch, and the post of last resort.
    fn chiefs(&self) -> &[PersonId] {
        self.chiefs.get_or_init(|| {
            let organisation = self.organisation;
            let mut chiefs = self.role(Role::Executive).to_vec();
            let top = |department: &Code| !organisation.department_parents.contains_key(department);
            chiefs.extend(organisation.department_heads.iter().filter(|(d, _)| top(d)).map(|(_, id)| *id));
            let last = organisation.posts.iter().filter(|(code, _)| code.as_str() == Organisation::LAST_RESORT);
            chiefs.extend(last.flat_map(|(_, post)| post.holders.iter().copied()));
            chiefs
        })
    }
}

/// The people side of one question.
pub(super) struct Ground<'a> {
    roster: &'a Roster<'a>,
    pub(super) organisation: &'a Organisation,
    pub(super) facts: &'a Facts,
    pub(super) now: Timestamp,
    excluded: BTreeMap<PersonId, Because>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(roster: &'a Roster<'a>, facts: &'a Facts, now: Timestamp) -> Self {
        let organisation = roster.organisation;
        Self { roster, organisation, facts, now, excluded: excluded(organisation, facts, now) }
    }

    /// Whether somebody may decide this request at all.
    pub(super) fn eligible(&self, person: PersonId) -> Result<(), Because> {
        if let Some(because) = self.excluded.get(&person) {
            return Err(*because);
        }
        self.organisation.active(person).map(|_| ()).ok_or(Because::Left)
    }

    fn may(&self, person: PersonId) -> bool {
        self.eligible(person).is_ok()
    }

    /// Those whom a seat asks by its own rule, in order.
    pub(super) fn asked(&self, ask: &Ask) -> Vec<PersonId> {
        let organisation = self.organisation;
        match ask {
            Ask::Head(up) => self.heads(&self.facts.department, usize::from(*up)),
            Ask::Manager(project) => organisation.project_managers.get(project).copied().into_iter().collect(),
            Ask::Role(role) => self.roster.role(*role).to_vec(),
            Ask::EntityRole(role) => self.serving(*role),
            Ask::Post(post) => {
                organisation.posts.get(post).into_iter().flat_map(|post| post.holders.iter().copied()).collect()
            }
            Ask::Person(person) => vec![*person],
        }
    }

    /// The head of the department that is `up` levels above, the topmost at most.
    fn heads(&self, department: &Code, up: usize) -> Vec<PersonId> {
        let path: Vec<&Code> = self.organisation.path(department).collect();
        let at = path.get(up).or(path.last());
        at.and_then(|department| self.organisation.department_heads.get(*department)).copied().into_iter().collect()
    }

    /// Those with a role who serve the nearest department upward that anybody of them serves, else the company.
    fn serving(&self, role: Role) -> Vec<PersonId> {
        let organisation = self.organisation;
        let serves = |person: PersonId, department: &Code| {
            organisation.serves.get(&person).is_some_and(|departments| departments.contains(department))
        };
        let all = self.roster.role(role);
        for department in organisation.path(&self.facts.department) {
            let found: Vec<_> = all.iter().copied().filter(|person| serves(*person, department)).collect();
            if !found.is_empty() {
                return found;
            }
        }
        all.iter().copied().filter(|person| !organisation.serves.contains_key(person)).collect()
    }

    /// Those above whom a seat asks, nearest first: the line of heads, then executives, then whoever leads a whole
    /// branch, then the post of last resort.
    pub(super) fn upward(&self, ask: &Ask) -> Vec<PersonId> {
        let organisation = self.organisation;
        let from = |department: &Code, levels: usize| -> Vec<PersonId> {
            organisation
                .path(department)
                .skip(levels)
                .filter_map(|d| organisation.department_heads.get(d).copied())
                .collect()
        };
        let mut line = match ask {
            Ask::Head(up) => from(&self.facts.department, usize::from(*up) + 1),
            Ask::Manager(_) => from(&self.facts.department, 0),
            Ask::Person(person) => {
                organisation.people.get(person).map(|person| from(&person.department, 0)).unwrap_or_default()
            }
            Ask::Role(_) | Ask::EntityRole(_) | Ask::Post(_) => Vec::new(),
        };
        line.extend_from_slice(self.roster.chiefs());
        let mut seen = BTreeSet::new();
        line.retain(|person| seen.insert(*person));
        line
    }

    /// The first person upward who may decide and is not one of `but`.
    pub(super) fn above(&self, ask: &Ask, but: &BTreeSet<PersonId>) -> Option<PersonId> {
        self.upward(ask).into_iter().find(|person| self.may(*person) && !but.contains(person))
    }

    /// The delegations that take this request away from somebody now.
    fn absences(&self, person: PersonId) -> impl Iterator<Item = &Delegation> {
        self.organisation.delegations.iter().filter(move |d| d.from == person && self.covers(d))
    }

    fn covers(&self, delegation: &Delegation) -> bool {
        let facts = self.facts;
        delegation.in_force(self.now)
            && (delegation.kinds.is_empty() || delegation.kinds.contains(&facts.kind))
            && delegation.cap.is_none_or(|cap| facts.total <= cap)
            && (delegation.departments.is_empty()
                || self.organisation.path(&facts.department).any(|d| delegation.departments.contains(d)))
    }

    /// Who decides in a person's place: themselves when they are here, the delegate when they are away, `None` when
    /// they are away and nobody whom they named may decide this.
    fn stands_in(&self, person: PersonId) -> Result<PersonId, PersonId> {
        let mut unfit = None;
        for delegation in self.absences(person) {
            match self.end_of(delegation) {
                Some(delegate) => return Ok(delegate),
                None => unfit = Some(delegation.to),
            }
        }
        unfit.map_or(Ok(person), Err)
    }

    /// Where a delegation leads: to the delegate who is here, or onward where that is allowed.
    fn end_of(&self, first: &Delegation) -> Option<PersonId> {
        let mut seen = BTreeSet::from([first.from]);
        let mut delegation = first;
        loop {
            let to = delegation.to;
            if !seen.insert(to) || !self.may(to) {
                return None;
            }
            match self.absences(to).next() {
                None => return Some(to),
                Some(next) if delegation.redelegable => delegation = next,
                Some(_) => return None,
            }
        }
    }

    /// Who may decide in a seat now, with why. Empty only when the seat's person may not decide any more and nobody
    /// was put in their place.
    pub(super) fn deciders(&self, seat: usize, principal: PersonId, ask: &Ask, escalated: u8) -> Vec<Decider> {
        let mut deciders: Vec<Decider> = Vec::new();
        if self.may(principal) {
            deciders.push(self.decider(seat, principal, ask));
        }
        let first = deciders.first().map(|decider| decider.person);
        let further = self.upward(ask).into_iter().filter(|person| self.may(*person) && *person != principal);
        let further = further.filter(|person| Some(*person) != first).take(usize::from(escalated));
        for person in further {
            let acting = self.stands_in(person).unwrap_or(person);
            if deciders.iter().all(|decider| decider.person != acting) {
                deciders.push(Decider { person: acting, in_place_of: person, seat, reasons: Vec::new() });
            }
        }
        deciders
    }

    fn decider(&self, seat: usize, principal: PersonId, ask: &Ask) -> Decider {
        let here = |person, in_place_of, reasons| Decider { person, in_place_of, seat, reasons };
        match self.stands_in(principal) {
            Ok(person) if person == principal => here(person, person, Vec::new()),
            Ok(person) => here(person, principal, vec![Reason::StandsIn { person: principal }]),
            Err(delegate) => {
                let reasons = vec![Reason::StandInUnfit { person: principal, delegate }];
                let above = self.upward(ask).into_iter().filter(|person| self.may(*person) && *person != principal);
                above
                    .filter_map(|person| self.stands_in(person).ok().map(|acting| (acting, person)))
                    .find(|(acting, _)| *acting != principal)
                    .map_or_else(
                        // Away, but the only one there is: better asked on leave than nobody.
                        || here(principal, principal, Vec::new()),
                        |(acting, person)| here(acting, person, reasons.clone()),
                    )
            }
        }
    }

    /// How many people upward could still be asked beside the seat's own.
    pub(super) fn levels(&self, principal: PersonId, ask: &Ask) -> usize {
        self.upward(ask).into_iter().filter(|person| self.may(*person) && *person != principal).count()
    }
}
