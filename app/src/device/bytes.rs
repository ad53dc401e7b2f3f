//! Bytes that stay in the browser's memory, and addresses for showing them.
//!
//! Promise: a photograph of ten megabytes is hashed, stored and shown without a copy in the program's own memory, and
//! an address is given back when its owner goes.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// Bytes held by the browser. Cloning is cheap and shares them; nobody changes them.
#[derive(Clone)]
pub(crate) struct Bytes(Uint8Array);

impl Bytes {
    /// How many bytes.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.0.length()).unwrap_or_default()
    }

    /// Those from here on.
    pub(crate) fn after(&self, start: usize) -> Self {
        Self(self.0.subarray(u32::try_from(start).unwrap_or(u32::MAX), self.0.length()))
    }

    /// A copy in the program's memory.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    pub(super) fn array(&self) -> &Uint8Array {
        &self.0
    }

    pub(super) fn of_buffer(buffer: &JsValue) -> Self {
        Self(Uint8Array::new(buffer))
    }

    /// The bytes inside a stored value, if it holds bytes.
    pub(super) fn of_value(value: JsValue) -> Option<Self> {
        value.dyn_into().ok().map(Self)
    }

    pub(super) fn blob(&self, media_type: &str) -> Result<web_sys::Blob, JsValue> {
        let options = web_sys::BlobPropertyBag::new();
        options.set_type(media_type);
        web_sys::Blob::new_with_u8_array_sequence_and_options(&Array::of1(&self.0), &options)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(Uint8Array::from(bytes))
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

/// A `blob:` address of some bytes, valid for as long as this value lives.
pub(crate) struct ObjectUrl(String);

impl ObjectUrl {
    /// An address for `<img src>` or a link; `None` when the browser makes none.
    pub(crate) fn new(bytes: &Bytes, media_type: &str) -> Option<Self> {
        let blob = bytes.blob(media_type).ok()?;
        web_sys::Url::create_object_url_with_blob(&blob).ok().map(Self)
    }

    /// The address itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = web_sys::Url::revoke_object_url(&self.0);
    }
}
