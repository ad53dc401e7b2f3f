//! From what changed to the signals that pages read.

use std::collections::BTreeSet;
use std::sync::Arc;

use budget::{Person, RequestId};
use leptos::prelude::*;
use sync::DocumentKey;
use sync::replica::Event;
use sync::view::{self, BudgetView, CompanyView, FingerprintView};

use super::{Core, Desk};
use crate::device::task;
use crate::state::row;

/// One request with work on its way, for the list of what waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// Which.
    pub(crate) request: RequestId,
    /// What it is called.
    pub(crate) title: String,
    /// A submission, decision or withdrawal is among it.
    pub(crate) record: bool,
}

impl Desk {
    /// Shows everything anew, as after opening.
    pub(super) fn show_all(self) {
        let all = self.with(|core| core.replica.as_ref().map(sync::Replica::requests)).unwrap_or_default();
        for name in [view::COMPANY, view::BUDGET, view::FINGERPRINTS] {
            self.show_view(name);
        }
        self.show_requests(&all);
    }

    /// Shows what these events changed.
    pub(crate) fn show(self, events: Vec<Event>) {
        let mut requests = BTreeSet::new();
        for event in events {
            match event {
                Event::Document(key) => requests.extend(key.request()),
                Event::Status(request) => drop(requests.insert(request)),
                Event::View(name) => self.show_view(&name),
                Event::Refused(order) => {
                    let about = self.with(|core| {
                        let refused = core.replica.as_ref()?.refused().find(|(other, _)| *other == order);
                        refused.and_then(|(_, work)| work.request())
                    });
                    requests.extend(about);
                }
                Event::UpToDate | Event::Closing(_) | Event::Alive => {}
            }
        }
        self.show_requests(&requests);
    }

    /// Shows these requests, their rows and the counts anew.
    pub(crate) fn show_requests(self, requests: &BTreeSet<RequestId>) {
        let roles = self.person.with_untracked(|person| person.as_ref().map(|p| p.roles.clone())).unwrap_or_default();
        let held = self.held.get_untracked();
        let shown = self.with(|core| {
            let replica = core.replica.as_ref()?;
            let (mut moved, mut inbox_moved) = (false, false);
            for request in requests {
                let row = row::own(replica, *request);
                moved |= core.rows.get(request) != row.as_ref();
                match row {
                    Some(row) => drop(core.rows.insert(*request, row)),
                    None => drop(core.rows.remove(request)),
                }
                let of_held = |id| held.iter().rev().find(|held| held.request == id).map(|held| held.verb);
                let row = row::inbox(replica, *request, &roles, of_held);
                inbox_moved |= core.inbox.get(request) != row.as_ref();
                match row {
                    Some(row) => drop(core.inbox.insert(*request, row)),
                    None => drop(core.inbox.remove(request)),
                }
            }
            let triggers: Vec<ArcTrigger> =
                requests.iter().filter_map(|request| core.watched.get(request).cloned()).collect();
            Some((moved, inbox_moved, triggers, pending(core), replica_refused(core)))
        });
        let Some((moved, inbox_moved, triggers, pending, refused)) = shown else {
            return;
        };
        if moved {
            let mut rows: Vec<_> = self.with(|core| core.rows.values().cloned().collect());
            rows.sort_by_key(|row| (row.section, core::cmp::Reverse((row.at, row.id))));
            self.rows.set(Arc::new(rows));
        }
        if inbox_moved {
            let mut rows: Vec<_> = self.with(|core| core.inbox.values().cloned().collect());
            rows.sort_by_key(|row| core::cmp::Reverse((row.at, row.id)));
            self.inbox.set(Arc::new(rows));
        }
        if *self.pending.read_untracked() != pending {
            self.pending.set(pending);
        }
        if self.refused.get_untracked() != refused {
            self.refused.set(refused);
        }
        for trigger in triggers {
            trigger.notify();
        }
    }

    fn show_view(self, name: &str) {
        let json = self.with(|core| core.replica.as_ref()?.view(name).map(|view| view.json.clone()));
        let Some(json) = json else { return };
        let unreadable = |error: serde_json::Error| task::log(&format!("the view {name} cannot be read: {error}"));
        match name {
            view::COMPANY => match serde_json::from_slice::<CompanyView>(&json) {
                Ok(company) => self.show_company(company),
                Err(error) => unreadable(error),
            },
            view::BUDGET => match serde_json::from_slice::<BudgetView>(&json) {
                Ok(budget) => self.budget.set(Arc::new(budget)),
                Err(error) => unreadable(error),
            },
            view::FINGERPRINTS => match serde_json::from_slice::<FingerprintView>(&json) {
                Ok(fingerprints) => self.with(|core| core.fingerprints = Arc::new(fingerprints)),
                Err(error) => unreadable(error),
            },
            _ => {}
        }
    }

    fn show_company(self, company: CompanyView) {
        let me: Option<Person> = company.organisation.people.get(&company.me).cloned();
        if let Some(me) = me {
            self.person.set(Some(Arc::new(me)));
        }
        self.company.set(Some(Arc::new(company)));
        // Roles decide what stands in the inbox.
        let all = self.with(|core| core.replica.as_ref().map(sync::Replica::requests)).unwrap_or_default();
        self.show_requests(&all);
    }
}

fn pending(core: &Core) -> Arc<Vec<Pending>> {
    let Some(replica) = &core.replica else {
        return Arc::default();
    };
    let one = |request: RequestId| {
        let title = replica.claim(request).map(|claim| claim.title);
        let title = title.or_else(|| replica.status(request).map(|status| status.title.clone()));
        Pending { request, title: title.unwrap_or_default(), record: replica.waiting_records(request).next().is_some() }
    };
    Arc::new(replica.waiting().into_iter().map(one).collect())
}

fn replica_refused(core: &Core) -> u32 {
    let count = core.replica.as_ref().map_or(0, |replica| replica.refused().count());
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The request that a document is about, as a set for [`Desk::show_requests`].
pub(super) fn about(key: &DocumentKey) -> BTreeSet<RequestId> {
    key.request().into_iter().collect()
}
