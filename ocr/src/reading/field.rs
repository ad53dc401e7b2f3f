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

/// Where a value stands: a page, and a box in thousandths of its width and height, so that it fits any scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The page, counted from 0.
    pub page: u16,
    /// Left edge.
    pub left: u16,
    /// Upper edge.
    pub top: u16,
    /// Right edge.
    pub right: u16,
    /// Lower edge.
    pub bottom: u16,
}

/// What may be done with one value. A field that was not read at all is absent: it is unreadable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldVerdict {
    /// It may be used without a person.
    Accepted,
    /// A person compares it with the original first.
    #[default]
    Confirm,
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
    /// Where it stands, when its source has places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How sure text recognition is of it, in percent; absent for sources that misread nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// What may be done with it.
    #[serde(default)]
    pub verdict: FieldVerdict,
}

impl<T> Field<T> {
    /// A value of one source, to be confirmed.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source, agreeing: Vec::new(), place: None, confidence: None, verdict: FieldVerdict::Confirm }
    }

    /// Whether it may be used without a person.
    pub fn is_accepted(&self) -> bool {
        self.verdict == FieldVerdict::Accepted
    }
}
