//! Leads the device's database through the history of steps of `sync::conformance`.

use sync::conformance::{Change, Step, steps};

use super::{Store, StoreError, Write, abandon, forget, get, scan, write};

/// What went wrong, and at which step.
pub(crate) async fn check(seed: u64) -> Result<(), String> {
    for (number, step) in steps(seed).into_iter().enumerate() {
        take(step).await.map_err(|wrong| format!("seed {seed}, step {number}: {wrong}"))?;
    }
    write(vec![Write::DeletePrefix(Store::Pending, String::new())]).await.map_err(say)
}

async fn take(step: Step) -> Result<(), String> {
    match step {
        Step::Write(changes) => write(batch(changes)).await.map_err(say),
        Step::GiveUp(changes) => abandon(batch(changes)).await.map_err(say),
        Step::Reopen => {
            forget();
            Ok(())
        }
        Step::Find(prefix, expected) => {
            let found = scan(Store::Pending, &prefix).await.map_err(say)?;
            let found: Vec<_> = found.into_iter().map(|(key, bytes)| (key, bytes.to_vec())).collect();
            same(&format!("under {prefix:?}"), &found, &expected)
        }
        Step::Get(key, expected) => {
            let found = get(Store::Pending, &key).await.map_err(say)?.map(|bytes| bytes.to_vec());
            same(&format!("{key:?}"), &found, &expected)
        }
    }
}

fn batch(changes: Vec<Change>) -> Vec<Write> {
    let write = |change| match change {
        Change::Put(key, bytes) => Write::put(Store::Pending, key, bytes),
        Change::Delete(key) => Write::Delete(Store::Pending, key),
        Change::DeletePrefix(prefix) => Write::DeletePrefix(Store::Pending, prefix),
    };
    changes.into_iter().map(write).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: found {found:?}, not {expected:?}")) }
}

fn say(error: StoreError) -> String {
    error.to_string()
}
