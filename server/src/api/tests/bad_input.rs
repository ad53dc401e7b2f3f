//! What cannot be kept or counted is refused by name, and nothing changes.

use std::io::Write;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::desk::{Desk, block, charge, document, fen};
use super::finance::workbook;
use crate::testing::{LI, WANG, new_request};

/// Refused with this status and code, with the books as they were.
async fn check(desk: &mut Desk, method: &str, path: &str, body: Vec<u8>, expected: (u16, &str)) {
    let who = if path.starts_with("/api/budget/papers") { LI } else { WANG };
    let (status, answer) = desk.send(who, method, path, body, "application/json").await;
    let code = answer["reason"].as_str().or_else(|| answer["code"].as_str()).unwrap_or_default();
    assert_eq!((status.as_u16(), code), expected, "{method} {path}: {answer}");
    desk.check("2026-MKT", "0", "0", "100").await;
}

fn reserve(charge: &Value) -> Vec<u8> {
    command(&json!({ "action": "reserve", "document": document(1), "charges": [charge] }))
}

fn command(action: &Value) -> Vec<u8> {
    json!({ "id": new_request(), "action": action }).to_string().into_bytes()
}

#[tokio::test]
async fn every_kind_of_bad_input_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let closings = [("2027", "2026-11-30")];
    let lines = [("2026-MKT", "100"), ("2027-MKT", "100")];
    let mut desk = Box::pin(Desk::open(folder.path(), &lines, &closings)).await;
    let desk = &mut desk;
    let commands = "/api/ledger/commands";
    let with = |key: &str, value: Value| {
        let mut charge = charge(1, "OFFICE", "1");
        charge[key] = value;
        reserve(&charge)
    };
    let elsewhere = |dimension: &str, member: &str| {
        let mut block = block("OFFICE");
        block[dimension] = json!(member);
        with("block", block)
    };
    for (body, expected) in [
        // Unknown nodes, in the words of the scheme and in words that are none.
        (elsewhere("department", "HR"), (409, "unknown_member")),
        (elsewhere("period", "1999"), (409, "unknown_member")),
        (elsewhere("department", "市场部"), (400, "malformed")),
        (elsewhere("department", "ALL"), (409, "no_budget_line")),
        (elsewhere("period", "2027-01"), (409, "period_closed")),
        // Money that is no money.
        (with("amount", json!(-1)), (409, "amount_not_positive")),
        (with("amount", json!(0)), (409, "amount_not_positive")),
        (with("amount", json!(0.5)), (400, "malformed")),
        (with("amount", json!("1.005")), (400, "malformed")),
        (with("amount", json!(u64::MAX)), (400, "malformed")),
        (with("amount", json!(i64::MAX)), (409, "insufficient_budget")),
        (with("tax", json!(100)), (409, "wrong_tax")),
        (with("currency", json!("USD")), (409, "mixed_currency")),
        (with("currency", json!("人民币")), (400, "malformed")),
        // Sums that leave 64 bits.
        (
            command(&json!({
                "action": "reserve", "document": document(1),
                "charges": [
                    { "line": new_request(), "block": block("OFFICE"), "amount": i64::MAX },
                    { "line": new_request(), "block": block("OFFICE"), "amount": i64::MAX },
                ],
            })),
            (409, "amount_too_large"),
        ),
        (command(&json!({ "action": "reserve", "document": document(1), "charges": [] })), (409, "no_line")),
        (command(&json!({ "action": "seize" })), (400, "malformed")),
        (b"{".to_vec(), (400, "malformed")),
        (b"\xff".to_vec(), (400, "malformed")),
        // More than a body may hold.
        (format!("{{\"id\":\"{}\"}}", "x".repeat(1024 * 1024)).into_bytes(), (413, "too_large")),
    ] {
        check(desk, "POST", commands, body, expected).await;
    }
    let paper = |limits: Value| {
        json!({ "title": "版本", "content": { "kind": "version", "limits": limits } }).to_string().into_bytes()
    };
    let path = format!("/api/budget/papers/{}", new_request());
    check(desk, "PUT", &path, paper(json!({ "2026-HR": 1 })), (409, "unknown_budget_line")).await;
    check(desk, "PUT", &path, paper(json!({ "2026-MKT": -1 })), (409, "amount_not_positive")).await;
    check(desk, "PUT", &path, paper(json!({})), (409, "no_line")).await;
    desk.all_holds().await;
}

