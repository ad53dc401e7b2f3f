//! Cards made from the authority's state, on the writer's thread.

use crate::store::sql::{Connection, params};
use bot::{ActionToken, CardAction, CardView, Delivery, Platform, Recipient, TokenKeys};
use budget::ledger::Answer as BudgetAnswer;
use budget::{Code, Money, PersonId, RequestId, Timestamp};
use sync::Record;

use super::accounts;
use super::card::{self, Subject, Surroundings};
use crate::authority::view::{Sight, SightOf};
use crate::authority::{Authority, Request, outbox};
use crate::store::StoreError;

/// How long the buttons of a card work: seven days. Afterwards the page does.
const BUTTON_LIFE: u64 = 7 * 24 * 60 * 60 * 1000;
/// In WeCom a card can be changed for 72 hours after it was sent, so its buttons end with that.
const WECOM_BUTTON_LIFE: u64 = 72 * 60 * 60 * 1000;

/// What making cards needs beside the state.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) platform: Platform,
    /// The company's id on the platform.
    pub(super) corporation: String,
    /// What people type to come here, without a slash at the end.
    pub(super) origin: String,
    /// Sign the permission behind a button.
    pub(super) keys: TokenKeys,
    /// Above this total an approval needs the page; `None` for no limit.
    pub(super) one_tap_limit: Option<Money>,
}

impl Desk {
    const fn button_life(&self) -> u64 {
        match self.platform {
            Platform::WeCom | Platform::WeComAiBot => WECOM_BUTTON_LIFE,
            Platform::DingTalk | Platform::Feishu | Platform::WeChatMiniProgram => BUTTON_LIFE,
        }
    }

    /// The name of the card that a question has on this platform.
    pub(super) fn card_of(&self, card: &CardOf) -> String {
        outbox::card(self.platform.word(), card.request, card.revision, card.step, card.approver)
    }

    /// What a card says now; `None` when the authority does not know its request.
    pub(super) fn view(
        &self,
        connection: &Connection,
        state: &Authority,
        card: &CardOf,
        now: u64,
    ) -> Result<Option<CardView>, StoreError> {
        let Some(request) = state.request(card.request) else {
            return Ok(None);
        };
        let shown = submitted_total(connection, card.request, card.revision)?.unwrap_or(request.view.total);
        let subject =
            Subject { request: card.request, step: card.step, revision: card.revision, approver: card.approver, shown };
        let books = state.books();
        let around = Surroundings {
            organisation: &books.organisation,
            scheme: &books.scheme,
            available: available(state, request, card.approver),
            origin: &self.origin,
            as_of: Timestamp(i64::try_from(now).unwrap_or(i64::MAX)),
        };
        Ok(Some(card::view(&subject, &request.view, &around)))
    }

    /// A card on its way to its approver; `None` when the approver has no account here.
    pub(super) fn delivery(
        &self,
        connection: &Connection,
        key: &str,
        card: &CardOf,
        view: CardView,
        made_at: u64,
    ) -> Result<Option<Delivery>, StoreError> {
        let account = accounts::account(connection, self.platform, &self.corporation, card.approver)?;
        let Some(identity) = account else {
            return Ok(None);
        };
        let tokens = CardAction::ALL.into_iter().filter_map(|action| {
            let token = ActionToken {
                request: card.request.to_string(),
                step: card.step,
                revision: card.revision,
                approver: card.approver.to_string(),
                action,
                expires_at: made_at.saturating_add(self.button_life()),
            };
            // Ids of ours are short; the only error is a token that is too long.
            Some((action, self.keys.sign(&token).ok()?))
        });
        let recipients = vec![Recipient { identity, tokens: tokens.collect() }];
        Ok(Some(Delivery { key: key.to_owned(), view, recipients }))
    }
}

/// Which question a card asks, and whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CardOf {
    pub(super) request: RequestId,
    pub(super) revision: u32,
    pub(super) step: u32,
    pub(super) approver: PersonId,
}

/// What the scarcest budget line of a request still has, as far as the approver may know.
fn available(state: &Authority, request: &Request, approver: PersonId) -> Option<Money> {
    let sight = Sight::of(state.books(), approver);
    let left = |line: &Code| {
        if sight.on(line) == SightOf::Nothing {
            return None;
        }
        state.ledger().balance(line)?.available()
    };
    let answer = BudgetAnswer::compute(state.ledger().scheme(), &request.charges, left);
    answer.lines.iter().map(|line| line.available).min()
}

/// The total of a revision, as its claimant signed it.
fn submitted_total(connection: &Connection, request: RequestId, revision: u32) -> Result<Option<Money>, StoreError> {
    let mut rows = connection
        .prepare_cached("SELECT body FROM record WHERE request = ?1 AND kind = 'submission' ORDER BY position DESC")?;
    for body in rows.query_map(params![request.bytes()], |row| row.get::<Vec<u8>>(0))? {
        if let Ok(Record::Submission(submission)) = Record::parse(&body?)
            && submission.revision == revision
        {
            return Ok(Some(submission.total));
        }
    }
    Ok(None)
}
