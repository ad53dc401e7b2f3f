//! From a file to a line of a claim.
//!
//! ```text
//! file ─▶ original on the disk ─▶ invoice in the draft ─▶ reader ─▶ fields and a line, filled in as far as is sure
//! ```
//!
//! Promise: the original is stored before anything is made of it, what was read is only ever put into new fields,
//! and a file that cannot be read is kept for typing unless it is no file of an invoice at all.

use budget::{InvoiceId, LineId, RequestId};
use leptos::prelude::*;
use ocr::limits::MAX_FILE_BYTES;
use ocr::{Reading, Source, Verdict};
use sync::document::{Claim, ClaimInvoice};
use sync::{Field, Place, Scalar};

use super::account;
use super::desk::Desk;
use super::duplicate::{self, Seen};
use crate::device::capture::{Chosen, digest};
use crate::device::http::Request;
use crate::device::preview::{PREVIEW, picture};
use crate::device::reader::{self, ReaderError};
use crate::device::store::{self, Store};
use crate::device::{Bytes, clock, random, task};
use crate::text::{Language, language};

/// The longest reading that a document holds, in characters.
const LONGEST_READING: usize = 16_000;

/// Something to say about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    /// The claim.
    pub(crate) request: RequestId,
    /// The invoice, if the file was kept.
    pub(crate) invoice: Option<InvoiceId>,
    /// The file's name.
    pub(crate) file: String,
    /// A stable code.
    pub(crate) code: String,
    /// The reader's own sentence, when it had one.
    pub(crate) words: Option<String>,
}

/// Codes after which a file is not kept: it is no file of an invoice, or it is dangerous.
const NOT_KEPT: [&str; 2] = ["unknown_format", "archive_bomb"];

impl Desk {
    /// Takes files into a claim, one after the other. Returns at once.
    pub(crate) fn capture(self, request: RequestId, files: Vec<Chosen>) {
        task::spawn(async move {
            for file in files {
                self.capture_one(request, &file).await;
            }
        });
    }

    async fn capture_one(self, request: RequestId, file: &Chosen) {
        let name = file.name();
        let read = async {
            let bytes = file.read(MAX_FILE_BYTES).await?;
            let sha256 = digest(&bytes).await?;
            Ok::<_, crate::device::capture::CaptureError>((bytes, sha256))
        };
        let (bytes, sha256) = match read.await {
            Ok(read) => read,
            Err(error) => return self.remark(request, None, &name, error.code(), None),
        };
        let claim = self.peek(request);
        if let Some(there) = claim.iter().flat_map(|claim| &claim.invoices).find(|invoice| invoice.blob == sha256) {
            if !is_unread(claim.as_ref(), there) {
                self.remark(request, None, &name, "same_file", None);
            } else if self.begin_reading(there.id) {
                self.read_into(request, there.id, &name, &bytes, &there.media_type).await;
            }
            return;
        }
        let media_type = media_type(&name, &file.media_type());
        // The original first, and on the disk, before anything can go wrong.
        self.write(self.keep_blob(&sha256, &bytes, &media_type)).await;
        let invoice = InvoiceId(random::id().into_bytes());
        self.begin_reading(invoice);
        self.put(
            request,
            Place::Invoice(invoice),
            vec![
                (Field::Blob, Scalar::Text(sha256)),
                (Field::FileName, Scalar::Text(name.chars().take(255).collect())),
                (Field::MediaType, Scalar::Text(media_type.clone())),
                (Field::Size, Scalar::Integer(i64::try_from(bytes.len()).unwrap_or(i64::MAX))),
            ],
        );
        self.read_into(request, invoice, &name, &bytes, &media_type).await;
    }

    /// Reads what was captured here and never read, because the tab died in between.
    pub(crate) fn take_up(self, request: RequestId) {
        let claim = self.peek(request);
        let unread =
            claim.iter().flat_map(|claim| &claim.invoices).filter(|invoice| is_unread(claim.as_ref(), invoice));
        for invoice in unread.cloned().collect::<Vec<_>>() {
            if self.begin_reading(invoice.id) {
                task::spawn(async move {
                    match store::get(Store::Blobs, &self.own_key(&invoice.blob)).await {
                        Ok(Some(bytes)) => {
                            self.read_into(request, invoice.id, &invoice.file_name, &bytes, &invoice.media_type).await;
                        }
                        // Another device has it and reads it.
                        _ => self.end_reading(invoice.id),
                    }
                });
            }
        }
    }

