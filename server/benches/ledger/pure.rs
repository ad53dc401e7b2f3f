//! The state machine by itself: memory, replay, and how its cost grows with the scheme.

use std::hint::black_box;
use std::time::Instant;

use budget::ledger::{Answered, Entry};
use budget::{Code, Ledger, Timestamp};
use serde_json::{Map, Value, json};

use crate::Result;
use crate::company::{self, HOT};
use crate::measure::{count, rounded};

/// 2026-09-01 in China.
const NOW: Timestamp = Timestamp(1_788_192_000_000);
/// Reservations that are timed for each size of a scheme, twice.
const TIMED: usize = 100_000;

/// What the process keeps in memory, in bytes (`VmRSS`, proc_pid_status(5)).
fn resident() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
    Ok(kilobytes.ok_or("no VmRSS")?.parse::<f64>()? * 1024.0)
}

/// Takes so many reservations, says what memory they keep, and folds their entries into another ledger.
pub(crate) fn memory(entries: usize, figures: &mut Map<String, Value>) -> Result<()> {
    let scheme = company::scheme(3)?;
    let team = Code::new(HOT)?;
    let mut ledger = Ledger::new(scheme.clone());
    let lines: Vec<Code> = scheme.lines().map(|line| line.code.clone()).collect();
    for line in &lines {
        ledger.apply(NOW, &company::release(line))?;
    }
    let before = resident()?;
    let mut seconds = 0.0;
    for _ in 0..entries {
        let command = company::reserve(&team, 1);
        let started = Instant::now();
        // The store keeps entries; the ledger keeps what it needs to decide.
        black_box(ledger.apply(NOW, &command)?);
        seconds += started.elapsed().as_secs_f64();
    }
    let megabytes = (resident()? - before) / 1e6 * 1e6 / count(entries);
    let each = seconds * 1e6 / count(entries);
    println!("{entries} reservations in memory: {each:.2} µs each; {megabytes:.0} MB a million");
    figures.insert("pure_us_per_reservation".into(), json!(rounded(each)));
    figures.insert("memory_mb_per_million_entries".into(), json!(rounded(megabytes)));
    drop(ledger);

    let (answers, entries) = history(Ledger::new(scheme.clone()), &lines, &team, entries)?;
    let number = entries.len();
    let started = Instant::now();
    let again = Ledger::replay(scheme, answers, entries)?;
    let seconds = started.elapsed().as_secs_f64() * 1e6 / count(number);
    println!("{number} entries folded anew: {seconds:.2} s a million");
    figures.insert("replay_s_per_million_entries".into(), json!(rounded(seconds)));
    if again.next_sequence() != u64::try_from(number)? + 1 {
        return Err("the replay lost entries".into());
    }
    Ok(())
}

fn history(mut ledger: Ledger, lines: &[Code], team: &Code, number: usize) -> Result<(Vec<Answered>, Vec<Entry>)> {
    let releases = lines.iter().map(company::release);
    let (mut answers, mut entries) = (Vec::with_capacity(number), Vec::with_capacity(number));
    for command in releases.chain((lines.len()..number).map(|_| company::reserve(team, 1))) {
        entries.extend(ledger.apply(NOW, &command)?.entries);
        answers.push(Answered { command: command.id, fingerprint: command.fingerprint(), rejection: None });
    }
    Ok((answers, entries))
}

/// What a reservation costs when people spend from one line after the other of ever larger schemes:
/// the first time, when it is found out which lines a block must fit, and again.
pub(crate) fn growth(sizes: &[usize], figures: &mut Map<String, Value>) -> Result<()> {
    println!(
        "\n{:>14} {:>10} {:>22} {:>10} {:>10}",
        "budget lines", "publish s", "µs a reservation: first", "again", "memory MB"
    );
    let mut costs = Vec::new();
    for lines in sizes {
        let before = resident()?;
        let started = Instant::now();
        let scheme = company::scheme(*lines)?;
        let teams: Vec<Code> = scheme.lines().filter_map(|line| line.fixes.values().next().cloned()).collect();
        let codes: Vec<Code> = scheme.lines().map(|line| line.code.clone()).collect();
        let mut ledger = Ledger::new(scheme);
        let publish = started.elapsed().as_secs_f64();
        for code in &codes {
            ledger.apply(NOW, &company::release(code))?;
        }
        let first = visits(&mut ledger, &teams)?;
        let again = visits(&mut ledger, &teams)?;
        let memory = (resident()? - before).max(0.0) / 1e6;
        println!("{lines:>14} {publish:>10.2} {first:>23.2} {again:>10.2} {memory:>10.0}");
        figures.insert(format!("us_per_reservation_{lines}_lines"), json!(rounded(again)));
        figures.insert(format!("us_per_first_reservation_{lines}_lines"), json!(rounded(first)));
        figures.insert(format!("publish_s_{lines}_lines"), json!(rounded(publish)));
        costs.push(again);
    }
    let growth = costs.last().zip(costs.first()).map_or(0.0, |(last, first)| last / first);
    figures.insert("cost_growth_smallest_to_largest".into(), json!(rounded(growth)));
    Ok(())
}

/// Reserves on lines far from each other, and the microseconds that each took.
fn visits(ledger: &mut Ledger, teams: &[Code]) -> Result<f64> {
    let mut seconds = 0.0;
    // A step that has no factor with any size here.
    for number in 0..TIMED {
        let team = teams.get(number * 7_919 % teams.len()).ok_or("no team")?;
        let command = company::reserve(team, 1);
        let started = Instant::now();
        black_box(ledger.apply(NOW, &command)?);
        seconds += started.elapsed().as_secs_f64();
    }
    Ok(seconds * 1e6 / count(TIMED))
}
