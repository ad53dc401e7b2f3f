//! Rules change while requests are open, and an approver leaves the same day.

use budget::RequestId;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync::record::Verb;

use super::office::{ADMIN, CHIEF, CLERK, DIRECTOR, FINANCE, HEAD, Office, at};

const RULES: &str = r#"
[[table]]
name = "规则变更"
when = { kinds = ["ruleChange"] }

[[table.tier]]
steps = [{ name = "总经理", phase = "ratify", by = { role = "executive" } }]

[[table]]
name = "费用"

[[table.tier]]
steps = [{ name = "部门负责人", by = { head = 0 } }]
"#;

/// Finance too above ¥3,000.
fn proposed() -> String {
    let daily = r#"name = "费用"

[[table.tier]]
upTo = 3000
steps = [{ name = "部门负责人", by = { head = 0 } }]

[[table.tier]]
above = 3000
steps = [
  { name = "部门负责人", by = { head = 0 } },
  { name = "财务", by = { role = "finance" } },
]
"#;
    let before = RULES.split("name = \"费用\"").next().unwrap();
    format!("{before}{daily}")
}

async fn versions(office: &Office, requests: &[RequestId]) -> Vec<u32> {
    let mut versions = Vec::new();
    for request in requests {
        versions.push(office.view(*request).await.route.rules_version);
    }
    versions
}

#[tokio::test]
async fn s11_rule_change_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let office = Box::pin(Office::open(folder.path(), at("2026-11-02", 9), RULES)).await;
    let old = office.get(FINANCE, "/api/rules").await["version"].as_u64().unwrap();
    let old = u32::try_from(old).unwrap();
    let mut items = Vec::new();
    for number in 0..12 {
        let fen = if number < 4 { 310_000 } else { 200_000 };
        items.push(office.claim(CLERK, fen, "").await);
    }

    // Looked at before anything is proposed.
    let rehearsed = office.post(FINANCE, "/api/rules/rehearsal", json!({ "text": proposed() })).await;
    assert_eq!((&rehearsed["requests"], &rehearsed["rerouted"]), (&json!(12), &json!(4)), "{rehearsed}");
    assert_eq!(rehearsed["examples"][0]["after"], json!([[HEAD], [FINANCE]]));

    // A change of rules is a request: finance proposes, the chief decides, nobody decides on their own.
    let id = crate::testing::new_request();
    let body = json!({ "id": id, "text": proposed(), "note": "三千元以上加财务" });
    office.post(FINANCE, "/api/rules/proposals", body).await;
    let decision = format!("/api/rules/proposals/{id}/decisions");
    let (status, _) = office.call(FINANCE, Method::POST, &decision, json!({ "agrees": true })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let published = office.post(CHIEF, &decision, json!({ "agrees": true })).await;
    assert_eq!(published["state"], json!({ "published": old + 1 }), "{published}");
    assert_eq!(office.get(FINANCE, "/api/rules").await["version"], json!(old + 1));

    // The same day an approver leaves: their items go to the next level.
    office.post(ADMIN, &format!("/api/people/{HEAD}/departure"), json!({})).await;
    for request in &items {
        assert_eq!(office.deciders(*request).await, [DIRECTOR]);
    }
    office.nobody_waits_for_nobody().await;
    assert_eq!(versions(&office, &items).await, vec![old; 12], "requests stay with their rules");
    office.decide(DIRECTOR, items[11], Verb::Approve, "").await;
    assert_eq!(office.view(items[11]).await.state, budget::RequestState::Approved);

    // An administrator looks first, then moves three of them.
    let named = json!({ "requests": items[..3] });
    let (status, _) = office.call(FINANCE, Method::POST, "/api/rules/migration", named.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let preview = office.post(ADMIN, "/api/rules/migration", named).await;
    assert_eq!(preview.as_array().unwrap().len(), 3);
    assert_eq!(preview[0]["migration"]["differs"], json!(true));
    assert_eq!(versions(&office, &items).await, vec![old; 12], "looking changes nothing");
    office.post(ADMIN, "/api/rules/migration", json!({ "requests": items[..3], "carryOut": true })).await;
    assert_eq!(versions(&office, &items[..4]).await, [old + 1, old + 1, old + 1, old]);
    office.decide(DIRECTOR, items[0], Verb::Approve, "").await;
    assert_eq!(office.deciders(items[0]).await, [FINANCE], "finance is asked by the new rules");
    office.nobody_waits_for_nobody().await;

    // The last person who could decide may not go.
    let (status, answer) =
        office.call(ADMIN, Method::POST, &format!("/api/people/{DIRECTOR}/departure"), json!({})).await;
    assert_eq!(status, StatusCode::OK, "the chief is left: {answer}");
    let (status, answer) = office.call(ADMIN, Method::POST, &format!("/api/people/{CHIEF}/departure"), json!({})).await;
    assert_eq!((status, &answer["detail"]["reason"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("would_orphan")));
    office.nobody_waits_for_nobody().await;
}
