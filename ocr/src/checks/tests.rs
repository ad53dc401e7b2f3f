use budget::{Date, Money};

use crate::combine::{Evidence, reading};
use crate::qr;
use crate::reading::{CheckKind, InvoiceKind, Outcome, Reading, Reason, Source, Verdict};
use crate::statement::Statement;

fn yuan(text: &str) -> Money {
    text.parse().unwrap()
}

fn today() -> Date {
    Date::new(2026, 6, 30).unwrap()
}

/// A sound ordinary invoice of ¥48.90 as one source says it.
fn sound(source: Source) -> Statement {
    Statement {
        kind: InvoiceKind::DigitalOrdinary,
        number: Some("26322000000000048901".to_owned()),
        issued_on: Date::new(2026, 6, 2).ok(),
        net: Some(yuan("43.27")),
        tax: Some(yuan("5.63")),
        total: Some(yuan("48.90")),
        total_in_words: Some("肆拾捌圆玖角整".to_owned()),
        ..Statement::new(source)
    }
}

fn code(amount: &str) -> Option<qr::QrPayload> {
    let covered = format!("01,32,,26322000000000048901,{amount},20260602,,");
    qr::parse(&format!("{covered}{:04X}", qr::crc16(&covered)))
}

fn decided(statements: Vec<Statement>, payload: Option<qr::QrPayload>) -> Reading {
    reading(Evidence { statements, payload, ..Evidence::default() }, today())
}

#[track_caller]
fn check_failed(reading: &Reading, kind: CheckKind) {
    assert_eq!(reading.check(kind).map(|check| check.outcome), Some(Outcome::Failed), "{:?}", reading.checks);
}

#[test]
fn two_figures_that_agree_are_accepted() {
    for source in [Source::Xml, Source::Ofd, Source::PdfText] {
        assert_eq!(decided(vec![sound(source)], None).verdict, Verdict::Accepted, "{source:?}");
    }
    let reading = decided(vec![sound(Source::PdfText)], code("48.9"));
    assert_eq!(reading.fields.total.as_ref().unwrap().agreeing, [Source::Qr]);
    assert_eq!(reading.verdict, Verdict::Accepted);
}

#[test]
fn what_was_read_by_eye_needs_a_second_figure() {
    // The words say the same, so the amount may be used; the number still needs a look.
    let reading = decided(vec![sound(Source::Ocr)], None);
    assert_eq!(reading.verdict, Verdict::Confirm(vec![Reason::NumberReadByEye]));
    assert!(reading.fields.total.is_some_and(|total| total.is_accepted()));
    let mut bare = sound(Source::Ocr);
    (bare.total_in_words, bare.net, bare.tax) = (None, None, None);
    let reading = decided(vec![bare], None);
    assert_eq!(reading.verdict, Verdict::Confirm(vec![Reason::ReadByEyeOnly, Reason::NumberReadByEye]));
    assert!(reading.fields.total.is_some_and(|total| !total.is_accepted()));
    assert_eq!(decided(vec![sound(Source::Ocr)], code("48.90")).verdict, Verdict::Accepted);
}

#[test]
fn a_qr_code_alone_is_confirmed_by_a_person() {
    let reading = decided(vec![], code("48.90"));
    assert_eq!(reading.total(), Some(yuan("48.90")));
    assert_eq!(reading.verdict, Verdict::Confirm(vec![Reason::SingleSource]));
}

#[test]
fn a_doctored_photo_is_a_conflict_with_all_sides_shown() {
    // The figure was edited to 148.90; the QR code, the words and the sum still say 48.90.
    let mut edited = sound(Source::Ocr);
    edited.total = Some(yuan("148.90"));
    let reading = decided(vec![edited], code("48.90"));
    assert_eq!(reading.verdict.reasons().first(), Some(&Reason::AmountsContradict));
    assert!(matches!(reading.verdict, Verdict::Conflict(_)));
    for kind in [CheckKind::Words, CheckKind::Sum, CheckKind::QrAmount] {
        check_failed(&reading, kind);
    }
    let sides = &reading.check(CheckKind::QrAmount).unwrap().compared;
    let values: Vec<_> = sides.iter().map(|side| side.value.as_str()).collect();
    assert_eq!(values, ["48.90", "148.90"]);
}

