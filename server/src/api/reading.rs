//! Reading an invoice on the server, for devices that cannot: photographs by text recognition.
//!
//! Promise: a file from outside costs a bounded amount of time and memory, and no file ends more than
//! its own request: it is read in a process of its own ([`crate::reader`]). Nothing is stored here; the original is stored by [`crate::blobs`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use budget::Date;
use ocr::{Language, ReadError, Reading, Upload};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::Config;
use crate::engines::{Choice, Engines};
use crate::http::problem::{BUSY, Kind, TIMEOUT};
use crate::http::{AppState, Problem};
use crate::identity::Caller;
use crate::reader::{self, ReaderError};

/// The file could not be read as an invoice; `reason` is the code of [`ReadError`].
static NOT_READ: Kind = Kind { status: StatusCode::UNPROCESSABLE_ENTITY, code: "not_read", zh: "{zh}", en: "{en}" };

/// Files that are read at the same time; recognition keeps a core busy for seconds.
const AT_ONCE: usize = 2;
/// How long a request waits for its turn, and how long for its reading.
const TURN: Duration = Duration::from_secs(20);
const LIMIT: Duration = Duration::from_secs(30);

static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

pub(super) fn routes() -> Router<AppState> {
    // A little more than the largest file, so that one that is too large gets the reader's own words.
    let limit = DefaultBodyLimit::max(ocr::limits::MAX_FILE_BYTES + 1024);
    Router::new().route("/api/read", post(read).layer(limit))
}

/// The body is the file; `X-File-Name` is its name, percent-encoded UTF-8.
async fn read(
    State(app): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    file: Bytes,
) -> Result<Json<Reading>, Problem> {
    app.limits.person(caller.person, app.clock.now())?;
    let name = headers.get("x-file-name").map(|name| percent_decoded(name.as_bytes())).unwrap_or_default();
    read_file(&app, name, file).await.map(Json)
}

/// Reads a file when its turn comes, within the time that a request has.
pub async fn read_file(
    app: &AppState,
    name: String,
    file: impl AsRef<[u8]> + Send + Sync + 'static,
) -> Result<Reading, Problem> {
    let today = app.clock.now().china_date();
    let config = app.config.clone();
    let turn = timeout(TURN, Arc::clone(&TURNS).acquire_owned()).await;
    let Ok(Ok(turn)) = turn else {
        return Err(Problem::new(&BUSY).retry_after(10));
    };
    if let Some(program) = reader::program() {
        let outcome = reader::read(&program, &config, &name, today, file.as_ref()).await;
        drop(turn);
        return match outcome {
            Ok(outcome) => outcome.map_err(not_read),
            Err(ReaderError::TooLong) => Err(Problem::new(&TIMEOUT)),
            Err(error) => Err(Problem::internal(error)),
        };
    }
    // A test that merely contains the server has no program to start.
    let reading = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, also when nobody waits for it any more.
        let _turn = turn;
        read_guarded(&name, file.as_ref(), today, &config)
    });
    match timeout(LIMIT, reading).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Err(Problem::internal(error)),
        Err(_) => Err(Problem::new(&TIMEOUT)),
    }
}

/// The engines of this process, loaded when the first file comes.
static ENGINES: OnceLock<Engines> = OnceLock::new();

fn read_guarded(name: &str, file: &[u8], today: Date, config: &Config) -> Result<Reading, Problem> {
    let upload = Upload { name, bytes: file };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let engines =
            ENGINES.get_or_init(|| Engines::load(Choice::Both, config.models.as_deref(), config.tessdata.as_deref()));
        ocr::read(&upload, today, &engines.list())
    }));
    match outcome {
        Ok(Ok(reading)) => Ok(reading),
        Ok(Err(error)) => Err(not_read(error)),
        Err(_) => Err(Problem::internal("reading a file panicked")),
    }
}

fn not_read(error: ReadError) -> Problem {
    Problem::new(&NOT_READ)
        .with("reason", error.code())
        .with("zh", error.text(Language::Chinese))
        .with("en", error.text(Language::English))
}

/// The text of a header in percent-encoding; what is not UTF-8 is replaced.
fn percent_decoded(text: &[u8]) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let pair = (digit(after.first()), digit(after.get(1)));
        if let (b'%', (Some(high), Some(low))) = (first, pair) {
            bytes.extend(u8::try_from(high * 16 + low));
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
