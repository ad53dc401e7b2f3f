//! Two stock automerge-repo peers work on a claim through the second door, beside an ordinary device; what they may not
//! write is refused once, and reaches nobody.
//!
//! Where the library is not installed (`./dev test` installs it) this says so and checks nothing.

use budget::{Money, RequestId, RequestState};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use sync::document::Claim;
use sync::{DocumentKey, repo};
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::office::Office;
use tests::stock_peers::{Held, StockPeers};

const PASSWORD: &str = "suanpan-demo";
/// Frames that may pass in the second after a refusal, both ways: none is needed, one may be under way.
const QUIET: u64 = 1;
const LINE: &str = "07070707-0707-0707-0707-070707070707";

/// Everybody around one claim.
struct Scene {
    office: Office,
    peers: StockPeers,
    /// An ordinary device of the claim's owner.
    phone: Device,
    request: RequestId,
    document: String,
}

/// A request's id as devices make them: a UUID of version 7.
fn request() -> RequestId {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut id = [0x5a; 16];
    for (to, from) in id.iter_mut().zip(since.as_nanos().to_be_bytes().into_iter().skip(4)) {
        *to = from;
    }
    id[6] = 0x70 | (id[6] & 0x0f);
    RequestId(id)
}

impl Scene {
    /// Zhang Wei's two peers, of which the first began a claim that the second and his phone have.
    async fn begin() -> Result<Option<Self>> {
        let Some(mut peers) = StockPeers::start()? else { return Ok(None) };
        let office = Office::open(&[], &[("AUTOMERGE_REPO", "true")]).await?;
        let mut phone = Device::sign_in(&office.url(), "zhangwei", PASSWORD).await?;
        phone.connect().await?;
        for peer in ["one", "two"] {
            let device = Device::sign_in(&office.url(), "zhangwei", PASSWORD).await?;
            peers.connect(peer, &office.url(), device.token()).await?;
        }
        let request = request();
        let document = repo::url_name(&DocumentKey::Claim(request)).ok_or_else(|| Fault::new("no name"))?;
        let one = Held { peer: "one", document: &document };
        let value = json!({
            "schema": 1, "owner": phone.replica.person().to_string(), "createdAt": office.now(), "currency": "CNY",
            "lines": {}, "invoices": {},
        });
        peers.begin(one, value).await?;
        phone.until(|replica| replica.claim(request).is_some()).await?;
        let two = Held { peer: "two", document: &document };
        assert_eq!(peers.find(two).await?, "ready");
        Ok(Some(Self { office, peers, phone, request, document }))
    }

    /// How many changes of the claim's documents the books hold, and how many were refused.
    async fn rows(&self) -> Result<(i64, i64)> {
        let claim = DocumentKey::Claim(self.request).to_string();
        let rows = self.office.app.store.readers.read(move |connection| {
            let changes =
                connection.query_row("SELECT count(*) FROM change WHERE document = ?1", [claim], |row| row.get(0))?;
            Ok((changes, connection.query_row("SELECT count(*) FROM refusal", [], |row| row.get(0))?))
        });
        rows.await.map_err(|error| Fault::new(error.to_string()))
    }

