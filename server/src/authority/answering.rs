//! Requests that follow one another: a claim answers a pre-approval (事前申请) and is set against advances (核销借款).
//!
//! Promise: what a claim takes over of a pre-approval leaves it in the same command in which the claim holds it, and goes
//! back the same way. An advance moves no budget; each fen of it is covered by one claim or comes back. A closed
//! pre-approval holds nothing.

use std::collections::BTreeMap;

use budget::ledger::{Action, Charge};
use budget::pre_approval::{self, Taken};
use budget::settlement::{self, Advance, Choice, Settlement};
use budget::{Command, CommandId, Money, PersonId, RequestId, RequestKind, RequestState, Timestamp};
use sync::document::Claim;
use sync::record::Submission;
use sync::view::{What, codes};

use super::journal::Leaf;
use super::{Authority, Effect, Refused, Request, number};
use crate::store::StoreError;
use crate::store::sql::Connection;

/// The advances that somebody has not settled yet.
fn open_advances<'a>(requests: impl IntoIterator<Item = &'a Request>, person: PersonId) -> Vec<Advance> {
    let open = |request: &Request| {
        let outstanding = outstanding(request).filter(|left| left.is_positive() && request.view.claimant == person)?;
        Some(Advance { request: request.view.id, person, paid_at: request.paid_at()?, outstanding })
    };
    requests.into_iter().filter_map(open).collect()
}

/// What of an advance is not settled; `None` for anything else.
fn outstanding(request: &Request) -> Option<Money> {
    let paid = request.view.kind == RequestKind::Advance && request.view.state == RequestState::Paid;
    paid.then(|| request.view.total.checked_sub(request.settled)).flatten()
}

/// What paying a claim leads to, with the advances as they are among these requests.
pub(crate) fn foresee<'a>(requests: impl IntoIterator<Item = &'a Request>, request: &Request) -> Settlement {
    let view = &request.view;
    let whole = Settlement { pay: view.total, ..Settlement::default() };
    if view.kind != RequestKind::ExpenseClaim {
        return whole;
    }
    let advances = open_advances(requests, view.claimant);
    // An advance that another claim has settled meanwhile covers nothing more.
    let choice = match &request.advances {
        Choice::Chosen(named) => {
            let open = |id: &&RequestId| advances.iter().any(|advance| advance.request == **id);
            Choice::Chosen(named.iter().filter(open).copied().collect())
        }
        other => other.clone(),
    };
    settlement::settle(view.claimant, view.total, &advances, &choice, request.last).unwrap_or(whole)
}

impl Authority {
    /// The rung of a submission: what it names is its claimant's, and open.
    pub(super) fn check_answers(&self, claim: &Claim) -> Result<(), Refused> {
        if let Some(id) = claim.pre_approval {
            let open = self.open_pre_approval(id).filter(|request| request.view.claimant == claim.owner);
            if open.is_none() || claim.kind == RequestKind::PreApproval {
                return Err(Refused::at(codes::NO_PRE_APPROVAL, "preApproval", format!("{id} cannot be answered")));
            }
        }
        // Only an advance that is named can be a wrong one; the others are looked for when it is paid.
        let advances = match &claim.advances {
            Choice::Chosen(_) => open_advances(self.requests.values(), claim.owner),
            Choice::OldestFirst | Choice::Nothing => Vec::new(),
        };
        let total = claim.total().unwrap_or_default();
        settlement::settle(claim.owner, total, &advances, &claim.advances, claim.last)
            .map(|_| ())
            .map_err(|error| Refused::at(error.code(), "advances", error.to_string()))
    }

    /// The pre-approval, when it was agreed to and is not closed.
    fn open_pre_approval(&self, id: RequestId) -> Option<&Request> {
        self.requests.get(&id).filter(|request| request.view.is_open_pre_approval())
    }

    /// What these charges take over of a pre-approval.
    pub(super) fn taken_by(&self, answered: Option<RequestId>, charges: &[Charge]) -> Vec<Taken> {
        let Some(request) = answered.and_then(|id| self.open_pre_approval(id)) else { return Vec::new() };
        let held = pre_approval::held(&self.ledger, request.view.id.document());
        pre_approval::take(&request.charges, &held, charges)
    }

