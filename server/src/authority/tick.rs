//! What time alone changes: delegations begin and end; and what a new organisation changes.
//!
//! Promise: no open request is without a living approver (孤单) for longer than one tick. Silence
//! never approves.

use std::collections::BTreeSet;

use crate::store::sql::Connection;
use budget::approval::route;
use budget::{PersonId, RequestId, RequestState, Timestamp};

use super::{Answer, Authority, Effect, Reply, Request};
use crate::store::StoreError;

impl Authority {
    /// Follows delegations that began or ended. The server calls this about once a minute; without
    /// a change it writes nothing.
    pub fn tick(&mut self, connection: &Connection, now: Timestamp) -> Reply<()> {
        let effects = self.follow_deciders(connection, now)?;
        Ok(Answer::done((), effects))
    }

    /// Puts open requests before those who decide them now.
    fn follow_deciders(&mut self, connection: &Connection, now: Timestamp) -> Result<Vec<Effect>, StoreError> {
        let moved: Vec<Request> = self
            .requests
            .values()
            .filter(|request| request.view.state == RequestState::InApproval)
            .filter_map(|request| self.moved(request, now))
            .collect();
        let mut effects = Vec::new();
        for request in moved {
            let id = request.view.id;
            effects.push(Effect::Request(id));
            self.put_request(connection, now, request)?;
            effects.extend(self.queue_cards(connection, now, id)?);
        }
        Ok(effects)
    }

    /// The request with other deciders; `None` when they are the same.
    fn moved(&self, request: &Request, now: Timestamp) -> Option<Request> {
        let organisation = &self.books.organisation;
        let mut next = request.clone();
        if next.deciders(organisation, now).is_empty() {
            self.find_approvers(&mut next);
        }
        let deciders = next.deciders(organisation, now);
        (deciders != request.view.deciders || next.view.route != request.view.route).then_some(next)
    }

    /// Fills steps whose approvers have all left, by the rules that routed the request.
    fn find_approvers(&self, request: &mut Request) {
        let organisation = &self.books.organisation;
        let facts = request.facts();
        let rules = self.rules.get(&request.view.route.rules_version).unwrap_or(&self.books.rules);
        let found = route(rules, organisation, &facts).unwrap_or_default();
        let executives: BTreeSet<PersonId> = organisation
            .with_role(budget::Role::Executive)
            .map(|person| person.id)
            .filter(|id| *id != facts.claimant)
            .collect();
        for step in &mut request.view.route.steps {
            if step.approvers.iter().all(|approver| organisation.active(*approver).is_none()) {
                let again = found.steps.iter().find(|other| other.name == step.name);
                step.approvers = again.map_or_else(|| executives.clone(), |other| other.approvers.clone());
            }
        }
    }

    /// After a new organisation: deciders, and who may read what.
    pub(super) fn follow_organisation(
        &mut self,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Vec<Effect>, StoreError> {
        let mut effects = self.follow_deciders(connection, now)?;
        let ids: Vec<RequestId> = self.requests.keys().copied().collect();
        for id in ids {
            let Some(request) = self.requests.get(&id) else {
                continue;
            };
            if self.readers_differ(connection, request)? {
                let request = request.clone();
                effects.push(Effect::Request(id));
                self.put_request(connection, now, request)?;
            }
        }
        Ok(effects)
    }
}
