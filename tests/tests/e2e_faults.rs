//! What was acknowledged is there once, what was not is there once at most: the real server, killed without warning
//! while people work, and replaced while it stands still.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use budget::{RequestId, RequestState};
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::postgresql::Postgresql;
use tests::suanpan::Suanpan;

const PASSWORD: &str = "suanpan-demo";

/// How often the server is killed: `SUANPAN_FAULTS`, or few enough for every day.
fn times(usual: u32) -> u32 {
    std::env::var("SUANPAN_FAULTS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
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

/// Sends what is pending until it is acknowledged, through as many connections as that takes.
async fn insist(device: &mut Device) -> Result<()> {
    loop {
        match device.push().await {
            Ok(()) => return Ok(()),
            Err(fault) if device.replica.refused().next().is_some() => return Err(fault),
            Err(_) => {
                while device.connect().await.is_err() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
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

/// How many requests the books hold, which `fsck` finds in order.
async fn requests(server: &Suanpan) -> Result<usize> {
    let report = server.run("fsck", &[]).await?;
    let line = report.lines().find(|line| line.contains("requests"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).ok_or_else(|| Fault::new(report))
}

async fn killed(environment: &[(&str, &str)], times: u32) -> Result<()> {
    let mut server = Suanpan::headless(environment).await?;
    let before = requests(&server).await?;
    let mut devices = Vec::new();
    for login in ["zhangwei", "lina", "zhangwei"] {
        let mut device = Device::sign_in(&server.url(), login, PASSWORD).await?;
        device.connect().await?;
        devices.push(device);
    }
    let over = Cell::new(false);
    let mut random = Random::new();
    let kill = async {
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(random.below(250))).await;
            server.kill().await?;
            server.start().await?;
        }
        over.set(true);
        Result::Ok(())
    };
    let [first, second, third] = &mut devices[..] else {
        return Err(Fault::new("three devices"));
    };
    let (killing, first, second, third) =
        tokio::join!(kill, work(first, &over), work(second, &over), work(third, &over));
    killing?;
    let acknowledged = [first?, second?, third?].concat();
    println!("{} claims through {times} kills", acknowledged.len());
    assert!(!acknowledged.is_empty());

    // Everybody was answered in the end, so what is there is exactly what was acknowledged.
    let mut auditor = Device::sign_in(&server.url(), "shenji", PASSWORD).await?;
    auditor.connect().await?;
    for request in &acknowledged {
        let view = auditor.replica.status(*request).ok_or_else(|| Fault::new(format!("{request} is gone")))?;
        assert_eq!(view.state, RequestState::InApproval, "{request}");
    }
    assert_eq!(requests(&server).await?, before + acknowledged.len());
    server.stop().await?;
    requests(&server).await.map(drop)
}

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn what_was_acknowledged_survives_kill_9() -> Result<()> {
    Box::pin(killed(&[], times(50))).await
}

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn what_was_acknowledged_survives_kill_9_on_postgresql() -> Result<()> {
    let postgresql = Postgresql::start().await?;
    Box::pin(killed(&[("SUANPAN_DATABASE", postgresql.address())], times(20))).await
}

#[tokio::test]
#[ignore = "needs the built server: ./dev test runs it"]
async fn a_server_that_stood_still_and_was_replaced_commits_nothing() -> Result<()> {
    let postgresql = Postgresql::start().await?;
    let mut first = Suanpan::headless(&[("SUANPAN_DATABASE", postgresql.address())]).await?;
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
    assert!(answer.is_err(), "a server that stands still answers nobody");

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
    assert!(!matches!(answer, Ok(Ok(()))), "it acknowledged what it could not commit");
    // The books are in the database; the demo company's originals are in the first one's folder, so it is asked.
    assert_eq!(requests(&first).await?, count + 1, "only what the new one took");

    zhang.turn_to(&second.url());
    zhang.connect().await?;
    insist(&mut zhang).await?;
    for request in [before, sent, after] {
        let mut auditor = Device::sign_in(&second.url(), "shenji", PASSWORD).await?;
        auditor.connect().await?;
        assert!(auditor.replica.status(request).is_some(), "{request}");
    }
    assert_eq!(requests(&first).await?, count + 2);
    second.stop().await?;
    first.stop().await
}
