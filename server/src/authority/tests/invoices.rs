//! One invoice is claimed once, whatever files show it and whoever holds them.

use budget::RequestState;
use sync::record::Verb;
use sync::view::{What, codes};
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use super::bench::{Bench, TRAVEL, refusal};
use super::submissions::{NUMBER, draft, invoice, with_invoice};
use crate::authority::view;
use crate::demo::person;

#[test]
fn s7_one_invoice_of_two_people_is_claimed_once_and_the_second_hears_only_that() {
    let mut bench = Bench::new();
    let pdf = invoice(&bench, 1, NUMBER, 106_000);
    let first = draft(&mut bench, "zhangwei", vec![with_invoice("1060", pdf)]);
    bench.submit("zhangwei", first).unwrap();
    // Another file of the same invoice, photographed by somebody else.
    let photo = invoice(&bench, 2, NUMBER, 106_000);
    let second = draft(&mut bench, "lina", vec![with_invoice("1060", photo)]);
    bench.submit("lina", second).unwrap();
    let kept = bench.view(second);
    assert_eq!(kept.state, RequestState::Returned);
    assert_eq!(kept.history.last().unwrap().what, What::Duplicate);
    let duplicate = &kept.duplicates[0];
    assert_eq!((duplicate.identity.as_str(), duplicate.on.as_str()), (NUMBER, "2026-09-01"));
    // Nothing in it says whose it is or what it was for.
    let json = serde_json::to_string(&kept).unwrap();
    for secret in [first.to_string(), person("zhangwei").to_string()] {
        assert!(!json.contains(&secret), "{secret}");
    }
    bench.check(TRAVEL, "58940", "1060", "0");

    // The warning at capture: everybody has the fingerprint, the owner alone the request.
    let seen = |bench: &Bench, login: &str| view::fingerprints(&bench.connection, person(login)).unwrap();
    assert_eq!(seen(&bench, "zhangwei").seen.values().next().unwrap().request, Some(first));
    let other = seen(&bench, "sunli");
    assert_eq!(other.seen.values().next().unwrap().request, None);
    let key = hex::decode(&other.key).unwrap();
    let fingerprint = ocr::Identity::new(None, NUMBER).unwrap().fingerprint(&key);
    assert!(other.seen.contains_key(&hex::encode(fingerprint)));

    // The first is mended and handed in again: its own older revision is no duplicate.
    bench.decide("wangqiang", first, Verb::Return, "补说明").unwrap();
    bench.submit("zhangwei", first).unwrap();
    assert_eq!(bench.view(first).state, RequestState::InApproval);
    // Refused for good, its invoice is free.
    bench.decide("wangqiang", first, Verb::Reject, "非公务").unwrap();
    bench.submit("lina", second).unwrap();
    assert_eq!(bench.view(second).state, RequestState::InApproval);
    bench.all_holds();
}

#[test]
fn two_receipts_of_the_same_amount_are_two() {
    let mut bench = Bench::new();
    let lines = vec![
        with_invoice("36.50", invoice(&bench, 1, "26117000000000000001", 3_650)),
        with_invoice("36.50", invoice(&bench, 2, "26117000000000000002", 3_650)),
    ];
    let id = draft(&mut bench, "zhangwei", lines);
    bench.submit("zhangwei", id).unwrap();
    assert_eq!(bench.view(id).duplicates, []);
    bench.check(TRAVEL, "59927", "73", "0");
}

/// 连号: in one claim, and across claims without saying whose the other one is.
#[test]
fn invoices_with_consecutive_numbers_are_noticed() {
    let mut bench = Bench::new();
    let number = |last: u32| format!("261170000000000001{last:02}");
    let claim = |bench: &mut Bench, login: &'static str, lasts: &[u32]| {
        let lines = lasts
            .iter()
            .map(|last| with_invoice("36.50", invoice(bench, u8::try_from(*last).unwrap(), &number(*last), 3_650)))
            .collect();
        let id = draft(bench, login, lines);
        bench.submit(login, id).unwrap();
        let warnings = bench.view(id).warnings.into_iter();
        let mut row: Vec<_> = warnings.filter(|warning| warning.code == codes::WARNING_CONSECUTIVE).collect();
        row.pop().map(|warning| warning.values).unwrap_or_default()
    };
    assert_eq!(claim(&mut bench, "zhangwei", &[10, 20]), []);
    let day = "2026-09-01".to_owned();
    let row = |lasts: &[u32]| lasts.iter().map(|last| (number(*last), day.clone())).collect::<Vec<_>>();
    assert_eq!(claim(&mut bench, "zhangwei", &[30, 31, 33]), row(&[30, 31]));
    // Somebody else's neighbour of a claimed one.
    assert_eq!(claim(&mut bench, "lina", &[21, 50]), row(&[21]));
    bench.all_holds();
}

#[test]
fn one_invoice_in_two_files_proves_its_amount_once() {
    let mut bench = Bench::new();
    let lines = vec![
        with_invoice("100", invoice(&bench, 1, NUMBER, 10_000)),
        with_invoice("100", invoice(&bench, 2, NUMBER, 10_000)),
    ];
    let id = draft(&mut bench, "zhangwei", lines);
    let refused = refusal(bench.submit("zhangwei", id));
    assert_eq!((refused.code, refused.detail.message.as_str()), (codes::INCOMPLETE, "claim_more_than_invoice"));
}

#[test]
fn a_retyped_number_does_not_hide_the_one_that_was_read() {
    let mut bench = Bench::new();
    let first = {
        let file = invoice(&bench, 1, NUMBER, 10_000);
        draft(&mut bench, "zhangwei", vec![with_invoice("100", file)])
    };
    bench.submit("zhangwei", first).unwrap();
    let second = {
        let file = invoice(&bench, 2, NUMBER, 10_000);
        draft(&mut bench, "lina", vec![with_invoice("100", file)])
    };
    bench
        .with("lina", |stage, hand, now| {
            let claim =
                sync::document::Claim::read(&stage.document(hand, DocumentKey::Claim(second)).unwrap()).unwrap();
            let place = Place::Invoice(claim.invoices[0].id);
            let edit = Edit::set(place, Field::Identity, Scalar::Text("26117000000000000099".into()));
            stage.write(hand, now, DocumentKey::Claim(second), &[edit])
        })
        .unwrap();
    bench.submit("lina", second).unwrap();
    assert_eq!(bench.view(second).duplicates[0].identity, NUMBER);
}
