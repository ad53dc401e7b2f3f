//! What a device is told: the welcome, and everything that is new for its person.

use std::collections::BTreeSet;

use sync::wire::{self, Batch, Hello, Item, ServerFrame, Welcome};

use crate::device::Session;
use crate::world::World;

impl World {
    pub(crate) fn greet(&mut self, number: usize, hello: &Hello) {
        if self.relay.revoked.contains(&self.devices[number].replica.device()) {
            self.tell(number, &ServerFrame::Closing("revoked".into()));
            return;
        }
        let same = hello.epoch == self.relay.epoch;
        let cursor = if same { hello.cursor } else { 0 };
        let epoch = if same { Vec::new() } else { self.relay.epoch.clone() };
        let unchanged = same && self.relay.since(self.devices[number].replica.person(), cursor).is_empty();
        let live = unchanged.then_some(self.relay.position);
        self.tell(number, &ServerFrame::Welcome(Welcome { epoch, now: self.now, live }));
        if let (Some(cursor), Some(link)) = (live, &mut self.devices[number].link) {
            link.session = Some(Session { cursor, own: BTreeSet::new(), live: true });
            return;
        }
        if let Some(link) = &mut self.devices[number].link {
            link.session = Some(Session { cursor, own: BTreeSet::new(), live: false });
        }
        self.serve(number);
    }

    /// Sends a device everything that is new for it, in batches.
    pub(crate) fn serve(&mut self, number: usize) {
        let person = self.devices[number].replica.person();
        let Some(session) = self.devices[number].link.as_mut().and_then(|link| link.session.as_mut()) else { return };
        let news = self.relay.since(person, session.cursor);
        let mut frames = Vec::new();
        let mut rest = news.into_iter().peekable();
        while rest.peek().is_some() {
            let size = 1 + self.chance.below(40);
            let mut batch: Vec<(u64, Item)> = rest.by_ref().take(size).collect();
            let last = batch.last().map_or(0, |(position, _)| *position);
            // Never a part of what belongs to one position.
            while let Some(more) = rest.next_if(|(position, _)| *position == last) {
                batch.push(more);
            }
            session.cursor = last;
            let items = without(batch, session);
            if !items.is_empty() {
                frames.push(ServerFrame::Batch(Batch { items, cursor: last }));
            }
        }
        let moved = session.cursor < self.relay.position || !frames.is_empty();
        session.cursor = self.relay.position;
        if !session.live || moved {
            frames.push(ServerFrame::Live(session.cursor));
        }
        session.live = true;
        for frame in frames {
            self.tell(number, &frame);
        }
    }

    pub(crate) fn tell(&mut self, number: usize, frame: &ServerFrame) {
        if let Some(link) = &mut self.devices[number].link {
            link.down.push_back(wire::encode(frame));
        }
    }
}

/// The items without what this connection pushed itself.
fn without(batch: Vec<(u64, Item)>, session: &mut Session) -> Vec<Item> {
    let mut items = Vec::new();
    for (_, item) in batch {
        match item {
            Item::Changes { document, mut changes } => {
                changes.retain(|change| !session.own.remove(&change.hash));
                match items.last_mut() {
                    Some(Item::Changes { document: same, changes: there }) if *same == document => {
                        there.extend(changes);
                    }
                    _ if !changes.is_empty() => items.push(Item::Changes { document, changes }),
                    _ => {}
                }
            }
            other => items.push(other),
        }
    }
    items
}
