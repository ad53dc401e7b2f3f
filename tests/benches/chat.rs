//! How long a tap takes: 1,000 open cards, 50 taps a second, decided by the whole server, beside DingTalk's own SDKs for
//! Python and Node that do nothing but acknowledge, in the same run. And how long 10,000 cards take to be brought up to
//! date when all of them change at once, through the server's own outbox and over HTTP, under DingTalk's rate.
//!
//! `SUANPAN_BENCH_CARDS` changes the number of cards, `SUANPAN_BENCH_CHANGED` how many of them change at once.

use budget::RequestState;
use serde_json::{Map, json};
use server::store::sql::{self, Connection};
use server::store::{Stop, StoreError};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tests::botsim::dingtalk::{CLIENT_ID, CLIENT_SECRET, Call, Simulator, TapRequest};
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::office::Office;
use tokio::process::{Child, Command};

/// The pace: one tap every 20 milliseconds.
const PACE: Duration = Duration::from_millis(20);
/// How much faster than the machine's the server's clock goes while many cards change: the rate, eighteen a second, would
/// take ten minutes by itself.
const HASTE: u32 = 6;

#[tokio::main]
async fn main() -> Result<()> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let cards = number("SUANPAN_BENCH_CARDS").unwrap_or(1_000);
    let changed = number("SUANPAN_BENCH_CHANGED").unwrap_or(10_000);
    let python = of_sdk(tools().join("chat-sdk/bin/python"), "dingtalk_acknowledge.py", cards).await?;
    let node = of_sdk(PathBuf::from("node"), "dingtalk_acknowledge.mjs", cards).await?;
    let Measured { times: ours, change } = of_suanpan(cards, changed).await?;
    println!("{cards} taps at 50 a second        p50 ms    p99 ms    slowest");
    for (name, times) in
        [("Suanpan, deciding", &ours), ("Python SDK, acknowledging", &python), ("Node SDK, acknowledging", &node)]
    {
        println!("{name:28} {:9.2} {:9.2} {:10.2}", at(times, 50), at(times, 99), at(times, 100));
    }
    println!(
        "{changed} cards after a rule change: {:.0} s by the server's clock under DingTalk's rate ({:.0} s at the least); \
         each cost {:.1} ms of this machine",
        change.seconds, change.least, change.work
    );
    let sdk = at(&python, 50).min(at(&node, 50)).max(0.01);
    let result = json!({
        "bench": "chat",
        "figures": {
            "tap_p50_ms": at(&ours, 50), "tap_p99_ms": at(&ours, 99),
            "python_p50_ms": at(&python, 50), "node_p50_ms": at(&node, 50),
            "rule_change_seconds": change.seconds, "rule_change_least_seconds": change.least,
            "rule_change_ms_a_card": change.work,
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

/// What the whole server took.
struct Measured {
    /// For each tap.
    times: Vec<Duration>,
    change: Change,
}

/// Many cards brought up to date.
struct Change {
    /// Until the last one was, by the server's clock.
    seconds: f64,
    /// What the rate alone makes of it.
    least: f64,
    /// Milliseconds of this machine for each card, with the simulator's part.
    work: f64,
}

/// The whole server: signature to decision to the card's answer.
async fn of_suanpan(count: usize, changed: usize) -> Result<Measured> {
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
    let change = rule_change(&office, changed).await?;
    office.close().await;
    Ok(Measured { times, change })
}

/// Gives each question as many cards as it takes, lets them arrive, and then changes all of them in one transaction, as
/// moving open requests to other rules does.
async fn rule_change(office: &Office, changed: usize) -> Result<Change> {
    let cards = i64::try_from(changed)?;
    let known = office.sim.dingtalk.cards().len().max(1);
    let copies = i64::try_from(changed.div_ceil(known))?;
    all_sent(office).await?;
    write(office, move |connection| {
        for copy in 1..copies {
            connection.execute(
                "INSERT INTO outbox (surface, card, version, creates, request, revision, step, person, queued_at, next_at)
                 SELECT surface, card || '-' || ?1, version, 1, request, revision, step, person, queued_at, 0
                 FROM outbox WHERE creates = 1 AND length(card) = 32 AND surface = 'dingtalk'",
                [copy],
            )?;
        }
        Ok(())
    })
    .await?;
    all_sent(office).await?;
    let made = office.sim.dingtalk.cards().len();
    if made < changed {
        return Err(Fault::new(format!("{made} of {changed} cards are there")));
    }
    let updates = office.sim.dingtalk.calls(Call::Update);
    let (since, began) = (Instant::now(), office.now());
    write(office, move |connection| {
        connection.execute(
            "INSERT INTO outbox (surface, card, version, creates, request, revision, step, person, queued_at, next_at)
             SELECT surface, card, version + 1000000000, 0, request, revision, step, person, ?1, ?1
             FROM outbox WHERE creates = 1 AND surface = 'dingtalk' ORDER BY id LIMIT ?2",
            [began, cards],
        )?;
        Ok(())
    })
    .await?;
    all_sent(office).await?;
    let sent = office.sim.dingtalk.calls(Call::Update) - updates;
    if sent != changed {
        return Err(Fault::new(format!("{sent} updates for {changed} cards")));
    }
    let count = f64::from(u32::try_from(changed)?);
    Ok(Change {
        seconds: f64::from(u32::try_from(office.now() - began)?) / 1_000.0,
        least: count / 18.0,
        work: since.elapsed().as_secs_f64() * 1_000.0 / count,
    })
}

/// A job for the server's writer, after which the outbox is looked at.
async fn write(office: &Office, work: impl FnOnce(&Connection) -> sql::Result<()> + Send + 'static) -> Result<()> {
    let written = office.app.store.writer.run(move |turn| {
        work(turn.connection).map_err(StoreError::from)?;
        Ok::<_, Stop<Infallible>>(())
    });
    written.await.map_err(|error| Fault::new(error.to_string()))?;
    office.app.relay.fan_out().ring_outbox();
    Ok(())
}

/// Waits, on a clock that goes faster, until nothing waits to be sent.
async fn all_sent(office: &Office) -> Result<()> {
    let mut pace = tokio::time::interval(PACE);
    for turn in 0_u32.. {
        pace.tick().await;
        office.advance(PACE * (HASTE - 1));
        if turn % 10 == 0 {
            let waiting = office.app.store.readers.read(|connection| {
                let count = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND surface = 'dingtalk'";
                Ok(connection.query_row(count, [], |row| row.get::<i64>(0))?)
            });
            if waiting.await.map_err(|error| Fault::new(error.to_string()))? == 0 {
                break;
            }
        }
    }
    Ok(())
}
