//! What a device pushes: item by item through the authority, answered after COMMIT.
//!
//! Promise: items are decided in their order; the answer names every one of them, as admitted or as
//! refused and why. When the store cannot take them nothing is answered, and the device offers them
//! again: the same work twice is the same answer.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sync::DocumentKey;
use sync::record::Head;
use sync::view::{RefusalDetail, codes};
use sync::wire::{Ack, Push, PushItem, Refused, ServerFrame};

use super::session::{End, Session};
use crate::authority::{self, Answer, Caller};
use crate::cluster::Turn;
use crate::http::App;
use crate::store::{Stop, WriteError};

/// What became of one item: its position in the log, or why it is refused. It travels between servers as JSON.
pub(crate) type Outcome = Result<u64, Refusal>;

/// Why an item is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(super) code: String,
    detail: RefusalDetail,
    accepted: Vec<[u8; 32]>,
}

/// Nothing was acknowledged; the device offers it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Too much waits.
    Busy,
    /// The store, or the server that writes, cannot take it.
    Unavailable,
}

/// An item with what became of it.
pub(super) struct Decided {
    pub(super) hash: [u8; 32],
    /// For a change: its document.
    pub(super) document: Option<DocumentKey>,
    pub(super) outcome: Outcome,
}

impl Session<'_> {
    /// Puts a push through the authority and answers it.
    pub(super) async fn push(&mut self, push: Push) -> Result<(), End> {
        let mut admitted = Vec::new();
        let mut refused = Vec::new();
        for Decided { hash, document, outcome } in decide(self.app, self.caller, push.items).await? {
            match outcome {
                Ok(position) => {
                    // A retry of something older is not on its way here any more.
                    if document.is_some() && position > self.cursor {
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

/// Decides items in their order, by whichever door they came, here or where the writer is. Work on a document is a chain:
/// what follows a refused change cannot stand, and its refusal says so.
pub(super) async fn decide(app: &App, caller: Caller, items: Vec<PushItem>) -> Result<Vec<Decided>, End> {
    let named: Vec<_> = items.iter().map(|item| (item.hash(), document(item))).collect();
    let outcomes = match app.turn().await {
        Turn::Ours => decide_here(app, caller, items).await,
        Turn::Theirs(leader) => leader.push(caller, items).await,
        Turn::Nobodys => Err(Unanswered::Unavailable),
    };
    let outcomes = outcomes.map_err(|unanswered| match unanswered {
        Unanswered::Busy => End::Closing("busy"),
        Unanswered::Unavailable => End::Closing("unavailable"),
    })?;
    let decided =
        named.into_iter().zip(outcomes).map(|((hash, document), outcome)| Decided { hash, document, outcome });
    let mut decided: Vec<Decided> = decided.collect();
    let mut broken = HashSet::new();
    for Decided { document, outcome, .. } in &mut decided {
        let (Some(document), Err(refusal)) = (document, outcome) else { continue };
        let follows = !broken.insert(*document);
        if follows && refusal.code == codes::UNKNOWN_DEPENDENCY {
            codes::DEPENDS_ON_REFUSED.clone_into(&mut refusal.code);
        }
    }
    for refusal in decided.iter().filter_map(|decided| decided.outcome.as_ref().err()) {
        tracing::info!(code = refusal.code, person = %caller.person, "refused: {}", refusal.detail.message);
    }
    Ok(decided)
}

/// For a change: its document.
const fn document(item: &PushItem) -> Option<DocumentKey> {
    match item {
        PushItem::Change(change) => Some(change.document),
        PushItem::Record(_) => None,
    }
}

/// Queues every item at once, in order, so that they share a commit; then waits for the answers, one for each.
pub(crate) async fn decide_here(app: &App, caller: Caller, items: Vec<PushItem>) -> Result<Vec<Outcome>, Unanswered> {
    let mut waiting = Vec::with_capacity(items.len());
    for item in items {
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
        // What was queued before goes through; the device hears of it when it offers it again.
        waiting.push(answer.map_err(|_| Unanswered::Busy)?);
    }
    let mut outcomes = Vec::with_capacity(waiting.len());
    for answer in waiting {
        outcomes.push(match answer.await {
            Ok(Ok(outcome)) => outcome.map(|pushed| pushed.position).map_err(Refusal::from),
            Ok(Err(WriteError::Refused(never))) => match never {},
            Ok(Err(WriteError::Busy)) => return Err(Unanswered::Busy),
            Ok(Err(WriteError::Unavailable)) | Err(_) => return Err(Unanswered::Unavailable),
        });
    }
    Ok(outcomes)
}

impl From<authority::Refused> for Refusal {
    fn from(refused: authority::Refused) -> Self {
        let accepted = refused.accepted.into_iter().map(|head| head.0).collect();
        Self { code: refused.code.to_owned(), detail: *refused.detail, accepted }
    }
}

fn named(push: u64, hash: [u8; 32], refusal: Refusal) -> Refused {
    let detail = serde_json::to_vec(&refusal.detail).unwrap_or_default();
    let accepted = refusal.accepted.into_iter().map(Head).collect();
    Refused { push, hash, code: refusal.code, detail, accepted }
}
