//! A page as a file: saved from here, and read again by the browser's own parser, which runs nothing of what it reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, DomParser, HtmlAnchorElement, SupportedType};

use super::bytes::Bytes;
use super::capture::{CaptureError, Chosen};

/// A page that is being written, in pieces that stay in the browser's memory.
#[derive(Default)]
pub(crate) struct PageFile(Array);

impl PageFile {
    /// Adds text as it is.
    pub(crate) fn push(&mut self, text: &str) {
        self.0.push(&JsValue::from_str(text));
    }

    /// Adds bytes in base64.
    pub(crate) fn push_base64(&mut self, bytes: &Bytes) {
        self.push(&STANDARD.encode(bytes.to_vec()));
    }

    /// Gives the file to the person under a name. False when the browser does not take it.
    pub(crate) fn save(self, name: &str) -> bool {
        self.offer(name).is_some()
    }

    fn offer(self, name: &str) -> Option<()> {
        let options = web_sys::BlobPropertyBag::new();
        options.set_type("text/html");
        let blob = web_sys::Blob::new_with_str_sequence_and_options(&self.0, &options).ok()?;
        let url = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
        let document = web_sys::window()?.document()?;
        let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
        link.set_href(&url);
        link.set_download(name);
        link.click();
        // The browser reads it for some moments more; the address is given back with the page.
        Some(())
    }
}

/// A page that was read from a file.
pub(crate) struct ReadPage(Document);

impl ReadPage {
    /// Parses a file of at most `limit` bytes.
    pub(crate) async fn of(file: &Chosen, limit: usize) -> Result<Self, CaptureError> {
        let text = file.text(limit).await?;
        // Looks are of no use here, and our content policy would call them a breach.
        let text = match text.split_once("<style>").zip(text.split_once("</style>")) {
            Some(((before, _), (_, after))) => format!("{before}{after}"),
            None => text,
        };
        let parser = DomParser::new().map_err(|_| CaptureError::Unreadable)?;
        let parsed = parser.parse_from_string(&text, SupportedType::TextHtml);
        parsed.map(Self).map_err(|_| CaptureError::Unreadable)
    }

    /// The text inside the element with this id.
    pub(crate) fn text(&self, id: &str) -> Option<String> {
        self.0.get_element_by_id(id)?.text_content()
    }

    /// The bytes that the element with this id carries in its address.
    pub(crate) fn bytes(&self, id: &str) -> Option<Bytes> {
        let element = self.0.get_element_by_id(id)?;
        let address = element.get_attribute("src").or_else(|| element.get_attribute("href"))?;
        let (_, base64) = address.split_once(";base64,")?;
        STANDARD.decode(base64).ok().map(Bytes::from)
    }
}