    /// Writes a claim that can be handed in.
    async fn write(&mut self) -> Result<()> {
        let document = self.document.clone();
        let (one, two) = (Held { peer: "one", document: &document }, Held { peer: "two", document: &document });
        self.peers.set(one, &["title"], "上海出差".into()).await?;
        self.peers.until(two, &["title"], "上海出差".into()).await?;
        self.peers.set(two, &["department"], "MKT".into()).await?;
        let day = budget::Timestamp(self.office.now()).china_date().to_string();
        let line = json!({"description": "高铁票", "date": day, "amount": 12_345, "account": "TRAVEL"});
        self.peers.set(two, &["lines", LINE], line).await?;
        self.peers.until(one, &["lines", LINE, "amount"], 12_345.into()).await?;
        let request = self.request;
        let total = |claim: Claim| claim.total().map(Money::fen);
        self.phone.until(|replica| replica.claim(request).and_then(total) == Some(12_345)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_peers_and_an_ordinary_device_write_one_claim() -> Result<()> {
    let Some(mut scene) = Box::pin(Scene::begin()).await? else { return Ok(()) };
    scene.write().await?;
    let document = scene.document.clone();
    let (one, two) = (Held { peer: "one", document: &document }, Held { peer: "two", document: &document });

    // What the ordinary device writes reaches both.
    scene.phone.set_title(scene.request, "北京出差")?;
    scene.phone.push().await?;
    scene.peers.until(one, &["title"], "北京出差".into()).await?;
    scene.peers.until(two, &["title"], "北京出差".into()).await?;
    assert_eq!(scene.peers.heads(one).await?, scene.peers.heads(two).await?);

    // A colleague's peer finds nothing.
    let colleague = Device::sign_in(&scene.office.url(), "lina", PASSWORD).await?;
    scene.peers.connect("colleague", &scene.office.url(), colleague.token()).await?;
    assert_eq!(scene.peers.find(Held { peer: "colleague", document: &document }).await?, "unavailable");

    // Everybody at rest says nothing.
    let before = scene.peers.frames("one").await?;
    scene.peers.refused("two", 0).await?;
    assert_eq!(scene.peers.frames("one").await?, before);
    scene.office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forbidden_is_refused_once_and_reaches_nobody() -> Result<()> {
    let Some(mut scene) = Box::pin(Scene::begin()).await? else { return Ok(()) };
    scene.write().await?;
    let document = scene.document.clone();
    let (one, two) = (Held { peer: "one", document: &document }, Held { peer: "two", document: &document });
    let (admitted, _) = scene.rows().await?;
    let heads = scene.peers.heads(two).await?;

    // The owner is written once.
    scene.peers.set(one, &["owner"], "00000000-0000-0000-0000-000000000001".into()).await?;
    let (codes, later) = scene.peers.refused("one", 1).await?;
    assert_eq!(codes, ["not_allowed"]);
    assert!(later <= QUIET, "{later} frames in the second after the refusal");
    assert_eq!(scene.rows().await?, (admitted, 1), "the books hold that it was refused, and nothing of it");
    assert_eq!(scene.peers.heads(two).await?, heads, "the other peer has seen nothing");

    // What is written on top of it falls with it; what the other peer writes still comes.
    scene.peers.set(one, &["title"], "广州出差".into()).await?;
    let (codes, later) = scene.peers.refused("one", 2).await?;
    assert_eq!(codes, ["not_allowed", "depends_on_refused"]);
    assert!(later <= QUIET, "{later} frames");
    scene.peers.set(two, &["purpose"], "展会".into()).await?;
    scene.peers.until(one, &["purpose"], "展会".into()).await?;
    let claim = scene.phone.claimed(scene.request).ok_or_else(|| Fault::new("no claim"))?;
    assert_eq!((claim.title.as_str(), claim.owner), ("上海出差", scene.phone.replica.person()));
    let title = scene.peers.read(two).await?;
    assert_eq!((&title["title"], &title["owner"]), (&json!("上海出差"), &json!(claim.owner.to_string())));
    let before = scene.peers.frames("one").await?;
    let (codes, later) = scene.peers.refused("one", 2).await?;
    assert_eq!((codes.len(), later), (2, 0), "nobody asks again");
    assert_eq!(scene.peers.frames("one").await?, before);

    // No layout but the company's own, whoever writes it.
    scene.peers.set(two, &["status"], "approved".into()).await?;
    let (codes, later) = scene.peers.refused("two", 1).await?;
    assert_eq!(codes, ["malformed"]);
    assert!(later <= QUIET, "{later} frames");
    scene.office.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approvers_peer_reads_and_comments_and_writes_nothing_else() -> Result<()> {
    let Some(mut scene) = Box::pin(Scene::begin()).await? else { return Ok(()) };
    scene.write().await?;
    let document = scene.document.clone();
    let boss = Device::sign_in(&scene.office.url(), "wangqiang", PASSWORD).await?;
    scene.peers.connect("boss", &scene.office.url(), boss.token()).await?;
    let theirs = Held { peer: "boss", document: &document };
    assert_eq!(scene.peers.find(theirs).await?, "unavailable", "a draft is its owner's");

    // Only the ordinary device can hand it in: a submission is signed.
    scene.phone.submit(scene.request)?;
    scene.phone.push().await?;
    scene.phone.state(scene.request, RequestState::InApproval).await?;
    let two = Held { peer: "two", document: &document };
    scene.peers.arrival(theirs).await?;
    assert_eq!(scene.peers.read(theirs).await?["lines"][LINE]["amount"], json!(12_345));
    scene.peers.set(theirs, &["lines", LINE, "amount"], 1.into()).await?;
    let (codes, later) = scene.peers.refused("boss", 1).await?;
    assert_eq!(codes, ["not_allowed"]);
    assert!(later <= QUIET, "{later} frames");
    scene.peers.set(two, &["title"], "改过的标题".into()).await?;
    let (codes, _) = scene.peers.refused("two", 1).await?;
    assert_eq!(codes, ["frozen"]);

    // The thread has a name of its own. A comment is kept under its writer's actor.
    let thread = repo::url_name(&DocumentKey::Thread(scene.request)).ok_or_else(|| Fault::new("no name"))?;
    let (asked, answered) = (Held { peer: "boss", document: &thread }, Held { peer: "one", document: &thread });
    assert_eq!(scene.peers.find(asked).await?, "ready");
    assert_eq!(scene.peers.find(answered).await?, "ready");
    let actor = scene.peers.actor(asked).await?;
    let comment = format!("{actor}-1");
    let value: Value = json!({"by": boss.replica.person().to_string(), "at": scene.office.now(), "text": "请补充行程"});
    scene.peers.set(asked, &["comments", &comment], value).await?;
    scene.peers.until(answered, &["comments", &comment, "text"], "请补充行程".into()).await?;
    let request = scene.request;
    scene.phone.until(|replica| replica.thread(request).comments.iter().any(|it| it.text == "请补充行程")).await?;
    // Nobody writes in another's name.
    let forged = json!({"by": boss.replica.person().to_string(), "at": scene.office.now(), "text": "同意"});
    let actor = scene.peers.actor(answered).await?;
    scene.peers.set(answered, &["comments", &format!("{actor}-1")], forged).await?;
    let (codes, later) = scene.peers.refused("one", 1).await?;
    assert_eq!(codes, ["not_allowed"]);
    assert!(later <= QUIET, "{later} frames");
    scene.office.close().await;
    Ok(())
}
