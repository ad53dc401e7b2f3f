//! Requests as lists show them: one row each, with where it stands and whom it needs.
//!
//! Promise: a row is computed from the mirror and never stored, so a dot can never be stuck on it.

use std::collections::BTreeSet;

use budget::{Money, PersonId, RequestId, RequestState, Role, Timestamp};
use sync::record::{Record, Verb};
use sync::view::{RequestView, What};

use super::mirror::Mirror;
use crate::keeper::intent::Intent;

/// Where a request stands, with what this device has done and nobody else knows yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    /// Handed in on this device; the authority has not answered.
    Submitting,
    /// Taken back on this device; the authority has not answered.
    Withdrawing,
    /// As the authority told; a draft when it was never told of it.
    Told(RequestState),
}

impl Standing {
    /// Whether its owner may change the content now.
    pub(crate) const fn is_editable(self) -> bool {
        matches!(self, Self::Told(state) if state.is_editable())
    }
}

/// The part of the list that a request belongs to, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Section {
    /// Something came back or failed: 需要您处理.
    NeedsMe,
    /// 草稿
    Drafts,
    /// 进行中
    Open,
    /// 已完成
    Done,
}

impl Section {
    /// All sections, in their order.
    pub(crate) const ALL: [Self; 4] = [Self::NeedsMe, Self::Drafts, Self::Open, Self::Done];
}

/// One of the person's own requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) id: RequestId,
    pub(crate) title: String,
    pub(crate) amount: Money,
    pub(crate) standing: Standing,
    pub(crate) section: Section,
    /// When it was begun or last handed in.
    pub(crate) at: Timestamp,
    /// How many invoices are attached.
    pub(crate) invoices: usize,
    /// Something of it came back.
    pub(crate) refused: bool,
    /// It was over budget, and budget was freed since.
    pub(crate) may_reserve_again: bool,
    /// An invoice of it was claimed before.
    pub(crate) duplicate: bool,
}

/// A request of somebody else that this person decides, decided or pays.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InboxRow {
    pub(crate) id: RequestId,
    pub(crate) title: String,
    pub(crate) amount: Money,
    pub(crate) claimant: PersonId,
    pub(crate) at: Timestamp,
    pub(crate) state: RequestState,
    pub(crate) turn: Turn,
    /// In whose place the person decides (代), when it is not their own.
    pub(crate) in_place_of: Option<PersonId>,
    /// How many warnings the authority gives.
    pub(crate) warnings: usize,
    /// The budget has what it needs.
    pub(crate) covered: bool,
    /// A decision of this device came back.
    pub(crate) refused: bool,
}

impl InboxRow {
    /// Whether nothing about it gives a reason to look twice, so that it may be agreed to with others at once.
    pub(crate) fn is_plain(&self) -> bool {
        self.turn == Turn::Decide && self.covered && self.warnings == 0 && !self.refused
    }

    /// Whether a word, in lower case, is found in what the row says; `claimant` is the person's name.
    pub(crate) fn says(&self, word: &str, claimant: &str) -> bool {
        word.is_empty() || [self.title.as_str(), claimant].iter().any(|text| text.to_lowercase().contains(word))
    }
}

/// What a request wants of this person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Turn {
    /// A decision.
    Decide,
    /// A payment.
    Pay,
    /// Nothing more; they decided it, on this device perhaps not yet sent.
    Decided {
        /// The authority does not know yet.
        pending: bool,
        /// What they said.
        verb: Verb,
    },
}

/// Where a request stands on this device.
pub(crate) fn standing(mirror: &Mirror, request: RequestId) -> Standing {
    let told = mirror.status(request).map_or(RequestState::Draft, |status| status.state);
    match mirror.last_asked(request) {
        Some(Intent::Submit { .. }) => return Standing::Submitting,
        Some(Intent::Withdraw { .. }) => return Standing::Withdrawing,
        _ => {}
    }
    let last = mirror.waiting_records(request).filter(|record| record.person() == mirror.person()).last();
    match last {
        Some(Record::Submission(_)) => Standing::Submitting,
        Some(Record::Withdrawal(_)) => Standing::Withdrawing,
        _ => Standing::Told(told),
    }
}

