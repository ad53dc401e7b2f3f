//! Two servers of one company on one PostgreSQL database, with NATS between them: a person edits on one, the approver
//! sees it on the other; one is killed; nothing is lost.

use std::cell::Cell;
use std::time::{Duration, Instant};

use budget::{RequestId, RequestState};
use serde_json::Value;
use sync::record::Verb;

use crate::device::Device;
use crate::fault::{Fault, Result};
use crate::kills::{expect, requests};
use crate::nats::Nats;
use crate::place;
use crate::postgresql::Postgresql;
use crate::suanpan::Suanpan;

const PASSWORD: &str = "suanpan-demo";
/// How long somebody waits before they try again.
const AGAIN: Duration = Duration::from_millis(20);
/// How often it is measured how fast one server hears of the other.
const ROUNDS: usize = 9;
/// Longer than NATS ever takes, and shorter than counting batches alone, which waits a second before it calls one missing.
const BY_BUS: Duration = Duration::from_millis(800);
/// How long people work before one server is killed, and after another has taken over.
const WHILE: Duration = Duration::from_millis(700);

/// Sends what is pending until it is acknowledged, at one server or the other.
async fn insist(device: &mut Device, servers: &mut [String; 2]) -> Result<()> {
    loop {
        match device.push().await {
            Ok(()) => return Ok(()),
            Err(fault) if device.replica.refused().next().is_some() => return Err(fault),
            Err(_) => {
                while device.connect().await.is_err() {
                    tokio::time::sleep(AGAIN).await;
                    servers.reverse();
                    device.turn_to(&servers[0]);
                }
            }
        }
    }
}

/// Hands in one claim after the other; returns those that were acknowledged.
async fn work(device: &mut Device, mut servers: [String; 2], over: &Cell<bool>) -> Result<Vec<RequestId>> {
    let mut acknowledged = Vec::new();
    while !over.get() {
        let request = device.claim("日常报销", "MKT", "TRAVEL-MEALS", 100)?;
        device.submit(request)?;
        insist(device, &mut servers).await?;
        acknowledged.push(request);
    }
    if acknowledged.is_empty() { Err(Fault::new("somebody was never answered")) } else { Ok(acknowledged) }
}

/// Hands in a claim, and has the approver see it; returns how long that took after the acknowledgement.
async fn told(from: &mut Device, approver: &mut Device) -> Result<(RequestId, Duration)> {
    let request = from.claim("跨服务审批", "MKT", "TRAVEL-MEALS", 100)?;
    from.submit(request)?;
    from.push().await?;
    let acknowledged = Instant::now();
    approver.state(request, RequestState::InApproval).await?;
    Ok((request, acknowledged.elapsed()))
}

/// Somebody who signs in at one server and works at another.
async fn somebody(signs_in: &Suanpan, works: &Suanpan, login: &str) -> Result<Device> {
    let mut device = Device::sign_in(&signs_in.url(), login, PASSWORD).await?;
    device.turn_to(&works.url());
    device.connect().await?;
    Ok(device)
}

/// What a server says of itself: `ok writer`, `ok relay`.
async fn health(server: &Suanpan) -> Result<String> {
    let health: Value = reqwest::get(format!("{}/api/health", server.url())).await?.json().await?;
    let word = |at: &str| health.pointer(at).and_then(Value::as_str).unwrap_or_default();
    Ok(format!("{} {}", word("/status"), word("/role")))
}

/// A server that writes and one beside it, with this in their environment.
async fn two(environment: &[(&str, &str)]) -> Result<(Suanpan, Suanpan)> {
    let door = || Ok::<_, Fault>(format!("127.0.0.1:{}", place::free_port()?));
    let (first, second) = (door()?, door()?);
    let writer = Suanpan::headless(&[environment, &[("SUANPAN_CLUSTER_LISTEN", &first)]].concat()).await?;
    let mut relay = writer.beside_with(&[("SUANPAN_CLUSTER_LISTEN", &second)])?;
    relay.answers().await?;
    let roles = (health(&writer).await?, health(&relay).await?);
    expect("two servers", &roles, &("ok writer".to_owned(), "ok relay".to_owned()))?;
    Ok((writer, relay))
}

