//! Originals on their way to the server.
//!
//! Promise: a file is on the disk before anything else happens to it and is offered until the server has it; a
//! submission goes out after the files that it names. A file whose upload breaks off goes on where it was.

use std::collections::BTreeMap;

use budget::RequestId;
use leptos::prelude::*;
use sync::record::Record;

use super::desk::Desk;
use crate::device::Bytes;
use crate::device::http::{HttpError, Request};
use crate::device::store::{self, Store, Write};
use crate::device::{task, upload};
use crate::keeper::intent::Intent;

/// Pauses between two tries of one file, in milliseconds: the first and the longest.
const PAUSES: (u32, u32) = (1_000, 30_000);

/// Files of this many bytes and more go on where they broke off; smaller ones are sent whole again.
const LARGE: usize = 256 * 1024;

/// Sends what the server does not have yet. `None` when what it has is of no use and all is to be sent anew.
async fn go_on(url: &str, token: &str, bytes: &Bytes) -> Result<Option<()>, HttpError> {
    let answer = Request::new("HEAD", url).bearer(token).send().await?;
    let arrived = answer.header("upload-offset").and_then(|offset| offset.parse().ok()).unwrap_or(0);
    let (offset, length) = (usize::to_string(&arrived), bytes.len().to_string());
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", &*bearer), ("upload-offset", &*offset), ("upload-length", &*length)];
    match upload::send("PATCH", url, &headers, &bytes.after(arrived), |_| ()).await {
        Ok(()) => Ok(Some(())),
        Err(error) if error.code() == "wrong_offset" => Ok(None),
        Err(error) if arrived > 0 && matches!(error.code(), "hash_mismatch" | "too_large") => Ok(None),
        Err(error) => Err(error),
    }
}

/// What waits to be sent.
#[derive(Default)]
pub(crate) struct Uploads {
    /// SHA-256 in hex → media type.
    waiting: BTreeMap<String, String>,
    running: bool,
}

impl Desk {
    /// The writes that keep a file and its place in the queue, for one transaction with whatever else.
    pub(super) fn keep_blob(self, sha256: &str, bytes: &Bytes, media_type: &str) -> Vec<Write> {
        self.with(|core| core.uploads.waiting.insert(sha256.to_owned(), media_type.to_owned()));
        self.count_uploads();
        vec![
            Write::put(Store::Blobs, self.own_key(sha256), bytes.clone()),
            Write::put(Store::Meta, self.own_key(&format!("upload/{sha256}")), media_type.as_bytes().to_vec()),
        ]
    }

    fn count_uploads(self) {
        let count = self.with(|core| core.uploads.waiting.len());
        self.uploads.set(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Takes up the queue of the last start.
    pub(super) async fn restore_uploads(self) {
        let prefix = self.own_key("upload/");
        let found = store::scan(Store::Meta, &prefix).await.unwrap_or_default();
        self.with(|core| {
            for (key, bytes) in found {
                let sha256 = key.strip_prefix(&prefix).unwrap_or_default().to_owned();
                let media_type = String::from_utf8(bytes.to_vec()).unwrap_or_default();
                core.uploads.waiting.insert(sha256, media_type);
            }
        });
        self.count_uploads();
    }

    /// Whether a claim that is being handed in names a file that is still here only.
    pub(super) fn submission_waits_for_uploads(self) -> bool {
        self.with(|core| {
            let mirror = &core.mirror;
            if core.uploads.waiting.is_empty() {
                return false;
            }
            mirror.waiting().into_iter().any(|request| {
                // Also while the record is still being made.
                let handed_in = matches!(mirror.last_asked(request), Some(Intent::Submit { .. }))
                    || mirror.waiting_records(request).any(|record| matches!(record, Record::Submission(_)));
                let claim = mirror.read(request).filter(|_| handed_in);
                claim.iter().flat_map(|claim| &claim.invoices).any(|invoice| {
                    core.uploads.waiting.contains_key(&invoice.blob)
                        || core.uploads.waiting.contains_key(&invoice.preview)
                })
            })
        })
    }

    /// Sends what waits, one file after the other, while the server is in reach.
    pub(super) fn run_uploads(self) {
        let start =
            self.with(|core| !core.uploads.waiting.is_empty() && !std::mem::replace(&mut core.uploads.running, true));
        if start {
            task::spawn(async move {
                self.send_all().await;
                self.with(|core| core.uploads.running = false);
                self.pump();
            });
        }
    }

    async fn send_all(self) {
        let mut pause = PAUSES.0;
        while self.is_live() {
            let Some((sha256, media_type)) =
                self.with(|core| core.uploads.waiting.iter().next().map(|(k, v)| (k.clone(), v.clone())))
            else {
                return;
            };
            match self.send_one(&sha256, &media_type).await {
                Ok(()) => {
                    pause = PAUSES.0;
                    self.sent(&sha256);
                }
                Err(error) if error.passes() || error.code() == "unauthenticated" => {
                    task::sleep(pause).await;
                    pause = (pause * 2).min(PAUSES.1);
                }
                Err(error) => {
                    // The server will never take it; the claim says so when it is handed in.
                    task::log(&format!("an original is not taken: {error}"));
                    self.sent(&sha256);
                }
            }
        }
    }

    async fn send_one(self, sha256: &str, media_type: &str) -> Result<(), HttpError> {
        let stored = store::get(Store::Blobs, &self.own_key(sha256)).await.ok().flatten();
        let Some(bytes) = stored else {
            return Err(HttpError::Malformed("the original is not on this device".to_owned()));
        };
        let token = self.token().await?;
        let bearer = format!("Bearer {token}");
        let kind = if media_type.is_empty() { "application/octet-stream" } else { media_type };
        let url = format!("/api/blobs/{sha256}");
        if bytes.len() >= LARGE
            && let Some(done) = go_on(&format!("{url}/upload"), &token, &bytes).await?
        {
            return Ok(done);
        }
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        upload::send("PUT", &url, &headers, &bytes, |_| ()).await
    }

    fn sent(self, sha256: &str) {
        self.with(|core| core.uploads.waiting.remove(sha256));
        self.count_uploads();
        let key = self.own_key(&format!("upload/{sha256}"));
        task::spawn(self.write(vec![Write::Delete(Store::Meta, key)]));
        self.pump();
    }

    /// Sends files again that the server says it lacks. False when one of them is not on this device.
    pub(super) async fn upload_again(self, request: RequestId, blobs: &[String]) -> bool {
        let claim = self.peek(request);
        let mut batch = Vec::new();
        for sha256 in blobs {
            let Ok(Some(bytes)) = store::get(Store::Blobs, &self.own_key(sha256)).await else {
                return false;
            };
            let invoice = claim.iter().flat_map(|claim| &claim.invoices).find(|invoice| invoice.blob == *sha256);
            let media_type = invoice.map_or("image/jpeg", |invoice| invoice.media_type.as_str());
            batch.extend(self.keep_blob(sha256, &bytes, media_type));
        }
        self.write(batch).await;
        self.run_uploads();
        !blobs.is_empty()
    }
}
