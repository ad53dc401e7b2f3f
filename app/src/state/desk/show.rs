//! From what changed to the signals that pages read.

use std::collections::BTreeSet;
use std::sync::Arc;

use budget::{Person, RequestId};
use leptos::prelude::*;
use sync::view::{self, BudgetView, CompanyView, FingerprintView};
use sync::wire::ViewFrame;

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
    /// Shows every request anew, as after opening.
    pub(crate) fn show_all_requests(self) {
        let all = self.with(|core| {
            let mut all = core.mirror.requests();
            all.extend(core.rows.keys().chain(core.inbox.keys()).chain(core.watched.keys()));
            all
        });
        self.show_requests(&all);
    }

    /// Shows these requests, their rows and the counts anew.
    pub(crate) fn show_requests(self, requests: &BTreeSet<RequestId>) {
        let roles = self.person.with_untracked(|person| person.as_ref().map(|p| p.roles.clone())).unwrap_or_default();
        let held = self.held.get_untracked();
        let shown = self.with(|core| {
            let mirror = &core.mirror;
            let (mut moved, mut inbox_moved) = (false, false);
            for request in requests {
                let row = row::own(mirror, *request);
                moved |= core.rows.get(request) != row.as_ref();
                match row {
                    Some(row) => drop(core.rows.insert(*request, row)),
                    None => drop(core.rows.remove(request)),
                }
                let of_held = |id| held.iter().rev().find(|held| held.request == id).map(|held| held.verb);
                let row = row::inbox(mirror, *request, &roles, of_held);
                inbox_moved |= core.inbox.get(request) != row.as_ref();
                match row {
                    Some(row) => drop(core.inbox.insert(*request, row)),
                    None => drop(core.inbox.remove(request)),
                }
            }
            let triggers: Vec<ArcTrigger> =
                requests.iter().filter_map(|request| core.watched.get(request).cloned()).collect();
            (moved, inbox_moved, triggers, pending(core), refused(core))
        });
        let (moved, inbox_moved, triggers, pending, refused) = shown;
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

    /// Shows a view that the server has signed.
    pub(in crate::state) fn show_view(self, view: ViewFrame) {
        let ViewFrame { name, json, .. } = &view;
        let (name, json) = (name.as_str(), json.as_slice());
        let unreadable = |error: serde_json::Error| task::log(&format!("the view {name} cannot be read: {error}"));
        match name {
            view::COMPANY => match serde_json::from_slice::<CompanyView>(json) {
                Ok(company) => self.show_company(company),
                Err(error) => unreadable(error),
            },
            view::BUDGET => match serde_json::from_slice::<BudgetView>(json) {
                Ok(budget) => self.budget.set(Arc::new(budget)),
                Err(error) => unreadable(error),
            },
            view::FINGERPRINTS => match serde_json::from_slice::<FingerprintView>(json) {
                Ok(fingerprints) => self.with(|core| core.fingerprints = Arc::new(fingerprints)),
                Err(error) => unreadable(error),
            },
            _ => {}
        }
        self.with(|core| core.views.insert(view.name.clone(), view));
    }

    fn show_company(self, company: CompanyView) {
        let me: Option<Person> = company.organisation.people.get(&company.me).cloned();
        if let Some(me) = me {
            self.person.set(Some(Arc::new(me)));
        }
        self.company.set(Some(Arc::new(company)));
        // Roles decide what stands in the inbox.
        self.show_all_requests();
    }
}

fn pending(core: &Core) -> Arc<Vec<Pending>> {
    let mirror = &core.mirror;
    let one = |request: RequestId| {
        let title = mirror.read(request).map(|claim| claim.title.clone());
        let title = title.or_else(|| mirror.status(request).map(|status| status.title.clone()));
        Pending { request, title: title.unwrap_or_default(), record: mirror.waiting_records(request).next().is_some() }
    };
    Arc::new(mirror.waiting().into_iter().map(one).collect())
}

fn refused(core: &Core) -> u32 {
    u32::try_from(core.mirror.refused().count()).unwrap_or(u32::MAX)
}
