//! Taps on cards: from the platform's word to the authority's decision.
//!
//! Promise: a tap decides only when our own token says which question it answers, the account is
//! bound to the person to whom the card was sent, and the authority agrees; in one transaction, and
//! any number of times with the same outcome. Whatever is refused is refused by a name that the log
//! holds, and the card is brought up to date. The verified callback is kept as evidence.

use std::sync::Arc;

use bot::ladder::{self, Known};
use bot::{
    ActionToken, CardAction, CardView, ChatAdapter, ChatIdentity, ChatMessage, Platform, Refusal, SurfaceHandle, Tap,
    TapHandler, TapOutcome,
};
use budget::{PersonId, Timestamp};
use futures_util::future::BoxFuture;
use sync::record::Verb;
use sync::view::{Surface, codes};

use super::desk::{CardOf, Desk};
use super::metrics::{Metrics, outcome_code};
use super::{accounts, evidence, messages, rows};
use crate::authority::{Answer, Authority, CardResult, CardTap, Refused};
use crate::http::AppState;
use crate::store::{Stop, StoreError, Turn};

/// What stands as the reason of a rejection by card, which has no field to type one.
const REJECTED_BY_CARD: &str = "在聊天卡片上拒绝";
/// A platform's answer to a tap must not be overtaken by an update, in milliseconds.
const TAP_HOLD: i64 = 3_000;

/// Decides on taps of one platform.
pub(super) struct Taps {
    pub(super) app: AppState,
    pub(super) adapter: Arc<dyn ChatAdapter>,
    pub(super) desk: Desk,
    pub(super) metrics: Arc<Metrics>,
}

impl TapHandler for Taps {
    fn tap(&self, tap: Tap) -> BoxFuture<'_, TapOutcome> {
        Box::pin(async move {
            let outcome = self.decide(&tap).await;
            self.metrics.tapped(&outcome);
            let (platform, code) = (tap.platform.word(), outcome_code(&outcome));
            tracing::info!(platform, code, card = tap.card, "a tap");
            outcome
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
        Box::pin(messages::answer(&self.app, self.adapter.as_ref(), &self.desk, message))
    }
}

impl Taps {
    /// One transaction: identity, token, authority, and the card as it stands afterwards.
    async fn decide(&self, tap: &Tap) -> TapOutcome {
        let (desk, tap) = (self.desk.clone(), tap.clone());
        let fan_out = self.app.relay.fan_out().clone();
        let decided = self.app.store.writer.run(move |turn| {
            let (outcome, effects) = decide(turn, &desk, &tap)?;
            if let Some(details) = tap.details.clone()
                && rows::card(turn.connection, &tap.card)?.is_some()
            {
                let (platform, key) = (tap.platform, tap.card.clone());
                let handle = SurfaceHandle { platform, key, user: Some(tap.user.clone()), details: Some(details) };
                rows::keep_handle(turn.connection, &tap.card, &handle, turn.now)?;
            }
            // A passive reply changes a button; the whole card follows with the code that this tap brought.
            if matches!(tap.platform, Platform::WeCom | Platform::Feishu) && outcome != TapOutcome::Unbound {
                rows::show_again(turn.connection, &tap.card, Timestamp(turn.now.0.saturating_add(TAP_HOLD)))?;
            }
            turn.after_commit(move || {
                fan_out.tell(&effects);
                fan_out.ring_outbox();
            });
            Ok::<_, Stop<std::convert::Infallible>>(outcome)
        });
        decided.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a tap could not be decided");
            TapOutcome::Unavailable
        })
    }
}

type Decided = (TapOutcome, Vec<crate::authority::Effect>);

