//! A document of any kind of invoice, drawn from a seed: its page and what a reader has to find on it.
//!
//! The promise: the same kind and seed are the same document, and every figure on it follows from the others as it does on a
//! real one. Layouts follow the printed forms of the tax administration and of the carriers; nobody's real document is copied.

use ocr::InvoiceKind;
use serde_json::{Value, json};

use super::page::{Page, Text, advance};
use super::record::InvoiceRecord;
use crate::fault::Result;

mod card;
mod journey;
mod receipt;
mod values;
mod vat;
mod vehicle;

pub(crate) use values::Values;

/// One document.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its kind.
    pub kind: InvoiceKind,
    /// What is printed.
    pub page: Page,
    /// What a reader must find, by the words of the samples (see [`crate::score`]).
    pub truth: Value,
}

/// Every kind that is drawn.
pub const KINDS: [InvoiceKind; 22] = [
    InvoiceKind::DigitalSpecial,
    InvoiceKind::DigitalOrdinary,
    InvoiceKind::Rail,
    InvoiceKind::Air,
    InvoiceKind::PaperSpecial,
    InvoiceKind::PaperOrdinary,
    InvoiceKind::ElectronicSpecial,
    InvoiceKind::ElectronicOrdinary,
    InvoiceKind::Toll,
    InvoiceKind::Roll,
    InvoiceKind::Blockchain,
    InvoiceKind::Taxi,
    InvoiceKind::PaperTrain,
    InvoiceKind::Vehicle,
    InvoiceKind::UsedVehicle,
    InvoiceKind::PaperToll,
    InvoiceKind::Quota,
    InvoiceKind::Coach,
    InvoiceKind::Ferry,
    InvoiceKind::TillSlip,
    InvoiceKind::Contract,
    InvoiceKind::BankReceipt,
];

/// The record of a digital invoice that a seed names, for its other shapes.
pub fn digital_record(seed: u64) -> InvoiceRecord {
    vat::digital_record(&mut Values::new(seed), InvoiceKind::DigitalSpecial)
}

impl Sheet {
    /// The document of a kind that a seed names.
    pub fn drawn(kind: InvoiceKind, seed: u64) -> Self {
        let mut values = Values::new(seed);
        let (page, truth) = match kind {
            InvoiceKind::DigitalSpecial | InvoiceKind::DigitalOrdinary => vat::digital(&mut values, kind),
            InvoiceKind::PaperSpecial
            | InvoiceKind::PaperOrdinary
            | InvoiceKind::ElectronicSpecial
            | InvoiceKind::ElectronicOrdinary
            | InvoiceKind::Blockchain
            | InvoiceKind::Toll => vat::classic(&mut values, kind),
            InvoiceKind::Roll => receipt::roll(&mut values),
            InvoiceKind::Vehicle => vehicle::new(&mut values),
            InvoiceKind::UsedVehicle => vehicle::used(&mut values),
            InvoiceKind::Rail => journey::rail(&mut values),
            InvoiceKind::Air => journey::air(&mut values),
            InvoiceKind::PaperTrain => journey::paper_train(&mut values),
            InvoiceKind::Coach => journey::coach(&mut values),
            InvoiceKind::Ferry => journey::ferry(&mut values),
            InvoiceKind::Taxi => receipt::taxi(&mut values),
            InvoiceKind::PaperToll => receipt::toll(&mut values),
            InvoiceKind::Quota => receipt::quota(&mut values),
            InvoiceKind::TillSlip => receipt::till(&mut values),
            InvoiceKind::Contract => card::contract(&mut values),
            InvoiceKind::BankReceipt => card::bank(&mut values),
            InvoiceKind::Unknown => (Page::new(595.0, 397.0, None), json!({})),
        };
        Self { kind, page, truth: of_kind(truth, kind) }
    }
}

impl Sheet {
    /// Every text that is printed, labels and values.
    pub fn phrases(&self) -> Vec<String> {
        self.page.texts.iter().map(|text| text.content.clone()).collect()
    }

    /// Where each field is printed, in points: its name, left, upper, right and lower edge.
    pub fn boxes(&self) -> Vec<(&'static str, [f32; 4])> {
        let texts = self.page.texts.iter();
        let of_field = |text: &Text| {
            let width: f32 = text.content.chars().map(|c| advance(c) * text.size).sum();
            Some((text.field?, [text.x, text.y, text.x + width, text.y + text.size]))
        };
        texts.filter_map(of_field).collect()
    }

    /// The page as a scanner gives it, as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        self.page.raster()?.write_to(&mut bytes, image::ImageFormat::Png)?;
        Ok(bytes.into_inner())
    }
}

fn of_kind(mut truth: Value, kind: InvoiceKind) -> Value {
    if let Some(fields) = truth.as_object_mut() {
        fields.insert("kind".to_owned(), json!(kind));
    }
    truth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_a_document() {
        for kind in KINDS {
            let (one, same, other) = (Sheet::drawn(kind, 3), Sheet::drawn(kind, 3), Sheet::drawn(kind, 4));
            assert_eq!(one.page.pdf(), same.page.pdf(), "{kind:?}");
            assert_ne!(one.page.pdf(), other.page.pdf(), "{kind:?}");
        }
    }

    /// What the truth names is printed: a document that says less than its truth would blame the reader.
    #[test]
    fn what_the_truth_says_is_on_the_page() {
        for kind in KINDS {
            let sheet = Sheet::drawn(kind, 11);
            let printed: String = sheet.page.texts.iter().map(|text| text.content.replace([' ', ','], "")).collect();
            for field in ["number", "code", "total", "seller_id", "buyer_id"] {
                if let Some(text) = sheet.truth.get(field).and_then(Value::as_str) {
                    assert!(printed.contains(text), "{kind:?} {field} {text}");
                }
            }
        }
    }
}
