//! Uploads over HTTP that go on where they broke off.
//!
//! `HEAD /api/blobs/{sha256}/upload` says in `Upload-Offset` how many bytes of the asker's own upload
//! have arrived; `PATCH` of it, with that `Upload-Offset` and the whole `Upload-Length`, brings the rest,
//! or a part of it. The fields are those of the IETF's resumable uploads
//! (draft-ietf-httpbis-resumable-upload).
//!
//! Promise: nothing that arrived is lost with the connection that brought it; the answer that it is
//! stored comes only when all of it has the hash of its name, is on the disk and is written down.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use budget::PersonId;
use futures_util::StreamExt;
use tokio::time::sleep;

use super::folder::Incoming;
use super::routes::{append, on_disk, parse, piece, stored};
use super::unfinished::Turn;
use super::{BlobError, Hash};
use crate::http::{AppState, Kind, Problem};
use crate::identity::Caller;

/// How many bytes there are.
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// How many bytes there will be.
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// How often, and how far apart, the turn to write is asked for.
const TRIES: usize = 100;
const BETWEEN: Duration = Duration::from_millis(20);

/// The bytes do not follow those that are here; detail `offset`.
static WRONG_OFFSET: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "wrong_offset",
    zh: "续传位置不符，应从第 {offset} 字节继续",
    en: "The upload has to go on at byte {offset}",
};

/// How much has arrived.
pub(super) async fn ask(
    State(app): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let sha256 = parse(&name)?;
    let folder = app.blobs.clone();
    let arrived = on_disk(move || folder.arrived(caller.person, &sha256)).await?;
    Ok((StatusCode::NO_CONTENT, [(OFFSET, arrived.to_string())]).into_response())
}

/// Takes more of it; all of it is stored.
pub(super) async fn go_on(
    State(app): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let sha256 = parse(&name)?;
    let offset = number(request.headers(), &OFFSET)?;
    let length = number(request.headers(), &LENGTH)?;
    let most = app.config.blob_bytes;
    if length > most {
        return Err(BlobError::TooLarge { most }.into());
    }
    let (mut incoming, turn) = begin(&app, caller.person, sha256, length).await?;
    if incoming.size() != offset {
        return Err(Problem::new(&WRONG_OFFSET).with("offset", incoming.size()));
    }
    let mut body = request.into_body().into_data_stream();
    loop {
        let next = tokio::select! {
            biased;
            () = turn.over() => return Err(BlobError::Busy.into()),
            next = piece(body.next()) => next?,
        };
        let Some(bytes) = next else { break };
        incoming = append(incoming, bytes).await?;
    }
    if incoming.size() < length {
        return Ok((StatusCode::NO_CONTENT, [(OFFSET, incoming.size().to_string())]).into_response());
    }
    let kept = on_disk(move || incoming.finish(Some(&sha256))).await?;
    drop(turn);
    Ok(stored(&app, caller, kept).await?.into_response())
}

/// The turn to write. Whoever has it is asked to make way: it is the same person's older connection.
async fn begin(app: &AppState, person: PersonId, sha256: Hash, length: u64) -> Result<(Incoming, Turn), Problem> {
    for _ in 0..TRIES {
        let folder = app.blobs.clone();
        let tried = tokio::task::spawn_blocking(move || folder.go_on(person, &sha256, length));
        match tried.await.map_err(Problem::internal)? {
            Err(BlobError::Busy) => sleep(BETWEEN).await,
            done => return Ok(done?),
        }
    }
    Err(BlobError::Busy.into())
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()?.parse().ok());
    value.ok_or_else(|| Problem::malformed(name.as_str()))
}
