//! A trip to Shanghai: over the standard, under each policy, with the tax, the advance and the voucher.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::office::{CLERK, Office, at};

fn asked(measure: &str, over: &str, approved: bool) -> Value {
    let ticket =
        |day: &str| json!({ "day": day, "mode": "rail", "fare": 55_300, "travellerNamed": true, "statedTax": null });
    // Special invoices of 6 %: 620 ÷ 1.06 × 0.06 and 480 ÷ 1.06 × 0.06.
    let night = |day: &str, paid: i64, tax: i64| json!({ "day": day, "city": "上海", "paid": paid, "tax": tax });
    json!({
        "trip": {
            "tickets": [ticket("2026-11-16"), ticket("2026-11-18")],
            "nights": [night("2026-11-16", 62_000, 3_509), night("2026-11-17", 48_000, 2_717)],
            "days": [["2026-11-16", "上海"], ["2026-11-17", "上海"], ["2026-11-18", "上海"]],
        },
        "policy": { "measure": measure, "over": over },
        "approved": approved,
        "account": "TRAVEL",
        "lent": 300_000,
        "bookedOn": "2026-11-20",
    })
}

/// Over the standard, reimbursed, tax, expense, refund, in fen; and the voucher balances.
async fn check(office: &Office, asked: Value, expected: [Option<i64>; 5]) {
    let found = office.post(CLERK, "/api/travel/assessment", asked).await;
    let figures = ["over", "reimbursed", "tax", "expense"].map(|name| found["assessment"][name].as_i64());
    let refund = found["settlement"]["refund"].as_i64();
    for (figure, expected) in figures.into_iter().chain([refund]).zip(expected) {
        assert!(expected.is_none_or(|expected| figure == Some(expected)), "{found}");
    }
    let sum = |side: &str| -> i64 {
        found["voucher"]["postings"].as_array().unwrap().iter().map(|posting| posting[side].as_i64().unwrap()).sum()
    };
    assert_eq!((sum("debit"), sum("credit")), (300_000, 300_000), "{found}");
}

#[tokio::test]
async fn s13_shanghai_trip() {
    let folder = tempfile::tempdir().unwrap();
    let office = Box::pin(Office::open(folder.path(), at("2026-11-20", 9), super::s6_splitting::RULES)).await;
    let whole = |over| [Some(over), Some(274_600), Some(15_358), Some(259_242), Some(25_400)];
    check(&office, asked("perNight", "specialApproval", true), whole(12_000)).await;
    check(&office, asked("tripAverage", "specialApproval", true), whole(10_000)).await;
    let without = |over, reimbursed, refund| [Some(over), Some(reimbursed), None, None, Some(refund)];
    check(&office, asked("perNight", "specialApproval", false), without(12_000, 262_600, 37_400)).await;
    check(&office, asked("tripAverage", "selfPay", false), without(10_000, 264_600, 35_400)).await;
    let (status, answer) =
        office.call(CLERK, Method::POST, "/api/travel/assessment", asked("perNight", "block", false)).await;
    assert_eq!((status, &answer["detail"]["reason"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("over_standard")));
}
