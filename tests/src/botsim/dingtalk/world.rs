//! All that the simulated platform knows.

use super::fault::Fault;
use super::socket::Down;
use crate::botsim::common::Shown;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};

/// Variables of a card.
pub(super) type Params = BTreeMap<String, String>;

/// A card as the platform holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// The caller's key.
    pub out_track_id: String,
    /// What everybody sees.
    pub card_data: BTreeMap<String, String>,
    /// What one user sees, by user id.
    pub private_data: BTreeMap<String, BTreeMap<String, String>>,
    /// Whose phones show it.
    pub recipients: Vec<String>,
    /// How often it was changed, by updates and by answers to callbacks.
    pub changes: u32,
}

impl Card {
    /// A variable as one user's phone sees it: the private one, else the public one, else nothing.
    pub fn seen_by(&self, user: &str, name: &str) -> &str {
        self.private_data
            .get(user)
            .and_then(|private| private.get(name))
            .or_else(|| self.card_data.get(name))
            .map_or("", String::as_str)
    }

    /// The card as one user's phone shows it.
    pub(super) fn shown(&self, user: &str) -> Shown {
        let see = |name| self.seen_by(user, name).to_owned();
        let word = |action: &str| if action == "approve" { "同意" } else { "拒绝" }.to_owned();
        Shown {
            platform: "dingtalk",
            user: user.to_owned(),
            card: self.out_track_id.clone(),
            title: see("title"),
            facts: self.seen_by(user, "facts").lines().map(str::to_owned).collect(),
            status: see("status"),
            notice: see("notice"),
            url: see("detail_url"),
            buttons: self.buttons(user).into_iter().map(|action| (action.to_owned(), word(action))).collect(),
        }
    }

    /// The buttons that one user's phone shows.
    pub fn buttons(&self, user: &str) -> Vec<&'static str> {
        let shows = self.seen_by(user, "open") == "true" && self.seen_by(user, "can_act") == "true";
        ["approve", "reject"]
            .into_iter()
            .filter(|action| shows && !self.seen_by(user, &format!("tok_{action}")).is_empty())
            .collect()
    }
}

/// A rule that a caller broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which rule, as a stable word such as `LATE_ACK`.
    pub code: &'static str,
    /// What happened.
    pub detail: String,
}

/// One line of the log.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// When, in Unix milliseconds.
    pub at: u64,
    /// Which call, such as `create` or `ack`.
    pub call: String,
    /// The status of the answer.
    pub status: u16,
    /// What was called with or answered, without secrets.
    pub detail: Value,
    /// The rules it broke.
    pub violations: Vec<Violation>,
}

/// A callback that is waiting for its answer.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) socket: u64,
    pub(super) card: String,
    pub(super) user: String,
    pub(super) since: Instant,
    /// Gone once the two seconds are over.
    pub(super) answer: Option<oneshot::Sender<(i64, Value)>>,
}

/// The state behind all handlers.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) tokens: HashMap<String, u64>,
    pub(super) tickets: HashMap<String, u64>,
    pub(super) office: super::office::Office,
    pub(super) awkward_tickets: bool,
    pub(super) cards: BTreeMap<String, Card>,
    pub(super) unreachable: BTreeSet<String>,
    pub(super) sockets: BTreeMap<u64, mpsc::UnboundedSender<Down>>,
    pub(super) callbacks: HashMap<String, Callback>,
    pub(super) faults: Vec<Fault>,
    pub(super) log: Vec<Entry>,
    counter: u64,
}

impl World {
    /// A number never given before.
    pub(super) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Writes a line of the log.
    pub(super) fn note(&mut self, call: &str, status: u16, detail: Value, violations: Vec<Violation>) {
        self.log.push(Entry { at: unix_millis(), call: call.to_owned(), status, detail, violations });
    }

    /// Writes a broken rule that belongs to no answer.
    pub(super) fn accuse(&mut self, call: &str, code: &'static str, detail: String) {
        self.note(call, 0, Value::Null, vec![Violation { code, detail }]);
    }

    /// Sends the same to every socket.
    pub(super) fn send_all(&mut self, down: &Down) {
        // A socket that is already gone takes itself off the list.
        for socket in self.sockets.values() {
            drop(socket.send(down.clone()));
        }
    }

    /// The socket for the next message: each in turn, where the real platform picks at random.
    pub(super) fn pick_socket(&mut self) -> Option<(u64, mpsc::UnboundedSender<Down>)> {
        let turn = usize::try_from(self.number()).unwrap_or_default();
        let position = turn.checked_rem(self.sockets.len())?;
        self.sockets.iter().nth(position).map(|(id, socket)| (*id, socket.clone()))
    }

    /// The text of a `SYSTEM` frame.
    pub(super) fn system_frame(&mut self, topic: &str, data: &Value) -> String {
        let id = format!("system-{}", self.number());
        frame("SYSTEM", topic, &id, data)
    }
}

/// The text of a frame.
pub(super) fn frame(kind: &str, topic: &str, message_id: &str, data: &Value) -> String {
    json!({
        "specVersion": "1.0",
        "type": kind,
        "headers": {
            "appId": "simulated",
            "connectionId": "simulated",
            "contentType": "application/json",
            "messageId": message_id,
            "time": unix_millis().to_string(),
            "topic": topic,
        },
        "data": data.to_string(),
    })
    .to_string()
}

fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|passed| u64::try_from(passed.as_millis()).ok())
        .unwrap_or_default()
}
