//! What the ledger can bear: durable reservations on one hot line, on both databases, beside what is usually done.
//!
//! The line lies under its department's and its company's, and each reservation has to fit all three. In the same run,
//! on the same disk, each database does it the usual way: one transaction for each reservation, in SQLite by its one
//! writer, in PostgreSQL under `SELECT … FOR UPDATE` from as many connections as there are callers. Every commit of every
//! contestant is synchronised to disk before it is answered.
//!
//! Then the same through HTTP with ten lines a request; how long a million entries take to fold and how much memory they
//! keep; and what a reservation costs when the scheme has a thousand to a million budget lines.
//!
//! `--quick` measures shorter and smaller. PostgreSQL is started by `tests/with-postgresql --durable`.

#[path = "ledger/company.rs"]
mod company;
#[path = "ledger/engine.rs"]
mod engine;
#[path = "ledger/http.rs"]
mod http;
#[path = "ledger/measure.rs"]
mod measure;
#[path = "ledger/peers.rs"]
mod peers;
#[path = "ledger/pure.rs"]
mod pure;

use std::process::Command;
use std::time::Duration;

use measure::{Run, rounded};
use serde_json::{Map, json};

/// What goes wrong is said and ends the bench.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Where the PostgreSQL server is.
const VARIABLE: &str = "SUANPAN_TEST_POSTGRESQL";
/// How many reservations wait for their answer at the same time.
const IN_FLIGHT: [usize; 4] = [1, 64, 256, 1_024];
/// The number of callers that the goals name.
const GOAL: usize = 256;
/// Connections that the other way of using PostgreSQL may open.
const CONNECTIONS: usize = 256;

/// How long and how large.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    each: Duration,
    entries: usize,
    lines: &'static [usize],
}

const WHOLE: Size =
    Size { each: Duration::from_secs(4), entries: 1_000_000, lines: &[1_000, 10_000, 100_000, 1_000_000] };
const QUICK: Size = Size { each: Duration::from_secs(1), entries: 100_000, lines: &[1_000, 10_000, 100_000] };

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let Ok(postgresql) = std::env::var(VARIABLE) else {
        return beside_postgresql();
    };
    let size = if quick { QUICK } else { WHOLE };
    let mut figures = Map::new();

    // First, while the process is small: what memory the ledger keeps.
    pure::memory(size.entries, &mut figures)?;
    pure::growth(size.lines, &mut figures)?;

    println!(
        "\n{:<44} {:>9} {:>10} {:>9} {:>9}",
        "one hot line under two", "in flight", "a second", "p50 ms", "p99 ms"
    );
    let folder = tempfile::Builder::new().prefix("suanpan-bench-").tempdir()?;
    let on_sqlite = engine::on_sqlite(&folder.path().join("engine"), size.each, &mut figures)?;
    let on_postgresql = engine::on_postgresql(&folder.path().join("engine-2"), &postgresql, size.each, &mut figures)?;
    let sqlite_tx = peers::sqlite_transactions(&folder.path().join("peer.db"), size.each)?;
    let for_update = peers::select_for_update(&postgresql, size.each)?;
    let http = http::lines(&folder.path().join("http"), size.each)?;

    for (name, runs) in [
        ("engine", &on_sqlite),
        ("engine_postgresql", &on_postgresql),
        ("sqlite_tx", &sqlite_tx),
        ("for_update", &for_update),
    ] {
        for run in runs {
            figures.insert(format!("{name}_per_s_{}", run.in_flight), json!(rounded(run.per_second)));
            figures.insert(format!("{name}_p50_ms_{}", run.in_flight), json!(rounded(run.p50)));
            figures.insert(format!("{name}_p99_ms_{}", run.in_flight), json!(rounded(run.p99)));
        }
    }
    figures.insert("http_lines_per_s".into(), json!(rounded(http.per_second * f64::from(http::LINES))));
    figures.insert("http_p50_ms".into(), json!(rounded(http.p50)));
    figures.insert("http_p99_ms".into(), json!(rounded(http.p99)));
    let ratio = |ours: &[Run], theirs: &[Run]| rounded(at(ours, GOAL) / at(theirs, GOAL).max(f64::MIN_POSITIVE));
    let line = json!({
        "bench": "ledger",
        "figures": figures,
        "ratios": {
            // Each on the same database.
            "engine_vs_for_update_256": ratio(&on_postgresql, &for_update),
            "engine_vs_sqlite_tx_256": ratio(&on_sqlite, &sqlite_tx),
            // The embedded default beside the usual way on the large database.
            "engine_sqlite_vs_for_update_256": ratio(&on_sqlite, &for_update),
        },
    });
    println!("{line}");
    Ok(())
}

fn at(runs: &[Run], in_flight: usize) -> f64 {
    runs.iter().find(|run| run.in_flight == in_flight).map_or(0.0, |run| run.per_second)
}

/// Runs this program again beside a PostgreSQL server of its own.
fn beside_postgresql() -> Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/with-postgresql");
    let mut run = Command::new(script);
    run.arg("--durable").arg(std::env::current_exe()?).args(std::env::args_os().skip(1));
    let status = run.status()?;
    if status.success() { Ok(()) } else { Err(format!("{script}: {status}").into()) }
}