    /// Whether nobody in this tab reads it already.
    fn begin_reading(self, invoice: InvoiceId) -> bool {
        self.reading.try_update(|reading| reading.insert(invoice)).unwrap_or(false)
    }

    fn end_reading(self, invoice: InvoiceId) {
        self.reading.update(|reading| {
            reading.remove(&invoice);
        });
    }

    /// Reads an original and fills in what it says.
    async fn read_into(self, request: RequestId, invoice: InvoiceId, name: &str, bytes: &Bytes, media_type: &str) {
        self.make_preview(request, invoice, bytes, media_type).await;
        let outcome = self.read(name, bytes, media_type).await;
        // Another tab may have been quicker.
        if !has_line(self.peek(request).as_ref(), invoice) {
            match outcome {
                Ok(reading) => self.fill_in(request, invoice, name, &reading),
                Err(error) => self.not_read(request, invoice, name, &error),
            }
        }
        self.end_reading(invoice);
        self.run_uploads();
    }

    async fn make_preview(self, request: RequestId, invoice: InvoiceId, bytes: &Bytes, media_type: &str) {
        if !media_type.starts_with("image/") {
            return;
        }
        let Ok(preview) = picture(bytes, media_type, PREVIEW).await else {
            return;
        };
        let Ok(sha256) = digest(&preview.bytes).await else {
            return;
        };
        self.write(self.keep_blob(&sha256, &preview.bytes, "image/jpeg")).await;
        self.put(request, Place::Invoice(invoice), vec![(Field::Preview, Scalar::Text(sha256))]);
    }

    /// Reads here; a picture that stays unclear is shown to the server, which recognises text, if it is in reach.
    async fn read(self, name: &str, bytes: &Bytes, media_type: &str) -> Result<Reading, ReaderError> {
        let today = clock::now().china_date().to_string();
        let here = reader::read::<Reading>(name, &today, bytes).await;
        let clear = matches!(&here, Ok(reading) if reading.total().is_some());
        if clear || !media_type.starts_with("image/") || !self.is_live() {
            return here;
        }
        let there = async {
            let token = self.token().await?;
            let asked = Request::post("/api/read").bearer(&token).bytes(bytes.clone(), media_type).deadline(60_000);
            asked.send().await?.json::<Reading>().await
        };
        match there.await {
            Ok(reading) => Ok(reading),
            Err(_) => here,
        }
    }

    /// Writes what was read, and a line for it.
    fn fill_in(self, request: RequestId, invoice: InvoiceId, name: &str, reading: &Reading) {
        let identity = reading.identity.as_ref().map(|identity| identity.as_str().to_owned());
        let claim = self.peek(request);
        let again = identity.as_ref().is_some_and(|identity| {
            claim.iter().flat_map(|claim| &claim.invoices).any(|other| other.identity == *identity)
        });
        if again {
            // Another file of an invoice that is here already: kept beside it, counted once.
            return self.remark(request, Some(invoice), name, "same_invoice", None);
        }
        self.put(request, Place::Invoice(invoice), invoice_fields(reading, identity.as_deref()));
        self.add_line_of(request, invoice, Some(reading));
        if let Verdict::Unreadable(reasons) = &reading.verdict {
            let code = reasons.first().map_or("total_missing", |reason| reason.code());
            self.remark(request, Some(invoice), name, code, explained(code));
        }
        if let Some(identity) = identity {
            let seen = self.with(|core| {
                let fingerprints = std::sync::Arc::clone(&core.fingerprints);
                duplicate::seen(&core.mirror, &fingerprints, request, &identity)
            });
            if let Some(Seen::Elsewhere { .. } | Seen::Here { .. }) = seen {
                self.remark(request, Some(invoice), name, "seen_before", None);
            }
        }
    }

    fn not_read(self, request: RequestId, invoice: InvoiceId, name: &str, error: &ReaderError) {
        let words = match (error, language()) {
            (ReaderError::Refused { chinese, .. }, Language::Chinese) => Some(chinese.clone()),
            (ReaderError::Refused { english, .. }, Language::English) => Some(english.clone()),
            _ => None,
        };
        if NOT_KEPT.contains(&error.code()) {
            self.put(request, Place::Invoice(invoice), vec![(Field::InvoiceDeleted, Scalar::Flag(true))]);
            return self.remark(request, None, name, error.code(), words);
        }
        self.add_line_of(request, invoice, None);
        self.remark(request, Some(invoice), name, error.code(), words);
    }