#[tokio::test]
async fn a_text_with_nul_is_refused_at_the_door() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "100")], &[])).await;
    let desk = &mut desk;
    let refused = (400, "nul_in_text");
    let path = format!("/api/budget/papers/{}", new_request());
    let content = json!({ "kind": "version", "limits": { "2026-MKT": 1 } });
    let paper = json!({ "title": "版\0本", "content": content }).to_string().into_bytes();
    check(desk, "PUT", &path, paper, refused).await;
    let line = json!({ "block": block("OFFICE"), "amount": fen("1") });
    let voucher = json!([{ "voucher": "V\0", "lines": [line] }]).to_string().into_bytes();
    check(desk, "POST", "/api/actuals", voucher, refused).await;
    let offer = json!({ "login": "wang\0", "password": "x", "proof": "", "device": {} }).to_string().into_bytes();
    check(desk, "POST", "/api/sign-in", offer, refused).await;
    check(desk, "GET", "/api/budget/lines/2026%00MKT", Vec::new(), refused).await;
    check(desk, "GET", "/api/budget/lines/2026-MKT/entries?before=%00", Vec::new(), refused).await;
    // A backslash, then the letters: no NUL.
    let spelled = json!({ "title": "版\\u0000本", "content": content }).to_string().into_bytes();
    let (status, answer) = desk.send(LI, "PUT", &path, spelled, "application/json").await;
    assert_eq!((status, &answer["title"]), (StatusCode::OK, &json!("版\\u0000本")), "{answer}");

    let table = "voucher,period,department,account,amount\nV1\0,2026-12,MKT,OFFICE,1\nV2,2026-12,MKT,OFFICE,2\n";
    let (status, answer) = desk.send(WANG, "POST", "/api/actuals/import", table.into(), "text/csv").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let rows: Vec<_> = answer.as_array().unwrap().iter().map(|row| (&row["status"], &row["code"])).collect();
    assert_eq!(rows, [(&json!("posted"), &Value::Null), (&json!("refused"), &json!("unreadable_row"))], "{answer}");
    desk.check("2026-MKT", "2", "0", "98").await;
    desk.all_holds().await;
}

/// Small in the mail, large in memory: each limit has its own file.
#[tokio::test]
async fn a_workbook_that_unpacks_to_more_than_it_may_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "100")], &[])).await;
    for (parts, bytes) in [(1, 256 << 20), (40, 4 << 20), (3_000, 1)] {
        let file = bomb(parts, bytes);
        assert!(file.len() < 2 << 20, "{} bytes in the mail", file.len());
        let (status, answer) = desk.send(WANG, "POST", "/api/actuals/import", file, "application/zip").await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("malformed")), "{answer}");
        let what = answer["what"].as_str().unwrap_or_default();
        assert!(what.contains("unpacks to more"), "{answer}");
    }
    // A cell that says it is far away would make a table of seventeen thousand million cells.
    let far = |place: &str| workbook(&format!("<row><c r=\"{place}\" t=\"inlineStr\"><is><t>x</t></is></c></row>"));
    for (place, expected) in [("A1048576", "rows"), ("XFD1", "columns")] {
        let (status, answer) = desk.send(WANG, "POST", "/api/actuals/import", far(place), "application/zip").await;
        let what = answer["what"].as_str().unwrap_or_default();
        assert!(status == StatusCode::BAD_REQUEST && what.contains(expected), "{place}: {answer}");
    }
    desk.check("2026-MKT", "0", "0", "100").await;
}

/// A workbook whose parts are so many zeros each.
fn bomb(parts: usize, bytes: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let zeros = vec![b'0'; bytes.min(1 << 20)];
    for part in 0..parts {
        zip.start_file(format!("xl/worksheets/sheet{part}.xml"), zip::write::SimpleFileOptions::default()).unwrap();
        let mut left = bytes;
        while left > 0 {
            let now = left.min(zeros.len());
            zip.write_all(&zeros[..now]).unwrap();
            left -= now;
        }
    }
    zip.finish().unwrap().into_inner()
}
