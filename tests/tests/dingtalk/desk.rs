//! A desk that decides on taps as the server does, with real tokens, but in memory.

use bot::card::{CardAction, CardState, CardView, Decision};
use bot::dingtalk::DingTalk;
use bot::surface::{
    ChatAdapter, ChatIdentity, Delivery, Platform, Recipient, Refusal, SurfaceHandle, Tap, TapHandler, TapOutcome,
};
use bot::token::{ActionToken, TokenError, TokenKeys};
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use tests::dingtalk::CORPORATION;
use tokio::time::sleep;

const NOW: u64 = 1_794_000_000_000;
const AMOUNTS: [&str; 2] = ["5,200.00", "9,200.00"];

/// How the desk behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Quick,
    /// Takes this long to decide.
    Slow(Duration),
    /// Panics.
    Broken,
    /// Changes the card inside the callback, which is forbidden.
    Meddling,
}

/// The server's part: one question per card.
pub(crate) struct Desk {
    keys: TokenKeys,
    dingtalk: DingTalk,
    pub(crate) moods: Mutex<HashMap<String, Mood>>,
    revision: Mutex<u32>,
    /// Who decided what, by card. One entry a card, for ever.
    pub(crate) decisions: Mutex<HashMap<String, (String, CardAction)>>,
    pub(crate) taps: Mutex<Vec<Tap>>,
    pub(crate) missed: Mutex<Vec<Tap>>,
}

impl Desk {
    /// A desk where nothing has been decided yet.
    pub(crate) fn new(dingtalk: DingTalk) -> Self {
        Self {
            keys: TokenKeys::new([7; 32], None),
            dingtalk,
            moods: Mutex::default(),
            revision: Mutex::new(1),
            decisions: Mutex::default(),
            taps: Mutex::default(),
            missed: Mutex::default(),
        }
    }

    /// The claimant edits: the amount changes.
    pub(crate) fn edit(&self) {
        *self.revision.lock().unwrap() = 2;
    }

    /// The card as it stands.
    fn view(&self, card: &str) -> CardView {
        let revision = *self.revision.lock().unwrap();
        let state = match self.decisions.lock().unwrap().get(card) {
            None => CardState::Pending,
            Some((by, action)) => CardState::Decided {
                by: by.clone(),
                at_text: "10-12 10:32".into(),
                decision: match action {
                    CardAction::Approve => Decision::Approved,
                    CardAction::Reject => Decision::Rejected,
                },
            },
        };
        CardView {
            request: "request-1".into(),
            step: 1,
            revision,
            title: "张三的差旅报销".into(),
            facts: vec![
                ("金额".into(), format!("¥{}", AMOUNTS[revision as usize - 1])),
                ("部门".into(), "市场部".into()),
                ("预算".into(), "推广费 2026Q3，可用 50,000.00".into()),
            ],
            state,
            actions: CardAction::ALL.into(),
            detail_url: "https://suanpan.example/requests/request-1".into(),
        }
    }

    /// The card as it stands, on its way to users.
    pub(crate) fn delivery(&self, card: &str, users: &[&str]) -> Delivery {
        let view = self.view(card);
        let recipient = |user: &&str| Recipient {
            identity: ChatIdentity {
                platform: Platform::DingTalk,
                corporation: CORPORATION.into(),
                user: (*user).to_owned(),
            },
            tokens: CardAction::ALL.map(|action| (action, self.token(&view, user, action))).into(),
        };
        Delivery { key: card.into(), recipients: users.iter().map(recipient).collect(), view }
    }

    fn token(&self, view: &CardView, user: &str, action: CardAction) -> String {
        let token = ActionToken {
            request: view.request.clone(),
            step: view.step,
            revision: view.revision,
            approver: format!("person of {user}"),
            action,
            expires_at: NOW + 1,
        };
        self.keys.sign(&token).unwrap()
    }

    fn decide(&self, tap: &Tap) -> TapOutcome {
        let person = match tap.user.as_str() {
            "stranger" => return TapOutcome::Unbound,
            user => format!("person of {user}"),
        };
        let refused = |why| TapOutcome::Refused { view: self.view(&tap.card), why };
        let token = match self.keys.verify(&tap.token, NOW) {
            Ok(token) => token,
            Err(TokenError::Expired(_)) => return refused(Refusal::Expired),
            Err(_) => return refused(Refusal::InvalidButton),
        };
        if token.approver != person || tap.corporation != CORPORATION {
            return refused(Refusal::NotYours);
        }
        if token.revision != self.view(&tap.card).revision {
            let [from, to] = AMOUNTS.map(str::to_owned);
            return refused(Refusal::Changed { from, to });
        }
        let mut decisions = self.decisions.lock().unwrap();
        let fresh = !decisions.contains_key(&tap.card);
        decisions.entry(tap.card.clone()).or_insert((tap.user.clone(), token.action));
        drop(decisions);
        let view = self.view(&tap.card);
        if fresh { TapOutcome::Applied(view) } else { TapOutcome::Already(view) }
    }
}

impl TapHandler for Desk {
    fn tap(&self, tap: Tap) -> BoxFuture<'_, TapOutcome> {
        Box::pin(async move {
            self.taps.lock().unwrap().push(tap.clone());
            let mood = self.moods.lock().unwrap().get(&tap.card).copied().unwrap_or_default();
            match mood {
                Mood::Quick => {}
                Mood::Slow(time) => sleep(time).await,
                Mood::Broken => panic!("the desk is broken on purpose"),
                Mood::Meddling => {
                    let delivery = self.delivery(&tap.card, &[tap.user.as_str()]);
                    self.dingtalk.update(&handle(&tap.card), &delivery).await.unwrap();
                }
            }
            self.decide(&tap)
        })
    }

    fn missed(&self, tap: Tap, _outcome: Option<TapOutcome>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let delivery = self.delivery(&tap.card, &["boss", "cfo"]);
            self.missed.lock().unwrap().push(tap.clone());
            // A server leaves this to its outbox; here the card is sent at once, which is the stricter test.
            self.dingtalk.update(&handle(&tap.card), &delivery).await.unwrap();
        })
    }
}

pub(crate) fn handle(card: &str) -> SurfaceHandle {
    SurfaceHandle { platform: Platform::DingTalk, key: card.into(), user: None, details: None }
}
