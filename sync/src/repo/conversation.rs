//! One document with one peer.
//!
//! Promise: the document that the peer is told of holds admitted changes only. A change that was refused is remembered:
//! the peer's heads are read as if it had what came before it instead, so that neither side asks the other for what it
//! cannot give, and the others' work still flows to the peer.

use std::collections::{BTreeMap, BTreeSet};

use automerge::sync::{ChunkList, Message, State, SyncDoc};
use automerge::{Automerge, AutomergeError, Change, ChangeHash};

use super::message::{self, Parsed};
use crate::DocumentKey;
use crate::document::{NewChange, genesis};
use crate::gate::Envelope;

/// Refused changes that are remembered. A peer that goes on is told so and not listened to any more.
const MOST_REFUSED: usize = 64;

/// The message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sync message cannot be read")]
pub struct Unreadable;

/// What a peer's message asks to be admitted, oldest first.
#[derive(Debug)]
pub struct Offer {
    message: Message,
    /// The changes that are new; each has to be decided, in this order.
    pub changes: Vec<NewChange>,
    /// What each of them follows.
    follows: BTreeMap<[u8; 32], Vec<[u8; 32]>>,
}

/// The state of one document with one peer, for as long as its connection lasts.
#[derive(Debug)]
pub struct Conversation {
    view: Automerge,
    state: State,
    /// What was refused, and what the relay has of what came before it.
    refused: BTreeMap<[u8; 32], BTreeSet<[u8; 32]>>,
    /// The first change of a shared document, shown although nobody has begun it.
    beginning: Option<NewChange>,
    muted: bool,
}

