//! Documents, and whether each request stands as its records say.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::Connection;
use budget::ledger::EntryKind;
use budget::{LineId, RequestId, RequestKind, RequestState};
use sync::record::Verb;

use super::Report;
use crate::authority::journal::{self, Leaf};
use crate::authority::{Request, Snapshot, change, ledger, request};
use crate::store::StoreError;

/// Every change log reloads to the heads that were recorded.
pub(super) fn documents(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let recorded = change::recorded_heads(connection)?;
    report.count("文档 documents", recorded.len());
    for (key, heads) in recorded {
        match change::reload(connection, key) {
            Ok(document) if document.heads().concat() == heads => {}
            Ok(_) => report.find("document", format!("{key} does not reload to its heads")),
            Err(StoreError::Corrupt(what)) => report.find("document", what),
            Err(other) => return Err(other),
        }
    }
    for key in Snapshot::keys(connection)? {
        match Snapshot::is_true(connection, key) {
            // A log that cannot be read is named above already.
            Ok(true) | Err(StoreError::Corrupt(_)) => {}
            Ok(false) => report.find("snapshot", format!("the snapshot of {key} is not what its changes say")),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// What the records of one request say.
#[derive(Debug, Default)]
struct Story {
    revision: u32,
    digest: Vec<u8>,
    total: budget::Money,
    state: Option<RequestState>,
    kind: Option<RequestKind>,
    /// What of it, an advance, is settled.
    settled: budget::Money,
    /// Whether vouchers of a finance system answered it.
    answered: bool,
}

/// Every request stands as its journal says, and holds what that means.
pub(super) fn states(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut stories: BTreeMap<RequestId, Story> = BTreeMap::new();
    journal::read(connection, |row| {
        if let Ok(leaf) = minicbor::decode::<Leaf>(&row.body) {
            tell(&mut stories, leaf);
        }
        Ok(())
    })?;
    let held = outstanding(connection);
    let requests: BTreeMap<RequestId, Request> = match request::load(connection) {
        Ok(requests) => requests,
        Err(StoreError::Corrupt(what)) => {
            report.find("request_unreadable", what);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    report.count("单据 requests", requests.len());
    let mut taken: BTreeMap<RequestId, i64> = BTreeMap::new();
    for (answered, request) in requests.values().filter_map(|request| Some((request.view.answers?, request))) {
        let sum: i64 = request.taken.iter().map(|taken| taken.amount.fen()).sum();
        *taken.entry(answered).or_default() += sum;
    }
    for (id, request) in &requests {
        let Some(story) = stories.remove(id) else {
            report.find("request_added", format!("request {id} was never handed in"));
            continue;
        };
        let view = &request.view;
        if story.state != Some(view.state) {
            report
                .find("request_state", format!("request {id} is {:?}; its records say {:?}", view.state, story.state));
        }
        if story.revision != view.revision || hex::encode(&story.digest) != view.digest || story.total != view.total {
            report.find("request_content", format!("request {id} is not the revision that was signed"));
        }
        let (holds, tax) = sums(held.get(id), request);
        let asked = story.total.fen().saturating_sub(tax);
        let expected = expected(&story, asked, view.state, taken.get(id).copied().unwrap_or_default());
        if story.kind.unwrap_or(RequestKind::ExpenseClaim) != view.kind || story.settled != request.settled {
            report
                .find("request_content", format!("request {id} is not of the kind, or not settled as its records say"));
        }
        // What a finance system booked may be more or less than what was asked for.
        let closed = matches!(view.state, RequestState::Paid | RequestState::Archived);
        let right = if story.answered { !closed || holds.0 == 0 } else { holds == expected };
        if !right {
            report.find(
                "request_budget",
                format!("request {id} is {:?} and holds {} and has spent {} fen", view.state, holds.0, holds.1),
            );
        }
    }
    for id in stories.keys() {
        report.find("request_missing", format!("request {id} is gone"));
    }
    invoices(connection, &requests, report)
}

/// What a request of this kind that asked for so much holds and has spent in a state, in fen; claims took this much of a
/// pre-approval.
fn expected(story: &Story, total: i64, state: RequestState, taken: i64) -> (i64, i64) {
    match (story.kind.unwrap_or(RequestKind::ExpenseClaim), state) {
        (kind, _) if !kind.holds_budget() => (0, 0),
        (_, state) if state.holds_budget() => (total.saturating_sub(taken), 0),
        (kind, RequestState::Paid | RequestState::Archived) if kind.is_paid() => (0, total),
        _ => (0, 0),
    }
}

/// The claimed invoices are those of the live requests.
fn invoices(
    connection: &Connection,
    requests: &BTreeMap<RequestId, Request>,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut expected: BTreeSet<(String, RequestId)> = requests
        .values()
        .filter(|request| request.claims_invoices())
        .flat_map(|request| request.invoices.iter().map(|identity| (identity.clone(), request.view.id)))
        .collect();
    let mut rows = connection.prepare("SELECT identity, request FROM claimed_invoice")?;
    let rows = rows.query_map([], |row| Ok((row.get::<String>(0)?, RequestId(row.get(1)?))))?;
    for row in rows {
        let row = row?;
        if !expected.remove(&row) {
            report.find("invoice_added", format!("the invoice {} is not claimed by request {}", row.0, row.1));
        }
    }
    for (identity, request) in expected {
        report.find("invoice_missing", format!("request {request} claims the invoice {identity}, and no row says so"));
    }
    Ok(())
}

fn tell(stories: &mut BTreeMap<RequestId, Story>, leaf: Leaf) {
    match leaf {
        Leaf::Submission(leaf) => {
            let story = stories.entry(leaf.request).or_default();
            story.revision = leaf.revision;
            story.digest = leaf.digest.to_vec();
            story.total = leaf.total;
            story.kind = leaf.kind;
            story.state = Some(leaf.state);
        }
        Leaf::Decision(leaf) => {
            let story = stories.entry(leaf.request).or_default();
            let follows = match leaf.verb {
                Verb::Approve => matches!(leaf.state, RequestState::InApproval | RequestState::Approved),
                Verb::Reject => leaf.state == RequestState::Rejected,
                // Given back to an earlier step, it stays in approval.
                Verb::Return => matches!(leaf.state, RequestState::InApproval | RequestState::Returned),
                Verb::ConsultFirst | Verb::AddSigner | Verb::HandOver => leaf.state == RequestState::InApproval,
            };
            story.state = (follows && leaf.revision == story.revision).then_some(leaf.state);
        }
        Leaf::Withdrawal { request, .. } => {
            stories.entry(request).or_default().state = Some(RequestState::Withdrawn);
        }
        Leaf::Payment { request, .. } => {
            stories.entry(request).or_default().state = Some(RequestState::Paid);
        }
        Leaf::Actual { request, closes, .. } => {
            let story = stories.entry(request).or_default();
            story.answered = true;
            if closes {
                story.state = Some(RequestState::Paid);
            }
        }
        Leaf::Settled { advance, covered, refunded, .. } => {
            let story = stories.entry(advance).or_default();
            let sum = budget::Money::checked_sum([story.settled, covered, refunded]);
            story.settled = sum.unwrap_or(story.settled);
        }
        Leaf::Closed { request, .. } => {
            stories.entry(request).or_default().state = Some(RequestState::Archived);
        }
        Leaf::Entry(..) | Leaf::Published { .. } | Leaf::Paper { .. } | Leaf::Answered { .. } => {}
    }
}

/// What one line of a request holds and has spent, in fen: on budget lines that count with tax, and without.
#[derive(Default)]
struct Held {
    with_tax: Option<(i64, i64)>,
    without: Option<(i64, i64)>,
}

/// What a request holds and has spent, in fen, each line as it is counted with tax, or without where no budget line counts
/// it with; and the tax of the latter.
fn sums(held: Option<&BTreeMap<LineId, Held>>, request: &Request) -> ((i64, i64), i64) {
    let (mut outstanding, mut consumed, mut tax) = (0_i64, 0_i64, 0_i64);
    for (line, held) in held.into_iter().flatten() {
        let (open, spent) = held.with_tax.or(held.without).unwrap_or_default();
        (outstanding, consumed) = (outstanding.saturating_add(open), consumed.saturating_add(spent));
        if held.with_tax.is_none() {
            let charge = request.charges.iter().find(|charge| charge.line == *line);
            tax = tax.saturating_add(charge.map_or(0, |charge| charge.tax.fen()));
        }
    }
    ((outstanding, consumed), tax)
}

/// What each line of each request holds and has spent, by its entries. Entries that cannot be read are a finding of their
/// own.
fn outstanding(connection: &Connection) -> BTreeMap<RequestId, BTreeMap<LineId, Held>> {
    let mut held: BTreeMap<RequestId, BTreeMap<LineId, Held>> = BTreeMap::new();
    for entry in ledger::entries(connection).unwrap_or_default() {
        let Some((document, line)) = entry.document.zip(entry.line) else {
            continue;
        };
        let lines = held.entry(RequestId(document.bytes())).or_default();
        let line = lines.entry(line).or_default();
        let counted = if entry.basis.is_inclusive() { &mut line.with_tax } else { &mut line.without };
        let (outstanding, consumed) = counted.get_or_insert_default();
        let fen = entry.amount.fen();
        match entry.kind {
            EntryKind::Reserve | EntryKind::Settle | EntryKind::CarryIn => {
                *outstanding = outstanding.saturating_add(fen);
            }
            EntryKind::Release | EntryKind::CarryOut => *outstanding = outstanding.saturating_sub(fen),
            EntryKind::Consume => {
                *outstanding = outstanding.saturating_sub(fen);
                *consumed = consumed.saturating_add(fen);
            }
            EntryKind::Reverse => *consumed = consumed.saturating_sub(fen),
            _ => {}
        }
    }
    held
}
