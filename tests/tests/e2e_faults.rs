//! What was acknowledged is there once, what was not is there once at most: the real server, killed without warning
//! while people work, and replaced while it stands still.

use tests::fault::Result;
use tests::kills;
use tests::postgresql::Postgresql;

/// How often the server is killed: `SUANPAN_FAULTS`, or few enough for every day.
fn times(usual: u32) -> u32 {
    std::env::var("SUANPAN_FAULTS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn what_was_acknowledged_survives_kill_9() -> Result<()> {
    Box::pin(kills::killed(&[], times(50))).await.map(drop)
}

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn what_was_acknowledged_survives_kill_9_on_postgresql() -> Result<()> {
    let postgresql = Postgresql::start().await?;
    Box::pin(kills::killed(&[("SUANPAN_DATABASE", postgresql.address())], times(20))).await.map(drop)
}

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn a_server_that_stood_still_and_was_replaced_commits_nothing() -> Result<()> {
    let postgresql = Postgresql::start().await?;
    Box::pin(kills::replaced(postgresql.address())).await
}
