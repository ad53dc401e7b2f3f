//! What was acknowledged is there once, what was not is there once at most: people hand in claims and a finance system
//! gives commands while the real server is killed without warning, or replaced while it stands still.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use budget::coding::{month_code, quarter_code};
use budget::{LineId, RequestId, RequestState, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::device::Device;
use crate::fault::{Fault, Result};
use crate::suanpan::Suanpan;

const PASSWORD: &str = "suanpan-demo";
/// How long somebody waits before they try again.
const AGAIN: Duration = Duration::from_millis(20);
/// Commands that are given once more at the end.
const REPEATED: usize = 100;

/// What the server was put through, and what it had acknowledged.
#[derive(Debug, Clone)]
pub struct Toll {
    /// How often it was killed.
    pub kills: u32,
    /// Claims that were acknowledged, and found there once.
    pub claims: usize,
    /// Commands to the ledger that were acknowledged, and counted once.
    pub commands: usize,
    /// From each start to the first answer.
    pub restarts: Vec<Duration>,
}

/// A command that was answered, and the number of its first entry.
struct Given {
    command: Value,
    first: Value,
}

/// Knuth's generator: the same seed kills at the same moments.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        println!("seed {now}");
        Self(now.into())
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

pub(crate) fn expect<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Fault::new(format!("{what}: {found:?}, not {expected:?}"))) }
}

