//! From what the authority changed to the bells of those whom it concerns.
//!
//! Promise: nothing here decides what anybody may read; it only avoids waking everybody for
//! everything. When it cannot be found out whom something concerns, everybody looks. The writer's
//! thread never waits: it leaves its effects in a queue.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::store::sql::Connection;
use budget::PersonId;
use sync::DocumentKey;
use sync::view::{BUDGET, COMPANY, FINGERPRINTS};
use tokio::sync::{Notify, watch};

use super::Relay;
use super::hub::{Audience, Hub, News};
use crate::authority::Effect;
use crate::bus::Outgoing;
use crate::store::{Readers, StoreError};

/// Takes effects from the writer's thread; clones share it.
#[derive(Debug, Clone, Default)]
pub struct FanOut(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// A set, so that it is bounded by what there is and not by how often it changes.
    effects: Mutex<BTreeSet<Effect>>,
    some: Notify,
    /// Counts the bells, so that none is lost on whoever was busy.
    outbox: watch::Sender<u64>,
    /// What is told to other relays, where there are any.
    abroad: OnceLock<Arc<Outgoing>>,
}

impl FanOut {
    /// Tells what changed. Called after COMMIT, on the writer's thread.
    pub fn tell(&self, effects: &[Effect]) {
        if effects.is_empty() {
            return;
        }
        if let Some(abroad) = self.0.abroad.get() {
            abroad.add(effects);
        }
        self.hear(effects);
        // Whoever moves a budget may have crossed a threshold, which is told in chat.
        if effects.iter().any(|effect| matches!(effect, Effect::Outbox | Effect::Budget)) {
            self.ring_outbox();
        }
    }

    /// Tells the devices that are connected here what another server changed.
    pub(crate) fn hear<'a>(&self, effects: impl IntoIterator<Item = &'a Effect>) {
        self.0.effects.lock().unwrap_or_else(PoisonError::into_inner).extend(effects);
        self.0.some.notify_one();
    }

    /// From now on tells other relays as well.
    pub(super) fn tell_abroad(&self, outgoing: Arc<Outgoing>) {
        if self.0.abroad.set(outgoing).is_err() {
            tracing::warn!("the bus was started twice");
        }
    }

    /// Changes whenever something may wait for a chat platform.
    pub fn outbox(&self) -> watch::Receiver<u64> {
        self.0.outbox.subscribe()
    }

    /// Says that something may wait for a chat platform.
    pub fn ring_outbox(&self) {
        self.0.outbox.send_modify(|bells| *bells = bells.wrapping_add(1));
    }

    /// What has changed since it was last asked; waits until something has.
    pub(crate) async fn next(&self) -> BTreeSet<Effect> {
        loop {
            let effects = std::mem::take(&mut *self.0.effects.lock().unwrap_or_else(PoisonError::into_inner));
            if !effects.is_empty() {
                return effects;
            }
            self.0.some.notified().await;
        }
    }
}

/// Rings bells for as long as the server lives.
pub(super) async fn run(readers: Readers, relay: Relay) {
    loop {
        let effects = relay.fan_out().next().await;
        relay.0.looks.forget();
        if relay.hub().connections() > 0 {
            ring(&readers, relay.hub(), &effects).await;
        }
    }
}

async fn ring(readers: &Readers, hub: &Hub, effects: &BTreeSet<Effect>) {
    for (effect, view) in [(Effect::Company, COMPANY), (Effect::Budget, BUDGET), (Effect::Fingerprints, FINGERPRINTS)] {
        if effects.contains(&effect) {
            hub.tell(&Audience::Everybody, &News::views([view]));
        }
    }
    if effects.contains(&Effect::Company) {
        // A new role or head may open requests to people who could not read them.
        hub.tell(&Audience::Everybody, &News::log());
    }
    for effect in effects {
        if let Effect::Device(device) = effect {
            hub.tell(&Audience::Device(*device), &News::standing());
        }
    }
    let documents: BTreeSet<DocumentKey> = effects.iter().filter_map(document).collect();
    if documents.is_empty() {
        return;
    }
    let audience = match readers.read(move |connection| concerned(connection, &documents)).await {
        Ok(people) => Audience::People(people),
        Err(error) => {
            tracing::warn!(code = error.code(), %error, "whom a change concerns is not known; everybody looks");
            Audience::Everybody
        }
    };
    hub.tell(&audience, &News::log());
}

/// The document whose readers an effect concerns.
fn document(effect: &Effect) -> Option<DocumentKey> {
    match effect {
        Effect::Document(key) => Some(*key),
        Effect::Request(request) => Some(DocumentKey::Claim(*request)),
        Effect::Budget | Effect::Company | Effect::Fingerprints | Effect::Outbox | Effect::Device(_) => None,
    }
}

/// Everybody who may read one of these, or once could: they have to be told to forget it.
fn concerned(connection: &Connection, documents: &BTreeSet<DocumentKey>) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut people = BTreeSet::new();
    let mut readers = connection.prepare_cached("SELECT person FROM access WHERE request = ?1")?;
    for document in documents {
        match document {
            DocumentKey::Preferences(person) => {
                people.insert(*person);
            }
            DocumentKey::Claim(request) | DocumentKey::Thread(request) => {
                for person in readers.query_map([request.bytes()], |row| row.get(0).map(PersonId))? {
                    people.insert(person?);
                }
            }
        }
    }
    Ok(people)
}
