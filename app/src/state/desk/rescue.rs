//! Saving what only this device has into a file, and taking it back.

use std::collections::BTreeSet;

use budget::RequestId;
use sync::{DocumentKey, Edit};

use super::Desk;
use crate::device::capture::{CaptureError, Chosen, chosen, digest};
use crate::device::page_file::{PageFile, ReadPage};
use crate::device::store::{self, Store};
use crate::device::{Bytes, clock};
use crate::keeper::intent::Intent;
use crate::state::rescue::{self, Piece, RescueError, Unsent};
use crate::text::text;

/// The longest file that is taken back, in bytes.
const LONGEST: usize = 256 << 20;

/// What became of a rescue file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TakenBack {
    /// New drafts.
    pub(crate) drafts: usize,
    /// Requests that are here already.
    pub(crate) here: usize,
    /// Originals that are not in the file, or were changed.
    pub(crate) lost: usize,
}

impl Desk {
    /// The person's own requests that the authority was never told of, or not all of.
    fn unsent(self) -> Vec<Unsent> {
        let me = self.person_id();
        self.with(|core| {
            let mirror = &core.mirror;
            let waiting = mirror.waiting();
            let mut found = Vec::new();
            for request in mirror.requests() {
                let refused: Vec<Edit> =
                    mirror.refused_of(request).iter().flat_map(|(_, work)| work.edits.iter().cloned()).collect();
                let only_here = waiting.contains(&request) || mirror.status(request).is_none() || !refused.is_empty();
                let claim = mirror.read(request).filter(|claim| claim.owner == me && only_here);
                found.extend(claim.cloned().map(|claim| Unsent { request, claim, refused }));
            }
            found
        })
    }

    /// Saves what only this device has. How many requests are in the file; none when there is nothing to save.
    pub(crate) async fn save_rescue(self) -> Result<usize, &'static str> {
        self.flush_typing();
        let unsent = self.unsent();
        if unsent.is_empty() {
            return Ok(0);
        }
        let prefix = self.own_key("");
        let names = store::keys(Store::Blobs, &prefix).await.map_err(|error| error.code())?;
        let here: BTreeSet<String> =
            names.iter().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).collect();
        let name = self.name(self.person_id());
        let pieces = rescue::page((self.person_id(), &name), clock::now(), &unsent, &here).map_err(|_| "storage")?;
        let mut page = PageFile::default();
        for piece in pieces {
            match piece {
                Piece::Text(text) => page.push(&text),
                Piece::Original(sha256) => {
                    let found = store::get(Store::Blobs, &self.own_key(&sha256)).await.map_err(|error| error.code())?;
                    // One that does not open any more is found to be missing when the file is taken back.
                    if let Some(bytes) = found {
                        page.push_base64(&bytes);
                    }
                }
            }
        }
        let name = (text().pages.rescue.file_name)(&name, &clock::now().china_date().to_string());
        if page.save(&name) { Ok(unsent.len()) } else { Err("file_unreadable") }
    }

    /// Takes back the rescue file that a person just chose. `None` when none was chosen.
    pub(crate) async fn take_back(self, event: leptos::ev::Event) -> Option<Result<TakenBack, &'static str>> {
        let file = chosen(&event).pop()?;
        Some(self.take_back_file(&file).await)
    }

    async fn take_back_file(self, file: &Chosen) -> Result<TakenBack, &'static str> {
        let page = ReadPage::of(file, LONGEST).await.map_err(|error| match error.code() {
            "too_large" => "rescue_too_large",
            code => code,
        })?;
        let kept = page.text(rescue::ELEMENT).ok_or(RescueError::Unreadable.code())?;
        let requests = rescue::read(&kept, self.person_id()).map_err(RescueError::code)?;
        let mut done = TakenBack::default();
        for (request, edits) in requests {
            let draft = draft_of(request).await?;
            let same = self.peek(request).is_some_and(|claim| rescue::says_same(&claim, &edits));
            if same || self.peek(draft).is_some() {
                done.here += 1;
                continue;
            }
            for (sha256, media_type) in rescue::originals(&edits) {
                match page.bytes(&sha256) {
                    Some(bytes) if digest(&bytes).await.ok().as_ref() == Some(&sha256) => {
                        self.write(self.keep_blob(&sha256, &bytes, &media_type)).await;
                    }
                    _ => done.lost += 1,
                }
            }
            let (document, at) = (DocumentKey::Claim(draft), clock::now());
            let mut all = vec![Edit::CreateClaim { owner: self.person_id(), at }];
            all.extend(edits);
            self.intend(Intent::Edit { document, edits: all, at }).await;
            done.drafts += 1;
        }
        self.run_uploads();
        Ok(done)
    }
}

/// The draft that a rescued request becomes: the same one each time that it is taken back.
async fn draft_of(request: RequestId) -> Result<RequestId, &'static str> {
    let name = Bytes::from(format!("suanpan rescued {request}").into_bytes());
    let hash = digest(&name).await.map_err(CaptureError::code)?;
    let mut id = [0; 16];
    hex::decode_to_slice(hash.get(..32).unwrap_or_default(), &mut id).map_err(|_| "file_unreadable")?;
    Ok(RequestId(id))
}
