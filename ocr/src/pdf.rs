//! PDF files: text with its places, the information dictionary, attached XML, and QR codes drawn or embedded.
//!
//! Parsing is guarded: a panic inside the parser becomes `malformed_pdf` on native targets. In the browser a panic ends
//! the worker, and the page that started the worker says so and starts another.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::DynamicImage;
use pdf_oxide::PdfDocument;
use pdf_oxide::object::Object;

use crate::error::ReadError;
use crate::layout::{self, Glyph, Page};
use crate::limits;
use crate::photo;
use crate::qr::{self, QrPayload};
use crate::reading::{InvoiceKind, Item, Source};
use crate::statement::Statement;
use crate::value;
use crate::xml::{Element, any};

mod drawn;

/// What a PDF file says.
#[derive(Default)]
pub(crate) struct PdfContent {
    pub(crate) statements: Vec<Statement>,
    pub(crate) payload: Option<QrPayload>,
    /// It cannot be opened without a password.
    pub(crate) encrypted: bool,
    /// It has text that can be read.
    pub(crate) has_text: bool,
    /// The picture of the first page, when the file is a scan.
    pub(crate) scan: Option<DynamicImage>,
    /// Each invoice of a file that holds several; then the fields above say nothing.
    pub(crate) parts: Vec<Self>,
    /// The lines of goods of all its pages.
    goods: Vec<Item>,
}

/// Reads a PDF file.
pub(crate) fn read(bytes: &[u8]) -> Result<PdfContent, ReadError> {
    // The closure owns all it touches, so nothing half-changed is seen after a panic.
    catch_unwind(AssertUnwindSafe(|| read_guarded(bytes))).unwrap_or(Err(ReadError::MalformedPdf))
}

fn read_guarded(bytes: &[u8]) -> Result<PdfContent, ReadError> {
    let document = PdfDocument::from_bytes(bytes.to_vec()).map_err(|_| ReadError::MalformedPdf)?;
    let mut content = PdfContent::default();
    if document.is_encrypted() && !document.is_authenticated() && !document.authenticate(b"").unwrap_or(false) {
        content.encrypted = true;
        return Ok(content);
    }
    let pages = document.page_count().map_err(|_| ReadError::MalformedPdf)?.min(limits::MAX_PDF_PAGES);
    let mut attached = attached(&document, &mut content);
    let mut invoices: Vec<Invoice> = Vec::new();
    for page in 0..pages {
        let glyphs = glyphs(&document, page);
        content.has_text |= !glyphs.is_empty();
        let mut sheet = Page::new(glyphs);
        if let Ok((left, low, right, high)) = document.get_page_media_box(page) {
            sheet = sheet.on_sheet(u16::try_from(page).unwrap_or(0), [left, -high, right, -low]);
        }
        let statement = layout::extract(&sheet, Source::PdfText);
        if invoices.last().is_none_or(|invoice| invoice.is_other(&statement)) {
            invoices.push(Invoice::default());
        }
        let Some(invoice) = invoices.last_mut() else {
            continue;
        };
        invoice.add(statement);
        let pictures = pictures(&document, page);
        if invoice.payload.is_none() {
            invoice.payload = qr_code(&document, page, &pictures, !content.has_text);
        }
        if !content.has_text && content.scan.is_none() {
            content.scan =
                pictures.into_iter().max_by_key(|picture| u64::from(picture.width()) * u64::from(picture.height()));
        }
    }
    if let [only] = invoices.as_mut_slice() {
        content.payload = content.payload.or(only.payload.take());
        attached.append(&mut only.statements);
        (content.statements, content.goods) = (attached, std::mem::take(&mut only.goods));
        content.keep_goods();
        return Ok(content);
    }
    content.parts = invoices.into_iter().map(|invoice| invoice.with(&attached)).collect();
    if content.parts.is_empty() {
        content.statements = attached;
    }
    Ok(content)
}

/// What one of the invoices of a file says, over its pages.
#[derive(Default)]
struct Invoice {
    statements: Vec<Statement>,
    goods: Vec<Item>,
    payload: Option<QrPayload>,
}

impl Invoice {
    /// Whether a page begins another invoice: a title, a total and a number that is not this one's.
    fn is_other(&self, statement: &Statement) -> bool {
        let own = self.statements.iter().find_map(|known| known.number.as_ref());
        let begins = statement.kind != InvoiceKind::Unknown && statement.total.is_some();
        begins && own.is_some() && statement.number.is_some() && own != statement.number.as_ref()
    }

    fn add(&mut self, mut statement: Statement) {
        self.goods.append(&mut statement.items);
        // The first page that names a total is the invoice; the others list goods or are other documents.
        let known = self.statements.iter().any(|known| known.total.is_some());
        if !known && !statement.is_empty() {
            self.statements.push(statement);
        }
    }

