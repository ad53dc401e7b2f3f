//! Documents, signed records, and whether each request stands as its records say.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::Connection;
use budget::ledger::EntryKind;
use budget::{DeviceId, RequestId, RequestKind, RequestState};
use sync::record::{Record, Verb};
use sync::signature::record_message;

use super::Report;
use crate::authority::journal::{self, Leaf};
use crate::authority::{Request, change, ledger, request};
use crate::identity;
use crate::random::sha256;
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
    Ok(())
}

/// Every record is canonical, signed by its device where a device signed, and in the journal.
pub(super) fn records(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut leaves = BTreeSet::new();
    journal::read(connection, |row| {
        match minicbor::decode::<Leaf>(&row.body) {
            Ok(Leaf::Submission(leaf)) => leaves.insert(leaf.record),
            Ok(Leaf::Decision(leaf)) => leaves.insert(leaf.record),
            Ok(Leaf::Withdrawal { record, .. }) => leaves.insert(record),
            _ => false,
        };
        Ok(())
    })?;
    let mut rows =
        connection.prepare("SELECT position, hash, body, device, signature FROM record ORDER BY position")?;
    let mut rows = rows.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let position: i64 = row.get(0)?;
        let (hash, body): ([u8; 32], Vec<u8>) = (row.get(1)?, row.get(2)?);
        let signed: Option<([u8; 16], Vec<u8>)> = row.get::<Option<[u8; 16]>>(3)?.zip(row.get(4)?);
        if sha256(&[&body]) != hash || Record::parse(&body).is_err() {
            report.find("record_changed", format!("the record at position {position} was changed"));
        } else if !leaves.remove(&hash) {
            report.find("record_added", format!("the record at position {position} is not in the journal"));
        }
        if let Some((device, signature)) = signed {
            let key = identity::find_device(connection, DeviceId(device))?.map(|device| device.key);
            if !key.is_some_and(|key| key.verifies(&record_message(&body), &signature)) {
                report.find("record_signature", format!("the signature at position {position} does not hold"));
            }
        }
    }
    for hash in &leaves {
        report.find("record_missing", format!("the record {} is gone", hex::encode(hash)));
    }
    report.count("签名记录 records", count);
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
        let holds = held.get(id).copied().unwrap_or_default();
        let expected = expected(&story, view.state, taken.get(id).copied().unwrap_or_default());
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

/// What a request of this kind holds and has spent in a state, in fen; claims took this much of a pre-approval.
fn expected(story: &Story, state: RequestState, taken: i64) -> (i64, i64) {
    let total = story.total.fen();
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
        Leaf::Entry(_) | Leaf::Published { .. } | Leaf::Paper { .. } => {}
    }
}

/// What each request holds and has spent, in fen, by its entries.
/// Entries that cannot be read are a finding of their own.
fn outstanding(connection: &Connection) -> BTreeMap<RequestId, (i64, i64)> {
    let mut held: BTreeMap<RequestId, (i64, i64)> = BTreeMap::new();
    for entry in ledger::entries(connection).unwrap_or_default() {
        // What counts without tax says the same again with another figure.
        let Some(document) = entry.document.filter(|_| entry.basis.is_inclusive()) else {
            continue;
        };
        let (outstanding, consumed) = held.entry(RequestId(document.bytes())).or_default();
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
