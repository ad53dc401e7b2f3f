//! What refuses, fails or panics, and what is left of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::{Stop, WriteError, WriterLimits};
use super::{add, hold, store};

#[test]
fn a_failed_commit_acknowledges_nobody_and_reloads() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    store.writer.run_blocking(add).unwrap();
    let told = Arc::new(AtomicUsize::new(0));

    let release = hold(&store.writer);
    let innocent = store.writer.send(add).unwrap();
    let effect = Arc::clone(&told);
    let guilty = store
        .writer
        .send(move |turn| {
            turn.after_commit(move || {
                effect.fetch_add(1, Ordering::SeqCst);
            });
            // Every statement succeeds; COMMIT itself finds no row 99 and fails.
            turn.connection.execute("INSERT INTO child (n) VALUES (99)", [])?;
            add(turn)
        })
        .unwrap();
    drop(release);
    assert_eq!(innocent.blocking_recv().unwrap(), Err(WriteError::Unavailable));
    assert_eq!(guilty.blocking_recv().unwrap(), Err(WriteError::Unavailable));
    assert_eq!(told.load(Ordering::SeqCst), 0, "no effect of what was not committed");
    assert_eq!(store.writer.counts().recoveries, 1);
    assert!(store.writer.is_ready());
    assert_eq!(store.writer.run_blocking(add), Ok(2), "the state agrees with the rows again");
}

#[test]
fn a_failed_statement_rolls_back_the_batch() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    let result = store.writer.run_blocking(|turn| {
        add(turn)?;
        turn.connection.execute("INSERT INTO nowhere VALUES (1)", [])?;
        Ok(())
    });
    assert_eq!(result, Err(WriteError::Unavailable));
    assert_eq!(store.writer.run_blocking(add), Ok(1));
}

#[test]
fn a_refused_job_leaves_nothing_and_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    let release = hold(&store.writer);
    let before = store.writer.send(add).unwrap();
    let decent = store.writer.send(|_| Err::<(), _>(Stop::Refused("no funds"))).unwrap();
    // Breaks the rule: it writes and changes the state, and refuses afterwards.
    let careless = store.writer.send(|turn| add(turn).and(Err::<(), _>(Stop::Refused("too late")))).unwrap();
    let broken = store.writer.send(|turn| add(turn).map(|n| assert_eq!(n, -1, "a fault in a job"))).unwrap();
    let after = store.writer.send(add).unwrap();
    drop(release);
    assert_eq!(before.blocking_recv().unwrap(), Ok(1));
    assert_eq!(decent.blocking_recv().unwrap(), Err(WriteError::Refused("no funds")));
    assert_eq!(careless.blocking_recv().unwrap(), Err(WriteError::Refused("too late")));
    assert_eq!(broken.blocking_recv().unwrap(), Err(WriteError::Unavailable));
    assert_eq!(after.blocking_recv().unwrap(), Ok(2));
    assert_eq!(store.writer.counts().recoveries, 0);
}

#[test]
fn a_job_that_hides_a_failed_statement_loses_nobodys_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &WriterLimits::default());
    let release = hold(&store.writer);
    let before = store.writer.send(add).unwrap();
    let hiding = store
        .writer
        .send(|turn| {
            turn.connection.execute("INSERT INTO counted (n) VALUES (0)", []).unwrap_err();
            Ok::<_, Stop<&'static str>>(0)
        })
        .unwrap();
    drop(release);
    // SQLite undoes the statement alone; PostgreSQL undoes the batch, and then nobody is told otherwise.
    let answers = [before.blocking_recv().unwrap(), hiding.blocking_recv().unwrap()];
    let next = store.writer.run_blocking(add);
    match answers {
        [Ok(1), Ok(0)] => assert_eq!(next, Ok(2)),
        [Err(WriteError::Unavailable), Err(WriteError::Unavailable)] => assert_eq!(next, Ok(1)),
        other => panic!("{other:?}"),
    }
}
