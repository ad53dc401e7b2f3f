//! One tap in DingTalk decides a real request: the real server, the simulated platform, the claimant's device.

use std::time::Duration;

use budget::{RequestId, RequestState};
use sync::record::Verb;
use tests::botsim::Botsim;
use tests::botsim::dingtalk::{
    CLIENT_ID, CLIENT_SECRET, CORPORATION, Card, Simulator, TEMPLATE, TapRequest, TapResult,
};
use tests::browser::Browser;
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::suanpan::Suanpan;

/// The head of marketing, on DingTalk and here.
const HEAD: &str = "manager01";
const PASSWORD: &str = "suanpan-demo";

struct Office {
    server: Suanpan,
    sim: Botsim,
    dingtalk: Simulator,
    clerk: Device,
}

async fn office() -> Result<Office> {
    let sim = Botsim::start().await?;
    let (dingtalk, base) = (sim.dingtalk.handle(), sim.base_url());
    let binding = format!("{HEAD}=wangqiang");
    let environment = [
        ("SUANPAN_DINGTALK_CLIENT_ID", CLIENT_ID),
        ("SUANPAN_DINGTALK_CLIENT_SECRET", CLIENT_SECRET),
        ("SUANPAN_DINGTALK_CARD_TEMPLATE_ID", TEMPLATE),
        ("SUANPAN_DINGTALK_API_BASE", base.as_str()),
        ("SUANPAN_DINGTALK_CORPORATION", CORPORATION),
        ("SUANPAN_DINGTALK_BINDINGS", &binding),
    ];
    let server = Suanpan::demo_with(&environment).await?;
    let mut clerk = Device::sign_in(&server.url(), "zhangwei", PASSWORD).await?;
    clerk.connect().await?;
    Ok(Office { server, sim, dingtalk, clerk })
}

impl Office {
    async fn submitted(&mut self, title: &str, fen: i64) -> Result<RequestId> {
        let request = self.clerk.claim(title, "MKT", "TRAVEL", fen)?;
        self.clerk.submit(request)?;
        self.clerk.push().await?;
        self.clerk.state(request, RequestState::InApproval).await?;
        Ok(request)
    }

