//! The queue, its ration and the files of people.

use std::fs;

use budget::Timestamp;
use ocr::Upload;

use super::*;
use crate::authority::tests::Bench;
use crate::authority::tests::submissions::{NUMBER, draft, invoice, with_invoice};
use crate::store::sql::Connection;

const DAY: i64 = 86_400_000;

/// A claim of one invoice that is handed in and queued.
fn queued(bench: &mut Bench) -> budget::RequestId {
    let file = invoice(bench, 1, NUMBER, 106_000);
    let id = draft(bench, "zhangwei", vec![with_invoice("1060", file)]);
    bench.submit("zhangwei", id).unwrap();
    bench.authority.queue_invoices(&bench.connection, bench.now).unwrap();
    id
}

fn state(connection: &Connection) -> State {
    queue::of(connection, NUMBER).unwrap().unwrap().state
}

fn found(outcome: Outcome, now: Timestamp) -> Reply {
    Reply::Found(Finding { outcome, on: now.china_date(), by: "test".into(), detail: String::new() })
}

/// What is due at this time, by identity.
fn due(bench: &Bench) -> Vec<String> {
    let due = queue::due(&bench.connection, bench.now).unwrap();
    due.into_iter().map(|entry| entry.question.identity).collect()
}

fn note(bench: &mut Bench, reply: &Result<Reply, ProviderFault>) -> Option<Finding> {
    queue::note(&bench.connection, bench.now, NUMBER, reply).unwrap()
}

/// What a person has not asked about yet does not keep others out of their list.
#[test]
fn nobody_waits_behind_those_that_are_not_answered() {
    let mut bench = Bench::new();
    queued(&mut bench);
    let first = queue::of(&bench.connection, NUMBER).unwrap().unwrap().question;
    for number in 0..200_u64 {
        let identity = format!("{}", 26_110_000_000_000_000_000_u128 + u128::from(number));
        bench
            .connection
            .execute(
                "INSERT INTO claimed_invoice (identity, request, claimant, fingerprint, day)
                 SELECT ?1, request, claimant, fingerprint, day FROM claimed_invoice WHERE identity = ?2",
                [identity.as_str(), NUMBER],
            )
            .unwrap();
        queue::add(&bench.connection, bench.now, &Question { identity, ..first.clone() }, true).unwrap();
    }
    assert_eq!(due(&bench).len(), 201);
}

#[test]
fn checks_of_our_own_are_never_called_more_than_that() {
    let mut bench = Bench::new();
    queued(&mut bench);
    assert_eq!(state(&bench.connection), State::Local);
    assert_eq!(State::Local.text(), "本地校验通过");
    // Another round changes nothing, and a person who has not asked yet changes the word to waiting and no further.
    bench.authority.queue_invoices(&bench.connection, bench.now).unwrap();
    note(&mut bench, &Ok(Reply::NotYet));
    assert_eq!(state(&bench.connection), State::Waiting);
    note(&mut bench, &Err(ProviderFault("no network".into())));
    assert_eq!(state(&bench.connection), State::Waiting);
    let finding = found(Outcome::Agrees, bench.now);
    note(&mut bench, &Ok(finding));
    assert_eq!(state(&bench.connection), State::Verified);
    let entry = queue::of(&bench.connection, NUMBER).unwrap().unwrap();
    assert_eq!(entry.finding.unwrap().by, "test", "whoever asked is part of the answer");
}

#[test]
fn an_invoice_is_asked_about_five_times_a_day() {
    let mut bench = Bench::new();
    queued(&mut bench);
    let mut asked = 0;
    // Twenty-three hours, one try an hour, none of which arrives.
    for _ in 0..23 {
        bench.now = bench.now.plus(3_600_000 / 2);
        for _ in 0..2 {
            if due(&bench).is_empty() {
                continue;
            }
            asked += 1;
            note(&mut bench, &Err(ProviderFault("no answer".into())));
        }
        bench.now = bench.now.plus(3_600_000 / 2);
    }
    // From ten in the morning to nine the next day are two days in China.
    assert_eq!(asked, 2 * A_DAY);
}

#[test]
fn a_question_that_a_person_still_has_to_ask_costs_nothing() {
    let mut bench = Bench::new();
    queued(&mut bench);
    for _ in 0..20 {
        assert_eq!(due(&bench), [NUMBER]);
        note(&mut bench, &Ok(Reply::NotYet));
    }
    assert_eq!(queue::of(&bench.connection, NUMBER).unwrap().unwrap().asked, 0);
}

