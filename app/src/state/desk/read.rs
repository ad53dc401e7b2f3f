//! What pages ask about one request.

use std::collections::BTreeMap;
use std::sync::Arc;

use budget::approval::{Facts, Route, RoutingError};
use budget::ledger::{Answer, Charge};
use budget::{Code, InvoiceId, Money, RequestId, RequestState};
use leptos::prelude::*;
use sync::document::{Claim, Comment};
use sync::record::Record;
use sync::replica::RefusedWork;
use sync::view::RequestView;

use super::Desk;
use crate::device::clock;
use crate::state::duplicate::{self, Seen};
use crate::state::intended;
use crate::state::mirror::Mirror;
use crate::state::row::{self, Row, Standing};

impl Desk {
    /// Reads something of one request, and again whenever it changes.
    fn about<Value>(self, request: RequestId, read: impl FnOnce(&Mirror) -> Value) -> Value {
        // The company's and everybody's news redraw through their own signals; this is about one request.
        self.with(|core| core.watch(request)).track();
        self.with(|core| read(&core.mirror))
    }

    /// The content of a request.
    pub(crate) fn claim(self, request: RequestId) -> Option<Claim> {
        self.about(request, |mirror| mirror.claim(request))
    }

    /// How a request stands with the authority.
    pub(crate) fn status(self, request: RequestId) -> Option<RequestView> {
        self.about(request, |mirror| mirror.status(request).cloned())
    }

    /// Where a request stands, with what this device has done.
    pub(crate) fn standing(self, request: RequestId) -> Standing {
        self.about(request, |mirror| row::standing(mirror, request))
    }

    /// Whether this device has anything about a request.
    pub(crate) fn knows(self, request: RequestId) -> bool {
        self.about(request, |mirror| mirror.has_content(request) || mirror.status(request).is_some())
    }

    /// The comments on a request.
    pub(crate) fn comments(self, request: RequestId) -> Vec<Comment> {
        self.about(request, |mirror| mirror.comments(request))
    }

    /// Records of a request that the authority has not answered, decisions in their five seconds with them.
    pub(crate) fn waiting_records(self, request: RequestId) -> Vec<Record> {
        let mut waiting: Vec<Record> = self.about(request, |mirror| mirror.waiting_records(request).collect());
        self.held.with(|held| {
            waiting.extend(held.iter().filter(|held| held.request == request).filter_map(super::Held::record));
        });
        waiting
    }

    /// What came back of a request, oldest first.
    pub(crate) fn refusals(self, request: RequestId) -> Vec<(u64, RefusedWork)> {
        self.about(request, |mirror| mirror.refused_of(request).to_vec())
    }

    /// The invoices of a claim that were seen before.
    pub(crate) fn duplicates(self, request: RequestId, claim: &Claim) -> BTreeMap<InvoiceId, Seen> {
        let fingerprints = self.with(|core| Arc::clone(&core.fingerprints));
        self.about(request, |mirror| duplicate::of(mirror, &fingerprints, request, claim))
    }

    /// What the budget says to the charges of a claim that is still being written, beside what `others` mean to spend;
    /// `None` while the budget is unknown.
    pub(crate) fn answer(self, charges: &[Charge], others: &BTreeMap<Code, Money>) -> Option<Answer> {
        let (company, budget) = (self.company.get()?, self.budget.get());
        Some(intended::answer(&company.scheme, &budget, charges, others))
    }

    /// What this device has handed in and the authority has not answered means to spend, line by line, `except` one.
    pub(crate) fn handed_in(self, except: RequestId) -> BTreeMap<Code, Money> {
        self.meant(|row| row.id != except && row.standing == Standing::Submitting)
    }

    /// What the requests of this device mean to spend, line by line: drafts and what was handed in.
    pub(crate) fn intended(self) -> BTreeMap<Code, Money> {
        self.meant(|row| matches!(row.standing, Standing::Submitting | Standing::Told(RequestState::Draft)))
    }

    fn meant(self, counts: impl Fn(&Row) -> bool) -> BTreeMap<Code, Money> {
        let requests: Vec<RequestId> =
            self.rows.with(|rows| rows.iter().filter(|row| counts(row)).map(|row| row.id).collect());
        let Some(company) = self.company.get() else {
            return BTreeMap::new();
        };
        self.with(|core| intended::by_line(&core.mirror, &company.scheme, requests))
    }

    /// The person's own pre-approvals that may be answered: which, what they are called, and what is left of them.
    pub(crate) fn pre_approvals(self) -> Vec<(RequestId, String, Money)> {
        self.rows.track();
        let me = self.person_id();
        self.with(|core| {
            let views = core.mirror.requests().into_iter().filter_map(|id| core.mirror.status(id));
            let open = views.filter(|view| view.is_open_pre_approval() && view.claimant == me);
            open.map(|view| (view.id, view.title.clone(), view.left.unwrap_or_default())).collect()
        })
    }

    /// What decides who will probably have to agree to a claim that is charged so.
    pub(crate) fn facts(self, claim: &Claim, charges: &[Charge]) -> Option<Facts> {
        let company = self.company.get()?;
        let facts = Facts::new(claim.kind, claim.owner, claim.department.clone()?, claim.total()?);
        Some(facts.charged(&company.scheme, charges.iter().map(|charge| &charge.block)))
    }

    /// Who will probably have to agree.
    pub(crate) fn route(self, facts: &Facts) -> Option<Result<Route, RoutingError>> {
        let company = self.company.get()?;
        Some(budget::approval::route(&company.rules, &company.organisation, facts, clock::now()))
    }
}
