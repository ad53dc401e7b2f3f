//! Why a file could not be read as an invoice.

use thiserror::Error;

use crate::explain::{Language, explain};

/// The reading failed before any field was found. The file itself is never at risk: whoever captured it has stored it
/// before asking for a reading, and a person can always type the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The file has no bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// More than [`crate::limits::MAX_FILE_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// No format that an invoice comes in, judged by content.
    #[error("the format is not known")]
    UnknownFormat,
    /// A picture in a format that is not decoded here, such as HEIC.
    #[error("the picture's format is not supported")]
    UnsupportedPicture,
    /// An archive that unpacks to more than the limits allow.
    #[error("the archive unpacks to too much")]
    ArchiveBomb,
    /// An archive that cannot be opened.
    #[error("the archive is damaged")]
    MalformedArchive,
    /// XML that is not well formed, nests too deep, or declares a document type.
    #[error("the XML is malformed")]
    MalformedXml,
    /// A PDF that cannot be opened.
    #[error("the PDF is damaged")]
    MalformedPdf,
    /// A picture that cannot be decoded, or that would need too much memory.
    #[error("the picture is damaged")]
    MalformedImage,
    /// A sound document, but no invoice.
    #[error("the document is no invoice")]
    NoInvoice,
}

impl ReadError {
    /// Every error, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::EmptyFile,
        Self::TooLarge,
        Self::UnknownFormat,
        Self::UnsupportedPicture,
        Self::ArchiveBomb,
        Self::MalformedArchive,
        Self::MalformedXml,
        Self::MalformedPdf,
        Self::MalformedImage,
        Self::NoInvoice,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::EmptyFile => "empty_file",
            Self::TooLarge => "too_large",
            Self::UnknownFormat => "unknown_format",
            Self::UnsupportedPicture => "unsupported_picture",
            Self::ArchiveBomb => "archive_bomb",
            Self::MalformedArchive => "malformed_archive",
            Self::MalformedXml => "malformed_xml",
            Self::MalformedPdf => "malformed_pdf",
            Self::MalformedImage => "malformed_image",
            Self::NoInvoice => "no_invoice",
        }
    }

    /// What to tell a person, and what they can do.
    pub fn text(self, language: Language) -> &'static str {
        explain(self.code(), language).unwrap_or(self.code())
    }
}
