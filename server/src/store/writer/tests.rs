//! Group commit, refusal, failure and recovery, on real files.

use std::sync::mpsc;

use super::*;
use std::path::Path;

use crate::store::Store;
use crate::testing;

mod failure;

/// A counter that must always equal the number of rows.
struct Rows(i64);

impl State for Rows {
    fn load(connection: &Connection) -> Result<Self, StoreError> {
        // `child` refers to `counted` at COMMIT, not before: the way to make a commit itself fail.
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS counted (n BIGINT PRIMARY KEY);
             CREATE TABLE IF NOT EXISTS child (n BIGINT REFERENCES counted (n) DEFERRABLE INITIALLY DEFERRED);",
        )?;
        Ok(Self(connection.query_row("SELECT count(*) FROM counted", [], |row| row.get(0))?))
    }
}

fn add(turn: &mut Turn<'_, Rows>) -> Result<i64, Stop<&'static str>> {
    turn.connection.execute("INSERT INTO counted (n) VALUES (?1)", [turn.state.0])?;
    turn.state.0 += 1;
    Ok(turn.state.0)
}

fn store(folder: &Path, limits: &WriterLimits) -> Store<Rows> {
    testing::store(folder, Clock::of_machine(), limits)
}

/// Holds the writer inside a turn until the sender is dropped.
fn hold(writer: &Writer<Rows>) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (entered, inside) = mpsc::channel();
    let writer = writer.clone();
    std::thread::spawn(move || {
        writer.run_blocking(move |_| {
            entered.send(()).unwrap();
            held.recv().unwrap_err();
            Ok::<_, Stop<()>>(())
        })
    });
    inside.recv().unwrap();
    release
}

#[test]
fn jobs_that_wait_share_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    let release = hold(&store.writer);
    let answers: Vec<_> = (0..500).map(|_| store.writer.send(add).unwrap()).collect();
    drop(release);
    let results: Vec<i64> = answers.into_iter().map(|a| a.blocking_recv().unwrap().unwrap()).collect();
    assert_eq!(results, (1..=500).collect::<Vec<_>>(), "in order, each once");
    // One commit for the job that held the writer, one for the five hundred.
    assert_eq!(store.writer.counts(), WriterCounts { commits: 2, jobs: 501, recoveries: 0 });
}

#[test]
fn a_batch_is_capped() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits { queue: 100, batch: 10 });
    let release = hold(&store.writer);
    let answers: Vec<_> = (0..25).map(|_| store.writer.send(add).unwrap()).collect();
    drop(release);
    for answer in answers {
        answer.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(store.writer.counts().commits, 1 + 3);
}

#[test]
fn a_full_queue_is_busy_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits { queue: 2, batch: 10 });
    let release = hold(&store.writer);
    let kept: Vec<_> = (0..2).map(|_| store.writer.send(add).unwrap()).collect();
    assert_eq!(store.writer.run_blocking(add), Err(WriteError::Busy));
    drop(release);
    for answer in kept {
        answer.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(store.writer.run_blocking(add), Ok(3), "what was refused as busy was not done");
}

#[test]
fn effects_run_after_commit_and_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    let (tell, told) = mpsc::channel();
    let database = testing::database(folder.path());
    store
        .writer
        .run_blocking(move |turn| {
            turn.after_commit(move || {
                let rows: i64 = database
                    .open_for_reading()
                    .unwrap()
                    .query_row("SELECT count(*) FROM counted", [], |row| row.get(0))
                    .unwrap();
                tell.send(rows).unwrap();
            });
            add(turn)
        })
        .unwrap();
    assert_eq!(told.try_recv(), Ok(1), "another connection already saw the row");
}

#[test]
fn acknowledged_rows_survive_without_a_farewell() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path(), &WriterLimits::default());
    for _ in 0..20 {
        first.writer.run_blocking(add).unwrap();
    }
    // As after kill -9: files exactly as they lie now, log not folded in, nobody closed anything.
    let killed = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, killed.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let again = store(killed.path(), &WriterLimits::default());
    assert_eq!(again.writer.run_blocking(add), Ok(21));
}

#[test]
fn closing_finishes_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    let release = hold(&store.writer);
    let waiting: Vec<_> = (0..10).map(|_| store.writer.send(add).unwrap()).collect();
    let closer = store.writer.clone();
    let closing = std::thread::spawn(move || closer.close());
    drop(release);
    closing.join().unwrap();
    for answer in waiting {
        answer.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(store.writer.run_blocking(add), Err(WriteError::Unavailable));
}

#[tokio::test]
async fn readers_see_what_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    for expected in 1..=10 {
        store.writer.run(add).await.unwrap();
        let rows: i64 = store
            .readers
            .read(|connection| Ok(connection.query_row("SELECT count(*) FROM counted", [], |row| row.get(0))?))
            .await
            .unwrap();
        assert_eq!(rows, expected);
    }
}

#[test]
fn time_goes_on_after_a_restart_with_an_earlier_clock() {
    let folder = tempfile::tempdir().unwrap();
    let evening = Clock::standing_at(Timestamp(2_000_000));
    let first: Store<Rows> = testing::store(folder.path(), evening, &WriterLimits::default());
    first.writer.run_blocking(add).unwrap();
    first.writer.close();
    drop(first);
    let morning = Clock::standing_at(Timestamp(1_000_000));
    let second: Store<Rows> = testing::store(folder.path(), morning, &WriterLimits::default());
    let told = second.writer.run_blocking(|turn| Ok::<_, Stop<()>>(turn.now)).unwrap();
    assert_eq!(told, Timestamp(2_000_000));
}