#[test]
fn s8_a_paid_invoice_is_asked_about_again_and_its_reversal_is_told() {
    let mut bench = Bench::new();
    let id = queued(&mut bench);
    let finding = found(Outcome::Agrees, bench.now);
    assert_eq!(note(&mut bench, &Ok(finding)), None);
    bench.now = bench.now.plus(RECHECK_DAYS * DAY);
    assert_eq!(due(&bench), Vec::<String>::new(), "what is not paid yet is not asked about again");
    bench.approve(id);
    bench.pay("chuna", id).unwrap();
    assert_eq!(due(&bench), [NUMBER]);
    let finding = found(Outcome::Reversed, bench.now);
    let reversed = note(&mut bench, &Ok(finding)).unwrap();
    assert_eq!(state(&bench.connection), State::Differs);
    let effects = bench.authority.tell_finding(&bench.connection, bench.now, NUMBER, &reversed).unwrap();
    assert_eq!(effects.len(), 1);
    // Whatever comes of it, both answers stay as they were given.
    let answers: i64 = bench
        .connection
        .query_row("SELECT count(*) FROM verification_answer WHERE identity = ?1", [NUMBER], |row| row.get(0))
        .unwrap();
    assert_eq!(answers, 2);
    bench.now = bench.now.plus(RECHECK_DAYS * DAY);
    assert_eq!(due(&bench), Vec::<String>::new());
    bench.all_holds();
}

#[test]
fn what_the_authority_does_not_know_yet_is_asked_about_the_next_day() {
    let mut bench = Bench::new();
    queued(&mut bench);
    let unknown = found(Outcome::Unknown, bench.now);
    assert!(note(&mut bench, &Ok(unknown)).is_some());
    assert_eq!(state(&bench.connection), State::Differs);
    assert!(due(&bench).is_empty());
    bench.now = bench.now.plus(DAY);
    assert_eq!(due(&bench), [NUMBER]);
    let known = found(Outcome::Agrees, bench.now);
    note(&mut bench, &Ok(known));
    assert_eq!(state(&bench.connection), State::Verified);
}

#[test]
fn a_request_that_is_gone_is_asked_about_no_more() {
    let mut bench = Bench::new();
    let id = queued(&mut bench);
    bench.decide("wangqiang", id, sync::record::Verb::Reject, "非公务").unwrap();
    assert!(due(&bench).is_empty());
    assert!(queue::list(&bench.connection, 10).unwrap().is_empty());
}

fn question() -> Question {
    Question {
        identity: "050001700111-12235358".into(),
        kind: InvoiceKind::ElectronicOrdinary,
        code: Some("050001700111".into()),
        number: "12235358".into(),
        issued_on: "2026-06-02".parse().ok(),
        net: Some(Money::from_fen(4_327)),
        total: Some(Money::from_fen(4_890)),
        check_code: Some("12345678901234567890".into()),
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn people_answer_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut provider = FileProvider::new(&folder.path().join("verification")).unwrap();
    let question = question();
    provider.waiting(std::slice::from_ref(&question)).unwrap();
    assert_eq!(provider.ask(&question, day("2026-06-02")).unwrap(), Reply::NotYet);
    let waiting = fs::read_to_string(folder.path().join("verification/waiting.csv")).unwrap();
    let row = "050001700111-12235358,050001700111,12235358,2026-06-02,43.27,48.90,567890";
    assert_eq!(waiting.lines().nth(1), Some(row));
    // As a spreadsheet saves it: with a mark at the start, slashes in dates, and rows that mean nothing.
    let results = "\u{FEFF}identity,outcome,on,by,detail\n050001700111-12235358,一致,2026/06/03,王会计,\n\
        nonsense,一致,2026-06-04,x,\n050001700111-12235358,大概一致,2026-06-05,x,\n050001700111-12235358,红冲,2026-06-20,王会计,由 26330000000000000001\n";
    fs::write(folder.path().join("verification/results.csv"), results).unwrap();
    provider.waiting(&[]).unwrap();
    let ask = |provider: &mut FileProvider, since: &str| match provider.ask(&question, day(since)).unwrap() {
        Reply::Found(finding) => Some((finding.outcome, finding.on.to_string(), finding.by)),
        Reply::NotYet => None,
    };
    let reversed = Some((Outcome::Reversed, "2026-06-20".to_owned(), "file: 王会计".to_owned()));
    assert_eq!(ask(&mut provider, "2026-06-02"), reversed);
    assert_eq!(ask(&mut provider, "2026-06-04"), reversed, "the newest answer counts");
    assert_eq!(ask(&mut provider, "2026-06-21"), None, "an old answer is none");
}

#[test]
fn what_the_platform_does_not_have_is_not_asked() {
    let asked = |kind| Question { kind, ..question() }.can_be_asked();
    assert!(
        asked(InvoiceKind::ElectronicOrdinary) && asked(InvoiceKind::DigitalSpecial) && asked(InvoiceKind::Unknown)
    );
    assert!(!asked(InvoiceKind::Taxi) && !asked(InvoiceKind::Quota));
}

#[test]
fn a_question_is_what_was_read() {
    let xml = "<EInvoice><EInvoiceData><BasicInformation><TotalTax-includedAmount>48.90</TotalTax-includedAmount>\
        </BasicInformation></EInvoiceData><TaxSupervisionInfo><InvoiceNumber>26332000000000000048</InvoiceNumber>\
        <IssueTime>2026-06-02</IssueTime></TaxSupervisionInfo></EInvoice>";
    let reading = ocr::read(&Upload { name: "x.xml", bytes: xml.as_bytes() }, day("2026-06-30"), &[]).unwrap();
    let question = Question::of(&reading).unwrap();
    assert_eq!((question.number.as_str(), question.total), ("26332000000000000048", Some(Money::from_fen(4_890))));
    assert_eq!(question.issued_on, Some(day("2026-06-02")));
}
