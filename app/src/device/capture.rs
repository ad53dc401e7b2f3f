//! Files that a person photographs or chooses, and their names by content.
//!
//! Promise: the original is never changed, and its SHA-256 is computed before anything is made of it.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, File, HtmlInputElement};

use super::bytes::Bytes;
use super::{js, key};

/// Why a file could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CaptureError {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is larger than allowed.
    #[error("the file is too large")]
    TooLarge,
    /// The browser could not read it: it was moved, deleted, or is still in the cloud.
    #[error("the file cannot be read")]
    Unreadable,
    /// No browser decoder knows this picture (HEIC outside Safari), or it is none.
    #[error("the picture cannot be decoded")]
    Undecodable,
}

impl CaptureError {
    /// The stable code, for the table of texts.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::TooLarge => "too_large",
            Self::Unreadable => "file_unreadable",
            Self::Undecodable => "picture_unreadable",
        }
    }
}

/// A file that was chosen and has not been read yet.
#[derive(Clone)]
pub(crate) struct Chosen(File);

/// The files chosen by the `change` event of a file input, or dropped on the page. The input is emptied, so that the
/// same file can be chosen again.
pub(crate) fn chosen(event: &Event) -> Vec<Chosen> {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return Vec::new();
    };
    let files = input.files();
    let chosen = files
        .map(|files| (0..files.length()).filter_map(|index| files.get(index)).map(Chosen).collect())
        .unwrap_or_default();
    input.set_value("");
    chosen
}

impl Chosen {
    /// The name the file had.
    pub(crate) fn name(&self) -> String {
        self.0.name()
    }

    /// The media type as the browser guesses it from the name; often empty (OFD).
    pub(crate) fn media_type(&self) -> String {
        self.0.type_()
    }

    /// The size in bytes.
    pub(crate) fn size(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's size in bytes")]
        let size = self.0.size() as usize;
        size
    }

    /// Reads all of its text, unless it is empty or longer than `limit` bytes.
    pub(super) async fn text(&self, limit: usize) -> Result<String, CaptureError> {
        self.check(limit)?;
        let text = js::settled(self.0.text().into()).await;
        text.ok().and_then(|text| text.as_string()).ok_or(CaptureError::Unreadable)
    }

    fn check(&self, limit: usize) -> Result<(), CaptureError> {
        match self.size() {
            0 => Err(CaptureError::Empty),
            size if size > limit => Err(CaptureError::TooLarge),
            _ => Ok(()),
        }
    }

    /// Reads the whole file, unless it is empty or longer than `limit` bytes.
    pub(crate) async fn read(&self, limit: usize) -> Result<Bytes, CaptureError> {
        self.check(limit)?;
        let buffer = js::settled(self.0.array_buffer().into()).await;
        buffer.map(|buffer| Bytes::of_buffer(&buffer)).map_err(|_| CaptureError::Unreadable)
    }
}

/// The SHA-256 of some bytes in lower-case hexadecimal: the name of a blob.
pub(crate) async fn digest(bytes: &Bytes) -> Result<String, CaptureError> {
    let hash = async {
        let subtle = key::subtle().map_err(|_| JsValue::UNDEFINED)?;
        let hashing = subtle.digest_with_str_and_js_u8_array("SHA-256", bytes.array())?;
        js::settled(hashing.into()).await
    }
    .await
    .map_err(|_| CaptureError::Unreadable)?;
    Ok(hex::encode(Uint8Array::new(&hash).to_vec()))
}
