//! S10 as far as cards go: the delegate's card appears, the director's is closed, and both come back.

use super::stage::{decisions, minute, person, submitted, view};
use budget::{RequestId, RequestState};
use serde_json::json;
use server::demo::person as id;
use std::time::Duration;
use sync::record::Verb;
use tests::botsim::Shown;
use tests::botsim::dingtalk::TapRequest;
use tests::fault::Result;
use tests::office::Office;

/// A card of this request on somebody's phone.
fn of(user: &'static str, request: RequestId, status: &'static str) -> impl Fn(&Shown) -> bool {
    move |shown| shown.user == user && shown.url.ends_with(&request.to_string()) && shown.status.contains(status)
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_the_delegates_card_appears_and_the_directors_is_closed() -> Result<()> {
    let bindings = [("dingtalk", "boss=wangqiang,deputy=lina"), ("wecom", "chief=zongjing")];
    let office = Office::open(&bindings, &[]).await?;
    let (mut clerk, mut deputy) = (person(&office, "zhangwei").await?, person(&office, "lina").await?);
    let mut items = Vec::new();
    for number in 0..6 {
        items.push(submitted(&mut clerk, &format!("客户拜访 {number}"), 10_000).await?);
    }
    let own = submitted(&mut deputy, "展台搭建", 10_000).await?;
    let mut old = Vec::new();
    for request in items.iter().chain([&own]) {
        old.push(office.shown("the director's card", of("boss", *request, "待处理")).await?);
    }
    let press = |card: &Shown, action: &str| {
        let held = office.sim.dingtalk.card(&card.card).unwrap();
        let token = held.seen_by(&card.user, &format!("tok_{action}")).to_owned();
        let params = serde_json::Map::from_iter([("token".to_owned(), json!(token))]);
        TapRequest { params: Some(params), ..TapRequest::new(&card.card, &card.user, action) }
    };
    let too_late = press(&old[0], "approve");

    let director = person(&office, "wangqiang").await?;
    let leave = json!({"to": id("lina"), "ends": office.now() + 3 * 24 * 3_600_000});
    director.post("/api/delegations", &leave).await?;
    office.advance(Duration::from_mins(1));
    let mut cards = Vec::new();
    for request in &items {
        cards.push(office.shown("the delegate's card", of("deputy", *request, "待处理")).await?);
        let closed = office.shown("the director's card, closed", of("boss", *request, "已过期")).await?;
        assert_eq!(closed.buttons, []);
    }
    // What the delegate handed in goes one level up, and no card of it comes to the delegate.
    office.shown("the chief's card", of("chief", own, "待处理")).await?;
    office.shown("the director's card of it", of("boss", own, "已过期")).await?;
    assert!(!office.sim.phones(Some("deputy")).iter().any(|shown| shown.url.ends_with(&own.to_string())));

    // The director, who kept an old card open, decides nothing with it.
    let answers = office.sim.dingtalk.tap(too_late).await;
    let notice = &answers[0].response["userPrivateData"]["cardParamMap"]["notice"];
    assert_eq!(notice, "这一步不由您审批", "{answers:?}");
    assert_eq!(decisions(&view(&office, items[0]).await?).len(), 0);

    // The delegate does, and it is written down as done in the director's place, on both phones.
    for (card, action, word) in [(&cards[0], "approve", "已同意"), (&cards[1], "reject", "已拒绝")] {
        office.sim.dingtalk.tap(TapRequest::new(&card.card, "deputy", action)).await;
        let request = items[cards.iter().position(|one| one.card == card.card).unwrap()];
        for user in ["deputy", "boss"] {
            let shown = office.shown("who decided for whom", of(user, request, word)).await?;
            assert!(shown.status.contains("李娜 代 王强"), "{shown:?}");
        }
        let seen = view(&office, request).await?;
        let verb = if action == "approve" { Verb::Approve } else { Verb::Reject };
        let decided = decisions(&seen);
        assert_eq!(decided.len(), 1);
        assert_eq!(decided[0].what, sync::view::What::Decided(verb));
        assert_eq!((decided[0].person, decided[0].in_place_of), (id("lina"), Some(id("wangqiang"))));
    }

    // Back from leave: what is still open is the director's again, on the card that was closed.
    office.advance(Duration::from_hours(3 * 24));
    minute(&office).await?;
    for request in &items[2..] {
        let back = office.shown("the director's card, open again", of("boss", *request, "待处理")).await?;
        assert!(old.iter().any(|card| card.card == back.card), "the same card");
        office.shown("the delegate's card, closed", of("deputy", *request, "已过期")).await?;
    }
    let again = office.shown("a card", of("boss", items[2], "待处理")).await?;
    office.sim.dingtalk.tap(TapRequest::new(&again.card, "boss", "approve")).await;
    assert_eq!(clerk.state(items[2], RequestState::Approved).await?.state, RequestState::Approved);
    assert_eq!(office.sim.violations(), []);
    office.close().await;
    Ok(())
}
