//! A finger on a button: the callback, its two seconds, and what the answer does to the card.

use super::socket::Down;
use super::world::{Callback, frame};
use super::{CALLBACK_LIMIT, CORPORATION, Shared};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Instant;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Which button to press.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TapRequest {
    /// The card.
    pub out_track_id: String,
    /// Whose phone.
    pub user_id: String,
    /// `approve` or `reject`.
    pub action: String,
    /// How often the platform delivers the one press; 0 counts as 1.
    #[serde(default)]
    pub repeat: u32,
    /// What the button carries, where it is not what the phone shows now: an old copy of the card, or a forgery. It
    /// also presses a button that is no longer there.
    #[serde(default)]
    pub params: Option<Map<String, Value>>,
}

impl TapRequest {
    /// One press of a button that the phone shows.
    pub fn new(card: &str, user: &str, action: &str) -> Self {
        Self { out_track_id: card.to_owned(), user_id: user.to_owned(), action: action.to_owned(), ..Self::default() }
    }
}

/// What became of one delivery of a press.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TapResult {
    /// Whether there was a button and a socket to tell.
    pub delivered: bool,
    /// The code of the answer; none if it did not come in time.
    pub code: Option<i64>,
    /// The `response` of the answer.
    pub response: Value,
    /// How long it took.
    pub elapsed_milliseconds: u64,
}

/// Presses a button.
pub(super) async fn tap(sim: &Shared, request: TapRequest) -> Vec<TapResult> {
    let params = request.params.clone().or_else(|| {
        let world = sim.world();
        let card = world.cards.get(&request.out_track_id)?;
        let shown = card.buttons(&request.user_id).contains(&request.action.as_str());
        let token = card.seen_by(&request.user_id, &format!("tok_{}", request.action));
        shown
            .then(|| Map::from_iter([("action".to_owned(), json!(request.action)), ("token".to_owned(), json!(token))]))
    });
    let deliveries = (0..request.repeat.max(1)).map(|_| async {
        match &params {
            Some(params) => deliver(sim, &request, params).await,
            None => undelivered(),
        }
    });
    join_all(deliveries).await
}

fn undelivered() -> TapResult {
    TapResult { delivered: false, code: None, response: Value::Null, elapsed_milliseconds: 0 }
}

async fn deliver(sim: &Shared, request: &TapRequest, params: &Map<String, Value>) -> TapResult {
    let since = Instant::now();
    let content = json!({"cardPrivateData": {"actionIds": [request.action], "params": params}});
    let data = json!({
        "type": "actionCallback",
        "outTrackId": request.out_track_id,
        "corpId": CORPORATION,
        "userId": request.user_id,
        "userIdType": 1,
        "spaceType": "IM",
        "spaceId": request.user_id,
        "extension": "{}",
        "content": content.to_string(),
    });
    let (id, answered) = {
        let mut world = sim.world();
        let Some((socket, sender)) = world.pick_socket() else {
            return undelivered();
        };
        let id = format!("tap-{}", world.number());
        let (answer, answered) = oneshot::channel();
        let callback = Callback {
            socket,
            card: request.out_track_id.clone(),
            user: request.user_id.clone(),
            since,
            answer: Some(answer),
        };
        world.callbacks.insert(id.clone(), callback);
        let topic = "/v1.0/card/instances/callback";
        // A socket that has just gone loses the message, as it would in reality.
        drop(sender.send(Down::Text(frame("CALLBACK", topic, &id, &data))));
        (id, answered)
    };
    let answer = timeout(CALLBACK_LIMIT, answered).await;
    let elapsed_milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Ok(Ok((code, response))) = answer else {
        let mut world = sim.world();
        // Kept without its sender, so that an answer that still comes is known to be late.
        if let Some(callback) = world.callbacks.get_mut(&id) {
            callback.answer = None;
        }
        let (user, card) = (&request.user_id, &request.out_track_id);
        world.accuse("tap", "TIMEOUT", format!("{user} tapped {card} and saw a timeout"));
        return TapResult { delivered: true, code: None, response: Value::Null, elapsed_milliseconds };
    };
    TapResult { delivered: true, code: Some(code), response, elapsed_milliseconds }
}
