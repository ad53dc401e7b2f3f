//! Taps on cards: from the platform's word to the authority's decision.
//!
//! Promise: a tap decides only when our own token says which question it answers, the account is
//! bound to the person to whom the card was sent, and the authority agrees; in one transaction, and
//! any number of times with the same outcome. Whatever is refused, the card is brought up to date.

use bot::token::TokenError;
use bot::{ActionToken, CardAction, CardView, ChatIdentity, ChatMessage, Refusal, Tap, TapHandler, TapOutcome};
use budget::PersonId;
use futures_util::future::BoxFuture;
use sync::record::Verb;
use sync::view::{Surface, codes};

use super::desk::{CardOf, Desk};
use super::{accounts, rows};
use crate::authority::{Answer, CardResult, CardTap, Refused};
use crate::http::AppState;
use crate::store::{Stop, StoreError};

/// What stands as the reason of a rejection by card, which has no field to type one.
const REJECTED_BY_CARD: &str = "在钉钉卡片上拒绝";

/// Decides on taps.
pub(super) struct Taps {
    pub(super) app: AppState,
    pub(super) desk: Desk,
}

/// A tap whose token is ours.
struct Genuine {
    card: CardOf,
    verb: Verb,
    expired: bool,
}

impl TapHandler for Taps {
    fn tap(&self, tap: Tap) -> BoxFuture<'_, TapOutcome> {
        Box::pin(async move {
            match self.decide(&tap).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    tracing::error!(code = error.code(), %error, "a tap could not be decided");
                    TapOutcome::Unavailable
                }
            }
        })
    }

    fn missed(&self, tap: Tap, outcome: Option<TapOutcome>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            tracing::info!(
                card = tap.card,
                decided = outcome.is_some(),
                "the answer to a tap was missed; the card follows"
            );
            let fan_out = self.app.relay.fan_out().clone();
            let queued = self.app.store.writer.run(move |turn| {
                rows::show_again(turn.connection, &tap.card, turn.now)?;
                turn.after_commit(move || fan_out.ring_outbox());
                Ok::<_, Stop<std::convert::Infallible>>(())
            });
            if let Err(error) = queued.await {
                tracing::error!(%error, "a card that missed its answer could not be queued");
            }
        })
    }

    fn message(&self, message: ChatMessage) -> BoxFuture<'_, ()> {
        tracing::info!(id = message.id, "a message to the bot");
        Box::pin(async {})
    }
}

impl Taps {
    async fn decide(&self, tap: &Tap) -> Result<TapOutcome, StoreError> {
        if tap.platform != self.desk.platform || tap.corporation != self.desk.corporation {
            tracing::warn!(corporation = tap.corporation, "a tap from another company");
            return Ok(TapOutcome::Unbound);
        }
        let identity =
            ChatIdentity { platform: tap.platform, corporation: tap.corporation.clone(), user: tap.user.clone() };
        let person = self.app.store.readers.read(move |connection| accounts::person(connection, &identity)).await?;
        let Some(person) = person else {
            return Ok(TapOutcome::Unbound);
        };
        let Some(genuine) = self.open(&tap.token) else {
            return self.refuse_by_key(tap.card.clone(), Refusal::InvalidButton).await;
        };
        if genuine.card.approver != person {
            return self.refuse(genuine.card, Refusal::NotYours).await;
        }
        if genuine.expired {
            return self.refuse(genuine.card, Refusal::Expired).await;
        }
        self.put(genuine, person).await
    }

    /// The token, if we signed it.
    fn open(&self, token: &str) -> Option<Genuine> {
        let now = u64::try_from(self.app.clock.now().0).unwrap_or_default();
        let (token, expired) = match self.desk.keys.verify(token, now) {
            Ok(token) => (token, false),
            Err(TokenError::Expired(token)) => (*token, true),
            Err(error) => {
                tracing::warn!(code = error.code(), "a button that is not ours");
                return None;
            }
        };
        let ActionToken { request, step, revision, approver, action, .. } = token;
        let card = CardOf { request: request.parse().ok()?, step, revision, approver: approver.parse().ok()? };
        let verb = match action {
            CardAction::Approve => Verb::Approve,
            CardAction::Reject => Verb::Reject,
        };
        Some(Genuine { card, verb, expired })
    }

    /// Asks the authority, and reads the card as it stands after that, in one transaction.
    async fn put(&self, genuine: Genuine, person: PersonId) -> Result<TapOutcome, StoreError> {
        let Genuine { card, verb, .. } = genuine;
        let desk = self.desk.clone();
        let fan_out = self.app.relay.fan_out().clone();
        let decided = self.app.store.writer.run(move |turn| {
            let tap = CardTap {
                person,
                request: card.request,
                revision: card.revision,
                step: card.step,
                verb,
                reason: if verb == Verb::Approve { String::new() } else { REJECTED_BY_CARD.to_owned() },
                through: Surface::DingTalk,
            };
            let Answer { outcome, effects } = turn.state.decide_by_card(turn.connection, turn.now, &tap)?;
            turn.after_commit(move || fan_out.tell(&effects));
            let view = desk.view(turn.connection, turn.state, &card)?;
            Ok::<_, Stop<std::convert::Infallible>>((outcome, view))
        });
        Ok(match decided.await {
            Ok((outcome, Some(view))) => spoken(outcome, view),
            Ok((_, None)) | Err(_) => TapOutcome::Unavailable,
        })
    }

    async fn refuse(&self, card: CardOf, why: Refusal) -> Result<TapOutcome, StoreError> {
        let desk = self.desk.clone();
        let view =
            self.app.store.writer.run(move |turn| {
                Ok::<_, Stop<std::convert::Infallible>>(desk.view(turn.connection, turn.state, &card)?)
            });
        Ok(match view.await {
            Ok(Some(view)) => TapOutcome::Refused { view, why },
            Ok(None) | Err(_) => TapOutcome::Unavailable,
        })
    }

    /// For a button that says nothing: the card is known by its name.
    async fn refuse_by_key(&self, key: String, why: Refusal) -> Result<TapOutcome, StoreError> {
        let card = self.app.store.readers.read(move |connection| rows::card(connection, &key)).await?;
        match card {
            Some(card) => self.refuse(card, why).await,
            None => Ok(TapOutcome::Unavailable),
        }
    }
}

/// The authority's answer in the platform's terms.
fn spoken(outcome: Result<CardResult, Refused>, view: CardView) -> TapOutcome {
    let refused = match outcome {
        Ok(CardResult::Applied(_)) => return TapOutcome::Applied(view),
        Ok(CardResult::Already { .. }) => return TapOutcome::Already(view),
        Err(refused) => refused,
    };
    let why = match (refused.code, refused.detail.total) {
        (codes::STALE, Some((from, to))) => Refusal::Changed { from: from.grouped(), to: to.grouped() },
        (codes::NOT_YOUR_STEP | codes::OWN_REQUEST, _) => Refusal::NotYours,
        (codes::NO_REASON, _) => Refusal::NeedsPage,
        _ => Refusal::Closed,
    };
    tracing::info!(code = refused.code, "a tap was refused: {}", refused.detail.message);
    TapOutcome::Refused { view, why }
}
