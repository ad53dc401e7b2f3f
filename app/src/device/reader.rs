//! The invoice reader, in a worker of its own so that the page never stutters.
//!
//! Promise: every question gets an answer: a reading, the reader's error, or an error of ours when the worker died or
//! took too long. The worker is started at the first question, and again after it died.
//!
//! The worker says `{ready: true}` when it listens; what is asked before that waits here, or it would be lost.
//! To the worker: `{id, name, today, bytes}`. From it: `{id, ok: "<JSON>"}` or `{id, error: {code, zh, en}}`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use js_sys::{Function, Object, Promise};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Worker};

use super::bytes::Bytes;
use super::js::{self, Listener};
use super::task;

/// Where Trunk puts the script that starts the worker.
const LOADER: &str = "/reader_loader.js";
/// How long one document may take, in milliseconds, the first with the download of the reader in it.
const DEADLINE: u32 = 60_000;

/// Why there is no reading.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReaderError {
    /// The reader looked at the file and refused it, in its own words.
    #[error("the reader refused: {code}")]
    Refused {
        /// The reader's stable code.
        code: String,
        /// Its sentence in Chinese.
        chinese: String,
        /// Its sentence in English.
        english: String,
    },
    /// The worker could not be started or died; the original is safe.
    #[error("the reader stopped")]
    Stopped,
    /// The worker took too long and was ended.
    #[error("the reader took too long")]
    Timeout,
    /// The answer is not what this version expects; the text is for logs.
    #[error("the reading is malformed: {0}")]
    Malformed(String),
}

impl ReaderError {
    /// The stable code, for the table of texts.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Stopped | Self::Malformed(_) => "reader_stopped",
            Self::Timeout => "reader_timeout",
        }
    }
}

struct Running {
    worker: Worker,
    /// It listens.
    ready: bool,
    /// What was asked before it listened.
    early: Vec<Object>,
    _listeners: [Listener; 2],
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
    static WAITING: RefCell<HashMap<u32, Function>> = RefCell::new(HashMap::new());
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// Reads a document. `today` is `2026-11-23`; the type of the reading is the `ocr` crate's.
pub(crate) async fn read<T: DeserializeOwned>(name: &str, today: &str, bytes: &Bytes) -> Result<T, ReaderError> {
    let id = NEXT.get();
    NEXT.set(id.wrapping_add(1));
    let answer = Promise::new(&mut |resolve, _| {
        WAITING.with_borrow_mut(|waiting| waiting.insert(id, resolve));
    });
    let question = js::object(&[
        ("id", id.into()),
        ("name", name.into()),
        ("today", today.into()),
        ("bytes", bytes.array().into()),
    ]);
    if ask(question).is_err() {
        stop(None);
    }
    task::spawn(async move {
        task::sleep(DEADLINE).await;
        if WAITING.with_borrow(|waiting| waiting.contains_key(&id)) {
            stop(Some(id));
        }
    });
    let answer = js::settled(answer.into()).await.map_err(|_| ReaderError::Stopped)?;
    understood(&answer)
}

fn understood<T: DeserializeOwned>(answer: &JsValue) -> Result<T, ReaderError> {
    if let Some(json) = js::get(answer, "ok").as_string() {
        return serde_json::from_slice(json.as_bytes()).map_err(|error| ReaderError::Malformed(error.to_string()));
    }
    let error = js::get(answer, "error");
    let word = |name| js::get(&error, name).as_string().unwrap_or_default();
    match word("code").as_str() {
        "" if answer.as_string().as_deref() == Some("timeout") => Err(ReaderError::Timeout),
        "" => Err(ReaderError::Stopped),
        code => Err(ReaderError::Refused { code: code.to_owned(), chinese: word("zh"), english: word("en") }),
    }
}

/// Sends a question, or keeps it until the worker listens. Starts the worker if there is none.
fn ask(question: Object) -> Result<(), JsValue> {
    if RUNNING.with_borrow(Option::is_none) {
        let running = start()?;
        RUNNING.with_borrow_mut(|slot| *slot = Some(running));
    }
    RUNNING.with_borrow_mut(|slot| match slot {
        Some(running) if running.ready => running.worker.post_message(&question),
        Some(running) => {
            running.early.push(question);
            Ok(())
        }
        None => Err(JsValue::UNDEFINED),
    })
}

fn start() -> Result<Running, JsValue> {
    let worker = Worker::new(LOADER)?;
    let answered = Listener::new(&worker, "message", |event| {
        if let Ok(event) = event.dyn_into::<MessageEvent>() {
            hear(&event.data());
        }
    });
    let died = Listener::new(&worker, "error", |_| stop(None));
    Ok(Running { worker, ready: false, early: Vec::new(), _listeners: [answered, died] })
}

fn hear(message: &JsValue) {
    if !js::get(message, "ready").is_truthy() {
        return deliver(message);
    }
    let sent = RUNNING.with_borrow_mut(|slot| {
        let Some(running) = slot else { return Ok(()) };
        running.ready = true;
        let mut early = std::mem::take(&mut running.early).into_iter();
        early.try_for_each(|question| running.worker.post_message(&question))
    });
    if sent.is_err() {
        stop(None);
    }
}

fn deliver(answer: &JsValue) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the id that was sent")]
    let id = js::get(answer, "id").as_f64().map(|id| id as u32);
    let waiting = id.and_then(|id| WAITING.with_borrow_mut(|waiting| waiting.remove(&id)));
    if let Some(resolve) = waiting {
        let _ = resolve.call1(&JsValue::UNDEFINED, answer);
    }
}

/// Ends the worker and answers everybody who waits; `late` is the one whose time is over.
fn stop(late: Option<u32>) {
    // The listeners must not be dropped inside their own call, so that happens in a task of its own.
    if let Some(running) = RUNNING.with_borrow_mut(Option::take) {
        running.worker.terminate();
        task::spawn(async move { drop(running) });
    }
    for (id, resolve) in WAITING.with_borrow_mut(std::mem::take) {
        let reason = if Some(id) == late { "timeout" } else { "stopped" };
        let _ = resolve.call1(&JsValue::UNDEFINED, &reason.into());
    }
}