    /// With what is attached about the same number.
    fn with(self, attached: &[Statement]) -> PdfContent {
        let number = self.statements.iter().find_map(|statement| statement.number.clone());
        let own = attached.iter().filter(|statement| number.is_some() && statement.number == number).cloned();
        let statements = own.chain(self.statements).collect();
        let mut content = PdfContent { statements, goods: self.goods, payload: self.payload, ..PdfContent::default() };
        content.has_text = true;
        content.keep_goods();
        content
    }
}

/// What XML files inside the PDF and its information dictionary say.
fn attached(document: &PdfDocument, content: &mut PdfContent) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (name, bytes) in document.extract_embedded_files().unwrap_or_default() {
        if bytes.len() > limits::MAX_FILE_BYTES || !name.to_ascii_lowercase().ends_with(".xml") {
            continue;
        }
        if let Some((found, payload)) = Element::parse(&bytes).ok().as_ref().and_then(any::read) {
            statements.extend(found);
            content.payload = content.payload.take().or(payload);
        }
    }
    statements.extend(information(document));
    statements.retain(|statement| !statement.is_empty());
    statements
}

impl PdfContent {
    /// A list goes over pages; it is held against the net amount, which stands on one of them.
    fn keep_goods(&mut self) {
        let net = self.statements.iter().find_map(|statement| statement.net);
        layout::keep_if_whole(&mut self.goods, net);
        let goods = std::mem::take(&mut self.goods);
        if let Some(first) = self.statements.iter_mut().find(|statement| statement.source == Source::PdfText) {
            first.items = goods;
        }
    }
}

/// PDF counts upwards from the lower edge; rows here count downwards.
fn glyphs(document: &PdfDocument, page: usize) -> Vec<Glyph> {
    let characters = document.extract_chars(page).unwrap_or_default();
    characters
        .iter()
        .filter(|character| !character.char.is_whitespace())
        .map(|character| {
            let spot = &character.bbox;
            let edges = [spot.x, -(spot.y + spot.height), spot.x + spot.width, -spot.y];
            Glyph::straight(value::half_width(character.char), edges)
        })
        .collect()
}

/// Some issuers write the fields into the information dictionary.
fn information(document: &PdfDocument) -> Option<Statement> {
    let trailer = document.trailer().as_dict()?.clone();
    let information = document.resolve_object(trailer.get("Info")?).ok()?;
    let information = information.as_dict()?;
    let text = |key: &str| {
        let object = information.get(key)?;
        let Object::String(bytes) = document.resolve_object(object).ok()? else {
            return None;
        };
        value::text(&text_string(&bytes))
    };
    let mut statement = Statement::new(Source::PdfInformation);
    statement.number = text("InvoiceNumber").and_then(|number| value::digits(&number));
    statement.issued_on = text("IssueTime").and_then(|date| value::date(&date));
    statement.seller_tax_id = text("SellerIdNum");
    statement.buyer_tax_id = text("BuyerIdNum");
    statement.seller_name = text("SellerName");
    statement.buyer_name = text("BuyerName");
    statement.net = text("TotalAmWithoutTax").and_then(|amount| value::amount(&amount));
    statement.tax = text("TotalTaxAm").and_then(|amount| value::tax_amount(&amount));
    statement.total = text("TotalTax-includedAmount").and_then(|amount| value::amount(&amount));
    Some(statement)
}

/// A PDF text string: UTF-16 with its mark, or one byte a character.
fn text_string(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => {
            let (pairs, _) = rest.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().copied().map(char::from).collect()),
    }
}

/// A code that was embedded or drawn is found at one look; only the picture of a scan is worth searching.
fn qr_code(document: &PdfDocument, page: usize, pictures: &[DynamicImage], scan: bool) -> Option<QrPayload> {
    let look = if scan { qr::find::invoice } else { qr::find::drawn };
    pictures
        .iter()
        .find_map(|picture| look(&photo::on_white(picture)))
        .or_else(|| drawn::picture(document, page).as_ref().and_then(qr::find::drawn))
}

/// The pictures of a page that are within the limits.
fn pictures(document: &PdfDocument, page: usize) -> Vec<DynamicImage> {
    document
        .extract_images(page)
        .unwrap_or_default()
        .iter()
        .filter(|image| u64::from(image.width()) * u64::from(image.height()) <= limits::MAX_IMAGE_PIXELS)
        .take(limits::MAX_PICTURES)
        .filter_map(|image| image.to_png_bytes().ok())
        .filter_map(|png| photo::decode(&png).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_strings_come_in_two_encodings() {
        assert_eq!(text_string(b"2026-06-02"), "2026-06-02");
        assert_eq!(text_string(&[0xFE, 0xFF, 0x53, 0x17, 0x4E, 0xAC]), "北京");
        assert_eq!(text_string(&[0xE9]), "é");
    }

    #[test]
    fn a_damaged_file_is_an_error_not_a_panic() {
        assert!(matches!(read(b"%PDF-1.7\ngarbage"), Err(ReadError::MalformedPdf)));
    }
}
