//! What the simulated platforms share: the clock, the log, faults on calls, and one-use codes.

use super::clock::Clock;
use super::dingtalk::{Entry, Violation};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Something that goes wrong with the next call whose path ends like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallFault {
    /// The end of the path, such as `/message/send`.
    pub path: String,
    /// The status of the answer in place of the real one.
    #[serde(default = "ok")]
    pub status: u16,
    /// Its body; none makes it an HTML page.
    #[serde(default)]
    pub body: Option<Value>,
    /// Whether the call takes effect all the same: the answer is lost, not the deed.
    #[serde(default)]
    pub after_commit: bool,
    /// How long the answer takes.
    #[serde(default)]
    pub hold_milliseconds: u64,
}

const fn ok() -> u16 {
    200
}

impl CallFault {
    /// The answer of the next such call is lost although it takes effect.
    pub fn lost_answer(path: &str) -> Self {
        Self { path: path.to_owned(), status: 502, body: None, after_commit: true, hold_milliseconds: 0 }
    }

    /// The next such call gets this answer and does nothing.
    pub fn answer(path: &str, status: u16, body: Option<Value>) -> Self {
        Self { path: path.to_owned(), status, body, after_commit: false, hold_milliseconds: 0 }
    }
}

/// Shared by all platforms of one simulator.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) address: SocketAddr,
    pub(super) clock: Clock,
    pub(super) http: reqwest::Client,
    log: Mutex<Vec<Entry>>,
    faults: Mutex<Vec<CallFault>>,
    counter: AtomicU64,
}

/// A lock whose holder panicked has already failed its test; the state itself stays readable.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Common {
    pub(super) fn new(address: SocketAddr, clock: Clock) -> Self {
        bot::install_tls();
        Self {
            address,
            clock,
            http: reqwest::Client::new(),
            log: Mutex::default(),
            faults: Mutex::default(),
            counter: AtomicU64::new(0),
        }
    }

    /// A number never given before.
    pub(super) fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Writes a line of the log.
    pub(super) fn note(&self, call: &str, status: u16, detail: Value) {
        self.write(call, status, detail, Vec::new());
    }

    /// Writes a broken rule.
    pub(super) fn accuse(&self, call: &str, code: &'static str, detail: impl Into<String>) {
        self.write(call, 0, Value::Null, vec![Violation { code, detail: detail.into() }]);
    }

    fn write(&self, call: &str, status: u16, detail: Value, violations: Vec<Violation>) {
        let at = self.clock.now();
        lock(&self.log).push(Entry { at, call: call.to_owned(), status, detail, violations });
    }

    pub(super) fn log(&self) -> Vec<Entry> {
        lock(&self.log).clone()
    }

    pub(super) fn arm(&self, fault: CallFault) {
        lock(&self.faults).push(fault);
    }

    fn take(&self, path: &str) -> Option<CallFault> {
        let mut faults = lock(&self.faults);
        let position = faults.iter().position(|fault| path.ends_with(&fault.path))?;
        Some(faults.remove(position))
    }
}

/// The faults, around every call of a platform's API.
pub(super) async fn faulty(State(common): State<Arc<Common>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Some(fault) = common.take(&path) else {
        return next.run(request).await;
    };
    common.note("fault", fault.status, json!({"path": path, "afterCommit": fault.after_commit}));
    let (replaced, held) = (fault.status != 200 || fault.body.is_some(), fault.hold_milliseconds);
    let real = if fault.after_commit || !replaced { Some(next.run(request).await) } else { None };
    tokio::time::sleep(Duration::from_millis(held)).await;
    match (real, replaced) {
        (Some(real), false) => real,
        _ => answer(&fault),
    }
}

fn answer(fault: &CallFault) -> Response {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match &fault.body {
        Some(body) => (status, axum::Json(body.clone())).into_response(),
        None => {
            let page = Body::from("<html>Bad Gateway</html>");
            (status, [("content-type", "text/html")], page).into_response()
        }
    }
}

/// A body in JSON, whatever its header says: the vendors' own libraries leave the header out at times, and the platforms do
/// not mind.
pub(super) struct Parsed(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for Parsed {
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        let bytes = Bytes::from_request(request, state).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| StatusCode::BAD_REQUEST)
    }
}

/// Something good once and for some time: login codes, response codes, tickets.
#[derive(Debug, Clone)]
pub(super) struct Code<T> {
    pub(super) of: T,
    pub(super) until: u64,
    pub(super) used: bool,
}

/// A card as one person's phone shows it, whatever the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// The platform's stable word.
    pub platform: &'static str,
    /// Whose phone.
    pub user: String,
    /// The card's key.
    pub card: String,
    /// The headline.
    pub title: String,
    /// The facts, line by line.
    pub facts: Vec<String>,
    /// How it stands.
    pub status: String,
    /// A line for this person alone.
    pub notice: String,
    /// The page it leads to.
    pub url: String,
    /// The buttons it shows: action and words.
    pub buttons: Vec<(String, String)>,
}

/// What became of one press of a button.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pressed {
    /// Whether there was a button, and somebody to tell.
    pub delivered: bool,
    /// The status of the answer; none if it did not come in time.
    pub status: Option<u16>,
    /// What the platform understood of it.
    pub answer: Value,
    /// How long it took.
    pub elapsed_milliseconds: u64,
}

impl Pressed {
    pub(super) fn undelivered() -> Self {
        Self { delivered: false, status: None, answer: Value::Null, elapsed_milliseconds: 0 }
    }
}
