//! The whole authority behind its writer: entries, journal, proofs, balances, answers, in one transaction a batch.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use budget::{Code, DeviceId};
use serde_json::{Map, Value, json};
use server::authority::{Authority, Caller, Ruling};
use server::clock::Clock;
use server::store::{Database, Stop, Store, StoreError, WriterLimits};

use crate::company::{self, FINANCE, HOT};
use crate::measure::{Run, Until, count, rounded};
use crate::{IN_FLIGHT, Result};

/// In the embedded database; then opens it again, which folds all entries.
pub(crate) fn on_sqlite(folder: &Path, each: Duration, figures: &mut Map<String, Value>) -> Result<Vec<Run>> {
    let runs = runs("Suanpan on SQLite", folder, &Database::in_folder(folder), each)?;
    let started = Instant::now();
    let (store, entries) = open(folder, &Database::in_folder(folder))?;
    let seconds = started.elapsed().as_secs_f64();
    store.writer.close();
    let million = seconds * 1e6 / count(entries).max(1.0);
    println!(
        "{:<44} {seconds:.2} s for {entries} entries: {million:.2} s a million",
        "  the same server started again"
    );
    figures.insert("restart_s_per_million_entries".into(), json!(rounded(million)));
    Ok(runs)
}

/// In PostgreSQL.
pub(crate) fn on_postgresql(
    folder: &Path,
    server: &str,
    each: Duration,
    _: &mut Map<String, Value>,
) -> Result<Vec<Run>> {
    runs("Suanpan on PostgreSQL", folder, &Database::Postgresql(server.parse()?), each)
}

/// The store and how many entries its ledger has.
fn open(folder: &Path, database: &Database) -> Result<(Store<Authority>, usize)> {
    let store: Store<Authority> = Store::open(folder, database, Clock::of_machine(), &WriterLimits::default())?;
    let next = store.writer.run_blocking(|turn| Ok::<_, Stop<StoreError>>(turn.state.ledger().next_sequence()));
    let entries = next.map_err(|error| error.to_string())? - 1;
    Ok((store, usize::try_from(entries)?))
}

fn runs(name: &str, folder: &Path, database: &Database, each: Duration) -> Result<Vec<Run>> {
    let (store, _) = open(folder, database)?;
    company::found(&store)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut found = Vec::new();
    for in_flight in IN_FLIGHT {
        let before = store.writer.counts();
        found.push(runtime.block_on(measure(name, &store, in_flight, each))?);
        let after = store.writer.counts();
        if std::env::var_os("SUANPAN_BENCH_BATCHES").is_some() {
            let (commits, jobs) = (after.commits - before.commits, after.jobs - before.jobs);
            println!("{:<44} {commits} commits, {jobs} commands", "");
        }
    }
    let (store, writer) = (store.clone(), store.writer.clone());
    drop(store);
    writer.close();
    Ok(found)
}

/// So many callers, each with one reservation on its way.
async fn measure(name: &str, store: &Store<Authority>, in_flight: usize, each: Duration) -> Result<Run> {
    let until = Until::after(each);
    let team = Arc::new(Code::new(HOT)?);
    let mut callers = Vec::new();
    for _ in 0..in_flight {
        callers.push(tokio::spawn(caller(store.clone(), Arc::clone(&team), until)));
    }
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    Ok(Run::new(name, in_flight, until.elapsed(), times))
}

async fn caller(store: Store<Authority>, team: Arc<Code>, until: Until) -> Result<Vec<Duration>> {
    let asker = Caller { person: FINANCE, device: DeviceId([1; 16]) };
    let mut times = Vec::new();
    while until.goes_on() {
        let command = company::reserve(&team, 1);
        let asked = Instant::now();
        let ruled = store.writer.run(move |turn| {
            Ok::<_, Stop<StoreError>>(turn.state.rule(turn.connection, turn.now, &asker, &command)?.outcome)
        });
        match ruled.await {
            Ok(Ok(Ruling::Done(_))) => until.keep(asked, &mut times),
            other => return Err(format!("a reservation was not made: {other:?}").into()),
        }
    }
    Ok(times)
}
