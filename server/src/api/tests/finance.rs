//! Papers, actuals and allowances through HTTP: who may, what is refused, what is counted once.

use std::io::Write;

use budget::ledger::{Purse, Signature, genesis};
use budget::{AllowanceId, CodingBlock, DeviceId, LineId, Money, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync::signature::spend_message;

use super::desk::{Desk, block, charge, document, fen};
use crate::testing::{LI, SUN, WANG, ZHANG, code, last_word, new_request, sign_spends};

#[tokio::test]
async fn a_version_is_written_agreed_to_and_released() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "100"), ("2026-RND", "50")], &[])).await;
    let path = format!("/api/budget/papers/{}", new_request());
    let steps = format!("{path}/steps");
    let paper = |limit| json!({ "title": "第二版", "content": { "kind": "version", "limits": { "2026-MKT": limit } } });
    let step = |revision, step: &str| json!({ "revision": revision, "step": step });
    desk.ok(LI, "PUT", &path, paper(fen("80"))).await;
    assert_eq!(desk.ok(LI, "PUT", &path, paper(fen("70"))).await["revision"], json!(2));
    let mut check = async |who, body, expected: u16| {
        let (status, answer) = desk.call(who, "POST", &steps, body).await;
        assert_eq!(status, expected, "{answer}");
        answer
    };
    check(WANG, step(2, "submit"), 403).await;
    check(LI, step(1, "submit"), 409).await;
    check(LI, step(2, "release"), 403).await;
    check(LI, step(2, "submit"), 200).await;
    check(WANG, step(2, "release"), 409).await;
    check(LI, step(2, "approve"), 403).await;
    check(WANG, step(2, "approve"), 200).await;
    desk.check("2026-MKT", "0", "0", "100").await;
    let released = desk.ok(WANG, "POST", &steps, step(2, "release")).await;
    assert_eq!(released["state"], json!("released"));
    desk.check("2026-MKT", "0", "0", "70").await;
    let (status, again) = desk.call(WANG, "POST", &steps, step(2, "release")).await;
    assert_eq!((status, &again["reason"]), (StatusCode::CONFLICT, &json!("wrong_state")));
    assert_eq!(desk.call(LI, "PUT", &path, paper(1)).await.0, StatusCode::CONFLICT);
    let bad = json!({ "title": "", "content": { "kind": "version", "limits": { "HR": 1 } } });
    let (_, refused) = desk.call(LI, "PUT", &format!("/api/budget/papers/{}", new_request()), bad).await;
    assert_eq!(refused["reason"], json!("unknown_budget_line"));
    desk.all_holds().await;
}

#[tokio::test]
async fn an_adjustment_needs_both_sides_and_moves_out_and_in_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "100"), ("2026-RND", "50")], &[])).await;
    let path = format!("/api/budget/papers/{}", new_request());
    let steps = format!("{path}/steps");
    let moves = json!([{ "from": "2026-MKT", "to": "2026-RND", "amount": fen("60") }]);
    desk.ok(SUN, "PUT", &path, json!({ "title": "调剂", "content": { "kind": "adjustment", "moves": moves } })).await;
    let step = |step: &str| json!({ "revision": 1, "step": step });
    desk.ok(SUN, "POST", &steps, step("submit")).await;
    assert_eq!(desk.call(ZHANG, "POST", &steps, step("approve")).await.0, StatusCode::FORBIDDEN);
    let one = desk.ok(LI, "POST", &steps, step("approve")).await;
    assert_eq!(one["state"], json!("submitted"), "only the side that gives has agreed");
    let both = desk.ok(WANG, "POST", &steps, step("approve")).await;
    assert_eq!(both["state"], json!("approved"));
    // Meanwhile the money went: nothing moves, and it may be tried again.
    desk.reserve(1, vec![charge(1, "OFFICE", "50")]).await;
    let (status, lacking) = desk.call(WANG, "POST", &steps, step("release")).await;
    assert_eq!((status, &lacking["reason"]), (StatusCode::CONFLICT, &json!("insufficient_budget")));
    desk.check("2026-RND", "0", "0", "50").await;
    desk.done(json!({ "action": "release", "document": document(1) })).await;
    desk.ok(WANG, "POST", &steps, step("release")).await;
    desk.check("2026-MKT", "0", "0", "40").await;
    desk.check("2026-RND", "0", "0", "110").await;
    desk.all_holds().await;
}

