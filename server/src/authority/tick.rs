//! What time alone changes: delegations begin and end, deadlines pass; and what a new organisation changes.
//!
//! Promise: no open request is without a living approver (孤单): an organisation that would leave one is refused.
//! Silence is passed on upward; it never approves.

use crate::store::sql::Connection;
use budget::{Organisation, RequestId, RequestState, Timestamp, approval};
use sync::view::What;

use super::{Answer, Authority, Effect, Reply, Request};
use crate::store::StoreError;

impl Authority {
    /// Follows delegations that began or ended and deadlines that passed. The server calls this about once a minute; without
    /// a change it writes nothing.
    pub fn tick(&mut self, connection: &Connection, now: Timestamp) -> Reply<()> {
        let effects = self.follow_deciders(connection, now)?;
        Ok(Answer::done((), effects))
    }

    /// Puts open requests before those who decide them now, and one level higher where nobody answered in time.
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
        let step = request.view.step?;
        let mut next = request.clone();
        if approval::follow(&mut next.view.route, step, organisation, &next.facts, now) {
            next.tell(now, What::Reassigned);
        }
        if let Some(rules) = self.rules.get(&next.view.route.rules_version)
            && approval::escalate(rules, &mut next.view.route, step, organisation, &next.facts, &self.calendar, now)
        {
            next.tell(now, What::Escalated);
        }
        let deciders = next.deciders(organisation, now);
        (deciders != request.view.deciders || next.view.route != request.view.route).then_some(next)
    }

    /// When the open step is passed on upward, if nobody answers until then.
    pub(super) fn due(&self, request: &Request) -> Option<Timestamp> {
        let rules = self.rules.get(&request.view.route.rules_version)?;
        approval::due(rules, &request.view.route, request.view.step?, &self.calendar)
    }

    /// Open requests that nobody may decide at this instant (孤单). Always none.
    pub fn orphans(&self, now: Timestamp) -> Vec<RequestId> {
        orphans(self.requests.values(), &self.books.organisation, now)
    }

    /// Open requests that nobody could decide with these people.
    pub(super) fn orphaned_by(&self, organisation: &Organisation, now: Timestamp) -> Vec<RequestId> {
        let followed = self.requests.values().filter_map(|request| {
            let mut request = request.clone();
            let step = request.view.step?;
            approval::follow(&mut request.view.route, step, organisation, &request.facts, now);
            Some(request)
        });
        let followed: Vec<Request> = followed.collect();
        orphans(followed.iter(), organisation, now)
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

fn orphans<'a>(
    requests: impl Iterator<Item = &'a Request>,
    organisation: &Organisation,
    now: Timestamp,
) -> Vec<RequestId> {
    requests
        .filter(|request| request.view.state == RequestState::InApproval)
        .filter(|request| request.deciders(organisation, now).is_empty())
        .map(|request| request.view.id)
        .collect()
}
