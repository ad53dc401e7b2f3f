//! S2 to S5 and S19 through HTTP.

use serde_json::{Value, json};

use super::desk::{Desk, charge, codes, document, fen};
use crate::testing::{WANG, new_request};

#[tokio::test]
async fn s2_two_claims_in_the_same_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "200000")], &[])).await;
    desk.post(1, vec![charge(1, "OFFICE", "150000")], true).await;
    desk.check("2026-MKT", "150000", "0", "50000").await;

    let (first, second) = (desk.again().await, desk.again().await);
    let reserve = |number| json!({ "action": "reserve", "document": document(number), "charges": [charge(1, "OFFICE", "30000")] });
    let (one, two) = tokio::join!(first.command(reserve(2)), second.command(reserve(3)));
    let (held, refused) = if one.0.is_success() { ((2, one), (3, two)) } else { ((3, two), (2, one)) };
    assert!(held.1.0.is_success() && refused.1.0 == 409, "{held:?} {refused:?}");
    let shortage = &refused.1.1["rejection"]["shortages"][0];
    assert_eq!(shortage["lacking"], json!(fen("10000")));
    assert_eq!(shortage["holders"][0]["document"], json!(document(held.0)));
    desk.check("2026-MKT", "150000", "30000", "20000").await;

    desk.done(json!({ "action": "release", "document": document(held.0) })).await;
    desk.check("2026-MKT", "150000", "0", "50000").await;
    desk.done(reserve(refused.0)).await;
    desk.check("2026-MKT", "150000", "30000", "20000").await;
    desk.all_holds().await;
}

#[tokio::test]
async fn s3_four_cases_of_loans_and_claims() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "20000")], &[])).await;
    // The application reserves, the loan moves no budget, the claim consumes; the third had no application.
    for (number, applied, claimed) in
        [(1, Some("3000"), "3000"), (2, Some("8888"), "9999"), (3, None, "777"), (4, Some("879"), "820")]
    {
        if let Some(applied) = applied {
            desk.reserve(number, vec![charge(1, "TRAVEL", applied)]).await;
        }
        desk.post(number, vec![charge(1, "TRAVEL", claimed)], true).await;
    }
    desk.check("2026-MKT", "14596", "0", "5404").await;
    let alerts = desk.ok(WANG, "GET", "/api/budget/alerts", Value::Null).await;
    assert_eq!(alerts, json!([]), "73 % is below every threshold");
    desk.all_holds().await;
}

#[tokio::test]
async fn s4_partial_offset() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "10.00")], &[])).await;
    desk.reserve(1, vec![charge(1, "TRAVEL", "10.00")]).await;
    desk.post(1, vec![charge(1, "TRAVEL", "2.00")], false).await;
    desk.post(1, vec![charge(1, "TRAVEL", "8.00")], false).await;
    desk.check("2026-MKT", "10.00", "0", "0").await;
    let third = json!({
        "action": "post", "document": document(1), "charges": [charge(1, "TRAVEL", "0.01")], "close": false,
    });
    let (code, rejection) = desk.refused(third.clone()).await;
    assert_eq!((code.as_str(), &rejection["shortages"][0]["lacking"]), ("insufficient_budget", &json!(1)));
    desk.release(json!({ "kind": "version", "limits": { "2026-MKT": fen("11") } })).await;
    desk.done(third).await;
    desk.check("2026-MKT", "10.01", "0", "0.99").await;
    // 80 % and 100 % were reached when it was reserved, and again after the limit had changed.
    let alerts = desk.ok(WANG, "GET", "/api/budget/alerts", Value::Null).await;
    let told: Vec<_> = alerts.as_array().unwrap().iter().map(|alert| alert["percent"].as_i64().unwrap()).collect();
    assert_eq!(told, [100, 80], "{alerts}");
    desk.all_holds().await;
}

#[tokio::test]
async fn s5_one_line_up_one_line_down() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [("2026-MKT-OFFICE", "1000"), ("2026-MKT-COURIER", "1000")];
    let mut desk = Box::pin(Desk::open(folder.path(), &lines, &[])).await;
    desk.reserve(1, vec![charge(1, "OFFICE", "450"), charge(2, "COURIER", "50")]).await;
    let done = desk.post(1, vec![charge(1, "OFFICE", "500"), charge(2, "COURIER", "20")], true).await;
    let entries = done["entries"].as_array().unwrap();
    let rows: Vec<_> =
        entries.iter().map(|entry| (entry["kind"].as_str().unwrap(), entry["amount"].as_i64().unwrap())).collect();
    let expected = [("reserve", fen("50")), ("consume", fen("500")), ("consume", fen("20")), ("release", fen("30"))];
    assert_eq!(rows, expected);
    assert!(entries.iter().all(|entry| entry["document"] == json!(document(1))));
    desk.check("2026-MKT-OFFICE", "500", "0", "500").await;
    desk.check("2026-MKT-COURIER", "20", "0", "980").await;
    desk.all_holds().await;
}

#[tokio::test]
async fn s19_year_end() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [("2026-MKT", "1000000"), ("2026-ALL", "1000000"), ("2027-MKT", "0"), ("2027-ALL", "0")];
    let mut desk = Box::pin(Desk::open(folder.path(), &lines, &[("2026", "2027-01-15")])).await;
    desk.post(1, vec![charge(1, "OFFICE", "820000")], true).await;
    desk.reserve(2, vec![charge(1, "OFFICE", "86000")]).await;
    desk.check("2026-MKT", "820000", "86000", "94000").await;

    desk.on("2027-01-01");
    let lines = json!([{ "from": "2026-MKT", "to": "2027-MKT" }, { "from": "2026-ALL", "to": "2027-ALL" }]);
    desk.done(json!({ "action": "carryForward", "lines": lines, "policy": "committedOnly" })).await;
    for line in ["2027-MKT", "2027-ALL"] {
        desk.check(line, "0", "86000", "0").await;
        assert_eq!(desk.balance(line).await.carried.fen(), fen("86000"), "上年结转");
    }
    desk.check("2026-MKT", "820000", "0", "94000").await;

    // A claim dated December arrives in January.
    desk.post(3, vec![charge(1, "OFFICE", "4000")], true).await;
    desk.check("2026-MKT", "824000", "0", "90000").await;
    let lapse = json!({ "action": "lapse", "lines": codes(&["2026-MKT", "2026-ALL"]), "release": false });
    assert_eq!(desk.refused(lapse.clone()).await.0, "period_open");

    // After the cut-off the finance department decides.
    desk.on("2027-01-16");
    let late = json!({
        "action": "post", "document": document(4), "charges": [charge(1, "OFFICE", "1000")], "close": true,
    });
    assert_eq!(desk.refused(late.clone()).await.0, "period_closed");
    desk.done(json!({ "action": "admit", "document": document(4) })).await;
    desk.done(late).await;
    let id = new_request();
    for _ in 0..2 {
        let command = json!({ "id": id, "action": lapse });
        desk.ok(WANG, "POST", "/api/ledger/commands", command).await;
    }
    for line in ["2026-MKT", "2026-ALL"] {
        desk.check(line, "825000", "0", "0").await;
    }
    desk.post(2, vec![charge(1, "OFFICE", "86000")], true).await;
    desk.check("2027-MKT", "86000", "0", "0").await;
    desk.check("2026-MKT", "825000", "0", "0").await;
    desk.all_holds().await;
}
