//! What a peer offers: change by change through the authority, as at the first door.
//!
//! Promise: a refused change is answered once, by name, and is nobody else's business; a peer that goes on is told that the
//! document is not there for it any more, and not listened to.

use std::collections::BTreeSet;

use ed25519_dalek::Signer;
use sync::DocumentKey;
use sync::document::NewChange;
use sync::repo::{Conversation, Frame, RefusedChange};
use sync::signature::vouch_message;
use sync::wire::{PushItem, SignedChange};

use super::Session;
use crate::relay::push::decide;
use crate::relay::session::{End, spend};

impl Session<'_> {
    /// Puts what a sync message offers through the authority, and says what came of it.
    pub(super) async fn consider(
        &mut self,
        key: DocumentKey,
        conversation: &mut Conversation,
        data: &[u8],
    ) -> Result<(), End> {
        let Ok(offer) = conversation.hear(data) else {
            tracing::info!(person = %self.caller.person, document = %key, "a sync message could not be read");
            conversation.mute();
            return self.unavailable(key).await;
        };
        let refused = self.decided(key, &offer.changes).await?;
        let hashes: BTreeSet<[u8; 32]> = refused.iter().map(|change| change.hash).collect();
        let said = conversation.answer(offer, &hashes);
        if let Some(subject) = self.subject(key).filter(|_| !refused.is_empty()) {
            self.send(&Frame::Refused(subject, refused)).await?;
        }
        if conversation.is_muted() {
            return self.unavailable(key).await;
        }
        self.say(key, said).await
    }

    /// Those of the changes that are not admitted.
    async fn decided(&self, key: DocumentKey, changes: &[NewChange]) -> Result<Vec<RefusedChange>, End> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        spend(self.app, self.caller, changes.len(), 0)?;
        let items = changes.iter().map(|change| PushItem::Change(self.vouched(key, change))).collect();
        let decided = decide(self.app, self.caller, items).await?;
        let refused = decided.into_iter().filter_map(|decided| {
            let refusal = decided.outcome.err()?;
            Some(RefusedChange { hash: decided.hash, code: refusal.code })
        });
        Ok(refused.collect())
    }

    /// The change, with our word for it that it came on this session.
    fn vouched(&self, document: DocumentKey, change: &NewChange) -> SignedChange {
        let device = self.caller.device;
        let signature = self.app.relay.0.key.sign(&vouch_message(&document, &change.hash, device));
        SignedChange {
            document,
            hash: change.hash,
            bytes: change.bytes.clone(),
            device,
            signature: signature.to_bytes().to_vec(),
        }
    }
}
