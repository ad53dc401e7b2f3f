//! What counts together (拆单): splitting a request into small ones does not lower who has to agree.
//!
//! Promise: the request that crosses a limit goes where the sum belongs, with its siblings named; what was decided
//! before is not opened again.

use std::collections::{BTreeMap, VecDeque};

use super::{Aggregate, Facts, Key, Sibling};
use crate::{PersonId, RequestId, Timestamp};

const DAY: i64 = 86_400_000;

/// An earlier request, as far as counting together looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// Which.
    pub request: RequestId,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// What it is.
    pub facts: &'a Facts,
}

impl Aggregate {
    /// Whether a request submitted at `then` lies in the window of one submitted at `now`.
    fn reaches(&self, then: Timestamp, now: Timestamp) -> bool {
        let first = now.china_date().days() - i64::from(self.days) + 1;
        then <= now && then.china_date().days() >= first
    }

    fn counts(&self, facts: &Facts) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&facts.kind)
    }

    fn agree(&self, one: &Facts, other: &Facts) -> bool {
        self.same.iter().all(|key| match key {
            Key::Claimant => one.claimant == other.claimant,
            Key::Vendor => meet(&one.vendors, &other.vendors),
            Key::Project => meet(&one.projects, &other.projects),
        })
    }

    /// The earlier requests that count together with a new one, oldest first; none when they are too few to.
    pub fn siblings<'a>(
        &self,
        facts: &Facts,
        now: Timestamp,
        earlier: impl IntoIterator<Item = Earlier<'a>>,
    ) -> Vec<Sibling> {
        if !self.counts(facts) {
            return Vec::new();
        }
        let mut siblings: Vec<Sibling> = earlier
            .into_iter()
            .filter(|other| self.reaches(other.submitted_at, now))
            .filter(|other| other.facts.kind == facts.kind && self.agree(facts, other.facts))
            .map(|other| Sibling { request: other.request, total: other.facts.total, submitted_at: other.submitted_at })
            .collect();
        siblings.sort_by_key(|sibling| (sibling.submitted_at, sibling.request));
        if siblings.len() + 1 < usize::from(self.at_least) { Vec::new() } else { siblings }
    }
}

/// Whether two sets share a member; two empty ones agree.
fn meet<T: Ord>(one: &std::collections::BTreeSet<T>, other: &std::collections::BTreeSet<T>) -> bool {
    (one.is_empty() && other.is_empty()) || one.intersection(other).next().is_some()
}

/// The requests of the window, by claimant, for walking through many in the order of their submission.
#[derive(Debug, Default)]
pub struct Window<'a> {
    by_claimant: BTreeMap<PersonId, VecDeque<Earlier<'a>>>,
    all: VecDeque<Earlier<'a>>,
}

impl<'a> Window<'a> {
    /// The siblings of the next request, which then joins the window.
    pub fn next(&mut self, aggregate: &Aggregate, next: Earlier<'a>) -> Vec<Sibling> {
        let by_claimant = aggregate.same.contains(&Key::Claimant);
        let window = if by_claimant { self.by_claimant.entry(next.facts.claimant).or_default() } else { &mut self.all };
        let oldest = next.submitted_at.plus(-(i64::from(aggregate.days) + 1) * DAY);
        while window.front().is_some_and(|first| first.submitted_at < oldest) {
            window.pop_front();
        }
        let siblings = aggregate.siblings(next.facts, next.submitted_at, window.iter().copied());
        window.push_back(next);
        siblings
    }
}
