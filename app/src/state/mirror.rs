//! What the page knows of the replica: each request as the keeper told it, with what was asked since on top.
//!
//! Promise: an edit is shown when it is asked for, exactly as the merge engine will write it, and stays shown until the
//! keeper has done it. Nothing here decides anything.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use budget::{PersonId, RequestId};
use sync::document::{Claim, Comment, Content, Thread};
use sync::replica::RefusedWork;
use sync::view::RequestView;
use sync::{DocumentKey, Record, Shown};

use crate::keeper::intent::Intent;

/// The requests of one person on this device.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    person: PersonId,
    requests: BTreeMap<RequestId, Reflected>,
    /// What was asked and is not yet in what the keeper told, by its number.
    asked: VecDeque<(u64, Intent)>,
}

#[derive(Debug)]
struct Reflected {
    told: Shown,
    status: Option<RequestView>,
    records: Vec<Record>,
    /// The claim with what was asked since; read at its first use.
    content: Content,
    claim: OnceCell<Option<Claim>>,
}

impl Reflected {
    fn of(told: Shown) -> Self {
        let (status, records) = (told.status(), told.records());
        Self { content: told.claim.clone(), claim: OnceCell::new(), status, records, told }
    }
}

impl Mirror {
    /// What is known of a person's requests at first.
    pub(crate) fn new(person: PersonId, requests: Vec<Shown>) -> Self {
        let mut mirror = Self { person, ..Self::default() };
        mirror.replace(requests);
        mirror
    }

    /// Who is signed in.
    pub(crate) const fn person(&self) -> PersonId {
        self.person
    }

    /// Every request that is known.
    pub(crate) fn requests(&self) -> BTreeSet<RequestId> {
        self.requests.keys().copied().collect()
    }

    /// The content of a request, for reading in place.
    pub(crate) fn read(&self, request: RequestId) -> Option<&Claim> {
        let reflected = self.requests.get(&request)?;
        reflected.claim.get_or_init(|| Claim::of(&reflected.content)).as_ref()
    }

    /// The content of a request.
    pub(crate) fn claim(&self, request: RequestId) -> Option<Claim> {
        self.read(request).cloned()
    }

    /// Whether the device has the content of a request, and not only its status.
    pub(crate) fn has_content(&self, request: RequestId) -> bool {
        self.requests.get(&request).is_some_and(|reflected| !reflected.content.is_empty())
    }

    /// How a request stands with the authority.
    pub(crate) fn status(&self, request: RequestId) -> Option<&RequestView> {
        self.requests.get(&request)?.status.as_ref()
    }

    /// The comments on a request.
    pub(crate) fn comments(&self, request: RequestId) -> Vec<Comment> {
        self.requests.get(&request).map(|reflected| Thread::of(&reflected.told.thread).comments).unwrap_or_default()
    }

    /// The records of a request that the relay has not answered.
    pub(crate) fn waiting_records(&self, request: RequestId) -> impl Iterator<Item = Record> {
        let told = self.requests.get(&request).map(|reflected| reflected.records.clone()).unwrap_or_default();
        let asked = self.asked.iter().filter_map(move |(_, intent)| match intent {
            Intent::Record { request: about, body, .. } if *about == request => Record::parse(body).ok(),
            _ => None,
        });
        told.into_iter().chain(asked)
    }

    /// Whether somebody has just handed it in, or taken it back, and the record is being made.
    pub(crate) fn last_asked(&self, request: RequestId) -> Option<&Intent> {
        let of_it = |intent: &&Intent| {
            intent.request() == Some(request) && matches!(intent, Intent::Submit { .. } | Intent::Withdraw { .. })
        };
        self.asked.iter().rev().map(|(_, intent)| intent).find(of_it)
    }

