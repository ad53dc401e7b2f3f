//! The WeChat mini-program's components under its own harness, against the real server and the simulated WeChat.
//!
//! Where the harness is not installed (`./dev test` installs it) this says so and checks nothing.

use budget::RequestState;
use serde_json::json;
use std::path::Path;
use sync::record::Verb;
use sync::view::{Surface, What};
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::office::Office;
use tokio::process::Command;

const PASSWORD: &str = "suanpan-demo";

#[tokio::test(flavor = "multi_thread")]
async fn the_mini_program_lists_decides_binds_and_claims() -> Result<()> {
    let vendor = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor");
    if !vendor.join("node_modules/jest").exists() {
        eprintln!("NOT CHECKED: the mini-program's harness is not installed; ./dev test installs it");
        return Ok(());
    }
    let office = Office::open(&[], &[]).await?;
    let mut clerk = Device::sign_in(&office.url(), "zhangwei", PASSWORD).await?;
    clerk.connect().await?;
    let mut requests = Vec::new();
    for (title, fen) in [("打车去机场", 12_345), ("展会物料", 52_000)] {
        let request = clerk.claim(title, "MKT", "TRAVEL", fen)?;
        clerk.submit(request)?;
        clerk.push().await?;
        clerk.state(request, RequestState::InApproval).await?;
        requests.push(request);
    }
    let boss = Device::sign_in(&office.url(), "wangqiang", PASSWORD).await?;
    let link = boss.post("/api/chat/link", &json!({})).await?;
    let folder = tempfile::tempdir()?;
    let invoice = folder.path().join("invoice.xml");
    std::fs::write(&invoice, tests::documents::set::toner()?.xml())?;
    let output = Command::new("node")
        .current_dir(&vendor)
        .arg("node_modules/jest/bin/jest.js")
        .args(["--ci", "--silent=false"])
        .env("SERVER", office.url())
        .env("BOTSIM", office.sim.base_url())
        .env("USER", "openid-boss")
        .env("LINK", link["code"].as_str().unwrap_or_default())
        .env("INVOICE", &invoice)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    for (request, verb) in requests.into_iter().zip([Verb::Approve, Verb::Reject]) {
        let decided = |what: &What| matches!(what, What::Decided(_));
        let view = clerk.status(request, |view| view.history.iter().any(|event| decided(&event.what))).await?;
        let events: Vec<_> = view.history.iter().filter(|event| decided(&event.what)).collect();
        assert_eq!(events.len(), 1, "one decision each: {events:?}");
        assert_eq!((events[0].what, events[0].through), (What::Decided(verb), Surface::WeChat));
    }
    // The photograph was submitted once, with its original; the other one is a draft.
    let mut boss = boss;
    boss.connect().await?;
    let own = |boss: &Device, id: &budget::RequestId| {
        boss.replica.status(*id).is_some_and(|view| view.claimant == boss.replica.person())
    };
    let all = boss.requests();
    let submitted: Vec<_> = all.iter().filter(|id| own(&boss, id)).collect();
    assert_eq!(submitted.len(), 1, "one claim, however often the answer was lost");
    let claim = boss.claimed(*submitted[0]).unwrap();
    assert_eq!((claim.total(), claim.invoices.len()), (Some(budget::Money::from_fen(16_600)), 1), "{claim:?}");
    // Each consent that was given on the phone is counted.
    let counted = office.app.store.readers.read(|connection| {
        let count = "SELECT remaining FROM chat_consent WHERE user_id = 'openid-boss'";
        Ok(connection.query_row(count, [], |row| row.get::<i64>(0))?)
    });
    assert!(counted.await.map_err(|error| Fault::new(error.to_string()))? > 0);
    office.close().await;
    Ok(())
}
