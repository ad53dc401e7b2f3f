//! What keeps a claim from being handed in, and what approvers are warned of.

use budget::{Date, Money, RequestId};
use sync::DocumentKey;
use sync::record::Record;
use sync::view::codes;

use super::bench::{Bench, line, refusal};
use crate::authority::access;
use crate::blobs::{self, Kept};
use crate::demo::{Draft, DraftInvoice, DraftLine, person};

fn reading(number: &str, fen: i64) -> ocr::Reading {
    let total = Money::from_fen(fen);
    let net = Money::from_fen(fen * 100 / 106);
    let tax = total.checked_sub(net).unwrap();
    let xml = format!(
        "<EInvoice><Header><EIid>{number}</EIid></Header><EInvoiceData><BasicInformation><TotalAmWithoutTax>{net}</TotalAmWithoutTax>\
         <TotalTaxAm>{tax}</TotalTaxAm><TotalTax-includedAmount>{total}</TotalTax-includedAmount></BasicInformation></EInvoiceData>\
         <TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber><IssueTime>2026-08-30 10:00:00</IssueTime></TaxSupervisionInfo></EInvoice>"
    );
    let today: Date = "2026-09-01".parse().unwrap();
    ocr::read(&ocr::Upload { name: "x.xml", bytes: xml.as_bytes() }, today, &[]).unwrap()
}

/// A file that everybody has sent, and what was read from it.
pub(crate) fn invoice(bench: &Bench, blob: u8, number: &str, fen: i64) -> DraftInvoice {
    for login in bench.hands.keys() {
        sent(bench, login, blob);
    }
    DraftInvoice { blob: [blob; 32], size: 9, file_name: "发票.xml".into(), reading: reading(number, fen) }
}

/// A file that one person has sent.
fn sent(bench: &Bench, login: &str, blob: u8) {
    let kept = Kept { sha256: [blob; 32], size: 9, media_type: "application/xml" };
    blobs::record(&bench.connection, &kept, person(login), bench.now).unwrap();
}

pub(crate) fn draft(bench: &mut Bench, login: &str, lines: Vec<DraftLine>) -> RequestId {
    bench.with(login, |stage, hand, now| {
        let id = Draft::mint(now).unwrap();
        let draft = Draft { title: "差旅".into(), purpose: "去上海".into(), department: "MKT".into(), lines };
        stage.write(hand, now, DocumentKey::Claim(id), &draft.edits(now, hand.person).unwrap()).unwrap();
        id
    })
}

pub(crate) fn with_invoice(yuan: &str, invoice: DraftInvoice) -> DraftLine {
    DraftLine { invoice: Some(invoice), ..line(yuan, "TRAVEL-HOTEL") }
}

pub(crate) const NUMBER: &str = "26117000000000000042";

#[test]
fn files_that_have_not_arrived_are_named() {
    let mut bench = Bench::new();
    let missing = DraftInvoice { blob: [7; 32], size: 1, file_name: "a.xml".into(), reading: reading(NUMBER, 10_000) };
    let id = draft(&mut bench, "zhangwei", vec![with_invoice("100", missing)]);
    let refused = refusal(bench.submit("zhangwei", id));
    assert_eq!(refused.code, codes::MISSING_BLOB);
    assert_eq!(refused.detail.blobs, [hex::encode([7; 32])].into());
    invoice(&bench, 7, NUMBER, 10_000);
    bench.submit("zhangwei", id).unwrap();
}

/// Whoever came to know a hash would otherwise hand it in and read what a colleague sent.
#[test]
fn a_file_that_only_a_colleague_sent_has_not_arrived() {
    let mut bench = Bench::new();
    sent(&bench, "lina", 7);
    let file = DraftInvoice { blob: [7; 32], size: 9, file_name: "a.xml".into(), reading: reading(NUMBER, 10_000) };
    let id = draft(&mut bench, "zhangwei", vec![with_invoice("100", file)]);
    assert_eq!(refusal(bench.submit("zhangwei", id)).code, codes::MISSING_BLOB);
    assert!(!access::may_read_blob(&bench.connection, &[7; 32], person("zhangwei")).unwrap());
    sent(&bench, "zhangwei", 7);
    bench.submit("zhangwei", id).unwrap();
}

#[track_caller]
fn check_incomplete(lines: Vec<DraftLine>, code: &str, place: &str) {
    let mut bench = Bench::new();
    let id = draft(&mut bench, "zhangwei", lines);
    let refused = refusal(bench.submit("zhangwei", id));
    assert_eq!(refused.code, code, "{refused}");
    assert!(refused.detail.place.starts_with(place), "{}", refused.detail.place);
    assert!(bench.authority.request(id).is_none(), "nothing is kept of what was refused");
    bench.all_holds();
}

