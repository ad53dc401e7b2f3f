//! The sample documents of `tests/data`, each against the truth beside it.
//!
//! `cargo run -p tests --bin documents` draws them anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should stop where it is")]

use std::fs;
use std::path::{Path, PathBuf};

use budget::Date;
use ocr::{CheckKind, Identity, Outcome, Reading, Source, Upload, Verdict, read};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data")
}

fn reading(name: &str) -> Result<Reading, ocr::ReadError> {
    let bytes = fs::read(folder().join(name)).unwrap();
    read(&Upload { name, bytes: &bytes }, Date::new(2026, 6, 30).unwrap(), &[])
}

/// Every field that the truth names, and the verdict or the error.
fn check(name: &str, truth: &Value) {
    let expected = |key: &str| truth.get(key).and_then(Value::as_str);
    let reading = match reading(name) {
        Ok(reading) => reading,
        Err(error) => {
            assert_eq!(Some(error.code()), expected("error"), "{name}");
            return;
        }
    };
    assert_eq!(expected("error"), None, "{name} should have been refused: {reading:#?}");
    let json = serde_json::to_value(&reading).unwrap();
    let found = |field: &str| json.pointer(&format!("/{field}/value")).cloned();
    for (key, field) in [
        ("number", "number"),
        ("date", "issuedOn"),
        ("buyer", "buyerName"),
        ("buyer_id", "buyerTaxId"),
        ("seller", "sellerName"),
        ("seller_id", "sellerTaxId"),
        ("daxie", "totalInWords"),
    ] {
        if let Some(text) = expected(key) {
            assert_eq!(found(field).as_ref().and_then(Value::as_str), Some(text), "{name}: {field}");
        }
    }
    for key in ["net", "tax", "total"] {
        if let Some(text) = expected(key) {
            let fen = text.parse::<budget::Money>().unwrap().fen();
            assert_eq!(found(key).and_then(|value| value.as_i64()), Some(fen), "{name}: {key}");
        }
    }
    for (key, field) in [("origin", "from"), ("dest", "to"), ("train", "trainNumber")] {
        if let Some(text) = expected(key) {
            assert_eq!(json["travel"][field].as_str(), Some(text), "{name}: {field}");
        }
    }
    assert_eq!(json["verdict"]["is"].as_str(), expected("verdict"), "{name}: {:#?}", reading.checks);
    if let Some(reason) = expected("reason") {
        assert!(reading.verdict.reasons().iter().any(|found| found.code() == reason), "{name}: {:?}", reading.verdict);
    }
    // What is sent must be what is received.
    assert_eq!(serde_json::from_value::<Reading>(json).unwrap(), reading, "{name}");
}

#[test]
fn every_sample_is_read_as_its_truth_says() {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 15, "tests/data is incomplete: {names:?}");
    for name in names {
        let truth = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
        check(&name, &serde_json::from_str(&truth).unwrap());
    }
}

#[test]
fn one_invoice_in_two_shapes_has_one_identity() {
    let fingerprint = |name: &str| reading(name).unwrap().identity.as_ref().map(|i: &Identity| i.fingerprint(b"a key"));
    let pairs = [
        ("lodging-1060.00.ofd", "lodging-1060.00.pdf"),
        ("paper-48.90.xml", "paper-48.90-doctored.jpg"),
        ("dinner-388.50.jpg", "dinner-388.50-hard.jpg"),
    ];
    for (one, other) in pairs {
        assert!(fingerprint(one).is_some());
        assert_eq!(fingerprint(one), fingerprint(other), "{one} {other}");
    }
    assert_ne!(fingerprint("paper-48.90.xml"), fingerprint("dinner-388.50.jpg"));
}

/// S9: QR 48.90, sum 43.27 + 5.63, words 肆拾捌圆玖角整, and a figure edited to 148.90.
#[test]
fn a_doctored_total_is_blocked_with_every_side_shown() {
    let reading = reading("paper-48.90-doctored.pdf").unwrap();
    assert!(matches!(reading.verdict, Verdict::Conflict(_)), "{:?}", reading.verdict);
    for kind in [CheckKind::Words, CheckKind::Sum, CheckKind::QrAmount] {
        let check = reading.check(kind).unwrap();
        assert_eq!(check.outcome, Outcome::Failed, "{kind:?}");
        assert!(check.compared.iter().any(|side| side.value == "148.90"), "{check:?}");
    }
    let amount = reading.check(CheckKind::QrAmount).unwrap();
    assert!(amount.compared.iter().any(|side| side.source == Source::Qr && side.value == "48.90"), "{amount:?}");
}

/// S9: a receipt cut below the lines has an unread total, never a sum of the numbers that are visible.
#[test]
fn a_cut_receipt_has_no_total() {
    let reading = reading("dinner-388.50-cut.pdf").unwrap();
    assert_eq!(reading.total(), None);
    assert_eq!(reading.fields.net, None);
    assert_eq!(reading.verdict, Verdict::Confirm(vec![ocr::Reason::TotalMissing]));
}

#[test]
fn a_drawn_qr_code_confirms_the_text_of_a_pdf() {
    let reading = reading("toner-166.00.pdf").unwrap();
    let total = reading.fields.total.unwrap();
    assert_eq!((total.source, total.agreeing), (Source::PdfText, vec![Source::Qr]));
}

/// The same invoice as a photograph: text recognition sees the edited figure, the QR code says otherwise.
#[cfg(feature = "tesseract")]
#[test]
fn a_doctored_photograph_is_blocked() {
    let data = std::env::var_os("TESSDATA_PREFIX").unwrap_or_else(|| "/usr/share/tesseract-ocr/5/tessdata".into());
    let engine = ocr::TesseractEngine::new(Path::new(&data)).unwrap();
    let name = "paper-48.90-doctored.jpg";
    let bytes = fs::read(folder().join(name)).unwrap();
    let today = Date::new(2026, 6, 30).unwrap();
    let reading = read(&Upload { name, bytes: &bytes }, today, &[&engine]).unwrap();
    assert!(matches!(reading.verdict, Verdict::Conflict(_)), "{reading:#?}");
    let amount = reading.check(CheckKind::QrAmount).unwrap();
    assert!(amount.compared.iter().any(|side| side.source == Source::Ocr && side.value == "148.90"), "{amount:?}");
}
