//! WeCom's AI bot (智能机器人): the long connection and the phones behind it.
//!
//! Strict where the documents are: a newer connection evicts the older one, a card changes only for five seconds after a tap
//! and only under that tap's request id.

use super::common::{Common, Pressed, Shown, lock};
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The bot's id.
pub const BOT_ID: &str = "aib-suanpan";
/// The bot's secret.
pub const SECRET: &str = "aibot-suanpan-secret";

const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A card on one phone.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The task id.
    pub task: String,
    /// Whose it is.
    pub user: String,
    /// The template card.
    pub card: Value,
}

#[derive(Debug)]
enum Down {
    Frame(Value),
    Close,
}

#[derive(Debug, Default)]
struct World {
    socket: Option<(u64, mpsc::UnboundedSender<Down>)>,
    cards: BTreeMap<String, Card>,
    texts: Vec<(String, String)>,
    waiting: HashMap<String, oneshot::Sender<Value>>,
    pings: usize,
    mute: bool,
}

/// The simulated AI bot platform. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AiBot {
    common: Arc<Common>,
    world: Arc<Mutex<World>>,
}

impl AiBot {
    pub(super) fn new(common: Arc<Common>) -> Self {
        Self { common, world: Arc::default() }
    }

    pub(super) fn routes(&self) -> Router {
        Router::new().route("/aibot", get(connect)).with_state(self.clone())
    }

    /// Where the long connection goes.
    pub fn address(&self) -> String {
        format!("ws://{}/aibot", self.common.address)
    }

    /// Whether somebody is connected and subscribed.
    pub fn connected(&self) -> bool {
        lock(&self.world).socket.is_some()
    }

    /// One card.
    pub fn card(&self, task: &str) -> Option<Card> {
        lock(&self.world).cards.get(task).cloned()
    }

    /// What was written to a member.
    pub fn texts(&self, user: &str) -> Vec<String> {
        lock(&self.world).texts.iter().filter(|(to, _)| to == user).map(|(_, text)| text.clone()).collect()
    }

    /// How many pings came.
    pub fn pings(&self) -> usize {
        lock(&self.world).pings
    }

    /// Closes the connection without a word.
    pub fn cut(&self) {
        if let Some((_, socket)) = lock(&self.world).socket.take() {
            drop(socket.send(Down::Close));
        }
    }

    /// From now on requests are not acknowledged.
    pub fn mute(&self, mute: bool) {
        lock(&self.world).mute = mute;
    }

    /// Presses a button. `key` is what it carries, where that is not what the phone shows now.
    pub async fn press(&self, task: &str, user: &str, action: &str, key: Option<&str>) -> Pressed {
        let since = Instant::now();
        let request = format!("EV-{}", self.common.number());
        let (answer, answered) = oneshot::channel();
        {
            let mut world = lock(&self.world);
            let shown = world.cards.get(task).and_then(|card| key_of(&card.card, action));
            let Some(key) = key.map(str::to_owned).or(shown) else {
                return Pressed::undelivered();
            };
            let frame = json!({
                "cmd": "aibot_event_callback", "headers": {"req_id": request},
                "body": {"msgid": format!("m-{request}"), "aibotid": BOT_ID, "chattype": "single",
                    "from": {"userid": user}, "msgtype": "event", "event": {
                        "eventtype": "template_card_event", "template_card_event": {"task_id": task, "event_key": key}}},
            });
            let Some((_, socket)) = &world.socket else {
                return Pressed::undelivered();
            };
            drop(socket.send(Down::Frame(frame)));
            world.waiting.insert(request.clone(), answer);
        }
        let answer = timeout(ANSWER_LIMIT, answered).await.ok().and_then(Result::ok);
        lock(&self.world).waiting.remove(&request);
        if answer.is_none() {
            self.common.accuse("ai_bot.tap", "TIMEOUT", format!("{user} tapped {task} and nothing came"));
        }
        let elapsed_milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        Pressed {
            delivered: true,
            status: answer.as_ref().map(|_| 200),
            answer: answer.unwrap_or_default(),
            elapsed_milliseconds,
        }
    }

    /// Sends a line to the bot.
    pub fn write(&self, user: &str, text: &str) {
        let id = self.common.number();
        let frame = json!({
            "cmd": "aibot_msg_callback", "headers": {"req_id": format!("MSG-{id}")},
            "body": {"msgid": format!("m-{id}"), "aibotid": BOT_ID, "chattype": "single", "from": {"userid": user},
                "msgtype": "text", "text": {"content": text}},
        });
        if let Some((_, socket)) = &lock(&self.world).socket {
            drop(socket.send(Down::Frame(frame)));
        }
    }

    /// The cards of one phone.
    pub fn phone(&self, user: Option<&str>) -> Vec<Shown> {
        let world = lock(&self.world);
        let mine = world.cards.values().filter(|card| user.is_none_or(|user| user == card.user));
        mine.map(|card| {
            let wecom = super::wecom::Card {
                task: card.task.clone(),
                user: card.user.clone(),
                card: card.card.clone(),
                button: None,
                changes: 0,
            };
            Shown { platform: "wecom_ai_bot", ..super::wecom::shown(&wecom) }
        })
        .collect()
    }

