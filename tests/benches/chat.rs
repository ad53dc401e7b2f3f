//! How long a tap takes: 1,000 open cards, 50 taps a second, decided by the whole server, beside DingTalk's own SDKs for
//! Python and Node that do nothing but acknowledge, in the same run. And how long 10,000 cards take under the rates.
//!
//! `SUANPAN_BENCH_CARDS` changes the number of cards.

use bot::limits::Buckets;
use bot::outbox::{self, Row, RowState};
use budget::RequestState;
use serde_json::{Map, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tests::botsim::dingtalk::{CLIENT_ID, CLIENT_SECRET, Simulator, TapRequest};
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::office::Office;
use tokio::process::{Child, Command};

/// The pace: one tap every 20 milliseconds.
const PACE: Duration = Duration::from_millis(20);
/// Cards that are updated after a rule change.
const CHANGED: i64 = 10_000;

#[tokio::main]
async fn main() -> Result<()> {
    let cards = std::env::var("SUANPAN_BENCH_CARDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let python = of_sdk(tools().join("chat-sdk/bin/python"), "dingtalk_acknowledge.py", cards).await?;
    let node = of_sdk(PathBuf::from("node"), "dingtalk_acknowledge.mjs", cards).await?;
    let ours = of_suanpan(cards).await?;
    let (seconds, planning) = rule_change();
    println!("{cards} taps at 50 a second        p50 ms    p99 ms    slowest");
    for (name, times) in
        [("Suanpan, deciding", &ours), ("Python SDK, acknowledging", &python), ("Node SDK, acknowledging", &node)]
    {
        println!("{name:28} {:9.2} {:9.2} {:10.2}", at(times, 50), at(times, 99), at(times, 100));
    }
    println!(
        "{CHANGED} cards after a rule change: {seconds} s under DingTalk's rate; planning took {planning:.1} ms in all"
    );
    let sdk = at(&python, 50).min(at(&node, 50)).max(0.01);
    let result = json!({
        "bench": "chat",
        "figures": {
            "tap_p50_ms": at(&ours, 50), "tap_p99_ms": at(&ours, 99),
            "python_p50_ms": at(&python, 50), "node_p50_ms": at(&node, 50),
            "rule_change_seconds": seconds, "rule_change_planning_ms": planning,
        },
        "ratios": {"tap_p50_vs_sdk": at(&ours, 50) / sdk},
    });
    println!("{result}");
    Ok(())
}

/// A percentile in milliseconds.
fn at(times: &[Duration], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

fn tools() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::env::var_os("SUANPAN_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from)
}

/// Taps at the pace; how long each took, from the press to the answer.
async fn taps(simulator: &Simulator, requests: Vec<TapRequest>) -> Result<Vec<Duration>> {
    let mut pace = tokio::time::interval(PACE);
    let mut running = tokio::task::JoinSet::new();
    for request in requests {
        pace.tick().await;
        let simulator = simulator.handle();
        running.spawn(async move {
            let since = Instant::now();
            let result = simulator.tap(request).await;
            (since.elapsed(), result.into_iter().all(|one| one.code == Some(200)))
        });
    }
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        let (time, answered) = done?;
        if !answered {
            return Err(Fault::new("a tap was not answered"));
        }
        times.push(time);
    }
    Ok(times)
}

/// An SDK that acknowledges.
async fn of_sdk(program: PathBuf, script: &str, count: usize) -> Result<Vec<Duration>> {
    let simulator = Simulator::start().await?;
    let vendor = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor");
    let _child: Child = Command::new(program)
        .current_dir(&vendor)
        .arg(vendor.join(script))
        .args([simulator.base_url(), CLIENT_ID, CLIENT_SECRET])
        .kill_on_drop(true)
        .spawn()?;
    for _ in 0..1_500 {
        if simulator.sockets() > 0 {
            break;
        }
        tokio::time::sleep(PACE).await;
    }
    if simulator.sockets() == 0 {
        return Err(Fault::new(format!("{script} did not connect: ./dev bench chat installs what it needs")));
    }
    let tap = |number| TapRequest {
        params: Some(Map::from_iter([("token".to_owned(), json!("t"))])),
        ..TapRequest::new(&format!("card-{number}"), "boss", "approve")
    };
    taps(&simulator, (0..count).map(tap).collect()).await
}

/// The whole server: signature to decision to the card's answer.
async fn of_suanpan(count: usize) -> Result<Vec<Duration>> {
    let office = Office::open(&[("dingtalk", "boss=wangqiang")], &[]).await?;
    let mut clerk = Device::sign_in(&office.url(), "zhangwei", "suanpan-demo").await?;
    clerk.connect().await?;
    let mut last = None;
    for number in 0..count {
        // What one device may push in a minute is less than this.
        if number % 50 == 49 {
            office.advance(Duration::from_mins(1));
        }
        let request = clerk.claim(&format!("单据 {number}"), "MKT", "TRAVEL", 100)?;
        clerk.submit(request)?;
        clerk.push().await?;
        last = Some(request);
    }
    if let Some(request) = last {
        clerk.state(request, RequestState::InApproval).await?;
    }
    let open = |office: &Office| {
        let phone = office.sim.dingtalk.phone(Some("boss"));
        phone.into_iter().filter(|card| !card.buttons.is_empty()).collect::<Vec<_>>()
    };
    for _ in 0..6_000 {
        if open(&office).len() >= count {
            break;
        }
        tokio::time::sleep(PACE).await;
    }
    let cards = open(&office).len();
    if cards < count {
        return Err(Fault::new(format!("{cards} of {count} cards are open")));
    }
    let requests =
        open(&office).iter().take(count).map(|card| TapRequest::new(&card.card, "boss", "approve")).collect();
    let times = taps(&office.sim.dingtalk, requests).await?;
    office.close().await;
    Ok(times)
}

/// The updates that a rule change causes, planned by the outbox and let through by the rates, on a clock of their own. The
/// seconds until all are sent, and the milliseconds that planning took.
fn rule_change() -> (u64, f64) {
    let rate = bot::limits::Rate::new(18, Duration::from_secs(1));
    let mut buckets = Buckets::new(bot::limits::Rates { app: vec![rate], member: Vec::new() });
    let row = |id: i64, version: u64, creates: bool, state| Row {
        id,
        card: format!("card-{}", id % CHANGED),
        version,
        creates,
        sends_once: true,
        queued_at: 0,
        next_at: 0,
        attempts: 0,
        lease_until: None,
        state,
        last_error: None,
    };
    let mut rows: Vec<Row> = (0..CHANGED).map(|id| row(id, 1, true, RowState::Sent)).collect();
    rows.extend((0..CHANGED).map(|id| row(CHANGED + id, 2, false, RowState::Waiting)));
    let (mut now, mut planning) = (1_000_u64, Duration::ZERO);
    while !rows.is_empty() {
        let since = Instant::now();
        let plan = outbox::next(now, 18, &rows);
        planning += since.elapsed();
        if plan.sends.is_empty() {
            break;
        }
        for send in plan.sends {
            while let Err(ready) = buckets.take(now, "") {
                now = ready;
            }
            rows.retain(|row| row.card != send.card);
        }
    }
    (now / 1_000, planning.as_secs_f64() * 1000.0)
}
