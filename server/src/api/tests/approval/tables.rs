//! A company's own tables: proposed, agreed to like rules, in force from then on, and logged.

use budget::RequestId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::office::{CHIEF, CLERK, FINANCE, Office, at};

/// The text in force under a name.
async fn text(office: &Office, what: &str) -> (Value, String) {
    let found = office.get(FINANCE, &format!("/api/rules?what={what}")).await;
    (found["version"].clone(), found["text"].as_str().unwrap().to_owned())
}

/// Proposed by finance and agreed to by the chief: the version that it is then.
async fn published(office: &Office, what: &str, text: &str) -> Value {
    let id = crate::testing::new_request();
    office.post(FINANCE, "/api/rules/proposals", json!({ "id": id, "what": what, "text": text })).await;
    let done = office.post(CHIEF, &format!("/api/rules/proposals/{id}/decisions"), json!({ "agrees": true })).await;
    done["state"]["published"].clone()
}

fn night(day: &str) -> Value {
    json!({
        "trip": { "nights": [{ "day": day, "city": "上海", "paid": 62_000, "tax": 0 }] },
        "policy": { "measure": "perNight", "over": "selfPay" },
        "account": "TRAVEL", "bookedOn": "2026-11-20",
    })
}

#[tokio::test]
async fn standards_of_the_company_hold_from_their_day_when_they_are_agreed() {
    let folder = tempfile::tempdir().unwrap();
    let office = Box::pin(Office::open(folder.path(), at("2026-11-20", 9), super::s6_splitting::RULES)).await;
    let (version, before) = text(&office, "travel").await;
    assert_eq!(version, json!(0), "the one that comes with the program");
    let over = async |day| office.post(CLERK, "/api/travel/assessment", night(day)).await["assessment"]["over"].clone();
    assert_eq!(over("2026-11-16").await, json!(12_000));

    // From December on 600 a night in cities of the first tier; November stays what it was.
    let row = "[[standard]]\nkind = \"hotel\"\ntier = \"1\"\nperDay = 500\nfrom = \"2025-01-01\"\n";
    let dated = row.replace("from = \"2025-01-01\"\n", "from = \"2025-01-01\"\nto = \"2026-11-30\"\n");
    let next = "\n[[standard]]\nkind = \"hotel\"\ntier = \"1\"\nperDay = 600\nfrom = \"2026-12-01\"\nsource = \"2026 年修订\"\n";
    assert!(before.contains(row), "{before}");
    let proposed = before.replacen(row, &dated, 1) + next;
    assert_eq!(published(&office, "travel", &proposed).await, json!(1));
    assert_eq!(text(&office, "travel").await, (json!(1), proposed));
    assert_eq!((over("2026-11-16").await, over("2026-12-02").await), (json!(12_000), json!(2_000)));
    // It is in the journal, with who proposed it.
    let logged = office.server.app.store.readers.read(|connection| {
        let mut rows = connection.prepare("SELECT body FROM journal")?;
        let rows = rows.query_map([], |row| row.get::<Vec<u8>>(0))?;
        rows.map(|row| Ok(row?)).collect::<Result<Vec<_>, crate::store::StoreError>>()
    });
    let logged = logged.await.unwrap();
    assert!(logged.iter().any(|leaf| String::from_utf8_lossy(leaf).contains("travelStandards")));
}

#[tokio::test]
async fn a_table_that_cannot_be_used_is_refused_with_the_example_and_no_table_overtakes_another() {
    let folder = tempfile::tempdir().unwrap();
    let office = Box::pin(Office::open(folder.path(), at("2026-11-20", 9), super::s6_splitting::RULES)).await;
    let reversed =
        "[[standard]]\nkind = \"hotel\"\nperDay = 500\nfrom = \"2026-02-01\"\nto = \"2026-01-01\"\nsource = \"x\"\n";
    let checked = office.post(FINANCE, "/api/rules/check", json!({ "what": "travel", "text": reversed })).await;
    assert_eq!(checked["faults"][0]["zh"], json!("第 1 条的截止日 2026-01-01 早于起始日"));
    let body = json!({ "id": crate::testing::new_request(), "what": "travel", "text": reversed });
    let (status, answer) = office.call(FINANCE, Method::POST, "/api/rules/proposals", body).await;
    assert_eq!((status, &answer["detail"]["reason"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("incomplete")));

    // A proposal of accounts waits while a calendar is published; a second calendar on the old one does not.
    let (accounts, calendar) = (crate::testing::new_request(), crate::testing::new_request());
    let propose = async |id: RequestId, what: &str| {
        let text = text(&office, what).await.1;
        office.post(FINANCE, "/api/rules/proposals", json!({ "id": id, "what": what, "text": text })).await;
    };
    propose(accounts, "accounts").await;
    propose(calendar, "calendar").await;
    let own = text(&office, "calendar").await.1;
    assert_eq!(published(&office, "calendar", &own).await, json!(1));
    let state = async |id: RequestId, what: &str| {
        let found = office.get(FINANCE, &format!("/api/rules?what={what}")).await;
        let proposals = found["proposals"].as_array().unwrap().clone();
        proposals.into_iter().find(|it| it["id"] == json!(id)).unwrap()["state"].clone()
    };
    assert_eq!(state(accounts, "accounts").await, json!("open"));
    assert_eq!(state(calendar, "calendar").await, json!("overtaken"));
}
