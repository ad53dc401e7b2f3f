//! Views: what the authority tells a person, as snapshots with an as-of time.
//!
//! A device never computes these; it shows them, always with their time. They travel as JSON in
//! [`crate::wire::ViewFrame`] (by name) and [`crate::wire::Item::Status`] (per request).

use std::collections::{BTreeMap, BTreeSet};

use budget::approval::{Route, RuleSet};
use budget::ledger::{Balance, Shortage};
use budget::{Code, Money, Organisation, PersonId, RequestId, RequestKind, RequestState, Scheme, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::Verb;

/// Name of the view that holds a [`CompanyView`].
pub const COMPANY: &str = "company";
/// Name of the view that holds a [`BudgetView`].
pub const BUDGET: &str = "budget";
/// Name of the view that holds a [`FingerprintView`].
pub const FINGERPRINTS: &str = "fingerprints";

/// Who the person is and the company around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompanyView {
    /// Who is signed in.
    pub me: PersonId,
    /// People, departments, projects; without what this person may not know.
    pub organisation: Organisation,
    /// Dimensions and budget lines, for pickers and the live answer.
    pub scheme: Scheme,
    /// The rules in force, for foreseeing the approvers.
    pub rules: RuleSet,
}

/// The budget lines that a person may see.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetView {
    /// When the authority counted.
    pub as_of: Timestamp,
    /// The lines, by code.
    pub lines: BTreeMap<Code, LineView>,
}

/// One budget line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    /// Its balance.
    pub balance: Balance,
    /// Who holds and has spent its money; `None` when the person may know the sum only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holders: Option<Vec<HolderView>>,
}

/// A request that holds or has spent money of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HolderView {
    /// The request.
    pub request: RequestId,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub claimant: PersonId,
    /// How it stands.
    pub state: RequestState,
    /// What it still holds (已占用).
    pub outstanding: Money,
    /// What it has spent (已执行).
    pub consumed: Money,
}

/// Fingerprints of every invoice that was ever submitted, for the warning at capture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FingerprintView {
    /// The company's key, in hex: without it a fingerprint says nothing about an invoice.
    pub key: String,
    /// Hex fingerprint of the identity → the request that claimed it and the day.
    pub seen: BTreeMap<String, Sighting>,
}

/// Where an invoice was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sighting {
    /// The request, only when it is the person's own: other people's claims stay unnamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The day of submission, `2026-10-12`.
    pub on: String,
}

/// How a request stands with the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// The request.
    pub id: RequestId,
    /// What kind it is.
    pub kind: RequestKind,
    /// How it stands.
    pub state: RequestState,
    /// The revision that was last submitted.
    pub revision: u32,
    /// The digest of that revision, in hex: what a decision has to name.
    pub digest: String,
    /// What it is called.
    pub title: String,
    /// Whose it is.
    pub claimant: PersonId,
    /// Which department it is charged to.
    pub department: Code,
    /// Its total.
    pub total: Money,
    /// When that revision was submitted.
    pub submitted_at: Timestamp,
    /// When the authority last changed it.
    pub as_of: Timestamp,
    /// Who has to agree, by which rules.
    pub route: Route,
    /// The step that is open, from 0; `None` when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Who may decide it now.
    #[serde(default)]
    pub deciders: Vec<Decider>,
    /// When the open step is passed on upward, if nobody answers until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What the budget lacked, when it is over budget.
    #[serde(default)]
    pub shortages: Vec<Shortage>,
    /// Invoices of it that were claimed before; it was kept out until they are taken away.
    #[serde(default)]
    pub duplicates: Vec<Duplicate>,
    /// Budget lines that were freed since it was refused: it may be submitted again.
    #[serde(default)]
    pub may_reserve_again: bool,
    /// What happened, oldest first.
    pub history: Vec<Event>,
    /// The approver's warnings: what does not fit, most important first.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// The pre-approval that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<RequestId>,
    /// Of a pre-approval what it still holds, of an advance what is not settled yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Money>,
    /// What money moved when it was settled against advances (核销): what was paid (补付), or, below zero, what came
    /// back (退回).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Money>,
}

impl RequestView {
    /// In whose place this person may decide now; the person themselves where nobody delegated.
    pub fn decides_for(&self, person: PersonId) -> Option<PersonId> {
        self.deciders.iter().find(|decider| decider.person == person).map(|decider| decider.in_place_of)
    }

    /// Whether it is a pre-approval (事前申请) that was agreed to and not closed: claims may answer it.
    pub fn is_open_pre_approval(&self) -> bool {
        self.kind == RequestKind::PreApproval && self.state == RequestState::Approved
    }

    /// Whether this person has something to do.
    pub fn needs(&self, person: PersonId) -> bool {
        self.decides_for(person).is_some()
            || (self.claimant == person
                && matches!(self.state, RequestState::Returned | RequestState::Rejected | RequestState::OverBudget))
    }
}

/// Somebody who may decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decider {
    /// Who decides.
    pub person: PersonId,
    /// In whose place (代); the person themselves where nobody delegated.
    pub in_place_of: PersonId,
}

/// An invoice that was claimed before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Duplicate {
    /// Which invoice of this claim.
    pub invoice: budget::InvoiceId,
    /// Its number as people know it.
    pub identity: String,
    /// The day it was submitted before.
    pub on: String,
}

