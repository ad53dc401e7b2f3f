//! A claimant takes a request back before it is approved, or what is left of a pre-approval afterwards.

use crate::store::sql::Connection;
use budget::{RequestState, Timestamp};
use sync::record::{Record, Withdrawal};
use sync::view::{Event, What, codes};

use super::journal::Leaf;
use super::record::{Proved, append};
use super::{Answer, Authority, Effect, Pushed, Refused, Reply};

impl Authority {
    /// Decides on a withdrawal: its owner's, of the revision that stands, while it waits for a
    /// decision or for money. A pre-approval that was agreed to is closed: what it still holds is free.
    pub(super) fn withdraw(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        proved: &Proved<'_>,
        withdrawal: &Withdrawal,
    ) -> Reply<Pushed> {
        let refused = |code, message: &str| Ok(Answer::refused(Refused::new(code, message)));
        let owned = self.requests.get(&withdrawal.request).filter(|request| request.view.claimant == withdrawal.person);
        let Some(mut request) = owned.cloned() else {
            return refused(codes::UNKNOWN_REQUEST, "the person has no such request");
        };
        if request.view.revision != withdrawal.revision {
            let mut refused = Refused::new(codes::STALE, "another revision was handed in since");
            refused.detail.revision = Some((withdrawal.revision, request.view.revision));
            return Ok(Answer::refused(refused));
        }
        let closes = request.view.is_open_pre_approval();
        if !closes && !request.view.state.allows(RequestState::Withdrawn) {
            return refused(codes::WRONG_STATE, "only a request that waits can be taken back");
        }
        let position = append(connection, now, proved, &Record::Withdrawal(withdrawal.clone()))?;
        let id = withdrawal.request;
        let leaf = Leaf::Withdrawal {
            record: proved.hash,
            request: id,
            revision: withdrawal.revision,
            person: withdrawal.person,
            at: now,
        };
        self.journal.append(connection, now, &leaf)?;
        if closes {
            let effects = self.close(connection, now, withdrawal.person, id, &withdrawal.id)?;
            return Ok(Answer::done(Pushed { position }, effects));
        }
        request.view.state = RequestState::Withdrawn;
        request.view.step = None;
        request.view.shortages.clear();
        request.view.may_reserve_again = false;
        request.view.history.push(Event {
            at: now,
            person: withdrawal.person,
            in_place_of: None,
            what: What::Withdrawn,
            revision: withdrawal.revision,
            number: None,
            step: String::new(),
            reason: String::new(),
            through: proved.through,
        });
        self.put_request(connection, now, request)?;
        let mut effects = vec![Effect::Request(id), Effect::Fingerprints];
        effects.extend(self.release(connection, now, id, &withdrawal.id)?);
        effects.extend(self.queue_cards(connection, now, id)?);
        Ok(Answer::done(Pushed { position }, effects))
    }
}
