//! Reading Chinese invoices (发票识别): bytes in, fields with their sources and cross-checks out.
//!
//! The promise: what can be parsed is never guessed from pixels. XML, OFD, PDF text, the QR code and recognised text are
//! read in that order of trust, all that are present are compared, and [`Verdict::Accepted`] is given only when two
//! independent figures agree on the total and nothing contradicts it. No file makes this crate panic on a native target
//! or take more than [`limits`] allow.
//!
//! No files, no clock, no network: bytes and today's date are arguments. The same code runs in the server and, compiled
//! to WebAssembly, in a worker of the browser. There a panic in the PDF parser ends the worker; the page that started it
//! says so, keeps the file and starts another.
//!
//! ```
//! use budget::Date;
//! use ocr::{ReadError, Upload, read};
//!
//! let today = Date::new(2026, 6, 30).unwrap();
//! let upload = Upload { name: "invoice.pdf", bytes: b"" };
//! assert_eq!(read(&upload, today, &[]).unwrap_err(), ReadError::EmptyFile);
//! ```

use budget::Date;

mod archive;
pub mod capital;
mod checks;
mod combine;
mod engine;
mod error;
pub mod explain;
mod layout;
pub mod limits;
mod ofd;
#[cfg(feature = "paddle")]
mod paddle;
mod pdf;
mod photo;
mod picture;
pub mod qr;
pub mod reading;
mod sniff;
mod statement;
#[cfg(feature = "tesseract")]
mod tesseract;
mod value;
mod verdict;
mod xml;

pub use engine::{EngineError, Line, Point, Recognised, TextEngine};
pub use error::ReadError;
pub use explain::{Language, explain};
#[cfg(feature = "paddle")]
pub use paddle::{PaddleEngine, PaddleModels};
pub use reading::{
    Check, CheckKind, Compared, Field, FieldVerdict, Fields, Identity, InvoiceKind, Item, Message, Outcome, Place,
    Reading, Reason, Source, Travel, Verdict,
};
pub use sniff::Format;
#[cfg(feature = "tesseract")]
pub use tesseract::TesseractEngine;

use combine::Evidence;

/// A file as somebody chose it.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    /// Its name, for people; the format is judged by content.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Reads one file. `engines` recognise the text of pictures: the first one reads, a second one gives a second opinion on
/// the total of kinds that print no other figure. Without any, a picture gives what its QR code says.
pub fn read(file: &Upload<'_>, today: Date, engines: &[&dyn TextEngine]) -> Result<Reading, ReadError> {
    if file.bytes.is_empty() {
        return Err(ReadError::EmptyFile);
    }
    if file.bytes.len() > limits::MAX_FILE_BYTES {
        return Err(ReadError::TooLarge);
    }
    let evidence = match Format::of(file.bytes) {
        Some(Format::Xml) => from_xml(file.bytes)?,
        Some(Format::Ofd) => from_ofd(file.bytes)?,
        Some(Format::Pdf) => from_pdf(file.bytes, engines)?,
        Some(Format::Picture) => picture::evidence(file.bytes, engines)?,
        Some(Format::OtherPicture) => return Err(ReadError::UnsupportedPicture),
        None => return Err(ReadError::UnknownFormat),
    };
    Ok(combine::reading(evidence, today))
}

fn from_xml(bytes: &[u8]) -> Result<Evidence, ReadError> {
    let root = xml::Element::parse(bytes)?;
    let (statements, payload) = xml::any::read(&root).ok_or(ReadError::NoInvoice)?;
    Ok(Evidence { statements, payload, ..Evidence::default() })
}

fn from_ofd(bytes: &[u8]) -> Result<Evidence, ReadError> {
    let (statements, payload) = ofd::read(bytes)?;
    if statements.is_empty() && payload.is_none() {
        return Err(ReadError::NoInvoice);
    }
    Ok(Evidence { statements, payload, ..Evidence::default() })
}

fn from_pdf(bytes: &[u8], engines: &[&dyn TextEngine]) -> Result<Evidence, ReadError> {
    let content = pdf::read(bytes)?;
    if !content.parts.is_empty() {
        let parts = content.parts.into_iter();
        let part = |part: pdf::PdfContent| Evidence {
            statements: part.statements,
            payload: part.payload,
            ..Evidence::default()
        };
        return Ok(Evidence { parts: parts.map(part).collect(), ..Evidence::default() });
    }
    from_one_pdf(content, engines)
}

fn from_one_pdf(mut content: pdf::PdfContent, engines: &[&dyn TextEngine]) -> Result<Evidence, ReadError> {
    let mut evidence = Evidence::default();
    if content.encrypted {
        evidence.remarks.push(Reason::PdfEncrypted);
    } else if !content.has_text && !content.statements.iter().any(|s| s.source < Source::PdfText) {
        evidence.remarks.push(Reason::PdfWithoutText);
        if let Some(scan) = content.scan.take() {
            picture::recognise(&scan, content.payload.is_some(), engines, &mut evidence);
        }
    }
    evidence.statements.extend(content.statements);
    evidence.payload = content.payload;
    let nothing = evidence.statements.is_empty() && evidence.payload.is_none();
    if nothing && evidence.remarks.is_empty() && evidence.parts.is_empty() {
        return Err(ReadError::NoInvoice);
    }
    Ok(evidence)
}
