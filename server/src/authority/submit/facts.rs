//! What routing looks at, from a claim and from what was handed in before.

use crate::store::sql::Connection;
use budget::approval::aggregate::Earlier;
use budget::approval::{Facts, Key, Reason};
use budget::ledger::Answer;
use budget::pre_approval::{self, Taken};
use budget::{Code, Control, Money, RequestId, RequestState, Timestamp};
use sync::document::Claim;
use sync::record::Submission;
use sync::view::{Warning, codes};

use crate::authority::{Authority, Effect, Request};
use crate::store::StoreError;

impl Authority {
    /// The facts of a submission: who, what for, how much, and what counts together with it.
    ///
    /// What it took over of a pre-approval is held already, so that it is not over budget again.
    pub(super) fn facts(
        &self,
        now: Timestamp,
        submission: &Submission,
        claim: &Claim,
        department: Code,
        taken: &[Taken],
    ) -> Facts {
        let charges = claim.charges();
        let mut facts = Facts::new(submission.kind, submission.person, department, submission.total)
            .charged(&self.books.scheme, claim.lines.iter().map(|line| &line.block));
        let sellers = claim.invoices.iter().map(|invoice| &invoice.seller).chain([&claim.payee]);
        facts.vendors = sellers.map(|seller| seller.trim().to_owned()).filter(|it| !it.is_empty()).collect();
        // Lines under hard control are refused before anybody is asked; soft ones are over budget and go on.
        let answer = Answer::compute(&self.books.scheme, &pre_approval::beyond(&charges, taken), |line| {
            self.ledger.balance(line)?.available()
        });
        let soft = answer.lines.iter().filter(|line| line.control == Control::Warn);
        facts.over_budget = soft.map(|line| line.lacking).max().unwrap_or(Money::ZERO);
        if let Some(aggregate) = &self.books.rules.aggregate {
            let earlier = self.earlier(submission, aggregate.same.contains(&Key::Claimant));
            facts.siblings = aggregate.siblings(&facts, now, earlier);
        }
        facts
    }

    /// Requests that were handed in before and were not refused or taken back.
    fn earlier<'a>(&'a self, submission: &Submission, own: bool) -> impl Iterator<Item = Earlier<'a>> {
        let (claimant, id) = (submission.person, submission.request);
        let counts = move |request: &&Request| {
            let state = request.view.state;
            request.view.id != id
                && (!own || request.view.claimant == claimant)
                && matches!(
                    state,
                    RequestState::InApproval | RequestState::Approved | RequestState::Paid | RequestState::Archived
                )
        };
        self.requests.values().filter(counts).map(|request| Earlier {
            request: request.view.id,
            submitted_at: request.view.submitted_at,
            facts: &request.facts,
        })
    }

    /// Marks the requests that counted together with a new one, so that whoever looks at them knows. They are not
    /// opened again.
    pub(super) fn flag_siblings(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        id: RequestId,
    ) -> Result<Vec<Effect>, StoreError> {
        let Some(siblings) = self.requests.get(&id).and_then(|request| together(&request.view.route.reasons)) else {
            return Ok(Vec::new());
        };
        let mut effects = Vec::new();
        for sibling in siblings {
            let Some(mut request) = self.requests.get(&sibling).cloned() else { continue };
            let entry = (String::from("request"), id.to_string());
            match request.view.warnings.iter_mut().find(|warning| warning.code == codes::WARNING_TOGETHER) {
                Some(warning) if warning.values.contains(&entry) => continue,
                Some(warning) => warning.values.push(entry),
                None => {
                    let code = codes::WARNING_TOGETHER.into();
                    request.view.warnings.push(Warning { code, invoice: None, values: vec![entry] });
                }
            }
            self.put_request(connection, now, request)?;
            effects.push(Effect::Request(sibling));
        }
        Ok(effects)
    }
}

/// The requests with which a route counted together, when that made a difference.
pub(super) fn together(reasons: &[Reason]) -> Option<Vec<RequestId>> {
    reasons.iter().find_map(|reason| match reason {
        Reason::Together { siblings, .. } => Some(siblings.clone()),
        _ => None,
    })
}