/// A thing that an approver should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// A stable code, see [`codes`].
    pub code: String,
    /// Which invoice, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<budget::InvoiceId>,
    /// The values that do not agree, each with where it came from.
    #[serde(default)]
    pub values: Vec<(String, String)>,
}

/// Something that happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When the authority accepted it.
    pub at: Timestamp,
    /// Who did it.
    pub person: PersonId,
    /// In whose place, when it was not their own (代).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<PersonId>,
    /// What happened.
    pub what: What,
    /// Which revision.
    pub revision: u32,
    /// The number of the step, for decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The name of the step, for decisions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Where it was done.
    pub through: Surface,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// It was handed in and its budget is held.
    Submitted,
    /// It was handed in and the budget lacked money.
    OverBudget,
    /// It was handed in with an invoice that was claimed before.
    Duplicate,
    /// A step was decided.
    Decided(Verb),
    /// It was taken back.
    Withdrawn,
    /// It was paid.
    Paid,
    /// Nobody answered in time; the next person upward is asked too.
    Escalated,
    /// Somebody left or may not decide any more; the next person is asked.
    Reassigned,
    /// It was moved to other rules.
    Migrated,
    /// A pre-approval was closed; what it still held is free (关闭).
    Closed,
}

/// Where something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Surface {
    /// In the app, signed by a device.
    App,
    /// On a DingTalk card, attested by the platform.
    DingTalk,
    /// On a WeCom card (企业微信), attested by the platform.
    WeCom,
    /// On a Feishu card (飞书), attested by the platform.
    Feishu,
    /// In the WeChat mini-program (微信小程序), in a session that the platform attested.
    WeChat,
    /// By the authority itself.
    Authority,
}

/// What people need to know beside a refusal's code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RefusalDetail {
    /// For `stale`: the total that was decided on and the total now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<(Money, Money)>,
    /// For `stale`: the revision that was decided on and the one now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<(u32, u32)>,
    /// For `stale`: who decided meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// For `missing_blob`: which files, in hex.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub blobs: BTreeSet<String>,
    /// Where it is wrong: a path such as `lines.0001….amount`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// In plain English, for logs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Stable codes of refusals and warnings. Texts in each language are keyed by them.
pub mod codes {
    /// The change or record is malformed, too large or breaks the document's rules.
    pub const MALFORMED: &str = "malformed";
    /// The device is unknown or revoked.
    pub const UNKNOWN_DEVICE: &str = "unknown_device";
    /// The signature does not hold.
    pub const BAD_SIGNATURE: &str = "bad_signature";
    /// The change follows one that the relay does not have.
    pub const UNKNOWN_DEPENDENCY: &str = "unknown_dependency";
    /// The change follows one that was refused.
    pub const DEPENDS_ON_REFUSED: &str = "depends_on_refused";
    /// The entry is there already, made by another device; writing into it again settles it.
    pub const EXISTS: &str = "exists";
    /// The person may not write this.
    pub const NOT_ALLOWED: &str = "not_allowed";
    /// The content is frozen while it is being approved.
    pub const FROZEN: &str = "frozen";
    /// The content changed after the signer looked.
    pub const STALE: &str = "stale";
    /// Somebody else decided this step already.
    pub const ALREADY_DECIDED: &str = "already_decided";
    /// The person does not decide this step.
    pub const NOT_YOUR_STEP: &str = "not_your_step";
    /// Nobody decides on their own request.
    pub const OWN_REQUEST: &str = "own_request";
    /// The request is not in a state for this.
    pub const WRONG_STATE: &str = "wrong_state";
    /// A file that the claim names has not arrived.
    pub const MISSING_BLOB: &str = "missing_blob";
    /// The claim cannot be submitted as it is.
    pub const INCOMPLETE: &str = "incomplete";
    /// A rejection or a return needs a reason.
    pub const NO_REASON: &str = "no_reason";
    /// There is no such request.
    pub const UNKNOWN_REQUEST: &str = "unknown_request";
    /// Nobody can decide: the rules or the organisation have a hole.
    pub const NO_APPROVER: &str = "no_approver";
    /// The person named may not decide this request, or is asked already.
    pub const NOT_ELIGIBLE: &str = "not_eligible";
    /// An open request would be left without anybody who may decide it.
    pub const WOULD_ORPHAN: &str = "would_orphan";
    /// The pre-approval is not the claimant's, not agreed to, or closed.
    pub const NO_PRE_APPROVAL: &str = "no_pre_approval";
    /// Two duties on one request need two people.
    pub const DUTIES: &str = "duties_not_separated";
    /// A device sends more than it may.
    pub const TOO_MUCH: &str = "too_much";

    /// Warning: with other requests of these days it crosses a limit.
    pub const WARNING_TOGETHER: &str = "counted_together";
    /// Warning: figures of an invoice do not agree.
    pub const WARNING_CONFLICT: &str = "invoice_conflict";
    /// Warning: the amount was typed or read from a picture only, and confirmed by the claimant.
    pub const WARNING_UNPROVEN: &str = "invoice_unproven";
    /// Warning: a line has no invoice.
    pub const WARNING_NO_INVOICE: &str = "line_without_invoice";
    /// Warning: the invoice is made out to somebody else than the company.
    pub const WARNING_OTHER_BUYER: &str = "invoice_other_buyer";
    /// Warning: numbers of invoices follow one another.
    pub const WARNING_CONSECUTIVE: &str = "consecutive_invoices";
}
