//! Requests that are over budget, by what they wait for (超预算，等待可重新占用).
//!
//! Promise: a command looks at those requests only whose answer it can have changed. One that lacks money is kept under one
//! line that lacks it, by what it asks of that line: until so much is there, nothing else can help it. One that was told
//! that its money is there is kept under each of its lines, and looked at when one of them has less than it asks. What a
//! request takes over of a pre-approval also changes with that pre-approval.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Included, Unbounded};

use budget::ledger::{Answer as BudgetAnswer, Balance};
use budget::{Code, Control, DocumentId, Money, RequestId, RequestState, Timestamp, pre_approval};

use super::{Authority, Effect, Request};
use crate::store::StoreError;
use crate::store::sql::Connection;

/// What a command moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// Budget lines whose balance moved.
    pub(super) lines: BTreeSet<Code>,
    /// Documents that hold more or less than before.
    pub(super) documents: BTreeSet<DocumentId>,
}

impl Moved {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Requests by what they ask of a line.
type ByAmount = BTreeSet<(Money, RequestId)>;

/// Where a request is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    /// The lines, with what it asks of each.
    lines: Vec<(Code, Money)>,
    /// Whether it was told that its money is there.
    told: bool,
    /// The pre-approval that it answers.
    answers: Option<RequestId>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    lacking: BTreeMap<Code, ByAmount>,
    told: BTreeMap<Code, ByAmount>,
    answering: BTreeMap<RequestId, BTreeSet<RequestId>>,
    places: BTreeMap<RequestId, Place>,
    /// How many requests were looked at since the start.
    looked_at: u64,
}

impl Waiting {
    fn forget(&mut self, id: RequestId) {
        let Some(place) = self.places.remove(&id) else { return };
        let lists = if place.told { &mut self.told } else { &mut self.lacking };
        for (line, amount) in place.lines {
            take_out(lists, &line, &(amount, id));
        }
        if let Some(answered) = place.answers {
            take_out(&mut self.answering, &answered, &id);
        }
    }

    fn keep(&mut self, id: RequestId, place: Place) {
        self.forget(id);
        let lists = if place.told { &mut self.told } else { &mut self.lacking };
        for (line, amount) in &place.lines {
            lists.entry(line.clone()).or_default().insert((*amount, id));
        }
        if let Some(answered) = place.answers {
            self.answering.entry(answered).or_default().insert(id);
        }
        self.places.insert(id, place);
    }

    /// Those whose answer may be another one, now that the lines that moved have this much.
    fn concerned(&self, moved: &Moved, available: impl Fn(&Code) -> Option<Money>) -> BTreeSet<RequestId> {
        let last = RequestId([u8::MAX; 16]);
        let mut found = BTreeSet::new();
        for line in &moved.lines {
            let Some(has) = available(line) else { continue };
            let enough = self.lacking.get(line).into_iter();
            let enough = enough.flat_map(|list| list.range((Unbounded, Included((has, last)))));
            let too_little = self.told.get(line).into_iter();
            let too_little = too_little.flat_map(|list| list.range((Excluded((has, last)), Unbounded)));
            found.extend(enough.chain(too_little).map(|(_, id)| *id));
        }
        let answered = moved.documents.iter().filter_map(|document| self.answering.get(&RequestId(document.bytes())));
        found.extend(answered.flatten());
        found
    }
}

/// Away with an entry, and with its list when that was the last.
fn take_out<K: Ord, V: Ord>(lists: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    let Some(list) = lists.get_mut(key) else { return };
    list.remove(value);
    if list.is_empty() {
        lists.remove(key);
    }
}

impl Authority {
    /// What the budget would say to a request now.
    fn budget_says(&self, request: &Request) -> BudgetAnswer {
        let available = |line: &Code| self.ledger.balance(line).and_then(Balance::available);
        let taken = self.taken_by(request.view.answers, &request.charges);
        let charges = pre_approval::beyond(&request.charges, &taken);
        BudgetAnswer::compute(self.ledger.scheme(), &charges, available)
    }

    /// Keeps a request where the next command that concerns it finds it.
    pub(super) fn watch(&mut self, id: RequestId) {
        let over = self.requests.get(&id).filter(|request| request.view.state == RequestState::OverBudget);
        let Some(request) = over else { return self.waiting.forget(id) };
        let told = request.view.may_reserve_again;
        let says = self.budget_says(request);
        let hard: Vec<_> = says.lines.iter().filter(|line| line.control == Control::Hard).collect();
        let lacking = hard.iter().find(|line| line.lacking > Money::ZERO && !told);
        // Where nothing lacks, any of its lines may be the one.
        let lines = lacking.map_or(hard.as_slice(), core::slice::from_ref);
        let lines = lines.iter().map(|line| (line.line.clone(), line.requested)).collect();
        let place = Place { lines, told, answers: request.view.answers };
        self.waiting.keep(id, place);
    }

    /// Keeps every request anew: after a start, and when another scheme means other lines.
    pub(super) fn watch_all(&mut self) {
        let over = self.requests.values().filter(|request| request.view.state == RequestState::OverBudget);
        for id in over.map(|request| request.view.id).collect::<Vec<_>>() {
            self.watch(id);
        }
    }

    /// Tells the owners of requests that are over budget whether their money is there now
    /// (可重新占用), and takes the word back when somebody else was quicker.
    pub(super) fn prompt_again(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        moved: &Moved,
    ) -> Result<Vec<Effect>, StoreError> {
        let available = |line: &Code| self.ledger.balance(line).and_then(Balance::available);
        let concerned = self.waiting.concerned(moved, available);
        self.tell_whether_it_fits(connection, now, concerned)
    }

    /// The same for everybody who waits.
    pub(super) fn prompt_all(&mut self, connection: &Connection, now: Timestamp) -> Result<Vec<Effect>, StoreError> {
        let waiting = self.waiting.places.keys().copied().collect();
        self.tell_whether_it_fits(connection, now, waiting)
    }

    fn tell_whether_it_fits(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        requests: BTreeSet<RequestId>,
    ) -> Result<Vec<Effect>, StoreError> {
        let mut effects = Vec::new();
        for id in requests {
            self.waiting.looked_at += 1;
            let Some(request) = self.requests.get(&id) else { continue };
            let fits = !self.budget_says(request).is_refused();
            if fits == request.view.may_reserve_again {
                self.watch(id);
                continue;
            }
            let mut request = request.clone();
            request.view.may_reserve_again = fits;
            effects.push(Effect::Request(id));
            self.put_request(connection, now, request)?;
        }
        Ok(effects)
    }

    /// How many requests were looked at since the start, because a command might have changed their answer.
    #[cfg(test)]
    pub(crate) const fn looked_at(&self) -> u64 {
        self.waiting.looked_at
    }

    /// Whether everybody who waits has been told how it is.
    #[cfg(test)]
    pub(crate) fn prompts_are_right(&self) -> bool {
        let mut over = self.requests.values().filter(|request| request.view.state == RequestState::OverBudget);
        over.all(|request| self.budget_says(request).is_refused() != request.view.may_reserve_again)
    }
}
