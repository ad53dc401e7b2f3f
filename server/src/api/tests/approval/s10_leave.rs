//! A director on leave: open items move, the delegate's own goes up, and everything comes back.

use budget::{PersonId, RequestId, RequestState};
use serde_json::json;
use sync::record::Verb;

use super::office::{CHIEF, CLERK, DEPUTY, DIRECTOR, HEAD, Office, at};

const RULES: &str = r#"
[[table]]
name = "费用"

[[table.tier]]
steps = [{ name = "总监", by = { head = 1 } }]
"#;

async fn check(office: &Office, requests: &[RequestId], expected: PersonId) {
    for request in requests {
        assert_eq!(office.deciders(*request).await, [expected]);
    }
    office.nobody_waits_for_nobody().await;
}

#[tokio::test]
async fn s10_leave() {
    let folder = tempfile::tempdir().unwrap();
    let office = Box::pin(Office::open(folder.path(), at("2026-10-01", 9), RULES)).await;
    let mut items = Vec::new();
    for _ in 0..6 {
        items.push(office.claim(CLERK, 100_000, "").await);
    }
    let own = office.claim(DEPUTY, 100_000, "").await;
    check(&office, &items, DIRECTOR).await;

    office.go_to(at("2026-10-01", 10)).await;
    let leave = json!({ "to": DEPUTY, "ends": at("2026-10-08", 0) });
    office.post(DIRECTOR, "/api/delegations", leave).await;
    office.go_to(at("2026-10-01", 10).plus(60_000)).await;
    check(&office, &items, DEPUTY).await;
    check(&office, &[own], CHIEF).await;

    // The same verbs, and each is written down as done in the director's place.
    office.decide(DEPUTY, items[0], Verb::Approve, "").await;
    office.decide(DEPUTY, items[1], Verb::Reject, "不合规定").await;
    office.decide(DEPUTY, items[2], Verb::Return, "请补说明").await;
    let mut deputy = office.phone(DEPUTY).await;
    deputy.pass_on(items[3], Verb::ConsultFirst, Some(HEAD), None);
    deputy.push().await;
    let states = [RequestState::Approved, RequestState::Rejected, RequestState::Returned, RequestState::InApproval];
    for (request, state) in items.iter().zip(states) {
        let view = office.view(*request).await;
        let last = view.history.last().unwrap();
        assert_eq!((view.state, last.person, last.in_place_of), (state, DEPUTY, Some(DIRECTOR)));
    }
    check(&office, &items[3..4], HEAD).await;
    office.decide(HEAD, items[3], Verb::Approve, "").await;
    check(&office, &items[3..], DEPUTY).await;
    office.decide(CHIEF, own, Verb::Approve, "").await;
    assert_eq!(office.view(own).await.state, RequestState::Approved);

    office.go_to(at("2026-10-08", 9)).await;
    let new = office.claim(CLERK, 100_000, "").await;
    check(&office, &[new], DIRECTOR).await;
    check(&office, &items[3..], DIRECTOR).await;
}