    /// What a submission asks of the ledger; nothing when it only lends. The same submission sent again is the same
    /// command.
    pub(super) fn reservation(&self, submission: &Submission, claim: &Claim, taken: &[Taken]) -> Option<Command> {
        if !claim.kind.holds_budget() {
            return None;
        }
        let reserve = Action::Reserve { document: submission.request.document(), charges: claim.charges() };
        let answered = claim.pre_approval.filter(|_| !taken.is_empty()).map(RequestId::document);
        let mut actions = answered.map_or_else(Vec::new, |document| {
            pre_approval::hand_over(document, &pre_approval::held(&self.ledger, document), taken)
        });
        actions.push(reserve);
        let first = actions.remove(0);
        Some(Command::linked(CommandId(number::derived_id("reserve", &[&submission.id])), first, actions))
    }

    /// What gives back to a pre-approval what a request took over of it; nothing when that is closed.
    pub(super) fn give_back(&self, id: RequestId) -> Vec<Action> {
        let Some(request) = self.requests.get(&id).filter(|request| !request.taken.is_empty()) else {
            return Vec::new();
        };
        let Some(answered) = request.view.answers.and_then(|id| self.open_pre_approval(id)) else { return Vec::new() };
        let document = answered.view.id.document();
        let held = pre_approval::held(&self.ledger, document);
        pre_approval::give_back(document, &answered.charges, &held, &request.taken)
    }

    /// Tells anew how a request stands, after what it holds has moved.
    pub(super) fn tell_again(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        id: Option<RequestId>,
    ) -> Result<Vec<Effect>, StoreError> {
        let Some(request) = id.and_then(|id| self.requests.get(&id)).cloned() else { return Ok(Vec::new()) };
        let id = request.view.id;
        self.put_request(connection, now, request)?;
        Ok(vec![Effect::Request(id)])
    }

    /// What of a request is left: of a pre-approval what it holds, of an advance what is not settled.
    pub(super) fn left(&self, request: &Request) -> Option<Money> {
        if request.view.is_open_pre_approval() {
            return Money::checked_sum(pre_approval::held(&self.ledger, request.view.id.document()).into_values());
        }
        outstanding(request)
    }

    /// Sets a claim that is being paid against its claimant's advances.
    pub(super) fn settle(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        request: &mut Request,
    ) -> Result<Vec<Effect>, StoreError> {
        let settlement = foresee(self.requests.values(), request);
        let mut shares: BTreeMap<RequestId, [Money; 2]> = BTreeMap::new();
        for (advance, amount) in settlement.covered {
            shares.entry(advance).or_default()[0] = amount;
        }
        for (advance, amount) in settlement.refunds {
            shares.entry(advance).or_default()[1] = amount;
        }
        if !shares.is_empty() {
            request.view.difference = settlement.pay.checked_sub(settlement.refund);
        }
        let mut effects = Vec::new();
        for (id, [covered, refunded]) in shares {
            let Some(mut advance) = self.requests.get(&id).cloned() else { continue };
            let settled = Money::checked_sum([advance.settled, covered, refunded]);
            advance.settled = settled.ok_or_else(|| StoreError::corrupt(format!("the advance {id} is too large")))?;
            let leaf = Leaf::Settled { claim: request.view.id, advance: id, covered, refunded, at: now };
            self.journal.append(connection, now, &leaf)?;
            self.put_request(connection, now, advance)?;
            effects.push(Effect::Request(id));
        }
        Ok(effects)
    }

    /// Closes a pre-approval that was agreed to: what it still holds is free, and nothing answers it any more.
    pub(super) fn close(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        id: RequestId,
        cause: &[u8; 16],
    ) -> Result<Vec<Effect>, StoreError> {
        let Some(mut request) = self.open_pre_approval(id).cloned() else { return Ok(Vec::new()) };
        self.journal.append(connection, now, &Leaf::Closed { request: id, person, at: now })?;
        request.view.state = RequestState::Archived;
        request.note(now, person, What::Closed, "");
        self.put_request(connection, now, request)?;
        let mut effects = vec![Effect::Request(id)];
        effects.extend(self.release(connection, now, id, cause)?);
        effects.extend(self.queue_cards(connection, now, id)?);
        Ok(effects)
    }
}
