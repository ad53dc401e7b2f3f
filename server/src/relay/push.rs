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
use crate::authority::{self, Answer, Caller, Pushed};
use crate::http::App;
use crate::store::{Stop, WriteError};

/// What became of one item.
pub(super) struct Decided {
    pub(super) hash: [u8; 32],
    /// For a change: its document.
    pub(super) document: Option<DocumentKey>,
    pub(super) outcome: Result<Pushed, authority::Refused>,
}

impl Session<'_> {
    /// Puts a push through the authority and answers it.
    pub(super) async fn push(&mut self, push: Push) -> Result<(), End> {
        let mut admitted = Vec::new();
        let mut refused = Vec::new();
        for Decided { hash, document, outcome } in decide(self.app, self.caller, push.items).await? {
            match outcome {
                Ok(pushed) => {
                    // A retry of something older is not on its way here any more.
                    if document.is_some() && pushed.position > self.cursor {
                        self.own.insert(hash);
                    }
                    admitted.push(Head(hash));
                }
                Err(refusal) => refused.push((hash, refusal)),
            }
        }
        if !admitted.is_empty() {
            self.out.send(&ServerFrame::Ack(Ack { push: push.id, admitted })).await?;
        }
        for (hash, refusal) in refused {
            self.out.send(&ServerFrame::Refused(named(push.id, hash, refusal))).await?;
        }
        Ok(())
    }
}

/// Decides items in their order, by whichever door they came. Work on a document is a chain: what follows a refused change
/// cannot stand, and its refusal says so.
pub(super) async fn decide(app: &App, caller: Caller, items: Vec<PushItem>) -> Result<Vec<Decided>, End> {
    let mut decided = put(app, caller, items).await?;
    let mut broken = HashSet::new();
    for Decided { document, outcome, .. } in &mut decided {
        let (Some(document), Err(refusal)) = (document, outcome) else { continue };
        let follows = !broken.insert(*document);
        if follows && refusal.code == codes::UNKNOWN_DEPENDENCY {
            refusal.code = codes::DEPENDS_ON_REFUSED;
        }
    }
    for refusal in decided.iter().filter_map(|decided| decided.outcome.as_ref().err()) {
        tracing::info!(code = refusal.code, person = %caller.person, "refused: {}", refusal.detail.message);
    }
    Ok(decided)
}

/// Queues every item at once, in order, so that they share a commit; then waits for the answers.
async fn put(app: &App, caller: Caller, items: Vec<PushItem>) -> Result<Vec<Decided>, End> {
    let mut waiting = Vec::with_capacity(items.len());
    for item in items {
        let hash = item.hash();
        let document = match &item {
            PushItem::Change(change) => Some(change.document),
            PushItem::Record(_) => None,
        };
        let fan_out = app.relay.fan_out().clone();
        let answer = app.store.writer.send(move |turn| {
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

fn named(push: u64, hash: [u8; 32], refusal: authority::Refused) -> Refused {
    let detail = serde_json::to_vec(&refusal.detail).unwrap_or_default();
    Refused { push, hash, code: refusal.code.to_owned(), detail, accepted: refusal.accepted }
}