/// Sends what is pending until it is acknowledged, through as many connections as that takes.
async fn insist(device: &mut Device) -> Result<()> {
    loop {
        match device.push().await {
            Ok(()) => return Ok(()),
            Err(fault) if device.replica.refused().next().is_some() => return Err(fault),
            Err(_) => {
                while device.connect().await.is_err() {
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

/// Hands in one claim after the other; returns those that were acknowledged.
async fn work(device: &mut Device, over: &Cell<bool>) -> Result<Vec<RequestId>> {
    let mut acknowledged = Vec::new();
    while !over.get() {
        let request = device.claim("日常报销", "MKT", "TRAVEL-MEALS", 100)?;
        device.submit(request)?;
        insist(device).await?;
        acknowledged.push(request);
    }
    Ok(acknowledged)
}

/// Gives a command until it is answered; what was refused is a fault.
async fn give(device: &Device, command: &Value) -> Result<Value> {
    loop {
        match device.ask("/api/ledger/commands", Some(command)).await {
            Ok((status, said)) if status.is_success() => return Ok(said),
            Ok((status, _)) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {}
            Ok((status, said)) => return Err(Fault::new(format!("{status} {said}"))),
            Err(_) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Reserves a fen for one document after the other; returns the commands that were acknowledged.
async fn keep_books(device: &mut Device, over: &Cell<bool>, period: &str) -> Result<Vec<Given>> {
    let block = json!({ "period": period, "department": "RND", "account": "OFFICE-SUPPLIES" });
    let mut acknowledged = Vec::new();
    while !over.get() {
        let (id, document) = (RequestId(device.id()), RequestId(device.id()));
        let charges = json!([{ "line": LineId([1; 16]), "block": block, "amount": 1 }]);
        let action = json!({ "action": "reserve", "document": document, "charges": charges });
        let command = json!({ "id": id, "action": action });
        let said = give(device, &command).await?;
        let first = said.get("first").cloned().unwrap_or_default();
        acknowledged.push(Given { command, first });
    }
    Ok(acknowledged)
}

/// What a line's open requests hold, in fen.
async fn reserved(device: &Device, line: &str) -> Result<usize> {
    let (status, said) = device.ask(&format!("/api/budget/lines/{line}"), None).await?;
    let reserved = said.pointer("/balance/reserved").and_then(Value::as_u64);
    let reserved = reserved.ok_or_else(|| Fault::new(format!("{line}: {status} {said}")))?;
    Ok(usize::try_from(reserved)?)
}

/// How many requests the books hold, which `fsck` finds in order.
pub(crate) async fn requests(server: &Suanpan) -> Result<usize> {
    let report = server.run("fsck", &[]).await?;
    let line = report.lines().find(|line| line.contains("requests"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).ok_or_else(|| Fault::new(report))
}

/// Kills the server so many times while three devices hand in claims and a finance system gives commands.
pub async fn killed(environment: &[(&str, &str)], times: u32) -> Result<Toll> {
    let mut server = Suanpan::headless(environment).await?;
    let before = requests(&server).await?;
    let mut devices = Vec::new();
    for login in ["zhangwei", "lina", "zhangwei"] {
        let mut device = Device::sign_in(&server.url(), login, PASSWORD).await?;
        device.connect().await?;
        devices.push(device);
    }
    let mut finance = Device::sign_in(&server.url(), "zhengtao", PASSWORD).await?;
    let today = now().china_date();
    let (period, line) = (month_code(today).to_string(), format!("{}-RND-OFFICE", quarter_code(today)));
    let held = reserved(&finance, &line).await?;

    let (over, mut restarts, mut random) = (Cell::new(false), Vec::new(), Random::new());
    let kill = async {
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(random.below(250))).await;
            server.kill().await?;
            let started = Instant::now();
            server.start().await?;
            restarts.push(started.elapsed());
        }
        over.set(true);
        Result::Ok(())
    };
    let [first, second, third] = &mut devices[..] else {
        return Err(Fault::new("three devices"));
    };
    let (killing, first, second, third, given) = tokio::join!(
        kill,
        work(first, &over),
        work(second, &over),
        work(third, &over),
        keep_books(&mut finance, &over, &period)
    );
    killing?;
    let (claims, given) = ([first?, second?, third?].concat(), given?);
    println!("{} claims and {} commands through {times} kills", claims.len(), given.len());
    if claims.is_empty() || given.is_empty() {
        return Err(Fault::new("nothing was acknowledged"));
    }

    // Everybody was answered in the end, so what is there is exactly what was acknowledged.
    let mut auditor = Device::sign_in(&server.url(), "shenji", PASSWORD).await?;
    auditor.connect().await?;
    for request in &claims {
        let view = auditor.replica.status(*request).ok_or_else(|| Fault::new(format!("{request} is gone")))?;
        expect("a claim that was acknowledged", &view.state, &RequestState::InApproval)?;
    }
    expect("requests in the books", &requests(&server).await?, &(before + claims.len()))?;
    expect("fen that commands reserved", &reserved(&finance, &line).await?, &(held + given.len()))?;
    for Given { command, first } in given.iter().rev().take(REPEATED) {
        let again = give(&finance, command).await?;
        expect("the first entry of a command given again", &again.get("first"), &Some(first))?;
        expect("its new entries", &again.get("entries"), &Some(&json!([])))?;
    }
    server.stop().await?;
    expect("requests in the books of a server that ended", &requests(&server).await?, &(before + claims.len()))?;
    Ok(Toll { kills: times, claims: claims.len(), commands: given.len(), restarts })
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or_default())
}

/// A server stands still with a claim in its hands, another takes over its PostgreSQL database, and it wakes up.
pub async fn replaced(database: &str) -> Result<()> {
    let mut first = Suanpan::headless(&[("SUANPAN_DATABASE", database)]).await?;
    let mut zhang = Device::sign_in(&first.url(), "zhangwei", PASSWORD).await?;
    zhang.connect().await?;
    let before = zhang.claim("停顿之前", "MKT", "TRAVEL-MEALS", 100)?;
    zhang.submit(before)?;
    zhang.push().await?;
    let count = requests(&first).await?;

    let mut second = first.beside()?;
    first.signal("STOP").await?;
    let sent = zhang.claim("发给停顿的服务", "MKT", "TRAVEL-MEALS", 200)?;
    zhang.submit(sent)?;
    let answer = tokio::time::timeout(Duration::from_secs(1), zhang.push()).await;
    if answer.is_ok() {
        return Err(Fault::new("a server that stands still answered"));
    }

    // The lease runs out, and the other takes over.
    second.answers().await?;
    let mut li = Device::sign_in(&second.url(), "lina", PASSWORD).await?;
    li.connect().await?;
    let after = li.claim("接管之后", "MKT", "TRAVEL-MEALS", 300)?;
    li.submit(after)?;
    li.push().await?;

    // It wakes up with the claim in its hands, and may not keep it.
    first.signal("CONT").await?;
    let answer = tokio::time::timeout(Duration::from_secs(5), zhang.push()).await;
    if matches!(answer, Ok(Ok(()))) {
        return Err(Fault::new("it acknowledged what it could not commit"));
    }
    // The books are in the database; the demo company's originals are in the first one's folder, so it is asked.
    expect("only what the new one took", &requests(&first).await?, &(count + 1))?;

    zhang.turn_to(&second.url());
    zhang.connect().await?;
    insist(&mut zhang).await?;
    for request in [before, sent, after] {
        let mut auditor = Device::sign_in(&second.url(), "shenji", PASSWORD).await?;
        auditor.connect().await?;
        auditor.replica.status(request).ok_or_else(|| Fault::new(format!("{request} is gone")))?;
    }
    expect("all three claims, each once", &requests(&first).await?, &(count + 2))?;
    second.stop().await?;
    first.stop().await
}
