//! Several tabs of one person over the same rows: each holds a replica of its own, one of them talks to the relay.
//!
//! Promise: two tabs never write the same row for different work, and what one tab wrote down another takes over
//! without losing what is being done in it.

use super::outbox::Work;
use super::receive::Event;
use super::{Outgoing, RefusedWork, Replica, rows};
use crate::DocumentKey;
use crate::record::SignedRecord;

/// How many tabs can be told apart; each numbers its work in a residue class of its own.
const SLOTS: u64 = 1 << 20;

/// The first number from `next` on that belongs to `slot`.
pub(super) const fn order_in_slot(next: u64, slot: u64) -> u64 {
    let base = next / SLOTS * SLOTS + slot;
    if base >= next { base } else { base.saturating_add(SLOTS) }
}

impl Replica {
    /// Numbers this tab's work in `slot`, a random number, so that it never collides with another tab's. The numbers
    /// still grow with everything that this tab knows of, so work follows what it builds on.
    pub const fn number_in(&mut self, slot: u64) {
        self.slot = slot % SLOTS;
    }

    /// Takes over what another tab wrote down and removed. Rows that cannot be read are left out, as in
    /// [`Replica::open`].
    pub fn adopt(&mut self, put: impl IntoIterator<Item = (String, Vec<u8>)>, deleted: &[String]) -> Vec<Event> {
        let mut events = Vec::new();
        for key in deleted {
            self.adopt_deletion(key, &mut events);
        }
        let mut rest = Vec::new();
        for (key, value) in put {
            if key.starts_with("change/") {
                self.adopt_change(&key, &value, &mut events);
            } else {
                rest.push((key, value));
            }
        }
        for (key, value) in rest {
            self.adopt_row(&key, &value, &mut events);
        }
        let known = self.outbox.keys().chain(self.refused.keys()).max().copied().unwrap_or(0);
        self.next_order = self.next_order.max(known.saturating_add(1));
        events
    }

    fn adopt_change(&mut self, key: &str, bytes: &[u8], events: &mut Vec<Event>) {
        let row = key.strip_prefix("change/").and_then(|name| rows::change_row(name, bytes));
        let Some((document, name, kept)) = row else {
            return;
        };
        let _ = self.answered(&name);
        let held = self.documents.entry(document).or_default();
        held.accept(&name, &kept);
        if !held.working.has(&name) {
            let _ = held.working.apply([kept.bytes.as_slice()]);
        }
        events.push(Event::Document(document));
    }

    fn adopt_row(&mut self, key: &str, value: &[u8], events: &mut Vec<Event>) {
        let order = |name: &str| u64::from_str_radix(name, 16).ok();
        match key.split_once('/') {
            Some(("outgoing", name)) => {
                let (Some(order), Ok(outgoing)) = (order(name), minicbor::decode::<Outgoing>(value)) else {
                    return;
                };
                if let Work::Change { document, hash, bytes, .. } = &outgoing.work {
                    let held = self.documents.entry(*document).or_default();
                    if held.has(hash) {
                        return;
                    }
                    if !held.working.has(hash) {
                        let _ = held.working.apply([bytes.as_slice()]);
                    }
                    events.push(Event::Document(*document));
                } else if let Some(request) = outgoing.request() {
                    events.push(Event::Status(request));
                }
                self.outbox.entry(order).or_insert(outgoing);
            }
            Some(("refused", name)) => {
                let (Some(order), Ok(work)) = (order(name), minicbor::decode::<RefusedWork>(value)) else {
                    return;
                };
                if let Some(document) = work.document {
                    self.rebuild(document);
                    events.push(Event::Document(document));
                }
                self.refused.insert(order, work);
                events.push(Event::Refused(order));
            }
            Some(("status", name)) => {
                let (Ok(request), Ok(status)) = (name.parse(), serde_json::from_slice(value)) else {
                    return;
                };
                self.statuses.insert(request, status);
                events.push(Event::Status(request));
            }
            Some(("record", _)) => {
                if let Ok(record) = minicbor::decode::<SignedRecord>(value) {
                    self.records.insert(record.hash(), record);
                }
            }
            Some(("view", name)) => {
                let Ok(view) = minicbor::decode(value) else {
                    return;
                };
                self.views.insert(name.to_owned(), view);
                events.push(Event::View(name.to_owned()));
            }
            _ if key == rows::CURSOR => {
                if let Ok(row) = minicbor::decode::<rows::CursorRow>(value) {
                    (self.epoch, self.cursor, self.audited) = (row.epoch, row.position, row.audited);
                }
            }
            _ => {}
        }
    }

    fn adopt_deletion(&mut self, key: &str, events: &mut Vec<Event>) {
        let Some((kind, name)) = key.split_once('/') else {
            return;
        };
        let order = u64::from_str_radix(name, 16).ok();
        match (kind, order) {
            // The row of what replaced it, an admitted change or refused work, comes beside the deletion.
            ("outgoing", Some(order)) => {
                if let Some(outgoing) = self.outbox.remove(&order) {
                    self.forget_in_flight(order);
                    if let Some(request) = outgoing.request() {
                        events.push(Event::Status(request));
                    }
                }
            }
            ("refused", Some(order)) if self.refused.remove(&order).is_some() => events.push(Event::Refused(order)),
            ("status", None) => {
                if let Ok(request) = name.parse() {
                    self.statuses.remove(&request);
                    events.push(Event::Status(request));
                }
            }
            ("change", None) => {
                if let Some(Ok(document)) = name.rsplit_once('/').map(|(document, _)| document.parse()) {
                    self.documents.remove(&document);
                    events.push(Event::Document(document));
                }
            }
            _ => {}
        }
    }

    /// What the person sees of a document, made anew from what is accepted and what is pending.
    fn rebuild(&mut self, key: DocumentKey) {
        let held = self.documents.entry(key).or_default();
        held.working = held.accepted.clone();
        held.actor = None;
        for outgoing in self.outbox.values() {
            if let Work::Change { document, bytes, .. } = &outgoing.work
                && *document == key
            {
                // It was made here on what is accepted, so it applies.
                let _ = held.working.apply([bytes.as_slice()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_number_their_work_apart_and_after_what_they_know() {
        for (next, slot, expected) in [(1, 0, SLOTS), (1, 7, 7), (8, 7, SLOTS + 7), (SLOTS, 0, SLOTS), (7, 7, 7)] {
            assert_eq!(order_in_slot(next, slot), expected, "{next} in {slot}");
        }
    }
}