#[test]
fn an_edited_qr_code_is_not_used() {
    let mut payload = code("48.90").unwrap();
    payload.amount = Some(yuan("148.90"));
    payload.checksum_holds = Some(false);
    let reading = decided(vec![sound(Source::PdfText)], Some(payload));
    check_failed(&reading, CheckKind::QrChecksum);
    assert_eq!(reading.total(), Some(yuan("48.90")));
    assert_eq!(reading.verdict, Verdict::Confirm(vec![Reason::QrChecksumWrong]));
}

#[test]
fn an_older_invoice_is_vouched_for_by_the_net_amount_in_its_code() {
    let covered = "01,10,032002200211,21648940,43.27,20260602,25337677312869891929,";
    let payload = qr::parse(&format!("{covered}{:04X}", qr::crc16(covered)));
    let mut old = sound(Source::Ocr);
    old.kind = InvoiceKind::ElectronicOrdinary;
    (old.number, old.code) = (Some("21648940".to_owned()), Some("032002200211".to_owned()));
    assert_eq!(decided(vec![old.clone()], payload.clone()).verdict, Verdict::Accepted);
    old.net = Some(yuan("43.72"));
    assert!(matches!(decided(vec![old], payload).verdict, Verdict::Conflict(_)));
}

#[test]
fn a_total_without_a_second_figure_is_confirmed() {
    let mut bare = sound(Source::PdfText);
    (bare.net, bare.tax, bare.total_in_words) = (None, None, None);
    assert_eq!(decided(vec![bare.clone()], None).verdict, Verdict::Confirm(vec![Reason::SingleSource]));
    // A tax of nothing proves nothing.
    (bare.net, bare.tax) = (Some(yuan("48.90")), Some(Money::ZERO));
    assert_eq!(decided(vec![bare], None).verdict, Verdict::Confirm(vec![Reason::SingleSource]));
}

#[test]
fn numbers_dates_and_lines_raise_doubts() {
    let mut late = sound(Source::Xml);
    late.issued_on = Date::new(2026, 7, 1).ok();
    assert_eq!(decided(vec![late], None).verdict, Verdict::Confirm(vec![Reason::DateDoubtful]));

    let mut other_year = sound(Source::Xml);
    other_year.issued_on = Date::new(2025, 6, 2).ok();
    assert_eq!(decided(vec![other_year], None).verdict, Verdict::Confirm(vec![Reason::NumberDoubtful]));

    let mut lines = sound(Source::Xml);
    lines.items = vec![crate::Item {
        net: Some(yuan("43.27")),
        rate: Some(rust_decimal::Decimal::new(6, 2)),
        tax: Some(yuan("5.63")),
        ..crate::Item::default()
    }];
    assert_eq!(decided(vec![lines], None).verdict, Verdict::Confirm(vec![Reason::ArithmeticDoubtful]));
}

#[test]
fn sources_that_differ_are_a_conflict() {
    let mut other = sound(Source::PdfText);
    other.number = Some("26322000000000048902".to_owned());
    let reading = decided(vec![sound(Source::Xml), other], None);
    assert_eq!(reading.verdict, Verdict::Conflict(vec![Reason::NumbersContradict]));
    check_failed(&reading, CheckKind::Sources);
}

#[test]
fn tax_ids_warn_and_never_block() {
    let mut pilot = sound(Source::Xml);
    pilot.seller_tax_id = Some("91350100M0001TGQXM".to_owned());
    let reading = decided(vec![pilot], None);
    check_failed(&reading, CheckKind::SellerTaxId);
    assert_eq!(reading.verdict, Verdict::Accepted);
}

#[test]
fn the_number_of_a_person_is_masked_everywhere() {
    let mut one = sound(Source::Xml);
    one.seller_tax_id = Some("11010519491231002X".to_owned());
    let mut other = sound(Source::Ofd);
    other.seller_tax_id = Some("91510107MA65T8E44U".to_owned());
    let json = serde_json::to_string(&decided(vec![one, other], None)).unwrap();
    assert!(!json.contains("19491231"), "{json}");
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(decided(vec![], None).verdict, Verdict::Unreadable(vec![Reason::TotalMissing]));
}
