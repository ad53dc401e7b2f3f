//! An approver decides a step: the ladder, then what follows.
//!
//! | rung | refusal |
//! |---|---|
//! | a request that the person may read | `unknown_request` |
//! | not one's own | `own_request` |
//! | this revision, digest and total | `stale`, with both totals and revisions |
//! | the step is still open | `already_decided` with who, `wrong_state`, `stale` |
//! | the person decides it now, themselves or for somebody | `not_your_step`, `already_decided` |
//! | they have no other duty on it | `duties_not_separated`, with the pair |
//! | everything but an agreement says why | `no_reason` |
//! | whom they name may decide it, the step they name lies behind | `not_eligible`, `malformed` |
//!
//! What a decision leads to is `budget::approval::decide`.

use crate::store::sql::Connection;
use budget::approval::{self, Act, Duty, Next, Refusal, Standing};
use budget::ledger::Action;
use budget::{Command, CommandId, PersonId, RequestId, RequestState, Timestamp};
use sync::record::{Decision, Record, Verb};
use sync::view::{Event, What, codes};

use super::journal::{DecisionLeaf, Leaf};
use super::record::{Proved, append};
use super::request::Decided;
use super::{Answer, Authority, Effect, Pushed, Refused, Reply, Request, access, number};
use crate::store::StoreError;

/// The longest reason, in characters.
pub(super) const LONGEST_REASON: usize = 2_000;