impl Conversation {
    /// Begins with the changes that the peer's person may read, oldest first; none of a document that is not there.
    pub fn open<'a>(key: &DocumentKey, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, AutomergeError> {
        let (view, state, refused) = (Automerge::new(), State::new(), BTreeMap::new());
        let mut conversation = Self { view, state, refused, beginning: None, muted: false };
        conversation.apply(changes)?;
        if conversation.view.is_empty()
            && let Some(first) = genesis(key)
        {
            conversation.apply([first.bytes.as_slice()])?;
            conversation.beginning = Some(first);
        }
        Ok(conversation)
    }

    /// Where the document stands: what was admitted and the peer's person may read.
    pub fn heads(&self) -> Vec<[u8; 32]> {
        self.view.get_heads().into_iter().map(|head| head.0).collect()
    }

    /// Whether the peer is not listened to any more.
    pub const fn is_muted(&self) -> bool {
        self.muted
    }

    /// Does not listen to the peer any more.
    pub const fn mute(&mut self) {
        self.muted = true;
    }

    /// Reads a sync message. Its changes are to be decided, and then [`answer`](Self::answer) is to be asked.
    pub fn hear(&self, data: &[u8]) -> Result<Offer, Unreadable> {
        let Parsed { message, changes } = message::parse(data).ok_or(Unreadable)?;
        let mut new = Vec::new();
        for bytes in changes {
            let envelope = Envelope::read(&bytes).ok_or(Unreadable)?;
            let known = self.has(&envelope.hash) || self.refused.contains_key(&envelope.hash);
            if !known {
                new.push((envelope, bytes));
            }
        }
        let mut offer = Offer { message, changes: Vec::new(), follows: BTreeMap::new() };
        if let Some(first) = self.beginning.as_ref().filter(|_| !new.is_empty()) {
            offer.changes.push(first.clone());
        }
        in_causal_order(new, &mut offer);
        Ok(offer)
    }

    /// Takes over what was decided, and returns what is to be said: at most one message, and none when nothing that was
    /// offered is admitted and the peer knows the rest.
    pub fn answer(&mut self, offer: Offer, refused: &BTreeSet<[u8; 32]>) -> Option<Vec<u8>> {
        let Offer { mut message, changes, mut follows } = offer;
        let mut admitted = Vec::new();
        for change in changes {
            let follows = follows.remove(&change.hash).unwrap_or_default();
            if refused.contains(&change.hash) {
                let had = self.instead_of(&follows);
                self.refused.insert(change.hash, had);
            } else if self.beginning.as_ref().is_some_and(|first| first.hash == change.hash) {
                // Shown already; now it is true.
                self.beginning = None;
            } else {
                admitted.push(change.bytes);
            }
        }
        if self.muted {
            return None;
        }
        self.muted = self.refused.len() > MOST_REFUSED;
        message.changes = ChunkList::from(admitted);
        self.receive(message)?;
        self.say()
    }

    /// Takes what others changed, and returns what is to be said of it.
    pub fn take<'a>(&mut self, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Vec<u8>>, AutomergeError> {
        self.apply(changes)?;
        if self.beginning.as_ref().is_some_and(|first| self.view.get_heads() != [ChangeHash(first.hash)]) {
            self.beginning = None;
        }
        Ok(self.say())
    }

    /// What is to be said, if anything.
    pub fn say(&mut self) -> Option<Vec<u8>> {
        if self.muted {
            return None;
        }
        let mut message = self.view.generate_sync_message(&mut self.state)?;
        // Flags would say that we take whole documents.
        message.flags = None;
        Some(message.encode())
    }

    fn apply<'a>(&mut self, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<(), AutomergeError> {
        let mut parsed = Vec::new();
        for bytes in changes {
            parsed.push(Change::from_bytes(bytes.to_vec())?);
        }
        self.view.apply_changes(parsed)
    }

    /// Gives the engine a message that holds admitted changes only. `None` when it cannot be, and then nothing more is
    /// said of this document.
    fn receive(&mut self, mut message: Message) -> Option<()> {
        if !self.refused.is_empty() {
            self.leave_out_refused(&mut message);
        }
        let (view, state) = (&mut self.view, &mut self.state);
        // The changes were admitted and the rest is within bounds; should the engine fail all the same, it fails alone.
        let received =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| view.receive_sync_message(state, message)));
        // What has flags says that it takes whole documents; but who sends one gets one.
        self.state.their_capabilities = None;
        if matches!(received, Ok(Ok(()))) {
            Some(())
        } else {
            self.muted = true;
            None
        }
    }

    /// Reads the message as if the peer did not have what was refused.
    fn leave_out_refused(&self, message: &mut Message) {
        let named = |hashes: &[ChangeHash]| hashes.iter().any(|hash| self.refused.contains_key(&hash.0));
        if named(&message.heads) {
            let heads: Vec<[u8; 32]> = message.heads.iter().map(|head| head.0).collect();
            let mut instead = self.instead_of(&heads);
            // A head that another one follows is none.
            let before = self.before(&instead, message);
            instead.retain(|hash| !before.contains(hash));
            message.heads = instead.into_iter().map(ChangeHash).collect();
        }
        for have in &mut message.have {
            if named(&have.last_sync) {
                have.last_sync = Vec::new();
            }
        }
        message.need.retain(|hash| !self.refused.contains_key(&hash.0));
    }

    /// These hashes, with what came before in the place of those that were refused.
    fn instead_of(&self, hashes: &[[u8; 32]]) -> BTreeSet<[u8; 32]> {
        let mut instead = BTreeSet::new();
        for hash in hashes {
            match self.refused.get(hash) {
                Some(had) => instead.extend(had),
                None => {
                    instead.insert(*hash);
                }
            }
        }
        instead
    }

    /// Everything that comes before one of these.
    fn before(&self, hashes: &BTreeSet<[u8; 32]>, message: &Message) -> BTreeSet<[u8; 32]> {
        let mut before = BTreeSet::new();
        let mut open: Vec<[u8; 32]> = hashes.iter().copied().collect();
        let new: BTreeMap<[u8; 32], Vec<[u8; 32]>> = message
            .changes
            .iter()
            .filter_map(Envelope::read)
            .map(|envelope| (envelope.hash, envelope.dependencies))
            .collect();
        while let Some(hash) = open.pop() {
            let known = self.view.get_change_meta_by_hash(&ChangeHash(hash));
            let known = known.map(|change| change.deps.iter().map(|hash| hash.0).collect::<Vec<_>>());
            for earlier in new.get(&hash).cloned().or(known).unwrap_or_default() {
                if before.insert(earlier) {
                    open.push(earlier);
                }
            }
        }
        before
    }

    fn has(&self, hash: &[u8; 32]) -> bool {
        self.view.get_change_meta_by_hash(&ChangeHash(*hash)).is_some()
    }
}

/// Puts the changes into the offer so that each comes after those of them that it follows.
fn in_causal_order(new: Vec<(Envelope, Vec<u8>)>, offer: &mut Offer) {
    let mut waiting: BTreeMap<[u8; 32], (Envelope, Vec<u8>)> = BTreeMap::new();
    let mut order = Vec::new();
    for (envelope, bytes) in new {
        order.push(envelope.hash);
        waiting.entry(envelope.hash).or_insert((envelope, bytes));
    }
    for hash in order {
        let mut path = vec![hash];
        while let Some(hash) = path.last().copied() {
            let Some((envelope, _)) = waiting.get(&hash) else {
                path.pop();
                continue;
            };
            // A hash cannot follow itself, so the path ends.
            if let Some(earlier) = envelope.dependencies.iter().find(|earlier| waiting.contains_key(*earlier)) {
                path.push(*earlier);
            } else if let Some((envelope, bytes)) = waiting.remove(&hash) {
                offer.follows.insert(hash, envelope.dependencies);
                offer.changes.push(NewChange { hash, bytes });
                path.pop();
            }
        }
    }
}