    fn add_line_of(self, request: RequestId, invoice: InvoiceId, reading: Option<&Reading>) {
        let mut values = vec![(Field::LineInvoice, Scalar::Text(invoice.to_string()))];
        if let Some(reading) = reading {
            let words = account::description(reading);
            values.extend((!words.is_empty()).then_some((Field::Description, Scalar::Text(words))));
            values.extend(account::spent_on(reading).map(|date| (Field::Date, Scalar::Text(date.to_string()))));
            let sure = reading.total().filter(|total| reading.is_accepted() && total.is_positive());
            values.extend(sure.map(|total| (Field::Amount, Scalar::Integer(total.fen()))));
            let guessed = self.company.with_untracked(|company| {
                let accounts = company.as_ref()?.scheme.tree(budget::Dimension::Account)?;
                account::guess(reading, accounts)
            });
            values.extend(guessed.map(|code| (Field::Account, Scalar::Text(code.to_string()))));
        }
        self.add_line(request, values);
    }

    /// Adds a line behind the others; its id.
    pub(crate) fn add_line(self, request: RequestId, mut values: Vec<(Field, Scalar)>) -> LineId {
        let line = LineId(random::id().into_bytes());
        let claim = self.peek(request);
        let last = claim.iter().flat_map(|claim| &claim.lines).map(|line| line.order).max().unwrap_or(0);
        values.push((Field::LineOrder, Scalar::Integer(last.saturating_add(1))));
        self.put(request, Place::Line(line), values);
        line
    }

    fn remark(self, request: RequestId, invoice: Option<InvoiceId>, file: &str, code: &str, words: Option<String>) {
        let remark = Remark { request, invoice, file: file.to_owned(), code: code.to_owned(), words };
        self.remarks.update(|remarks| remarks.push(remark));
    }
}

/// Whether a line of the claim is for this invoice.
fn has_line(claim: Option<&Claim>, invoice: InvoiceId) -> bool {
    claim.is_some_and(|claim| claim.lines.iter().any(|line| line.invoice == Some(invoice)))
}

/// Whether its reading never came to an end: that leaves what was read, or at least a line to fill in by hand.
fn is_unread(claim: Option<&Claim>, invoice: &ClaimInvoice) -> bool {
    invoice.reading.is_empty() && !has_line(claim, invoice.id)
}

fn explained(code: &str) -> Option<String> {
    let language = match language() {
        Language::Chinese => ocr::Language::Chinese,
        Language::English => ocr::Language::English,
    };
    ocr::explain(code, language).map(str::to_owned)
}

fn invoice_fields(reading: &Reading, identity: Option<&str>) -> Vec<(Field, Scalar)> {
    let mut values = Vec::new();
    let mut text = |field, value: String| {
        if !value.is_empty() {
            values.push((field, Scalar::Text(value)));
        }
    };
    text(Field::Reading, stored(reading));
    text(Field::Identity, identity.unwrap_or_default().to_owned());
    let fields = &reading.fields;
    if let Some(date) = &fields.issued_on {
        text(Field::IssuedOn, date.value.to_string());
    }
    if let Some(seller) = &fields.seller_name {
        text(Field::Seller, seller.value.chars().take(200).collect());
    }
    if let Some(total) = &fields.total {
        text(Field::TotalSource, source_word(total.source).to_owned());
        values.push((Field::Total, Scalar::Integer(total.value.fen())));
    }
    values
}

/// The reading as the document keeps it: without its goods where it would be too long.
fn stored(reading: &Reading) -> String {
    let whole = serde_json::to_string(reading).unwrap_or_default();
    if whole.chars().count() <= LONGEST_READING {
        return whole;
    }
    let short = Reading { items: Vec::new(), ..reading.clone() };
    serde_json::to_string(&short).ok().filter(|json| json.chars().count() <= LONGEST_READING).unwrap_or_default()
}

/// The word of a source in a document.
const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Xml => "xml",
        Source::Ofd => "ofd",
        Source::PdfInformation | Source::PdfText => "pdfText",
        Source::Qr => "qr",
        Source::Ocr => "ocr",
        Source::Typed => "typed",
    }
}

/// The media type by the browser, or by the name where it does not know.
fn media_type(name: &str, told: &str) -> String {
    if !told.is_empty() {
        return told.to_owned();
    }
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    String::from(match ending.as_str() {
        "ofd" => "application/ofd",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "heic" | "heif" => "image/heic",
        _ => "application/octet-stream",
    })
}
