//! A claimant hands a request in: the ladder, then the budget.
//!
//! | rung | refusal |
//! |---|---|
//! | one's own, of the kind that the document says | `not_allowed`, `malformed` |
//! | it may be handed in as it stands | `wrong_state` |
//! | the next revision | `stale` |
//! | these heads, this digest, this total | `stale`, `malformed` |
//! | nothing missing, no conflict, no invoice claimed beyond its amount | `incomplete` |
//! | the pre-approval that it answers is one's own, agreed to and open; so are the advances that it names | `no_pre_approval`, `not_their_advance`, … |
//! | every line is covered by the budget scheme, in a period that is open | `no_budget_line`, `period_closed`, … |
//! | every file has arrived | `missing_blob` |
//! | somebody can decide it | `no_approver` |
//!
//! After the last rung it is kept: `Returned` when an invoice was claimed before, `OverBudget` when
//! money lacks, else `InApproval` with its budget held. An advance holds no budget.

mod checks;
mod facts;

use std::collections::BTreeSet;

use crate::store::sql::{Connection, params};
use budget::approval::{Facts, Route, route};
use budget::ledger::Rejection;
use budget::pre_approval::Taken;
use budget::{Code, Command, Money, RequestKind, RequestState, Timestamp};
use sync::document::Claim;
use sync::record::{Record, Submission};
use sync::view::{Duplicate, Event, RequestView, What, codes};

use super::journal::Leaf;
use super::record::{Proved, append};
use super::waiting::Moved;
use super::{Answer, Authority, Effect, Pushed, Refused, Reply, Request, access, warning};
use crate::store::StoreError;

/// What the ladder found.
struct Admitted {
    claim: Claim,
    department: Code,
    facts: Facts,
    route: Route,
    /// The invoices of the claim, by identity.
    invoices: BTreeSet<String>,
    duplicates: Vec<Duplicate>,
    /// Its invoices in a row with others, and the days of those.
    consecutive: Vec<(String, String)>,
    /// What it takes over of the pre-approval that it answers.
    taken: Vec<Taken>,
    /// What it asks of the ledger, if anything.
    reserve: Option<Command>,
}