    /// The head's card of this title, once it shows such a status.
    async fn card(&self, title: &str, amount: &str, status: &str) -> Result<Card> {
        for _ in 0..600 {
            let found = self.dingtalk.cards().into_iter().find(|card| {
                let facts = card.seen_by(HEAD, "facts");
                facts.contains(title) && facts.contains(amount) && card.seen_by(HEAD, "status").contains(status)
            });
            if let Some(card) = found {
                return Ok(card);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(Fault::new(format!("no card {title} {amount} {status} among {:#?}", self.dingtalk.cards())))
    }

    async fn tap(&self, card: &Card, action: &str) -> Result<TapResult> {
        // Pressed twice on its way: the platform delivers at least once.
        let request = TapRequest { repeat: 2, ..TapRequest::new(&card.out_track_id, HEAD, action) };
        let results = self.dingtalk.tap(request).await;
        let first = results.first().cloned().ok_or_else(|| Fault::new("no tap"))?;
        for result in &results {
            assert_eq!((result.delivered, result.code), (true, Some(200)), "{results:?}");
        }
        Ok(first)
    }

    fn nothing_was_broken(&self) {
        assert_eq!(self.dingtalk.violations(), []);
    }
}

#[tokio::test]
#[ignore = "needs the server's program: ./dev test runs it"]
async fn a_tap_twice_delivered_decides_once() -> Result<()> {
    let mut office = office().await?;
    let request = office.submitted("打车去机场", 12_345).await?;
    let card = office.card("打车去机场", "¥123.45", "待处理").await?;
    assert_eq!(card.seen_by(HEAD, "title"), "张伟的报销");
    assert_eq!(card.buttons(HEAD), ["approve", "reject"]);
    assert!(card.seen_by(HEAD, "facts").contains("部门：市场部"), "{}", card.seen_by(HEAD, "facts"));
    assert!(card.seen_by(HEAD, "detail_url").ends_with(&format!("/approvals/{request}")));

    office.tap(&card, "approve").await?;
    let status = office.clerk.state(request, RequestState::Approved).await?;
    assert_eq!(status.history.len(), 2, "one submission and one decision: {:?}", status.history);
    office.card("打车去机场", "¥123.45", "已同意 · 王强").await?;
    office.nothing_was_broken();
    Ok(())
}

#[tokio::test]
#[ignore = "needs the server's program: ./dev test runs it"]
async fn a_tap_on_an_old_card_is_refused_with_both_amounts() -> Result<()> {
    let mut office = office().await?;
    let request = office.submitted("展会物料", 52_000).await?;
    let old = office.card("展会物料", "¥520.00", "待处理").await?;
    let stale = TapRequest {
        params: Some(serde_json::Map::from_iter([
            ("action".to_owned(), "approve".into()),
            ("token".to_owned(), old.seen_by(HEAD, "tok_approve").into()),
        ])),
        ..TapRequest::new(&old.out_track_id, HEAD, "approve")
    };
    office.clerk.withdraw(request)?;
    office.clerk.push().await?;
    office.clerk.state(request, RequestState::Withdrawn).await?;
    office.clerk.amount(request, 92_000)?;
    office.clerk.submit(request)?;
    office.clerk.push().await?;
    office.clerk.status(request, |status| status.revision == 2).await?;

    let results = office.dingtalk.tap(stale).await;
    let answer = results.first().map(|result| result.response.to_string()).unwrap_or_default();
    assert!(answer.contains("单据已变更 520.00→920.00"), "{answer}");
    let status = office.clerk.state(request, RequestState::InApproval).await?;
    assert!(status.history.iter().all(|event| !matches!(event.what, sync::view::What::Decided(_))));

    let new = office.card("展会物料", "¥920.00", "待处理").await?;
    assert_ne!(new.out_track_id, old.out_track_id);
    office.tap(&new, "approve").await?;
    office.clerk.state(request, RequestState::Approved).await?;
    office.nothing_was_broken();
    Ok(())
}

#[tokio::test]
#[ignore = "needs the server's program: ./dev test runs it"]
async fn a_decision_in_the_app_and_a_restart_reach_the_card() -> Result<()> {
    let mut office = office().await?;
    let request = office.submitted("团队建设", 30_000).await?;
    office.card("团队建设", "¥300.00", "待处理").await?;
    let mut head = Device::sign_in(&office.server.url(), "wangqiang", PASSWORD).await?;
    head.connect().await?;
    head.status(request, |status| status.state == RequestState::InApproval).await?;
    head.decide(request, Verb::Return, "请补充名单")?;
    head.push().await?;
    // The update waits three seconds; the server is gone before they are over.
    office.server.kill().await?;
    office.server.start().await?;
    let card = office.card("团队建设", "¥300.00", "已退回 · 王强").await?;
    assert_eq!(card.buttons(HEAD), Vec::<&str>::new());

    office.clerk.connect().await?;
    office.clerk.state(request, RequestState::Returned).await?;
    office.nothing_was_broken();
    Ok(())
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_finger_on_the_phone_page_decides() -> Result<()> {
    let mut office = office().await?;
    let request = office.submitted("打车去机场", 12_345).await?;
    let card = office.card("打车去机场", "¥123.45", "待处理").await?;
    let browser = Browser::phone().await?;
    browser.open(&format!("{}/?user={HEAD}", office.sim.base_url())).await?;
    let (button, status) = (format!("approve-{}", card.out_track_id), format!("status-{}", card.out_track_id));
    browser.click(&button).await?;
    browser.wait_for_text(&status, "已同意 · 王强").await?;
    browser.wait_gone(&button).await?;
    office.clerk.state(request, RequestState::Approved).await?;
    office.nothing_was_broken();
    browser.quit().await
}
