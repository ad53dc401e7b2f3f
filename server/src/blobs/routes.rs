//! The HTTP side of originals.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::folder::Incoming;
use super::{Blob, BlobError, BlobFolder, Hash, Kept, media, rows};
use crate::http::problem::{NOT_FOUND, TIMEOUT, UNAVAILABLE};
use crate::http::{AppState, Kind, Problem};
use crate::identity::Caller;
use crate::store::Stop;

/// How long the sender may be silent. A train's tunnel is longer; the device then sends again.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes read from the disk at a time.
const CHUNK: usize = 64 * 1024;

/// The bytes have another hash than the name says.
static HASH_MISMATCH: Kind = Kind {
    status: StatusCode::UNPROCESSABLE_ENTITY,
    code: "hash_mismatch",
    zh: "文件在传输中损坏，请重新上传",
    en: "The file was damaged on its way; send it again",
};
/// Larger than originals may be; detail `megabytes`.
static TOO_LARGE: Kind = Kind {
    status: StatusCode::PAYLOAD_TOO_LARGE,
    code: "too_large",
    zh: "文件超过 {megabytes} MB，无法上传",
    en: "The file is larger than {megabytes} MB",
};
/// No bytes.
static EMPTY: Kind =
    Kind {
        status: StatusCode::UNPROCESSABLE_ENTITY, code: "empty_file", zh: "文件是空的", en: "The file is empty"
    };

/// `PUT`, `HEAD` and `GET` of `/api/blobs/{sha256}`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/blobs/{sha256}", get(read).head(ask).put(send))
        // The bytes are counted as they come in.
        .layer(DefaultBodyLimit::disable())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    sha256: String,
    size: u64,
    media_type: &'static str,
}

/// Takes an original. The bytes are always read and checked, also when they are here already: who
/// cannot send them does not get to read them.
async fn send(
    State(app): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<Stored>), Problem> {
    let expected = parse(&name)?;
    let most = app.config.blob_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > most) {
        return Err(BlobError::TooLarge { most }.into());
    }
    let kept = receive(app.blobs.clone(), request.into_body(), most, expected).await?;
    let recorded = app.store.writer.run(move |turn| {
        let is_new = rows::find(turn.connection, &kept.sha256)?.is_none();
        rows::record(turn.connection, &kept, caller.person, turn.now)?;
        Ok::<_, Stop<Problem>>(is_new)
    });
    let status = if recorded.await? { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Stored { sha256: name, size: kept.size, media_type: kept.media_type })))
}

/// Streams a body into the folder, hashing on the way. The disk is only touched on threads that may block.
async fn receive(folder: BlobFolder, body: Body, most: u64, expected: Hash) -> Result<Kept, Problem> {
    let mut incoming = on_disk(move || folder.begin(most)).await?;
    let mut body = body.into_data_stream();
    loop {
        let next = timeout(SILENCE, body.next()).await.map_err(|_| Problem::new(&TIMEOUT))?;
        let Some(bytes) = next else { break };
        // The sender is gone; nobody reads this answer, and nothing is kept.
        let bytes = bytes.map_err(|error| Problem::malformed("body").caused_by(error))?;
        incoming = append(incoming, bytes).await?;
    }
    on_disk(move || incoming.finish(Some(&expected))).await
}

async fn append(mut incoming: Incoming, bytes: Bytes) -> Result<Incoming, Problem> {
    on_disk(move || incoming.write(&bytes).map(|()| incoming)).await
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, Problem> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(Problem::internal)??)
}

/// Whether an original is here and may be read: its size and type.
async fn ask(State(app): State<AppState>, caller: Caller, Path(name): Path<String>) -> Result<Response, Problem> {
    let (sha256, blob) = readable(&app, caller, &name).await?;
    let mut response = headers(&sha256, &blob).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, blob.size.into());
    Ok(response)
}

/// The original itself.
async fn read(
    State(app): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let (sha256, blob) = readable(&app, caller, &name).await?;
    let mut headers = headers(&sha256, &blob);
    // What has this name never changes.
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| Some(known) == headers.get(header::ETAG)) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let path = app.blobs.path(&sha256);
    let file = tokio::fs::File::open(&path)
        .await
        .map_err(|error| Problem::internal(format!("{}: {error}", path.display())))?;
    headers.insert(header::CONTENT_LENGTH, blob.size.into());
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
        Ok::<_, std::io::Error>((read > 0).then_some((Bytes::from(chunk), file)))
    });
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// The original, if it is here and this person may read it; both "no" look the same.
async fn readable(app: &AppState, caller: Caller, name: &str) -> Result<(Hash, Blob), Problem> {
    let sha256 = parse(name)?;
    let directory = std::sync::Arc::clone(&app.directory);
    let found = app.store.readers.read(move |connection| {
        let Some(blob) = rows::find(connection, &sha256)? else {
            return Ok(None);
        };
        let may = rows::was_sent_by(connection, &sha256, caller.person)?
            || directory.may_read_blob(connection, caller.person, &sha256)?;
        Ok(may.then_some(blob))
    });
    found.await?.map(|blob| (sha256, blob)).ok_or(Problem::new(&NOT_FOUND))
}

fn headers(sha256: &Hash, blob: &Blob) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    let disposition = if media::is_shown(&blob.media_type) { "inline" } else { "attachment" };
    set(header::CONTENT_TYPE, &blob.media_type);
    set(header::CONTENT_DISPOSITION, disposition);
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'");
    set(header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    set(header::ETAG, &format!("\"{}\"", hex::encode(sha256)));
    headers
}

fn parse(name: &str) -> Result<Hash, Problem> {
    let mut sha256 = Hash::default();
    let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
    match hex::decode_to_slice(name, &mut sha256) {
        Ok(()) if lower => Ok(sha256),
        _ => Err(Problem::malformed("sha256: 64 lower-case hexadecimal digits")),
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::HashMismatch { actual } => Self::new(&HASH_MISMATCH).with("actual", hex::encode(actual)),
            BlobError::TooLarge { most } => Self::new(&TOO_LARGE).with("megabytes", most / (1024 * 1024)),
            BlobError::Empty => Self::new(&EMPTY),
            BlobError::Disk(error) => Self::new(&UNAVAILABLE).caused_by(error).retry_after(5),
            BlobError::Random(error) => Self::internal(error),
        }
    }
}