fn decide(turn: &mut Turn<'_, Authority>, desk: &Desk, tap: &Tap) -> Result<Decided, StoreError> {
    let now = u64::try_from(turn.now.0).unwrap_or_default();
    let identity = ChatIdentity::new(tap.platform, tap.corporation.as_str(), &tap.user);
    let person = accounts::person(turn.connection, &identity)?;
    let named = person.map(|person| person.to_string());
    let known = Known {
        corporation: &desk.corporation,
        person: named.as_deref(),
        active: person.is_some_and(|person| turn.state.books().organisation.active(person).is_some()),
        now,
    };
    let card_of = |token: &ActionToken| card(token).map(|card| desk.card_of(&card));
    let stopped = match ladder::climb(tap, &known, &desk.keys, card_of) {
        Ok(token) => match (person, card(&token)) {
            (Some(person), Some(card)) => return put(turn, desk, tap, &card, token.action, person),
            _ => ladder::Stop::Refused(Refusal::InvalidButton, None),
        },
        Err(stopped) => stopped,
    };
    tracing::warn!(platform = tap.platform.word(), code = stopped.code(), card = tap.card, "a tap was refused");
    let outcome = match stopped {
        ladder::Stop::Unbound => TapOutcome::Unbound,
        ladder::Stop::Refused(why @ (Refusal::OtherCompany | Refusal::Left), _) => TapOutcome::Denied(why),
        ladder::Stop::Refused(why, token) => {
            let shown = match token.and_then(|token| card(&token)) {
                Some(card) => Some(card),
                // A button that says nothing: the card is known by its name.
                None => rows::card(turn.connection, &tap.card)?,
            };
            refuse(turn, desk, shown, why)?
        }
    };
    Ok((outcome, Vec::new()))
}

/// The question that a token of ours answers.
fn card(token: &ActionToken) -> Option<CardOf> {
    Some(CardOf {
        request: token.request.parse().ok()?,
        step: token.step,
        revision: token.revision,
        approver: token.approver.parse().ok()?,
    })
}

/// Asks the authority, and reads the card as it stands after that.
fn put(
    turn: &mut Turn<'_, Authority>,
    desk: &Desk,
    tap: &Tap,
    card: &CardOf,
    action: CardAction,
    person: PersonId,
) -> Result<Decided, StoreError> {
    let now = u64::try_from(turn.now.0).unwrap_or_default();
    let total = turn.state.request(card.request).map_or(0, |request| request.view.total.fen());
    if !ladder::one_tap_is_enough(action, total, desk.one_tap_limit.map(budget::Money::fen)) {
        return Ok((refuse(turn, desk, Some(*card), Refusal::NeedsPage)?, Vec::new()));
    }
    let verb = match action {
        CardAction::Approve => Verb::Approve,
        CardAction::Reject => Verb::Reject,
    };
    let decision = CardTap {
        person,
        request: card.request,
        revision: card.revision,
        step: card.step,
        verb,
        reason: if verb == Verb::Approve { String::new() } else { REJECTED_BY_CARD.to_owned() },
        through: surface(tap.platform),
        evidence: evidence::hash(tap),
    };
    let Answer { outcome, effects } = turn.state.decide_by_card(turn.connection, turn.now, &decision)?;
    if !effects.is_empty() && matches!(outcome, Ok(CardResult::Applied(_))) {
        evidence::keep(turn.connection, tap, card, person, turn.now)?;
    }
    let view = desk.view(turn.connection, turn.state, card, now)?;
    Ok((view.map_or(TapOutcome::Unavailable, |view| spoken(outcome, view)), effects))
}

fn refuse(
    turn: &mut Turn<'_, Authority>,
    desk: &Desk,
    card: Option<CardOf>,
    why: Refusal,
) -> Result<TapOutcome, StoreError> {
    let now = u64::try_from(turn.now.0).unwrap_or_default();
    let Some(card) = card else {
        return Ok(TapOutcome::Denied(why));
    };
    let view = desk.view(turn.connection, turn.state, &card, now)?;
    Ok(view.map_or_else(|| TapOutcome::Denied(why.clone()), |view| TapOutcome::Refused { view, why: why.clone() }))
}

/// The platform as records name it.
pub(super) const fn surface(platform: Platform) -> Surface {
    match platform {
        Platform::DingTalk => Surface::DingTalk,
        Platform::WeCom | Platform::WeComAiBot => Surface::WeCom,
        Platform::Feishu => Surface::Feishu,
        Platform::WeChatMiniProgram => Surface::WeChat,
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