#[tokio::test]
async fn a_voucher_is_posted_once_and_draws_on_what_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "1000")], &[])).await;
    desk.reserve(1, vec![charge(1, "TRAVEL", "600")]).await;
    let voucher = |amount: &str| {
        let line = json!({ "line": LineId([1; 16]), "block": block("TRAVEL"), "amount": fen(amount) });
        json!([{ "voucher": "2026-12-记-0001", "document": document(1), "lines": [line], "close": true }])
    };
    for expected in ["posted", "known", "known"] {
        let answer = desk.ok(WANG, "POST", "/api/actuals", voucher("580")).await;
        assert_eq!(answer[0]["status"], json!(expected), "{answer}");
    }
    desk.check("2026-MKT", "580", "0", "420").await;
    let other = desk.ok(WANG, "POST", "/api/actuals", voucher("581")).await;
    assert_eq!(other[0]["code"], json!("id_reused"), "another content under the same number");
    assert_eq!(desk.call(LI, "POST", "/api/actuals", voucher("1")).await.0, StatusCode::FORBIDDEN);
    desk.all_holds().await;
}

const TABLE: &str = "\u{feff}voucher,period,department,account,amount,tax,on,close\n\
    V1,2026-12,MKT,OFFICE,100.00,0,2026-12-01,\n\
    V1,2026-12,MKT,TRAVEL,50.5,,2026-12-01,\n\
    V2,2026-12,MKT,OFFICE,1.005,,,\n\
    V3,2026-12,HR,OFFICE,1,,,\n\
    V4,2026-12,MKT,OFFICE,900,,,\n\
    V5,,MKT,OFFICE,1,,,\n";

