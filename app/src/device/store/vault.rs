//! What lies on the disk is sealed (静态加密): AES-256-GCM with a key that WebCrypto made and never gives out.
//!
//! Promise: of a value only its length is on the disk in the open, and it opens only under the name under which it was
//! written. Names are in the open, and so is what `journal` notes for a moment. The key lies in the same database, out of
//! reach of every script but inside the browser's own files: this keeps out whoever reads or copies the database through
//! the browser, or finds what was deleted, not whoever takes the device while it is unlocked.

use std::cell::RefCell;

use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use super::{Store, StoreError, Write, add_value, get_value, keys, write};
use crate::device::{Bytes, js, key, random, task};

/// Where the key lies, in [`Store::Meta`].
const NAME: &str = "vault";
const SEALED: &str = "sealed";
const NONCE: &str = "nonce";

thread_local! {
    static KEY: RefCell<Option<CryptoKey>> = const { RefCell::new(None) };
}

/// A change of a batch as it goes to the disk.
pub(super) enum Sealed {
    Put(Store, String, JsValue),
    Delete(Store, String),
    DeletePrefix(Store, String),
}

impl Sealed {
    pub(super) const fn store(&self) -> Store {
        match self {
            Self::Put(store, ..) | Self::Delete(store, _) | Self::DeletePrefix(store, _) => *store,
        }
    }
}

/// Seals what a batch puts.
pub(super) async fn seal(batch: Vec<Write>) -> Result<Vec<Sealed>, StoreError> {
    enum Begun {
        Ready(Sealed),
        Sealing(Store, String, Uint8Array, Promise),
    }
    // All of them are begun before one is awaited: the browser works beside us.
    let mut begun = Vec::with_capacity(batch.len());
    for write in batch {
        begun.push(match write {
            Write::Put(store, name, bytes) => {
                let (subtle, key) = (key::subtle().map_err(|_| unavailable())?, key().await?);
                let nonce = Uint8Array::from(&random::bytes::<12>()[..]);
                let sealing = subtle
                    .encrypt_with_object_and_js_u8_array(&parameters(store, &name, &nonce), &key, bytes.array())
                    .map_err(|error| failed(&error))?;
                Begun::Sealing(store, name, nonce, sealing)
            }
            Write::Delete(store, name) => Begun::Ready(Sealed::Delete(store, name)),
            Write::DeletePrefix(store, prefix) => Begun::Ready(Sealed::DeletePrefix(store, prefix)),
        });
    }
    let mut sealed = Vec::with_capacity(begun.len());
    for each in begun {
        sealed.push(match each {
            Begun::Ready(ready) => ready,
            Begun::Sealing(store, name, nonce, sealing) => {
                let bytes = js::settled(sealing.into()).await.map_err(|error| failed(&error))?;
                Sealed::Put(store, name, js::object(&[(NONCE, nonce.into()), (SEALED, bytes)]).into())
            }
        });
    }
    Ok(sealed)
}

/// Opens values that were read, in their order. Bytes that are not sealed are what an earlier version of the app left. What
/// was changed, or sealed under another name or key, is left out.
pub(super) async fn open(
    store: Store,
    found: impl Iterator<Item = (String, JsValue)>,
) -> Result<Vec<(String, Bytes)>, StoreError> {
    enum Begun {
        Plain(Bytes),
        Opening(Promise),
    }
    let mut begun = Vec::new();
    for (name, value) in found {
        if value.is_instance_of::<Uint8Array>() {
            begun.extend(Bytes::of_value(value).map(|bytes| (name, Begun::Plain(bytes))));
        } else if let Ok(nonce) = js::get(&value, NONCE).dyn_into::<Uint8Array>() {
            let (subtle, bytes) =
                (key::subtle().map_err(|_| unavailable())?, Uint8Array::new(&js::get(&value, SEALED)));
            let opening = subtle
                .decrypt_with_object_and_js_u8_array(&parameters(store, &name, &nonce), &key().await?, &bytes)
                .map_err(|error| failed(&error))?;
            begun.push((name, Begun::Opening(opening)));
        }
    }
    let mut opened = Vec::with_capacity(begun.len());
    for (name, each) in begun {
        match each {
            Begun::Plain(bytes) => opened.push((name, bytes)),
            Begun::Opening(opening) => match js::settled(opening.into()).await {
                Ok(buffer) => opened.push((name, Bytes::of_buffer(&buffer))),
                Err(_) => task::log(&format!("a value on this device does not open and is left where it is: {name}")),
            },
        }
    }
    Ok(opened)
}

/// Throws the key away when nobody's signing key is on this device any more: what the disk still holds of deleted values
/// opens for nobody then. The program has to be started anew afterwards.
pub(crate) async fn forget_key_of_nobody() -> Result<(), StoreError> {
    if keys(Store::Keys, "").await?.is_empty() {
        write(vec![Write::Delete(Store::Meta, NAME.to_owned())]).await?;
        KEY.take();
    }
    Ok(())
}

/// The key of this device. Two programs that ask at once get the same.
async fn key() -> Result<CryptoKey, StoreError> {
    if let Some(key) = KEY.with_borrow(Clone::clone) {
        return Ok(key);
    }
    let key = match stored().await? {
        Some(key) => key,
        None => {
            let made = generate().await?;
            match add_value(Store::Meta, NAME, &made).await {
                Ok(()) => made,
                Err(StoreError::Taken) => stored().await?.ok_or(StoreError::Taken)?,
                Err(error) => return Err(error),
            }
        }
    };
    KEY.replace(Some(key.clone()));
    Ok(key)
}

async fn stored() -> Result<Option<CryptoKey>, StoreError> {
    Ok(get_value(Store::Meta, NAME).await?.and_then(|value| value.dyn_into().ok()))
}

async fn generate() -> Result<CryptoKey, StoreError> {
    let kind = js::object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
    let usages = js_sys::Array::of2(&"encrypt".into(), &"decrypt".into());
    let subtle = key::subtle().map_err(|_| unavailable())?;
    let made = subtle.generate_key_with_object(&kind, false, &usages).map_err(|error| failed(&error))?;
    let made = js::settled(made.into()).await.map_err(|error| failed(&error))?;
    made.dyn_into().map_err(|error| failed(&error))
}

/// A value belongs to its place: one that was moved to another name does not open there.
fn parameters(store: Store, name: &str, nonce: &Uint8Array) -> Object {
    let place = format!("{}/{name}", store.name());
    js::object(&[
        ("name", "AES-GCM".into()),
        ("iv", nonce.clone().into()),
        ("additionalData", Uint8Array::from(place.as_bytes()).into()),
    ])
}

fn unavailable() -> StoreError {
    StoreError::Unavailable("no WebCrypto outside HTTPS and localhost".to_owned())
}

fn failed(error: &JsValue) -> StoreError {
    StoreError::Failed(js::error_text(error))
}