#[test]
fn what_is_missing_is_named_with_its_place() {
    let wrong = |change: fn(&mut DraftLine)| {
        let mut wrong = line("10", "TRAVEL-HOTEL");
        change(&mut wrong);
        vec![wrong]
    };
    check_incomplete(vec![], codes::INCOMPLETE, "lines");
    check_incomplete(wrong(|line| line.amount = Money::ZERO), codes::INCOMPLETE, "lines.");
    check_incomplete(wrong(|line| line.account = "NOWHERE".into()), codes::INCOMPLETE, "lines.");
    check_incomplete(wrong(|line| line.date = "2031-01-01".parse().unwrap()), codes::INCOMPLETE, "lines.");
}

#[test]
fn the_signed_content_is_the_one_that_counts() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "100", "TRAVEL-HOTEL");
    let record = bench.with("zhangwei", |stage, hand, now| stage.submission(hand, now, id)).unwrap();
    bench.set_amount("zhangwei", id, "200").unwrap();
    let refused = refusal(bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &record)));
    assert_eq!(refused.code, codes::STALE);
    let yuan = |yuan| Money::from_yuan(yuan).unwrap();
    assert_eq!(refused.detail.total, Some((yuan(100), yuan(200))));

    // Signed by one person in another's name, with a false total, for a later revision, twice at once.
    let record = bench.with("zhangwei", |stage, hand, now| stage.submission(hand, now, id)).unwrap();
    let Ok(Record::Submission(good)) = Record::parse(&record.body) else { panic!("a submission") };
    let forged = bench.hands["lina"].sign(&Record::Submission(good.clone()));
    assert_eq!(refusal(bench.with("lina", |stage, hand, now| stage.push(hand, now, &forged))).code, codes::NOT_ALLOWED);
    let mut wrong = good.clone();
    wrong.total = yuan(1);
    let wrong = bench.hands["zhangwei"].sign(&Record::Submission(wrong));
    assert_eq!(
        refusal(bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &wrong))).code,
        codes::MALFORMED
    );
    let mut early = good.clone();
    early.revision = 2;
    let early = bench.hands["zhangwei"].sign(&Record::Submission(early));
    assert_eq!(refusal(bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &early))).code, codes::STALE);
    bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &record)).unwrap();
    let mut other = good.clone();
    other.revision = 2;
    let reused = bench.hands["zhangwei"].sign(&Record::Submission(other.clone()));
    assert_eq!(
        refusal(bench.with("zhangwei", |stage, hand, now| { stage.push(hand, now, &reused) })).code,
        "id_reused"
    );
    other.id = [9; 16];
    let other = bench.hands["zhangwei"].sign(&Record::Submission(other));
    assert_eq!(
        refusal(bench.with("zhangwei", |stage, hand, now| stage.push(hand, now, &other))).code,
        codes::WRONG_STATE
    );
    bench.all_holds();
}

#[test]
fn approvers_are_warned_of_what_does_not_fit() {
    let mut bench = Bench::new();
    let mut doubtful = invoice(&bench, 1, NUMBER, 10_000);
    doubtful.reading.verdict = ocr::Verdict::Conflict(vec![ocr::Reason::AmountsContradict]);
    let mut foreign = invoice(&bench, 2, "26117000000000000002", 10_000);
    foreign.reading.fields.buyer_tax_id = Some(ocr::Field::new("91110000600037341L".into(), ocr::Source::Xml));
    let lines = vec![line("5", "TRAVEL-MEALS"), with_invoice("100", foreign), with_invoice("100", doubtful)];
    let id = draft(&mut bench, "zhangwei", lines);
    bench.submit("zhangwei", id).unwrap();
    let codes: Vec<String> = bench.view(id).warnings.into_iter().map(|warning| warning.code).collect();
    assert_eq!(codes[0], codes::WARNING_CONFLICT, "conflicts first: {codes:?}");
    assert!(codes.contains(&codes::WARNING_OTHER_BUYER.to_owned()));
    assert_eq!(codes.last().unwrap(), codes::WARNING_NO_INVOICE);
}

#[test]
fn without_anybody_to_decide_it_is_refused_by_name() {
    let mut bench = Bench::new();
    let mut organisation = (*bench.authority.books().organisation).clone();
    for login in ["wangqiang", "zongjing", "zhengtao"] {
        organisation.people.get_mut(&person(login)).unwrap().active = false;
    }
    let now = bench.later();
    bench.authority.publish_organisation(&bench.connection, now, None, organisation).unwrap();
    let id = bench.draft("zhangwei", "10", "TRAVEL-HOTEL");
    assert_eq!(refusal(bench.submit("zhangwei", id)).code, codes::NO_APPROVER);
}