/// A server that writes stands still, with PostgreSQL as the bus: another takes over, and it follows when it wakes.
pub async fn stood_still() -> Result<()> {
    let postgresql = Postgresql::start().await?;
    let (mut writer, mut relay) = two(&[("SUANPAN_DATABASE", postgresql.address())]).await?;
    let before = requests(&writer).await?;
    let mut zhang = somebody(&relay, &writer, "zhangwei").await?;
    let mut li = somebody(&writer, &relay, "lina").await?;
    let mut head = somebody(&writer, &relay, "wangqiang").await?;
    let (_, took) = told(&mut zhang, &mut head).await?;
    println!("by PostgreSQL: {took:?}");

    writer.signal("STOP").await?;
    let still = Instant::now();
    let sent = li.claim("发给停顿的服务", "MKT", "TRAVEL-MEALS", 200)?;
    li.submit(sent)?;
    insist(&mut li, &mut [relay.url(), relay.url()]).await?;
    println!("somebody at the relay was answered after {:?}", still.elapsed());
    expect("who takes over", &health(&relay).await?, &"ok writer".to_owned())?;

    writer.signal("CONT").await?;
    while health(&writer).await? != "ok relay" {
        tokio::time::sleep(AGAIN).await;
    }
    // What is handed in at the one that woke goes to the other.
    let after = zhang.claim("醒来之后", "MKT", "TRAVEL-MEALS", 300)?;
    zhang.submit(after)?;
    insist(&mut zhang, &mut [writer.url(), writer.url()]).await?;
    for request in [sent, after] {
        head.status(request, |_| true).await?;
    }
    writer.stop().await?;
    relay.stop().await?;
    expect("requests in the end", &requests(&writer).await?, &(before + 3))
}

/// The scenario, from two servers that start to the books at the end.
pub async fn two_relays() -> Result<()> {
    let (postgresql, mut nats) = (Postgresql::start().await?, Nats::start().await?);
    let bus = nats.address();
    let environment = [("SUANPAN_DATABASE", postgresql.address()), ("SUANPAN_CLUSTER_NATS", bus.as_str())];
    let (mut writer, mut relay) = two(&environment).await?;
    let before = requests(&writer).await?;

    let mut zhang = somebody(&relay, &writer, "zhangwei").await?;
    let mut head = somebody(&writer, &relay, "wangqiang").await?;
    seen_and_decided(&mut zhang, &mut head).await?;

    let acknowledged = Box::pin(killed(&mut writer, &relay)).await?;
    // The approver's connection has stood all the while, and everything arrives on it.
    for request in &acknowledged {
        head.status(*request, |_| true).await?;
    }
    let expected = before + ROUNDS + acknowledged.len();
    expect("requests in the books", &requests(&writer).await?, &expected)?;

    // The one that was killed comes back as a relay. Without NATS it hears of the other's work a little later.
    writer.start().await?;
    expect("who comes back", &health(&writer).await?, &"ok relay".to_owned())?;
    nats.kill().await?;
    zhang.turn_to(&relay.url());
    zhang.connect().await?;
    head.turn_to(&writer.url());
    head.connect().await?;
    let (_, took) = told(&mut zhang, &mut head).await?;
    println!("without the bus: {took:?}");
    relay.stop().await?;
    writer.stop().await?;
    expect("requests in the end", &requests(&writer).await?, &(expected + 1))
}

/// A person edits on one server, the approver sees it on the other and decides there, and the person hears of it.
async fn seen_and_decided(person: &mut Device, approver: &mut Device) -> Result<()> {
    let (mut times, mut last) = (Vec::new(), None);
    for _ in 0..ROUNDS {
        let (request, took) = told(person, approver).await?;
        times.push(took);
        last = Some(request);
    }
    times.sort();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    println!("acknowledged on one server, seen on the other: median {median:?}, slowest {:?}", times.last());
    if median > BY_BUS {
        return Err(Fault::new(format!("the bus told nothing: {times:?}")));
    }
    let request = last.ok_or_else(|| Fault::new("nothing was handed in"))?;
    approver.decide(request, Verb::Approve, "")?;
    approver.push().await?;
    let whom = approver.replica.person();
    person.status(request, |status| !status.needs(whom)).await.map(drop)
}

/// People hand in claims at both servers while the one that writes is killed. What was acknowledged, at either.
async fn killed(writer: &mut Suanpan, relay: &Suanpan) -> Result<Vec<RequestId>> {
    let (at_writer, at_relay) = ([writer.url(), relay.url()], [relay.url(), writer.url()]);
    let mut one = somebody(relay, writer, "zhangwei").await?;
    let mut two = somebody(relay, relay, "lina").await?;
    let mut three = somebody(relay, relay, "zhangwei").await?;
    let over = Cell::new(false);
    let kill = async {
        tokio::time::sleep(WHILE).await;
        writer.kill().await?;
        let killed = Instant::now();
        while health(relay).await? != "ok writer" {
            tokio::time::sleep(AGAIN).await;
        }
        println!("the other one took over in {:?}", killed.elapsed());
        tokio::time::sleep(WHILE).await;
        over.set(true);
        Result::Ok(())
    };
    let (killing, one, two, three) = tokio::join!(
        kill,
        work(&mut one, at_writer, &over),
        work(&mut two, at_relay.clone(), &over),
        work(&mut three, at_relay, &over)
    );
    killing?;
    let all = [one?, two?, three?];
    println!("claims that were acknowledged, at the writer and twice at the relay: {:?}", all.each_ref().map(Vec::len));
    Ok(all.concat())
}