impl Authority {
    /// Decides on a submission.
    pub(super) fn submit(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        proved: &Proved<'_>,
        submission: &Submission,
    ) -> Reply<Pushed> {
        let admitted = match self.check_submission(connection, now, submission)? {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        let position = append(connection, now, proved, &Record::Submission(submission.clone()))?;
        let mut request = self.new_revision(now, submission, &admitted);
        let mut moved = Moved::default();
        if admitted.duplicates.is_empty() {
            moved = self.hold(connection, now, &mut request, &admitted)?;
        } else {
            request.view.state = RequestState::Returned;
            request.view.duplicates = admitted.duplicates;
        }
        request.view.history.push(event(now, submission, request.view.state, !request.view.duplicates.is_empty()));
        self.journal.append(connection, now, &leaf(now, proved, submission, &request.view))?;
        attach(connection, &admitted.claim, &request)?;
        request.shown = position;
        let id = submission.request;
        let answers = request.view.answers.filter(|_| !request.taken.is_empty());
        self.put_request(connection, now, request)?;
        if let Some(request) = self.requests.get(&id) {
            access::show_again(connection, request)?;
        }
        let mut effects =
            vec![Effect::Request(id), Effect::Document(sync::DocumentKey::Claim(id)), Effect::Fingerprints];
        effects.extend(self.tell_again(connection, now, answers)?);
        if !moved.is_empty() {
            effects.push(Effect::Budget);
            effects.extend(self.prompt_again(connection, now, &moved)?);
        }
        effects.extend(self.queue_cards(connection, now, id)?);
        effects.extend(self.flag_siblings(connection, now, id)?);
        Ok(Answer::done(Pushed { position }, effects))
    }

    /// Holds what was admitted, and opens the request before its first approvers; or keeps it with what lacks.
    fn hold(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        request: &mut Request,
        admitted: &Admitted,
    ) -> Result<Moved, StoreError> {
        let Some(command) = &admitted.reserve else {
            request.open(now);
            return Ok(Moved::default());
        };
        let charged = self.charge(connection, now, command)?;
        match charged.decision {
            Ok(_) => {
                request.taken.clone_from(&admitted.taken);
                request.open(now);
            }
            Err(Rejection::Insufficient { shortages }) => {
                request.view.state = RequestState::OverBudget;
                request.view.shortages = shortages;
            }
            // Everything else was a rung of the ladder above.
            Err(other) => return Err(StoreError::corrupt(format!("reserve for {}: {other}", request.view.id))),
        }
        Ok(charged.moved)
    }

    fn check_submission(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        submission: &Submission,
    ) -> Result<Result<Admitted, Refused>, StoreError> {
        let document = self.claim_document(connection, submission.request)?.clone();
        let claim = match checks::content(&document, submission, self.requests.get(&submission.request)) {
            Ok(claim) => claim,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Err(refused) = checks::budget_lines(&self.books.scheme, &claim) {
            return Ok(Err(refused));
        }
        if let Err(refused) = self.check_answers(&claim) {
            return Ok(Err(refused));
        }
        let taken = self.taken_by(claim.pre_approval, &claim.charges());
        let reserve = self.reservation(submission, &claim, &taken);
        match reserve.as_ref().and_then(|command| self.ledger.would_refuse(now, command)) {
            None | Some(Rejection::Insufficient { .. }) => {}
            Some(rejection) => return Ok(Err(Refused::new(rejection.code(), rejection.to_string()))),
        }
        let missing = checks::missing_blobs(connection, &claim, submission.person)?;
        if !missing.is_empty() {
            let mut refused = Refused::new(codes::MISSING_BLOB, "files of the claim have not arrived");
            refused.detail.blobs = missing;
            return Ok(Err(refused));
        }
        let Some(department) = claim.department.clone() else {
            return Ok(Err(Refused::at(codes::INCOMPLETE, "department", "claim_no_department")));
        };
        let facts = self.facts(now, submission, &claim, department.clone(), &taken);
        let route = match route(&self.books.rules, &self.books.organisation, &facts, now) {
            Ok(route) => route,
            Err(error) => return Ok(Err(Refused::new(codes::NO_APPROVER, error.to_string()))),
        };
        let identities = checks::identities(&claim);
        let duplicates = checks::duplicates(connection, submission.request, &identities)?;
        let claimed_before: BTreeSet<&String> = duplicates.iter().map(|duplicate| &duplicate.identity).collect();
        let invoices = identities.keys().filter(|identity| !claimed_before.contains(identity)).cloned().collect();
        let today = now.china_date().to_string();
        let consecutive = checks::consecutive(connection, submission.request, &identities, &today)?;
        Ok(Ok(Admitted { claim, department, facts, route, invoices, duplicates, consecutive, taken, reserve }))
    }

    /// The request with this revision's content; its state is decided by the caller.
    fn new_revision(&self, now: Timestamp, submission: &Submission, admitted: &Admitted) -> Request {
        let before = self.requests.get(&submission.request);
        let claim = &admitted.claim;
        Request {
            view: RequestView {
                id: submission.request,
                kind: submission.kind,
                state: RequestState::Draft,
                revision: submission.revision,
                digest: hex::encode(submission.digest),
                title: claim.title.clone(),
                claimant: submission.person,
                department: admitted.department.clone(),
                total: submission.total,
                submitted_at: now,
                as_of: now,
                route: admitted.route.clone(),
                step: None,
                deciders: Vec::new(),
                due: None,
                shortages: Vec::new(),
                duplicates: Vec::new(),
                may_reserve_again: false,
                history: before.map(|request| request.view.history.clone()).unwrap_or_default(),
                warnings: warning::warnings(
                    claim,
                    &self.books.organisation,
                    &admitted.route.reasons,
                    &admitted.consecutive,
                ),
                answers: claim.pre_approval,
                left: None,
                difference: None,
            },
            facts: admitted.facts.clone(),
            charges: claim.charges(),
            invoices: admitted.invoices.clone(),
            decided: before.map(|request| request.decided.clone()).unwrap_or_default(),
            taken: Vec::new(),
            last: claim.last,
            advances: claim.advances.clone(),
            settled: Money::ZERO,
            booked: BTreeSet::new(),
            position: 0,
            shown: 0,
        }
    }
}

fn event(now: Timestamp, submission: &Submission, state: RequestState, duplicate: bool) -> Event {
    let what = match state {
        RequestState::OverBudget => What::OverBudget,
        _ if duplicate => What::Duplicate,
        _ => What::Submitted,
    };
    Event {
        at: now,
        person: submission.person,
        in_place_of: None,
        what,
        revision: submission.revision,
        number: None,
        step: String::new(),
        reason: String::new(),
        through: sync::view::Surface::App,
    }
}

fn leaf(now: Timestamp, proved: &Proved<'_>, submission: &Submission, view: &RequestView) -> Leaf {
    Leaf::Submission(super::journal::SubmissionLeaf {
        record: proved.hash,
        request: submission.request,
        revision: submission.revision,
        digest: submission.digest,
        total: submission.total,
        person: submission.person,
        at: now,
        state: view.state,
        rules_version: view.route.rules_version,
        kind: (view.kind != RequestKind::ExpenseClaim).then_some(view.kind),
    })
}

/// Notes which files belong to the request, so that its readers may open them.
fn attach(connection: &Connection, claim: &Claim, request: &Request) -> Result<(), StoreError> {
    let mut insert =
        connection.prepare_cached("INSERT INTO attachment (blob, request) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for blob in checks::blobs(claim) {
        insert.execute(params![blob, request.view.id.bytes()])?;
    }
    Ok(())
}
