//! The HTTP side of originals.

use std::io::SeekFrom;
use std::ops::Range;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head};
use axum::{Json, Router};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::timeout;

use super::folder::Incoming;
use super::range::{self, Asked};
use super::{Blob, BlobError, BlobFolder, Hash, Kept, ReadError, media, resume, rows};
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

/// What lies under the name is something else.
static DAMAGED: Kind = Kind {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    code: "damaged_original",
    zh: "原件在服务器上已损坏，请联系管理员",
    en: "The original is damaged on the server; ask an administrator",
};
/// Another request writes the same upload.
static UPLOAD_BUSY: Kind = Kind {
    status: StatusCode::SERVICE_UNAVAILABLE,
    code: "upload_busy",
    zh: "这份文件正在上传，请稍后再试",
    en: "This file is being uploaded already, try again shortly",
};

/// `PUT`, `HEAD` and `GET` of `/api/blobs/{sha256}`, and uploads that go on.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/blobs/{sha256}", get(read).head(ask).put(send))
        .route("/api/blobs/{sha256}/upload", head(resume::ask).patch(resume::go_on))
        // The bytes are counted as they come in.
        .layer(DefaultBodyLimit::disable())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stored {
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
    stored(&app, caller, kept).await
}

/// Writes down that an original has arrived, and says so.
pub(super) async fn stored(app: &AppState, caller: Caller, kept: Kept) -> Result<(StatusCode, Json<Stored>), Problem> {
    let recorded = app.store.writer.run(move |turn| {
        let is_new = rows::find(turn.connection, &kept.sha256)?.is_none();
        rows::record(turn.connection, &kept, caller.person, turn.now)?;
        Ok::<_, Stop<Problem>>(is_new)
    });
    let status = if recorded.await? { StatusCode::CREATED } else { StatusCode::OK };
    let sha256 = hex::encode(kept.sha256);
    Ok((status, Json(Stored { sha256, size: kept.size, media_type: kept.media_type })))
}

/// Streams a body into the folder, hashing on the way. The disk is only touched on threads that may block.
async fn receive(folder: BlobFolder, body: Body, most: u64, expected: Hash) -> Result<Kept, Problem> {
    let mut incoming = on_disk(move || folder.begin(most)).await?;
    let mut body = body.into_data_stream();
    loop {
        let Some(bytes) = piece(body.next()).await? else { break };
        incoming = append(incoming, bytes).await?;
    }
    on_disk(move || incoming.finish(Some(&expected))).await
}

/// The next piece of a body.
pub(super) async fn piece(
    next: impl Future<Output = Option<Result<Bytes, axum::Error>>>,
) -> Result<Option<Bytes>, Problem> {
    let next = timeout(SILENCE, next).await.map_err(|_| Problem::new(&TIMEOUT))?;
    // An error means that the sender is gone; nobody reads this answer.
    next.transpose().map_err(|error| Problem::malformed("body").caused_by(error))
}

pub(super) async fn append(mut incoming: Incoming, bytes: Bytes) -> Result<Incoming, Problem> {
    on_disk(move || incoming.write(&bytes).map(|()| incoming)).await
}

pub(super) async fn on_disk<T: Send + 'static>(
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
    // A range of another version than the reader has would not fit; there is none, but they may ask so.
    let known = asked.get(header::IF_RANGE).is_none_or(|known| Some(known) == headers.get(header::ETAG));
    let field = asked.get(header::RANGE).filter(|_| known).and_then(|field| field.to_str().ok());
    let (status, bytes) = match range::asked(field, blob.size) {
        Asked::Whole => (StatusCode::OK, 0..blob.size),
        Asked::Part(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Asked::Beyond => {
            set(&mut headers, header::CONTENT_RANGE, &format!("bytes */{}", blob.size));
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", bytes.start, bytes.end.saturating_sub(1), blob.size);
        set(&mut headers, header::CONTENT_RANGE, &range);
    }
    headers.insert(header::CONTENT_LENGTH, (bytes.end - bytes.start).into());
    let file = found_right(&app.blobs, sha256).await?;
    Ok((status, headers, Body::from_stream(stream_of(file, bytes).await?)).into_response())
}

/// The file of an original, once all of it was found to have the hash of its name. So no byte of one that changed on
/// the disk is ever sent, as the whole or as a part.
async fn found_right(folder: &BlobFolder, sha256: Hash) -> Result<tokio::fs::File, Problem> {
    let folder = folder.clone();
    let found = tokio::task::spawn_blocking(move || folder.open_right(&sha256));
    Ok(tokio::fs::File::from_std(found.await.map_err(Problem::internal)??))
}

/// Some bytes of a file, piece by piece.
async fn stream_of(
    mut file: tokio::fs::File,
    bytes: Range<u64>,
) -> Result<impl Stream<Item = std::io::Result<Bytes>>, Problem> {
    file.seek(SeekFrom::Start(bytes.start)).await.map_err(Problem::internal)?;
    let file = file.take(bytes.end - bytes.start);
    Ok(stream::try_unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
        Ok((read > 0).then_some((Bytes::from(chunk), file)))
    }))
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
    let disposition = if media::is_shown(&blob.media_type) { "inline" } else { "attachment" };
    set(&mut headers, header::CONTENT_TYPE, &blob.media_type);
    set(&mut headers, header::CONTENT_DISPOSITION, disposition);
    set(&mut headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'");
    set(&mut headers, header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    set(&mut headers, header::ETAG, &format!("\"{}\"", hex::encode(sha256)));
    set(&mut headers, header::ACCEPT_RANGES, "bytes");
    headers
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

pub(super) fn parse(name: &str) -> Result<Hash, Problem> {
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
            BlobError::Busy => Self::new(&UPLOAD_BUSY).retry_after(1),
            BlobError::Bucket(error) => Self::new(&UNAVAILABLE).caused_by(error).retry_after(5),
            BlobError::Disk(error) => Self::new(&UNAVAILABLE).caused_by(error).retry_after(5),
            BlobError::Random(error) => Self::internal(error),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged { .. } => Self::new(&DAMAGED).caused_by(error),
            ReadError::Bucket(error) => Self::new(&UNAVAILABLE).caused_by(error).retry_after(5),
        }
    }
}
