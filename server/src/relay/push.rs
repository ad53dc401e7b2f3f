//! What a device pushes: item by item through the authority, answered after COMMIT.
//!
//! Promise: items are decided in their order; the answer names every one of them, as admitted or as
//! refused and why. When the store cannot take them nothing is answered, and the device offers them
//! again: the same work twice is the same answer.

use std::collections::HashSet;

use sync::DocumentKey;
use sync::record::Head;
use sync::view::codes;
use sync::wire::{Ack, Push, PushItem, Refused, ServerFrame};

use super::session::{End, Session};
use crate::authority::{self, Answer, Pushed};
use crate::store::{Stop, WriteError};

/// What became of one item.
struct Decided {
    hash: [u8; 32],
    /// For a change: its document.
    document: Option<DocumentKey>,
    outcome: Result<Pushed, authority::Refused>,
}

impl Session<'_> {
    /// Puts a push through the authority and answers it.
    pub(super) async fn push(&mut self, push: Push) -> Result<(), End> {
        let mut admitted = Vec::new();
        let mut refused = Vec::new();
        let mut broken = HashSet::new();
        for Decided { hash, document, outcome } in self.decide(push.items).await? {
            match outcome {
                Ok(pushed) => {
                    // A retry of something older is not on its way here any more.
                    if document.is_some() && pushed.position > self.cursor {
                        self.own.insert(hash);
                    }
                    admitted.push(Head(hash));
                }
                Err(mut refusal) => {
                    if let Some(document) = document {
                        // Work on a document is a chain: what follows a refused change cannot stand.
                        let follows = !broken.insert(document);
                        if follows && refusal.code == codes::UNKNOWN_DEPENDENCY {
                            refusal.code = codes::DEPENDS_ON_REFUSED;
                        }
                    }
                    refused.push((hash, refusal));
                }
            }
        }
        if !admitted.is_empty() {
            self.out.send(&ServerFrame::Ack(Ack { push: push.id, admitted })).await?;
        }
        for (hash, refusal) in refused {
            tracing::info!(code = refusal.code, person = %self.caller.person, "refused: {}", refusal.detail.message);
            self.out.send(&ServerFrame::Refused(named(push.id, hash, refusal))).await?;
        }
        Ok(())
    }

    /// Queues every item at once, in order, so that they share a commit; then waits for the answers.
    async fn decide(&self, items: Vec<PushItem>) -> Result<Vec<Decided>, End> {
        let mut waiting = Vec::with_capacity(items.len());
        for item in items {
            let hash = item.hash();
            let document = match &item {
                PushItem::Change(change) => Some(change.document),
                PushItem::Record(_) => None,
            };
            let caller = self.caller;
            let fan_out = self.relay.fan_out().clone();
            let answer = self.app.store.writer.send(move |turn| {
                let Answer { outcome, effects } = match &item {
                    PushItem::Change(change) => turn.state.push_change(turn.connection, turn.now, &caller, change)?,
                    PushItem::Record(record) => turn.state.push_record(turn.connection, turn.now, &caller, record)?,
                };
                turn.after_commit(move || fan_out.tell(&effects));
                // A refusal is an answer like any other: its evidence is to be kept.
                Ok::<_, Stop<std::convert::Infallible>>(outcome)
            });
            match answer {
                Ok(answer) => waiting.push((hash, document, answer)),
                // What was queued before goes through; the device hears of it when it offers it again.
                Err(_) => return Err(End::Closing("busy")),
            }
        }
        let mut outcomes = Vec::with_capacity(waiting.len());
        for (hash, document, answer) in waiting {
            match answer.await {
                Ok(Ok(outcome)) => outcomes.push(Decided { hash, document, outcome }),
                Ok(Err(WriteError::Refused(never))) => match never {},
                Ok(Err(WriteError::Busy)) => return Err(End::Closing("busy")),
                Ok(Err(WriteError::Unavailable)) | Err(_) => {
                    return Err(End::Closing("unavailable"));
                }
            }
        }
        Ok(outcomes)
    }
}

fn named(push: u64, hash: [u8; 32], refusal: authority::Refused) -> Refused {
    let detail = serde_json::to_vec(&refusal.detail).unwrap_or_default();
    Refused { push, hash, code: refusal.code.to_owned(), detail, accepted: refusal.accepted }
}
