//! What survives: the real server killed without warning 200 times while people work, on both databases, and replaced while
//! it stands still. Each acknowledged claim and command has to be there once, and `fsck` has to find the books in order;
//! anything else ends the bench with an error.
//!
//! `--quick` kills 20 times; `SUANPAN_FAULTS` says how often.

use std::time::Duration;

use serde_json::json;
use tests::fault::Result;
use tests::kills::{self, Toll};
use tests::postgresql::Postgresql;

/// How often a server that stands still is replaced.
const REPLACED: u32 = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let usual = if quick { 20 } else { 200 };
    let times = std::env::var("SUANPAN_FAULTS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let on_sqlite = Box::pin(kills::killed(&[], times)).await?;
    let postgresql = Postgresql::start().await?;
    let environment = [("SUANPAN_DATABASE", postgresql.address())];
    let on_postgresql = Box::pin(kills::killed(&environment, times)).await?;
    drop(postgresql);
    let replaced = if quick { 1 } else { REPLACED };
    for _ in 0..replaced {
        let postgresql = Postgresql::start().await?;
        Box::pin(kills::replaced(postgresql.address())).await?;
    }

    println!(
        "{:12} {:>6} {:>8} {:>9} {:>16} {:>12}",
        "", "kills", "claims", "commands", "restart p50 ms", "slowest ms"
    );
    for (name, toll) in [("SQLite", &on_sqlite), ("PostgreSQL", &on_postgresql)] {
        println!(
            "{name:12} {:>6} {:>8} {:>9} {:>16.0} {:>12.0}",
            toll.kills,
            toll.claims,
            toll.commands,
            at(toll, 50),
            at(toll, 100)
        );
    }
    println!("{replaced} times a server that stood still was replaced, and committed nothing afterwards");
    println!("all that was acknowledged is there, each once; fsck finds nothing");
    let result = json!({
        "bench": "faults",
        "figures": {
            "kills_sqlite": on_sqlite.kills, "kills_postgresql": on_postgresql.kills, "replaced": replaced,
            "acknowledged_claims": on_sqlite.claims + on_postgresql.claims,
            "acknowledged_commands": on_sqlite.commands + on_postgresql.commands,
            "restart_p50_ms_sqlite": at(&on_sqlite, 50), "restart_p50_ms_postgresql": at(&on_postgresql, 50),
        },
        "ratios": {},
    });
    println!("{result}");
    Ok(())
}

/// A percentile of the times from a start to the first answer, in milliseconds.
fn at(toll: &Toll, percent: usize) -> f64 {
    let mut sorted: Vec<Duration> = toll.restarts.clone();
    sorted.sort_unstable();
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(0.0, |time| (time.as_secs_f64() * 1e6).round() / 1e3)
}