    fn receive(&self, frame: &Value) -> Value {
        let request = frame["headers"]["req_id"].as_str().unwrap_or_default();
        let body = &frame["body"];
        let code = match frame["cmd"].as_str().unwrap_or_default() {
            "ping" => {
                lock(&self.world).pings += 1;
                0
            }
            "aibot_send_msg" => self.send(body),
            "aibot_respond_update_msg" => self.respond(request, body),
            other => {
                self.common.accuse("ai_bot", "UNKNOWN_COMMAND", other);
                40_008
            }
        };
        self.common.note("ai_bot.frame", 0, json!({"cmd": frame["cmd"], "code": code}));
        json!({"headers": {"req_id": request}, "errcode": code, "errmsg": if code == 0 { "ok" } else { "refused" }})
    }

    fn send(&self, body: &Value) -> i64 {
        let user = body["chatid"].as_str().unwrap_or_default().to_owned();
        let mut world = lock(&self.world);
        match body["msgtype"].as_str() {
            Some("markdown") => {
                world.texts.push((user, body["markdown"]["content"].as_str().unwrap_or_default().to_owned()));
                0
            }
            Some("template_card") => match super::wecom::check_card(&body["template_card"]) {
                Ok(()) => {
                    let card = body["template_card"].clone();
                    let task = card["task_id"].as_str().unwrap_or_default().to_owned();
                    world.cards.insert(task.clone(), Card { task, user, card });
                    0
                }
                Err((code, message)) => {
                    drop(world);
                    self.common.accuse("ai_bot.send", "BAD_REQUEST", format!("{code}: {message}"));
                    code
                }
            },
            _ => 40_008,
        }
    }

    fn respond(&self, request: &str, body: &Value) -> i64 {
        let mut world = lock(&self.world);
        let Some(waiting) = world.waiting.remove(request) else {
            drop(world);
            self.common.accuse("ai_bot.respond", "LATE_ANSWER", "answers no tap of the last five seconds");
            return 40_058;
        };
        let task = body["template_card"]["task_id"].as_str().unwrap_or_default().to_owned();
        if let Some(card) = world.cards.get_mut(&task) {
            card.card = body["template_card"].clone();
        }
        // Nobody listens any more if the test that pressed is over.
        drop(waiting.send(body.clone()));
        0
    }
}

fn key_of(card: &Value, action: &str) -> Option<String> {
    let wanted = if action == "approve" { "同意" } else { "拒绝" };
    let button = card["button_list"].as_array()?.iter().find(|button| button["text"] == wanted)?;
    button["key"].as_str().map(str::to_owned)
}

async fn connect(State(sim): State<AiBot>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| serve(sim, socket))
}

async fn serve(sim: AiBot, mut socket: WebSocket) {
    let (sender, mut downs) = mpsc::unbounded_channel();
    let id = sim.common.number();
    loop {
        tokio::select! {
            down = downs.recv() => match down {
                Some(Down::Frame(frame)) => {
                    if socket.send(Message::text(frame.to_string())).await.is_err() {
                        break;
                    }
                }
                Some(Down::Close) | None => break,
            },
            received = socket.recv() => {
                let Some(Ok(message)) = received else { break };
                let Message::Text(text) = message else { continue };
                let Ok(frame) = serde_json::from_str::<Value>(text.as_str()) else {
                    sim.common.accuse("ai_bot", "BAD_FRAME", "not JSON");
                    continue;
                };
                let answer = if frame["cmd"] == "aibot_subscribe" {
                    subscribe(&sim, id, &frame, &sender)
                } else if lock(&sim.world).mute {
                    continue;
                } else {
                    sim.receive(&frame)
                };
                if socket.send(Message::text(answer.to_string())).await.is_err() {
                    break;
                }
            }
        }
    }
    let mut world = lock(&sim.world);
    if world.socket.as_ref().is_some_and(|(known, _)| *known == id) {
        world.socket = None;
    }
}

fn subscribe(sim: &AiBot, id: u64, frame: &Value, sender: &mpsc::UnboundedSender<Down>) -> Value {
    let body = &frame["body"];
    let good = body["bot_id"] == BOT_ID && body["secret"] == SECRET;
    if good {
        let evicted = lock(&sim.world).socket.replace((id, sender.clone()));
        if let Some((_, older)) = evicted {
            let event = json!({"cmd": "aibot_event_callback", "headers": {"req_id": "evicted"},
                "body": {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}});
            drop(older.send(Down::Frame(event)));
            drop(older.send(Down::Close));
        }
    }
    let code = if good { 0 } else { 40_001 };
    json!({"headers": frame["headers"], "errcode": code, "errmsg": if good { "ok" } else { "invalid secret" }})
}
