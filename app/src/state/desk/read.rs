//! What pages ask about one request.

use std::collections::BTreeMap;
use std::sync::Arc;

use budget::approval::{Facts, Route, RoutingError};
use budget::ledger::Answer;
use budget::{Code, InvoiceId, Money, RequestId, RequestKind, RequestState};
use leptos::prelude::*;
use sync::document::{Claim, Comment};
use sync::record::Record;
use sync::replica::RefusedWork;
use sync::view::RequestView;

use super::Desk;
use crate::device::clock;
use crate::state::duplicate::{self, Seen};
use crate::state::intended;
use crate::state::row::{self, Standing};

impl Desk {
    /// Reads something of one request, and again whenever it changes.
    fn about<Value>(self, request: RequestId, read: impl FnOnce(&sync::Replica) -> Value) -> Option<Value> {
        // The company's and everybody's news redraw through their own signals; this is about one request.
        self.with(|core| core.watch(request)).track();
        self.with(|core| core.replica.as_ref().map(read))
    }

    /// The content of a request.
    pub(crate) fn claim(self, request: RequestId) -> Option<Claim> {
        self.about(request, |replica| replica.claim(request)).flatten()
    }

    /// How a request stands with the authority.
    pub(crate) fn status(self, request: RequestId) -> Option<RequestView> {
        self.about(request, |replica| replica.status(request).cloned()).flatten()
    }

    /// Where a request stands, with what this device has done.
    pub(crate) fn standing(self, request: RequestId) -> Standing {
        self.about(request, |replica| row::standing(replica, request)).unwrap_or(Standing::Told(RequestState::Draft))
    }

    /// Whether this device has anything about a request.
    pub(crate) fn knows(self, request: RequestId) -> bool {
        self.about(request, |replica| row::has_content(replica, request) || replica.status(request).is_some())
            .unwrap_or(false)
    }

    /// The comments on a request.
    pub(crate) fn comments(self, request: RequestId) -> Vec<Comment> {
        self.about(request, |replica| replica.thread(request).comments).unwrap_or_default()
    }

    /// Records of a request that the authority has not answered, decisions in their five seconds with them.
    pub(crate) fn waiting_records(self, request: RequestId) -> Vec<Record> {
        let mut waiting: Vec<Record> =
            self.about(request, |replica| replica.waiting_records(request).collect()).unwrap_or_default();
        self.held.with(|held| {
            waiting.extend(held.iter().filter(|held| held.request == request).filter_map(super::Held::record));
        });
        waiting
    }

    /// What came back of a request, oldest first.
    pub(crate) fn refusals(self, request: RequestId) -> Vec<(u64, RefusedWork)> {
        self.about(request, |replica| {
            let of_it = replica.refused().filter(|(_, work)| work.request() == Some(request));
            of_it.map(|(order, work)| (order, work.clone())).collect()
        })
        .unwrap_or_default()
    }

    /// The invoices of a claim that were seen before.
    pub(crate) fn duplicates(self, request: RequestId, claim: &Claim) -> BTreeMap<InvoiceId, Seen> {
        let fingerprints = self.with(|core| Arc::clone(&core.fingerprints));
        self.about(request, |replica| duplicate::of(replica, &fingerprints, request, claim)).unwrap_or_default()
    }

    /// What the budget says to a claim that is still being written; `None` while the budget is unknown.
    pub(crate) fn answer(self, request: RequestId, claim: &Claim) -> Option<(Answer, BTreeMap<Code, Money>)> {
        let (company, budget) = (self.company.get()?, self.budget.get());
        let others = self.about(request, |replica| {
            intended::by_line(replica, &company.scheme, |other, standing| {
                other != request && standing == Standing::Submitting
            })
        })?;
        Some((intended::answer(&company.scheme, &budget, &claim.charges(), &others), others))
    }

    /// What the requests of this device mean to spend, line by line: drafts and what was handed in.
    pub(crate) fn intended(self) -> BTreeMap<Code, Money> {
        self.rows.track();
        let Some(company) = self.company.get() else {
            return BTreeMap::new();
        };
        let counts = |_, standing| matches!(standing, Standing::Submitting | Standing::Told(RequestState::Draft));
        self.with(|core| core.replica.as_ref().map(|replica| intended::by_line(replica, &company.scheme, counts)))
            .unwrap_or_default()
    }

    /// Who will probably have to agree.
    pub(crate) fn route(self, claim: &Claim) -> Option<Result<Route, RoutingError>> {
        let company = self.company.get()?;
        let facts = Facts::new(RequestKind::ExpenseClaim, claim.owner, claim.department.clone()?, claim.total()?);
        let charges = claim.charges();
        let facts = facts.charged(&company.scheme, charges.iter().map(|charge| &charge.block));
        Some(budget::approval::route(&company.rules, &company.organisation, &facts, clock::now()))
    }
}
