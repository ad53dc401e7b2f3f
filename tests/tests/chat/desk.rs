//! A desk that decides on taps as the server does, with real tokens, but in memory.

use bot::card::{CardAction, CardState, CardView, Decision};
use bot::surface::{ChatAdapter, ChatIdentity, Delivery, Platform, Recipient, SendError, SurfaceHandle};
use bot::tap::{ChatMessage, Refusal, Tap, TapHandler, TapOutcome};
use bot::token::{ActionToken, TokenError, TokenKeys};
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
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
    adapter: Arc<dyn ChatAdapter>,
    corporation: &'static str,
    /// What is needed to change each card, as a server would store it.
    pub(crate) handles: Mutex<HashMap<String, SurfaceHandle>>,
    pub(crate) moods: Mutex<HashMap<String, Mood>>,
    revision: Mutex<u32>,
    /// Who decided what, by card. One entry a card, for ever.
    pub(crate) decisions: Mutex<HashMap<String, (String, CardAction)>>,
    pub(crate) taps: Mutex<Vec<Tap>>,
    pub(crate) missed: Mutex<Vec<Tap>>,
    pub(crate) messages: Mutex<Vec<ChatMessage>>,
}

impl Desk {
    /// A desk where nothing has been decided yet.
    pub(crate) fn new(adapter: Arc<dyn ChatAdapter>, corporation: &'static str) -> Self {
        Self {
            keys: TokenKeys::new([7; 32], None),
            adapter,
            corporation,
            handles: Mutex::default(),
            moods: Mutex::default(),
            revision: Mutex::new(1),
            decisions: Mutex::default(),
            taps: Mutex::default(),
            missed: Mutex::default(),
            messages: Mutex::default(),
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
            identity: ChatIdentity::new(self.adapter.platform(), self.corporation, user),
            tokens: CardAction::ALL.map(|action| (action, self.token(&view, &user.to_lowercase(), action))).into(),
        };
        Delivery { key: card.into(), recipients: users.iter().map(recipient).collect(), view }
    }

    /// Puts the card before one user and keeps what changes it later.
    pub(crate) async fn send(&self, card: &str, user: &str) -> Result<(), SendError> {
        for handle in self.adapter.send(&self.delivery(card, &[user])).await? {
            self.handles.lock().unwrap().insert(card.into(), handle);
        }
        Ok(())
    }

    /// Brings the card to how its question stands.
    pub(crate) async fn update(&self, card: &str, user: &str) -> Result<(), SendError> {
        let handle = self.handles.lock().unwrap().get(card).cloned().unwrap();
        if let Some(changed) = self.adapter.update(&handle, &self.delivery(card, &[user])).await? {
            self.handles.lock().unwrap().insert(card.into(), changed);
        }
        Ok(())
    }

    /// Somebody decides in the app.
    pub(crate) fn decide_elsewhere(&self, card: &str) {
        self.decisions.lock().unwrap().insert(card.into(), ("cfo".into(), CardAction::Reject));
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
        if token.approver != person || tap.corporation != self.corporation {
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
            if tap.details.is_some()
                && let Some(handle) = self.handles.lock().unwrap().get_mut(&tap.card)
            {
                handle.details.clone_from(&tap.details);
            }
            let mood = self.moods.lock().unwrap().get(&tap.card).copied().unwrap_or_default();
            match mood {
                Mood::Quick => {}
                Mood::Slow(time) => sleep(time).await,
                Mood::Broken => panic!("the desk is broken on purpose"),
                Mood::Meddling => {
                    let delivery = self.delivery(&tap.card, &[tap.user.as_str()]);
                    self.adapter.update(&handle(&tap.card), &delivery).await.unwrap();
                }
            }
            self.decide(&tap)
        })
    }

    fn missed(&self, tap: Tap, _outcome: Option<TapOutcome>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let users: &[&str] =
                if self.adapter.platform() == Platform::DingTalk { &["boss", "cfo"] } else { &["boss"] };
            let delivery = self.delivery(&tap.card, users);
            self.missed.lock().unwrap().push(tap.clone());
            let known = self.handles.lock().unwrap().get(&tap.card).cloned();
            // A server leaves this to its outbox; here the card is sent at once, which is the stricter test.
            self.adapter.update(&known.unwrap_or_else(|| handle(&tap.card)), &delivery).await.unwrap();
        })
    }

    fn message(&self, message: ChatMessage) -> BoxFuture<'_, ()> {
        self.messages.lock().unwrap().push(message);
        Box::pin(async {})
    }
}

pub(crate) fn handle(card: &str) -> SurfaceHandle {
    SurfaceHandle { platform: Platform::DingTalk, key: card.into(), user: None, details: None }
}
