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
//! assert_eq!(read(&upload, today, None).unwrap_err(), ReadError::EmptyFile);
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
mod pdf;
mod photo;
pub mod qr;
pub mod reading;
mod sniff;
mod statement;
#[cfg(feature = "tesseract")]
mod tesseract;
mod value;
mod verdict;
mod xml;

pub use engine::{EngineError, Line, TextEngine};
pub use error::ReadError;
pub use explain::{Language, explain};
pub use reading::{
    Check, CheckKind, Compared, Field, Fields, Identity, InvoiceKind, Item, Message, Outcome, Reading, Reason, Source,
    Travel, Verdict,
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

/// Reads one file. `engine` recognises the text of pictures where there is one; without it a picture gives what its QR
/// code says.
pub fn read(file: &Upload<'_>, today: Date, engine: Option<&dyn TextEngine>) -> Result<Reading, ReadError> {
    if file.bytes.is_empty() {
        return Err(ReadError::EmptyFile);
    }
    if file.bytes.len() > limits::MAX_FILE_BYTES {
        return Err(ReadError::TooLarge);
    }
    let evidence = match Format::of(file.bytes) {
        Some(Format::Xml) => from_xml(file.bytes)?,
        Some(Format::Ofd) => from_ofd(file.bytes)?,
        Some(Format::Pdf) => from_pdf(file.bytes, engine)?,
        Some(Format::Picture) => from_picture(file.bytes, engine)?,
        Some(Format::OtherPicture) => return Err(ReadError::UnsupportedPicture),
        None => return Err(ReadError::UnknownFormat),
    };
    Ok(combine::reading(evidence, today))
}

fn from_xml(bytes: &[u8]) -> Result<Evidence, ReadError> {
    let root = xml::Element::parse(bytes)?;
    let (statements, payload) = xml::any::read(&root).ok_or(ReadError::NoInvoice)?;
    Ok(Evidence { statements, payload, remarks: Vec::new() })
}

fn from_ofd(bytes: &[u8]) -> Result<Evidence, ReadError> {
    let (statements, payload) = ofd::read(bytes)?;
    if statements.is_empty() && payload.is_none() {
        return Err(ReadError::NoInvoice);
    }
    Ok(Evidence { statements, payload, remarks: Vec::new() })
}

fn from_pdf(bytes: &[u8], engine: Option<&dyn TextEngine>) -> Result<Evidence, ReadError> {
    let mut content = pdf::read(bytes)?;
    let mut remarks = Vec::new();
    if content.encrypted {
        remarks.push(Reason::PdfEncrypted);
    } else if !content.has_text && !content.statements.iter().any(|s| s.source < Source::PdfText) {
        remarks.push(Reason::PdfWithoutText);
        content.statements.extend(content.scan.as_ref().and_then(|scan| recognised(scan, engine)));
    }
    if content.statements.is_empty() && content.payload.is_none() && remarks.is_empty() {
        return Err(ReadError::NoInvoice);
    }
    Ok(Evidence { statements: content.statements, payload: content.payload, remarks })
}

fn from_picture(bytes: &[u8], engine: Option<&dyn TextEngine>) -> Result<Evidence, ReadError> {
    let picture = photo::decode(bytes)?;
    let payload = qr::find::invoice(&photo::on_white(&picture));
    let statements = Vec::from_iter(recognised(&picture, engine));
    let unread = statements.is_empty() && payload.is_none();
    let remarks = if unread { vec![Reason::PictureNotRead] } else { Vec::new() };
    Ok(Evidence { statements, payload, remarks })
}

/// What an engine recognises in a picture. One that fails leaves what the QR code says; the verdict then asks a person,
/// as it should.
fn recognised(picture: &image::DynamicImage, engine: Option<&dyn TextEngine>) -> Option<statement::Statement> {
    let lines = engine?.lines(&picture.to_rgb8()).unwrap_or_default();
    let statement = layout::extract(&layout::page_of_lines(&lines), Source::Ocr);
    (!statement.is_empty()).then_some(statement)
}
