//! A claim in three parts goes where its sum belongs.

use budget::RequestState;
use budget::approval::Reason;
use sync::record::Verb;
use sync::view::codes;

use super::office::{CLERK, DIRECTOR, HEAD, Office, at};

/// The head decides up to ¥5,000, the director up to ¥20,000; three requests of seven days count together.
pub(super) const RULES: &str = r#"
[[table]]
name = "费用"

[[table.tier]]
upTo = 5000
steps = [{ name = "部门负责人", by = { head = 0 } }]

[[table.tier]]
above = 5000
upTo = 20000
steps = [{ name = "总监", by = { head = 1 } }]

[[table.tier]]
above = 20000
steps = [{ name = "总经理", phase = "ratify", by = { role = "executive" } }]

[aggregate]
days = 7
atLeast = 3
same = ["claimant", "vendor", "project"]
"#;

#[tokio::test]
async fn s6_splitting() {
    let folder = tempfile::tempdir().unwrap();
    let office = Box::pin(Office::open(folder.path(), at("2026-11-02", 9), RULES)).await;
    let monday = office.claim(CLERK, 490_000, "展览公司").await;
    office.decide(HEAD, monday, Verb::Approve, "").await;
    office.go_to(at("2026-11-04", 9)).await;
    let wednesday = office.claim(CLERK, 490_000, "展览公司").await;
    assert_eq!(office.deciders(wednesday).await, [HEAD]);
    let elsewhere = office.claim(CLERK, 490_000, "另一家公司").await;

    office.go_to(at("2026-11-06", 9)).await;
    let friday = office.claim(CLERK, 490_000, "展览公司").await;
    let view = office.view(friday).await;
    assert_eq!(office.deciders(friday).await, [DIRECTOR]);
    let together = view.route.reasons.iter().find_map(|reason| match reason {
        Reason::Together { days, sum, siblings } => Some((*days, sum.to_string(), siblings.clone())),
        _ => None,
    });
    assert_eq!(together, Some((7, "14700.00".into(), vec![monday, wednesday])));
    let names = |request| {
        let view = office.view(request);
        async move {
            let view = view.await;
            let warned = view.warnings.into_iter().find(|warning| warning.code == codes::WARNING_TOGETHER);
            (view.state, warned.map(|warning| warning.values))
        }
    };
    let flag = Some(vec![("request".to_owned(), friday.to_string())]);
    assert_eq!(names(monday).await, (RequestState::Approved, flag.clone()), "flagged, not opened again");
    assert_eq!(names(wednesday).await, (RequestState::InApproval, flag));
    assert_eq!(office.deciders(wednesday).await, [HEAD]);
    assert_eq!(names(elsewhere).await.1, None, "another supplier is another matter");

    // Eight days later the first no longer counts, and two are too few.
    office.go_to(at("2026-11-12", 9)).await;
    let later = office.claim(CLERK, 490_000, "展览公司").await;
    assert_eq!(office.deciders(later).await, [HEAD]);
}
