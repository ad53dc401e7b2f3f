//! Pictures of invoices: from this device, or from the server once and then from this device.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::desk::Desk;
use crate::device::http::Request;
use crate::device::store::{self, Store, Write};
use crate::device::{Bytes, ObjectUrl, page, task};

/// The pictures that somebody looked at since the start.
#[derive(Default)]
pub(crate) struct Pictures {
    shown: BTreeMap<String, (ArcRwSignal<Option<String>>, Option<ObjectUrl>)>,
}

impl Desk {
    /// The address of a picture, as soon as there is one; `sha256` in hex, empty for no picture.
    pub(crate) fn picture(self, sha256: &str) -> Signal<Option<String>> {
        if sha256.is_empty() {
            return Signal::stored(None);
        }
        let (signal, wanted) = self.with(|core| {
            let wanted = !core.pictures.shown.contains_key(sha256);
            let entry = core.pictures.shown.entry(sha256.to_owned());
            (entry.or_insert_with(|| (ArcRwSignal::new(None), None)).0.clone(), wanted)
        });
        if wanted {
            let sha256 = sha256.to_owned();
            task::spawn(async move { self.look_for(sha256).await });
        }
        signal.into()
    }

    /// Looks again for the pictures that were not there when the server was out of reach.
    pub(super) fn look_for_pictures(self) {
        let missing: Vec<String> = self.with(|core| {
            let none = core.pictures.shown.iter().filter(|(_, (_, url))| url.is_none());
            none.map(|(sha256, _)| sha256.clone()).collect()
        });
        for sha256 in missing {
            task::spawn(async move { self.look_for(sha256).await });
        }
    }

    async fn look_for(self, sha256: String) {
        let Some(bytes) = self.blob(&sha256).await else {
            return;
        };
        let Some(url) = ObjectUrl::new(&bytes, "image/jpeg") else {
            return;
        };
        let address = url.as_str().to_owned();
        let signal = self.with(|core| {
            let entry = core.pictures.shown.get_mut(&sha256)?;
            entry.1 = Some(url);
            Some(entry.0.clone())
        });
        if let Some(signal) = signal {
            signal.set(Some(address));
        }
    }

    /// The bytes of a file: from this device, or from the server, and then kept for the next time without it.
    pub(super) async fn blob(self, sha256: &str) -> Option<Bytes> {
        let key = self.own_key(sha256);
        if let Ok(Some(bytes)) = store::get(Store::Blobs, &key).await {
            return Some(bytes);
        }
        let token = self.token().await.ok()?;
        let answer = Request::get(format!("/api/blobs/{sha256}")).bearer(&token).send().await.ok()?;
        let bytes = answer.bytes().await.ok()?;
        task::spawn(self.write(vec![Write::put(Store::Blobs, key, bytes.clone())]));
        Some(bytes)
    }

    /// Opens an original beside the app. False when it is neither here nor in reach.
    pub(crate) async fn open_original(self, sha256: &str, media_type: &str) -> bool {
        let Some(bytes) = self.blob(sha256).await else {
            return false;
        };
        let Some(url) = ObjectUrl::new(&bytes, media_type) else {
            return false;
        };
        page::open(url.as_str());
        // The other page reads the address at once; a minute is more than enough.
        task::spawn(async move {
            task::sleep(60_000).await;
            drop(url);
        });
        true
    }
}
