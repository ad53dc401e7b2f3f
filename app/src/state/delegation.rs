//! 委托: one's own authority in somebody else's hands for a while. Asked of the server at once, never queued: until it
//! has agreed, nobody else can decide.

use budget::organisation::Delegation;
use budget::{PersonId, Role};
use leptos::prelude::*;

use super::desk::Desk;
use crate::device::clock;
use crate::device::http::{HttpError, Request};

/// Somebody who can be asked to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) id: PersonId,
    pub(crate) name: String,
    /// The name of their department.
    pub(crate) department: String,
}

impl Desk {
    /// Whether the person decides anything that somebody could decide in their place.
    pub(crate) fn decides(self) -> bool {
        self.person.with(|person| person.as_ref().is_some_and(|me| me.roles.iter().any(|role| *role != Role::Employee)))
    }

    /// The person's delegation that is in force or to come, the earliest.
    pub(crate) fn delegation(self) -> Option<Delegation> {
        let (me, now) = (self.person_id(), clock::now());
        self.company.with(|company| {
            let all = company.as_ref()?.organisation.delegations.iter();
            all.filter(|one| one.from == me && now < one.ends).min_by_key(|one| one.starts).cloned()
        })
    }

    /// Who can be asked: everybody else who works here, those who decide anyway first, then those of the same department.
    pub(crate) fn candidates(self) -> Vec<Candidate> {
        let me = self.person_id();
        self.company.with(|company| {
            let Some(company) = company else { return Vec::new() };
            let own = company.organisation.people.get(&me).map(|me| &me.department);
            let mut people: Vec<_> =
                company.organisation.people.values().filter(|other| other.active && other.id != me).collect();
            people.sort_by_cached_key(|other| {
                let decides = other.roles.iter().any(|role| *role != Role::Employee);
                (!decides, Some(&other.department) != own, other.name.clone())
            });
            let department = |code: &budget::Code| company.scheme.name(budget::Dimension::Department, code).to_owned();
            let one = |person: &budget::Person| Candidate {
                id: person.id,
                name: person.name.clone(),
                department: department(&person.department),
            };
            people.into_iter().map(one).collect()
        })
    }

    /// Hands the person's authority to `to` from now on, for today and so many more days.
    pub(crate) async fn delegate(self, to: PersonId, more_days: i64) -> Result<(), HttpError> {
        let ends = clock::zone().day_after(clock::now(), more_days);
        let token = self.token().await?;
        let body = serde_json::json!({ "to": to, "ends": ends });
        Request::post("/api/delegations").bearer(&token).json(&body)?.send().await.map(drop)
    }

    /// Takes it back.
    pub(crate) async fn end_delegation(self) -> Result<(), HttpError> {
        let token = self.token().await?;
        Request::new("DELETE", "/api/delegations").bearer(&token).send().await.map(drop)
    }
}