#[tokio::test]
async fn a_table_of_vouchers_is_imported_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "1000")], &[])).await;
    let mut import = async |file: Vec<u8>| {
        let (status, answer) = desk.send(WANG, "POST", "/api/actuals/import", file, "text/csv").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let row = |one: &Value| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text("voucher"), text("status"), text("code"))
        };
        answer.as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let expected = |first: &str| {
        let refused = [
            "V3 refused unknown_member",
            "V4 refused insufficient_budget",
            "V2 refused unreadable_row",
            "V5 refused unreadable_row",
        ];
        core::iter::once(first.to_owned()).chain(refused.map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(import(TABLE.into()).await, expected("V1 posted "));
    assert_eq!(import(TABLE.into()).await, expected("V1 known "));
    assert_eq!(import(sheet(TABLE)).await, expected("V1 known "), "the same rows from a spreadsheet");
    let (status, _) = desk.send(WANG, "POST", "/api/actuals/import", b"a,b\n1,2\n".to_vec(), "text/csv").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = desk.send(WANG, "POST", "/api/actuals/import", b"PK\x03\x04junk".to_vec(), "x/y").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    desk.check("2026-MKT", "150.50", "0", "849.50").await;
    desk.all_holds().await;
}

/// A workbook of one sheet with these cells as inline texts (ECMA-376).
fn sheet(table: &str) -> Vec<u8> {
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |line: &str| format!("<row>{}</row>", line.split(',').map(cell).collect::<String>());
    workbook(&table.trim_start_matches('\u{feff}').lines().map(row).collect::<String>())
}

/// A workbook of one sheet with these rows.
pub(super) fn workbook(rows: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let files = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>")),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn an_allowance_is_granted_spent_offline_settled_and_closed() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "100")], &[])).await;
    let phone = desk.server.phone(LI).await;
    let device: DeviceId = phone.replica.device();
    desk.sign_in_with(LI, &phone);
    let id = AllowanceId(new_request().bytes());
    let expires = Timestamp(desk.now().0 + 86_400_000);
    let allow = |allowance: AllowanceId, yuan: &str| {
        let (block, amount) = (block("TRAVEL"), fen(yuan));
        json!({
            "action": "allow", "allowance": allowance, "device": device,
            "block": block, "amount": amount, "expires": expires,
        })
    };
    let mut unknown = allow(id, "40");
    unknown["device"] = json!(DeviceId([7; 16]));
    let (status, answer) = desk.command(unknown).await;
    assert_eq!((status, &answer["reason"]), (StatusCode::CONFLICT, &json!("unknown_device")), "{answer}");
    desk.done(allow(id, "40")).await;
    assert_eq!(desk.balance("2026-MKT").await.escrowed.fen(), fen("40"));
    desk.check("2026-MKT", "0", "0", "60").await;
    assert_eq!(desk.refused(allow(AllowanceId([1; 16]), "1")).await.0, "allowance_open");

    // Offline: no server is asked.
    let coding: CodingBlock = serde_json::from_value(block("TRAVEL")).unwrap();
    let mut purse = Purse::new(id, coding, Money::from_fen(fen("40")), expires);
    let now = desk.now();
    purse.spend(now, document(5), LineId([1; 16]), Money::from_fen(fen("25")), Money::ZERO).unwrap();
    let path = "/api/allowances/reports";
    let report = |purse: &Purse| json!({ "id": new_request(), "action": purse.report().unwrap() });
    // Each spend carries the device's signature over it: none, another device's and another spend's are refused.
    let other = desk.server.phone(SUN).await;
    let bad = |answer: (StatusCode, Value)| {
        assert_eq!((answer.0, &answer.1["reason"]), (StatusCode::CONFLICT, &json!("bad_signature")), "{}", answer.1);
    };
    bad(desk.call(LI, "POST", path, report(&purse)).await);
    let mut forged = purse.clone();
    sign_spends(&mut forged, |message| other.signature(message));
    bad(desk.call(LI, "POST", path, report(&forged)).await);
    forged.sign(1, Signature(phone.signature(&spend_message(&genesis(id)))));
    bad(desk.call(LI, "POST", path, report(&forged)).await);
    desk.check("2026-MKT", "0", "0", "60").await;
    sign_spends(&mut purse, |message| phone.signature(message));
    let mut copy = purse.clone();
    let report = report(&purse);
    assert_eq!(desk.call(SUN, "POST", path, report.clone()).await.0, StatusCode::FORBIDDEN, "another device");
    for count in [1, 1] {
        assert_eq!(desk.ok(LI, "POST", path, report.clone()).await["count"], json!(count));
    }
    desk.check("2026-MKT", "0", "25", "60").await;
    purse.acknowledge(1);
    bad(desk.call(LI, "POST", path, json!({ "id": new_request(), "action": purse.clone().close() })).await);
    desk.check("2026-MKT", "0", "25", "60").await;
    let close = last_word(&mut purse, |message| phone.signature(message));
    desk.ok(LI, "POST", path, json!({ "id": new_request(), "action": close })).await;
    desk.check("2026-MKT", "0", "25", "75").await;

    // The device was copied before it closed: the copy is found.
    copy.acknowledge(1);
    copy.spend(now, document(6), LineId([1; 16]), Money::from_fen(fen("5")), Money::ZERO).unwrap();
    sign_spends(&mut copy, |message| phone.signature(message));
    let late = json!({ "id": new_request(), "action": copy.report().unwrap() });
    assert_eq!(desk.ok(LI, "POST", path, late).await["exceptions"], json!(1));
    desk.check("2026-MKT", "0", "25", "75").await;

    // Another one that is lost is ended by force.
    let lost = AllowanceId(new_request().bytes());
    desk.done(allow(lost, "10")).await;
    desk.done(json!({ "action": "forceClose", "allowance": lost })).await;
    desk.check("2026-MKT", "0", "25", "75").await;
    let denied = json!({ "action": "close", "allowance": lost, "count": 0, "last": genesis(lost) });
    let (status, _) = desk.call(ZHANG, "POST", path, json!({ "id": new_request(), "action": denied })).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    desk.all_holds().await;
}

#[tokio::test]
async fn limits_and_our_own_requests_are_not_moved_through_the_side_door() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Box::pin(Desk::open(folder.path(), &[("2026-MKT", "100")], &[])).await;
    let appropriate = json!({ "action": "appropriate", "line": code("2026-MKT"), "amount": 1 });
    assert_eq!(desk.command(appropriate).await.0, StatusCode::FORBIDDEN);
    let negative = json!({ "action": "reserve", "document": document(1), "charges": [charge(1, "OFFICE", "-1")] });
    assert_eq!(desk.refused(negative).await.0, "amount_not_positive");
    let fraction = json!({ "action": "reserve", "document": document(1), "charges": [{
        "line": LineId([1; 16]), "block": block("OFFICE"), "amount": 1.5,
    }] });
    assert_eq!(desk.command(fraction).await.0, StatusCode::BAD_REQUEST, "money is whole fen");
    let dollars = json!({ "action": "reserve", "document": document(1), "charges": [{
        "line": LineId([1; 16]), "block": block("OFFICE"), "amount": 1, "currency": "USD",
    }] });
    assert_eq!(desk.refused(dollars).await.0, "mixed_currency");
    desk.check("2026-MKT", "0", "0", "100").await;
}
