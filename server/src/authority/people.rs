//! Leave, delegation and leavers: people change, open requests follow.
//!
//! Promise: nobody gives away what is not theirs to decide; a leaver's open items go to whoever follows by the rules; a
//! change after which an open request had nobody is refused.

use crate::store::sql::Connection;
use budget::approval::{DelegationFault, check_delegation};
use budget::organisation::Delegation;
use budget::{Organisation, PersonId, RequestId, RequestState, Role, Timestamp};
use sync::view::codes;

use super::{Answer, Authority, Refused, Reply};

impl Authority {
    /// Lets somebody else decide in one's place. Open items move at once. Returns the organisation's version.
    pub fn delegate(&mut self, connection: &Connection, now: Timestamp, delegation: Delegation) -> Reply<u32> {
        let open = self.waiting_for(delegation.from);
        if let Err(fault) = check_delegation(&delegation, &self.books.organisation, now, &open) {
            return Ok(Answer::refused(refused(&fault)));
        }
        let mut organisation = (*self.books.organisation).clone();
        // One at a time: a new one replaces what overlaps it.
        organisation.delegations.retain(|other| {
            other.from != delegation.from || other.ends <= delegation.starts || delegation.ends <= other.starts
        });
        let by = delegation.from;
        organisation.delegations.push(delegation);
        self.publish_organisation(connection, now, Some(by), organisation)
    }

    /// Ends one's delegations now: open items come back.
    pub fn end_delegations(&mut self, connection: &Connection, now: Timestamp, person: PersonId) -> Reply<u32> {
        let mut organisation = (*self.books.organisation).clone();
        let before = organisation.delegations.clone();
        organisation.delegations.retain(|other| other.from != person || other.ends <= now);
        if organisation.delegations == before {
            return Ok(Answer::refused(Refused::new(codes::WRONG_STATE, "nothing is delegated")));
        }
        self.publish_organisation(connection, now, Some(person), organisation)
    }

    /// Somebody leaves the company; `successor` takes over their departments, projects and posts. An administrator
    /// does this.
    pub fn person_leaves(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        by: PersonId,
        leaver: PersonId,
        successor: Option<PersonId>,
    ) -> Reply<u32> {
        let organisation = match self.without(by, leaver, successor) {
            Ok(organisation) => organisation,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        self.publish_organisation(connection, now, Some(by), organisation)
    }

    fn without(&self, by: PersonId, leaver: PersonId, successor: Option<PersonId>) -> Result<Organisation, Refused> {
        let mut organisation = (*self.books.organisation).clone();
        if !organisation.has_role(by, Role::Administrator) {
            return Err(Refused::new(codes::NOT_ALLOWED, "administrators keep people"));
        }
        if organisation.active(leaver).is_none() {
            return Err(Refused::at(codes::UNKNOWN_REQUEST, "person", "they do not work here"));
        }
        if successor.is_some_and(|next| next == leaver || organisation.active(next).is_none()) {
            return Err(Refused::at(codes::NOT_ELIGIBLE, "successor", "the successor does not work here"));
        }
        if let Some(person) = organisation.people.get_mut(&leaver) {
            person.active = false;
        }
        if let Some(next) = successor {
            let places = organisation.department_heads.values_mut().chain(organisation.project_managers.values_mut());
            places.filter(|holder| **holder == leaver).for_each(|holder| *holder = next);
            for post in organisation.posts.values_mut() {
                if post.holders.remove(&leaver) {
                    post.holders.insert(next);
                }
            }
        }
        organisation.delegations.retain(|delegation| delegation.from != leaver && delegation.to != leaver);
        Ok(organisation)
    }

    /// The open requests that are this person's to decide, each with its claimant.
    fn waiting_for(&self, person: PersonId) -> Vec<(RequestId, PersonId)> {
        self.requests
            .values()
            .filter(|request| request.view.state == RequestState::InApproval)
            .filter(|request| request.open_step().is_some_and(|step| step.people().any(|other| other == person)))
            .map(|request| (request.view.id, request.view.claimant))
            .collect()
    }
}

fn refused(fault: &DelegationFault) -> Refused {
    Refused::at(codes::NOT_ELIGIBLE, fault.code(), fault.to_string())
}
