//! What happened, for those who look back: past requests for rehearsals, and how long steps took.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::Connection;
use budget::approval::rehearsal::{Pace, Past};
use budget::approval::{Facts, StepTime, Summary, summarise};
use budget::{Money, RequestState, Timestamp};

use super::{Books, Proposal, Request, Subject, proposal, publish, request};
use crate::store::StoreError;

/// Past requests, oldest first, and how long people took.
pub fn rehearsal(connection: &Connection, since: Timestamp) -> Result<(Vec<Past>, Pace), StoreError> {
    let requests = request::load(connection)?;
    let mut past: Vec<Past> = requests
        .values()
        .filter(|request| request.view.submitted_at >= since && request.view.state != RequestState::Draft)
        .map(|request| Past {
            request: request.view.id,
            submitted_at: request.view.submitted_at,
            // Siblings and shortages are counted anew.
            facts: Facts { siblings: Vec::new(), over_budget: Money::ZERO, ..request.facts.clone() },
        })
        .collect();
    past.sort_by_key(|past| (past.submitted_at, past.request));
    let times: Vec<StepTime> = requests.values().flat_map(times).collect();
    let everybody = Summary::of(times.iter().map(|time| time.waited).collect()).median;
    let people = summarise(times, |time| time.person).into_iter().map(|(person, summary)| (person, summary.median));
    Ok((past, Pace { people: people.collect(), everybody }))
}

/// Each step that was decided since then.
pub fn step_times(connection: &Connection, since: Timestamp) -> Result<Vec<StepTime>, StoreError> {
    let requests = request::load(connection)?;
    Ok(requests.values().filter(|request| request.view.submitted_at >= since).flat_map(times).collect())
}

fn times(request: &Request) -> impl Iterator<Item = StepTime> + '_ {
    StepTime::of(request.view.kind, &request.view.department, &request.view.route)
}

/// How many requests are open, and which of them nobody may decide at this instant (孤单).
pub fn open_and_orphaned(
    connection: &Connection,
    books: &Books,
    now: Timestamp,
) -> Result<(usize, Vec<budget::RequestId>), StoreError> {
    let requests = request::load(connection)?;
    let open = requests.values().filter(|request| request.view.state == RequestState::InApproval);
    let orphaned = open.clone().filter(|request| request.deciders(&books.organisation, now).is_empty());
    Ok((open.count(), orphaned.map(|request| request.view.id).collect()))
}

/// What requests are called, with their totals.
pub fn titles(
    connection: &Connection,
    named: &BTreeSet<budget::RequestId>,
) -> Result<BTreeMap<budget::RequestId, String>, StoreError> {
    let requests = request::load(connection)?;
    let named = named.iter().filter_map(|id| requests.get(id));
    Ok(named.map(|it| (it.view.id, format!("{} ¥{}", it.view.title, it.view.total.grouped()))).collect())
}

/// Every proposal of rules or of a table, newest first.
pub fn proposals(connection: &Connection, what: Subject) -> Result<Vec<Proposal>, StoreError> {
    let all = proposal::latest(publish::all_versions(connection, publish::PROPOSAL)?);
    let mut all: Vec<Proposal> = all.into_values().filter(|proposal| proposal.what == what).collect();
    all.sort_by_key(|proposal| core::cmp::Reverse((proposal.at, proposal.id)));
    Ok(all)
}