    /// What came back, oldest first.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (u64, &RefusedWork)> {
        self.requests.values().flat_map(|reflected| &reflected.told.refused).map(|(order, work)| (*order, work))
    }

    /// What came back of one request, oldest first.
    pub(crate) fn refused_of(&self, request: RequestId) -> &[(u64, RefusedWork)] {
        self.requests.get(&request).map_or(&[], |reflected| reflected.told.refused.as_slice())
    }

    /// The requests that have work which the relay has not acknowledged: "2 项待同步".
    pub(crate) fn waiting(&self) -> BTreeSet<RequestId> {
        let told = self.requests.values().filter(|reflected| reflected.told.waiting).map(|r| r.told.request);
        let asked = self.asked.iter().filter_map(|(_, intent)| match intent {
            Intent::Dismiss { .. } => None,
            intent => intent.request(),
        });
        told.chain(asked).collect()
    }

    /// Shows what is asked for, at once. Whether it can be done is the keeper's to say; what cannot is not shown.
    pub(crate) fn ask(&mut self, number: u64, intent: Intent) {
        if let Intent::Edit { document: key @ DocumentKey::Claim(request), edits, .. } = &intent {
            let reflected = self.requests.entry(*request).or_insert_with(|| Reflected::of(Shown::nothing(*request)));
            reflected.claim.take();
            for edit in edits {
                let _ = reflected.content.apply(key, edit);
            }
        }
        self.asked.push_back((number, intent));
    }

    /// Takes what the keeper told of some requests; every intent up to `done` is in it.
    pub(crate) fn told(&mut self, done: u64, requests: Vec<Shown>) {
        self.done(done);
        for shown in requests {
            if shown.is_nothing() {
                self.requests.remove(&shown.request);
            } else {
                self.requests.insert(shown.request, Reflected::of(shown));
            }
        }
        self.ask_again();
    }

    /// Every intent up to `number` was done and did what is shown.
    pub(crate) fn done(&mut self, number: u64) {
        while let Some((_, intent)) = self.asked.pop_front_if(|(asked, _)| *asked <= number) {
            let Some(reflected) = intent.request().and_then(|request| self.requests.get_mut(&request)) else {
                continue;
            };
            match &intent {
                Intent::Edit { document: key @ DocumentKey::Claim(_), edits, .. } => {
                    for edit in edits {
                        // One that began what was begun already was left out.
                        let _ = reflected.told.claim.apply(key, edit);
                    }
                    reflected.told.waiting = true;
                }
                Intent::Record { body, .. } => {
                    reflected.records.extend(Record::parse(body).ok());
                    reflected.told.waiting = true;
                }
                _ => {}
            }
        }
    }

    /// Takes everything that the keeper has opened; what is not among it is gone. `asked` is what it has still to do.
    pub(crate) fn opened(&mut self, requests: Vec<Shown>, asked: impl IntoIterator<Item = (u64, Intent)>) {
        self.asked = asked.into_iter().collect();
        self.replace(requests);
        self.ask_again();
    }

    fn replace(&mut self, requests: Vec<Shown>) {
        let known = requests.into_iter().filter(|shown| !shown.is_nothing());
        self.requests = known.map(|shown| (shown.request, Reflected::of(shown))).collect();
    }

    /// Puts what was asked on top of what was told anew.
    fn ask_again(&mut self) {
        for (number, intent) in std::mem::take(&mut self.asked) {
            self.ask(number, intent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use budget::{DeviceId, LineId, Money, Timestamp};
    use sync::{Edit, Field, Place, Replica, Scalar};

    const ME: PersonId = PersonId([1; 16]);
    const REQUEST: RequestId = RequestId([7; 16]);
    const LINE: LineId = LineId([8; 16]);
    const AT: Timestamp = Timestamp(1_000);

    /// A page and the keeper's replica behind it.
    struct Tab {
        page: Mirror,
        keeper: Replica,
        asked: VecDeque<(u64, Intent)>,
        number: u64,
    }

    impl Tab {
        fn new() -> Self {
            let keeper = Replica::new(DeviceId([3; 16]), ME);
            Self { page: Mirror::new(ME, Vec::new()), keeper, asked: VecDeque::new(), number: 0 }
        }

        fn ask(&mut self, edits: Vec<Edit>) {
            self.number += 1;
            let intent = Intent::Edit { document: DocumentKey::Claim(REQUEST), edits, at: AT };
            self.page.ask(self.number, intent.clone());
            self.asked.push_back((self.number, intent));
        }

        fn amount(&mut self, fen: i64) {
            self.ask(vec![Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(fen))]);
        }

        /// The keeper does the next intent; its number.
        fn keeper_does(&mut self) -> u64 {
            let (number, intent) = self.asked.pop_front().unwrap();
            if let Intent::Edit { document, edits, .. } = intent {
                for edit in edits {
                    if let Some(unsigned) = self.keeper.edit(document, edit, AT, [4; 8]).unwrap() {
                        let _ = self.keeper.signed(unsigned.order, vec![0; 64]);
                    }
                }
            }
            number
        }

        fn shown(&self) -> Shown {
            Shown::of(&self.keeper, REQUEST)
        }

        fn check_amount(&self, fen: i64) {
            assert_eq!(self.page.read(REQUEST).unwrap().total(), Some(Money::from_fen(fen)));
        }
    }

    #[test]
    fn an_edit_is_shown_at_once_and_stays_until_the_keeper_has_done_it() {
        let mut tab = Tab::new();
        tab.ask(vec![Edit::CreateClaim { owner: ME, at: AT }]);
        tab.amount(100);
        tab.check_amount(100);
        assert!(tab.page.waiting().contains(&REQUEST));
        let first = tab.keeper_does();
        // News of the same claim, from before the second edit, do not take it off the screen.
        let news = tab.shown();
        tab.page.told(first, vec![news]);
        tab.check_amount(100);
        tab.amount(250);
        let second = tab.keeper_does();
        tab.page.done(second);
        tab.check_amount(250);
        let third = tab.keeper_does();
        tab.page.done(third);
        tab.check_amount(250);
        assert_eq!(tab.page.read(REQUEST).cloned(), tab.keeper.claim(REQUEST));
    }

    #[test]
    fn a_keeper_that_died_is_asked_again() {
        let mut tab = Tab::new();
        tab.ask(vec![Edit::CreateClaim { owner: ME, at: AT }]);
        tab.amount(100);
        let asked: Vec<_> = tab.asked.iter().cloned().collect();
        let number = tab.keeper_does();
        tab.page.done(number);
        // What the keeper had not kept is gone with it.
        tab.keeper = Replica::new(DeviceId([3; 16]), ME);
        tab.asked = asked.iter().cloned().collect();
        tab.page.opened(Vec::new(), asked);
        tab.check_amount(100);
        while !tab.asked.is_empty() {
            let number = tab.keeper_does();
            tab.page.done(number);
        }
        assert_eq!(tab.page.read(REQUEST).cloned(), tab.keeper.claim(REQUEST));
    }

    #[test]
    fn handing_in_counts_before_the_record_is_made() {
        let mut tab = Tab::new();
        tab.ask(vec![Edit::CreateClaim { owner: ME, at: AT }]);
        tab.page.ask(9, Intent::Submit { request: REQUEST, id: [5; 16], at: AT });
        assert!(matches!(tab.page.last_asked(REQUEST), Some(Intent::Submit { .. })));
        tab.page.done(9);
        assert_eq!(tab.page.last_asked(REQUEST), None);
    }

    #[test]
    fn a_request_that_is_gone_is_gone_here() {
        let mut tab = Tab::new();
        tab.ask(vec![Edit::CreateClaim { owner: ME, at: AT }]);
        let number = tab.keeper_does();
        let shown = tab.shown();
        tab.page.told(number, vec![shown]);
        assert!(tab.page.has_content(REQUEST));
        tab.page.told(number, vec![Shown::nothing(REQUEST)]);
        assert!(tab.page.requests().is_empty());
    }
}
