//! The desk: the sole owner of what the page knows of the replica, and the signals that pages read.
//!
//! Promise: one request's change redraws that request and its row, nothing else; a handle is two words and may be
//! copied into any closure.

mod decide;
mod edit;
mod open;
mod read;
mod rescue;
mod show;
mod submit;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use budget::{InvoiceId, Person, PersonId, RequestId, Role, Timestamp};
use leptos::prelude::*;
use sync::view::{BudgetView, CompanyView, FingerprintView};
use sync::wire::ViewFrame;

pub(crate) use decide::Held;
pub(crate) use show::Pending;

use super::capture::Remark;
use super::keeping::Keeping;
use super::link::Link;
use super::mirror::Mirror;
use super::pictures::Pictures;
use super::row::{InboxRow, Row};
use super::session::{Access, Session};
use super::typing::Typing;
use super::uploads::Uploads;
use crate::device::connection::Hints;
use crate::device::key::DeviceKey;
use crate::device::leader::Channel;
use crate::device::queue::Queue;

/// How far the app is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Reading what this device has.
    Opening,
    /// Nobody is signed in; why, if a session ended.
    SignedOut(Option<String>),
    /// Everything stands.
    Ready,
    /// The device keeps no data; the code says why.
    Failed(&'static str),
}

/// Whether the server is in reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Not since the last try.
    Offline,
    /// Being tried.
    Connecting,
    /// It answers.
    Live,
}

/// The handle of the desk. Found with [`use_desk`].
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    core: StoredValue<Core, LocalStorage>,
    /// How far the app is.
    pub(crate) phase: RwSignal<Phase>,
    /// The person's own requests, newest first.
    pub(crate) rows: RwSignal<Arc<Vec<Row>>>,
    /// What the person decides, decided or pays.
    pub(crate) inbox: RwSignal<Arc<Vec<InboxRow>>>,
    /// Who is signed in.
    pub(crate) person: RwSignal<Option<Arc<Person>>>,
    /// The company around them.
    pub(crate) company: RwSignal<Option<Arc<CompanyView>>>,
    /// The budget lines that they may see.
    pub(crate) budget: RwSignal<Arc<BudgetView>>,
    /// Whether the server is in reach.
    pub(crate) reach: RwSignal<Reach>,
    /// When everything was last known to be up to date.
    pub(crate) news_at: RwSignal<Option<Timestamp>>,
    /// What waits to be sent, in the order of its doing.
    pub(crate) pending: RwSignal<Arc<Vec<Pending>>>,
    /// How many pieces of work came back.
    pub(crate) refused: RwSignal<u32>,
    /// How many originals wait to be sent.
    pub(crate) uploads: RwSignal<u32>,
    /// The device does not take what is to be kept; the code says why.
    pub(crate) trouble: RwSignal<Option<&'static str>>,
    /// Something is on its way to the disk.
    pub(crate) saving: RwSignal<bool>,
    /// When something last reached the disk.
    pub(crate) saved_at: RwSignal<Option<Timestamp>>,
    /// Invoices that are being read.
    pub(crate) reading: RwSignal<BTreeSet<InvoiceId>>,
    /// What has to be said about files that were captured.
    pub(crate) remarks: RwSignal<Vec<Remark>>,
    /// Decisions in their five seconds.
    pub(crate) held: RwSignal<Arc<Vec<Held>>>,
    /// Moves with every keystroke that is not yet in a document.
    pub(super) typed: RwSignal<u64>,
}

/// What only the desk touches.
#[derive(Default)]
pub(super) struct Core {
    pub(super) session: Option<Session>,
    pub(super) access: Option<Access>,
    pub(super) key: Option<DeviceKey>,
    pub(super) mirror: Mirror,
    pub(super) keeping: Keeping,
    pub(super) queue: Option<Queue>,
    pub(super) fingerprints: Arc<FingerprintView>,
    pub(super) link: Link,
    pub(super) typing: Typing,
    pub(super) uploads: Uploads,
    pub(super) pictures: Pictures,
    pub(super) channel: Option<Channel>,
    pub(super) hints: Vec<Hints>,
    /// The views that are shown, by name.
    pub(super) views: BTreeMap<String, ViewFrame>,
    /// The views that came and were not signed by the server.
    pub(super) forged: BTreeSet<String>,
    rows: BTreeMap<RequestId, Row>,
    inbox: BTreeMap<RequestId, InboxRow>,
    watched: HashMap<RequestId, ArcTrigger>,
}

impl Desk {
    /// Makes the desk and gives it to everything below. Call once, in the shell.
    pub(crate) fn provide() -> Self {
        let desk = Self {
            core: StoredValue::new_local(Core::default()),
            phase: RwSignal::new(Phase::Opening),
            rows: RwSignal::default(),
            inbox: RwSignal::default(),
            person: RwSignal::new(None),
            company: RwSignal::new(None),
            budget: RwSignal::default(),
            reach: RwSignal::new(Reach::Offline),
            news_at: RwSignal::new(None),
            pending: RwSignal::default(),
            refused: RwSignal::new(0),
            uploads: RwSignal::new(0),
            trouble: RwSignal::new(None),
            saving: RwSignal::new(false),
            saved_at: RwSignal::new(None),
            reading: RwSignal::default(),
            remarks: RwSignal::default(),
            held: RwSignal::default(),
            typed: RwSignal::new(0),
        };
        provide_context(desk);
        desk
    }

    /// The inner state. What is called inside must not come back here.
    #[expect(clippy::expect_used, reason = "the desk belongs to the root of the page, which is never disposed of")]
    pub(super) fn with<Value>(self, work: impl FnOnce(&mut Core) -> Value) -> Value {
        let mut value = None;
        self.core.update_value(|core| value = Some(work(core)));
        value.expect("the desk stands")
    }

    /// Who is signed in; nobody's id before that.
    pub(crate) fn person_id(self) -> PersonId {
        self.with(|core| core.session.as_ref().map(|session| session.person.id)).unwrap_or_default()
    }

    /// Whether the person has a role, by the newest news of the company.
    pub(crate) fn has_role(self, role: Role) -> bool {
        self.person.with(|person| person.as_ref().is_some_and(|person| person.roles.contains(&role)))
    }

    /// What a person is called; their id when they are unknown.
    pub(crate) fn name(self, person: PersonId) -> String {
        self.company.with(|company| {
            let known = company.as_ref().and_then(|company| company.organisation.people.get(&person));
            known.map_or_else(
                || {
                    self.person
                        .with(|me| me.as_ref().filter(|me| me.id == person).map(|me| me.name.clone()))
                        .unwrap_or_default()
                },
                |person| person.name.clone(),
            )
        })
    }
}

/// The desk of this page.
#[expect(clippy::expect_used, reason = "the shell provides it before anything else is drawn")]
pub(crate) fn use_desk() -> Desk {
    use_context().expect("the shell provides the desk")
}
