//! A value and where it came from.

use serde::{Deserialize, Serialize};

/// Where a value was read. The order is the order of trust, the most trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The invoice's own XML, alone or attached to an OFD or PDF file.
    Xml,
    /// The structured part of an OFD file, or the text of its page.
    Ofd,
    /// The information dictionary of a PDF file, as some issuers fill it.
    PdfInformation,
    /// The text layer of a PDF file.
    PdfText,
    /// A QR code whose checksum holds.
    Qr,
    /// Text recognised in a picture.
    Ocr,
    /// A person's own typing.
    Typed,
}

/// One field of a reading: its value, the most trusted source that has it, and the other sources that say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field<T> {
    /// The value.
    pub value: T,
    /// The most trusted source that has it.
    pub source: Source,
    /// Further sources with an equal value.
    pub agreeing: Vec<Source>,
}

impl<T> Field<T> {
    /// A value of one source.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source, agreeing: Vec::new() }
    }
}