/// The row of one of the person's own requests; `None` for others' and for documents not yet complete.
pub(crate) fn own(mirror: &Mirror, request: RequestId) -> Option<Row> {
    let me = mirror.person();
    let status = mirror.status(request);
    let claim = mirror.read(request);
    let owner = claim.map(|claim| claim.owner).or_else(|| status.map(|status| status.claimant))?;
    if owner != me {
        return None;
    }
    let standing = standing(mirror, request);
    let refused = refusals(mirror, request);
    let section = section(standing, status, refused);
    let title = claim.map_or_else(|| status.map(|s| s.title.clone()).unwrap_or_default(), |c| c.title.clone());
    let amount = claim.and_then(sync::document::Claim::total);
    let handed_in = status.filter(|_| !matches!(standing, Standing::Told(RequestState::Draft)));
    Some(Row {
        id: request,
        title,
        amount: amount.or_else(|| status.map(|status| status.total)).unwrap_or_default(),
        standing,
        section,
        at: handed_in.map(|s| s.submitted_at).or_else(|| claim.map(|c| c.created_at)).unwrap_or_default(),
        invoices: claim.map_or(0, |claim| claim.invoices.len()),
        refused,
        may_reserve_again: status.is_some_and(|s| s.may_reserve_again && s.state == RequestState::OverBudget),
        duplicate: status.is_some_and(|s| !s.duplicates.is_empty() && standing.is_editable()),
    })
}

fn refusals(mirror: &Mirror, request: RequestId) -> bool {
    !mirror.refused_of(request).is_empty()
}

fn section(standing: Standing, status: Option<&RequestView>, refused: bool) -> Section {
    use RequestState::{Approved, Archived, Draft, InApproval, OverBudget, Paid, Rejected, Returned, Withdrawn};
    match standing {
        _ if refused => Section::NeedsMe,
        Standing::Told(Draft | Withdrawn) if status.is_some_and(|s| !s.duplicates.is_empty()) => Section::NeedsMe,
        Standing::Told(Draft) => Section::Drafts,
        Standing::Told(Returned | Rejected | OverBudget) => Section::NeedsMe,
        Standing::Submitting | Standing::Withdrawing | Standing::Told(InApproval | Approved) => Section::Open,
        Standing::Told(Paid | Archived | Withdrawn) => Section::Done,
    }
}

/// The row in the inbox, when the person decides, decided or pays this request. `held` are requests with a decision
/// that waits for its five seconds.
pub(crate) fn inbox(
    mirror: &Mirror,
    request: RequestId,
    roles: &BTreeSet<Role>,
    held: impl Fn(RequestId) -> Option<Verb>,
) -> Option<InboxRow> {
    let me = mirror.person();
    let status = mirror.status(request)?;
    let waiting = mirror.waiting_records(request).filter_map(|record| match record {
        Record::Decision(decision) => Some(decision.verb),
        _ => None,
    });
    let turn = if let Some(verb) = held(request).or_else(|| waiting.last()) {
        Turn::Decided { pending: true, verb }
    } else if status.decides_for(me).is_some() {
        Turn::Decide
    } else if status.state == RequestState::Approved && roles.contains(&Role::Cashier) {
        Turn::Pay
    } else {
        let decided = status.history.iter().rev().find_map(|event| match event.what {
            What::Decided(verb) if event.person == me => Some(verb),
            _ => None,
        });
        Turn::Decided { pending: false, verb: decided? }
    };
    Some(InboxRow {
        id: request,
        title: status.title.clone(),
        amount: status.total,
        claimant: status.claimant,
        at: status.submitted_at,
        state: status.state,
        turn,
        in_place_of: status.decides_for(me).filter(|person| *person != me),
        warnings: status.warnings.len(),
        covered: status.shortages.is_empty(),
        refused: refusals(mirror, request),
    })
}