impl Authority {
    /// Decides on a decision.
    pub(super) fn decide(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        proved: &Proved<'_>,
        decision: &Decision,
    ) -> Reply<Pushed> {
        let Some(request) = self.requests.get(&decision.request).cloned() else {
            return Ok(Answer::refused(unknown()));
        };
        if !access::may_read(connection, decision.request, decision.person)? && !self.decides(&request, now, decision) {
            return Ok(Answer::refused(unknown()));
        }
        let next = match self.check_decision(&request, now, decision) {
            Ok(next) => next,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        let position = append(connection, now, proved, &Record::Decision(decision.clone()))?;
        let mut effects = vec![Effect::Request(decision.request)];
        effects.extend(self.apply_decision(connection, now, proved, decision, next, request)?);
        Ok(Answer::done(Pushed { position }, effects))
    }

    fn decides(&self, request: &Request, now: Timestamp, decision: &Decision) -> bool {
        let deciders = request.deciders(&self.books.organisation, now);
        deciders.iter().any(|decider| decider.person == decision.person)
    }

    /// The ladder; what the decision leads to.
    fn check_decision(&self, request: &Request, now: Timestamp, decision: &Decision) -> Result<Next, Refused> {
        let view = &request.view;
        if view.claimant == decision.person {
            return Err(Refused::new(codes::OWN_REQUEST, "nobody decides on their own request"));
        }
        let same = view.revision == decision.revision
            && view.digest == hex::encode(decision.digest)
            && view.total == decision.total
            && view.route.rules_version == decision.rules_version;
        if !same {
            return Err(stale(request, decision));
        }
        if view.state != RequestState::InApproval || view.step != Some(decision.step) {
            return Err(not_open(request, decision));
        }
        if !self.decides(request, now, decision) {
            let own = request.decision_on(decision.revision, decision.step, decision.person);
            return Err(own.map_or_else(
                || Refused::new(codes::NOT_YOUR_STEP, "somebody else decides this step"),
                |own| already(own.person),
            ));
        }
        if decision.verb != Verb::Approve && decision.reason.trim().is_empty() {
            return Err(Refused::new(codes::NO_REASON, "everything but an agreement says why"));
        }
        if decision.reason.chars().count() > LONGEST_REASON {
            return Err(Refused::new(codes::MALFORMED, "the reason is too long"));
        }
        request.separates(decision.person, Duty::Approve)?;
        let act = act(decision)?;
        approval::decide(&view.route, decision.step, &self.books.organisation, &request.facts, now, &act)
            .map_err(refused)
    }

    fn apply_decision(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        proved: &Proved<'_>,
        decision: &Decision,
        next: Next,
        mut request: Request,
    ) -> Result<Vec<Effect>, StoreError> {
        let step_name = request.open_step().map(|step| step.name.clone()).unwrap_or_default();
        let in_place_of = next.in_place_of;
        let (state, step) = match next.standing {
            Standing::Open(step) => (RequestState::InApproval, Some(step)),
            Standing::Approved => (RequestState::Approved, None),
            Standing::Rejected => (RequestState::Rejected, None),
            Standing::Returned => (RequestState::Returned, None),
        };
        request.view.route = next.route;
        request.view.state = state;
        request.view.step = step;
        request.decided.push(Decided {
            revision: decision.revision,
            step: decision.step,
            person: decision.person,
            verb: decision.verb,
            through: proved.through,
        });
        request.view.history.push(Event {
            at: now,
            person: decision.person,
            in_place_of: (in_place_of != decision.person).then_some(in_place_of),
            what: What::Decided(decision.verb),
            revision: decision.revision,
            number: Some(decision.step),
            step: step_name,
            reason: decision.reason.trim().to_owned(),
            through: proved.through,
        });
        self.journal.append(connection, now, &leaf(now, proved, decision, in_place_of, state))?;
        let id = decision.request;
        let held = state.holds_budget();
        self.put_request(connection, now, request)?;
        let mut effects = Vec::new();
        if !held {
            effects.extend(self.release(connection, now, id, &decision.id)?);
            effects.push(Effect::Fingerprints);
        }
        effects.extend(self.queue_cards(connection, now, id)?);
        Ok(effects)
    }

    /// Gives back all that a request holds, and tells whoever waits for it.
    pub(super) fn release(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        id: RequestId,
        cause: &[u8; 16],
    ) -> Result<Vec<Effect>, StoreError> {
        if self.ledger.reservations(id.document()).all(|(_, held)| held.outstanding.is_zero()) {
            return Ok(Vec::new());
        }
        let release = Action::Release { document: id.document() };
        let name = CommandId(number::derived_id("release", &[cause]));
        // What it took over goes back to its pre-approval, unless that was closed or its period is.
        let back = Command::linked(name, release.clone(), self.give_back(id));
        let returned = !back.also.is_empty() && self.ledger.would_refuse(now, &back).is_none();
        let command = if returned { back } else { Command::new(name, release) };
        let charged = self.charge(connection, now, &command)?;
        if let Err(rejection) = charged.decision {
            return Err(StoreError::corrupt(format!("release for {id}: {rejection}")));
        }
        let mut effects = vec![Effect::Budget];
        if let Some(mut request) = self.requests.get(&id).filter(|_| returned).cloned() {
            let answers = request.view.answers;
            request.taken.clear();
            self.put_request(connection, now, request)?;
            effects.extend(self.tell_again(connection, now, answers)?);
        }
        effects.extend(self.prompt_again(connection, now, &charged.moved)?);
        Ok(effects)
    }
}

/// What the person wants, as the engine calls it.
fn act(decision: &Decision) -> Result<Act, Refused> {
    let whom = || decision.whom.ok_or_else(|| Refused::at(codes::MALFORMED, "whom", "nobody is named"));
    let verb = match decision.verb {
        Verb::Approve => approval::Verb::Approve,
        Verb::Reject => approval::Verb::Reject,
        Verb::Return => approval::Verb::Return { to: decision.back_to },
        Verb::ConsultFirst => approval::Verb::AddSigner { person: whom()?, before: true },
        Verb::AddSigner => approval::Verb::AddSigner { person: whom()?, before: false },
        Verb::HandOver => approval::Verb::HandOver { to: whom()? },
    };
    Ok(Act { person: decision.person, step: decision.step, verb })
}

pub(super) fn refused(refusal: Refusal) -> Refused {
    let code = match refusal {
        Refusal::OwnRequest => codes::OWN_REQUEST,
        Refusal::NotYourStep => codes::NOT_YOUR_STEP,
        Refusal::NotOpen => codes::STALE,
        Refusal::NotEligible(_) | Refusal::AlreadyAsked | Refusal::HandedBack => codes::NOT_ELIGIBLE,
        Refusal::NoSuchStep | Refusal::TooManySteps => codes::MALFORMED,
    };
    Refused::at(code, refusal.code(), refusal.to_string())
}

fn already(by: PersonId) -> Refused {
    let mut refused = Refused::new(codes::ALREADY_DECIDED, "this step was decided already");
    refused.detail.by = Some(by);
    refused
}

fn unknown() -> Refused {
    Refused::new(codes::UNKNOWN_REQUEST, "there is no such request")
}

/// The content changed after the approver looked: what they saw, and what it is now.
pub(super) fn stale(request: &Request, decision: &Decision) -> Refused {
    let mut refused = Refused::new(codes::STALE, "the request changed after it was shown");
    refused.detail.total = Some((decision.total, request.view.total));
    refused.detail.revision = Some((decision.revision, request.view.revision));
    refused
}

/// The step is not open: somebody was quicker, or the request went another way.
fn not_open(request: &Request, decision: &Decision) -> Refused {
    if let Some(decided) = request.decision_on(decision.revision, decision.step, decision.person) {
        return already(decided.person);
    }
    if request.view.state == RequestState::InApproval {
        return Refused::new(codes::STALE, "another step is open");
    }
    // Decided for good at an earlier step: say by whom.
    let mut refused = Refused::new(codes::WRONG_STATE, format!("the request is {:?}", request.view.state));
    refused.detail.by =
        request.decided.iter().rev().find(|decided| decided.revision == decision.revision).map(|d| d.person);
    refused
}

fn leaf(now: Timestamp, proved: &Proved<'_>, decision: &Decision, in_place_of: PersonId, state: RequestState) -> Leaf {
    Leaf::Decision(DecisionLeaf {
        record: proved.hash,
        request: decision.request,
        revision: decision.revision,
        step: decision.step,
        verb: decision.verb,
        person: decision.person,
        in_place_of,
        total: decision.total,
        at: now,
        signed: proved.signed.is_some(),
        state,
    })
}
