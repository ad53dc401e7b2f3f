//! The store under the history of steps that a device's store goes through as well (`sync::conformance`), on a table of keys and
//! bytes that was there before.

use std::path::Path;

use sync::conformance::{Change, Step, steps};

use super::sql::{Error, params};
use super::{Connection, State, Stop, Store, StoreError, WriterLimits, setting};
use crate::clock::Clock;
use crate::testing;

/// Nothing is decided here.
struct Nothing;

impl State for Nothing {
    fn load(_: &Connection) -> Result<Self, StoreError> {
        Ok(Self)
    }
}

/// Where its rows lie among the others of the table.
const PLACE: &str = "conformance/";

fn open(folder: &Path) -> Store<Nothing> {
    testing::store(folder, Clock::of_machine(), &WriterLimits::default())
}

fn keys(connection: &Connection, prefix: &str) -> Result<Vec<String>, Error> {
    // Compared by their characters, as the rest of the program does: a prefix is no pattern.
    let mut statement =
        connection.prepare_cached("SELECT key FROM setting WHERE substr(key, 1, ?1) = ?2 ORDER BY key")?;
    let place = format!("{PLACE}{prefix}");
    let length = i64::try_from(place.chars().count()).unwrap();
    statement.query_map(params![length, place], |row| row.get(0))?.collect()
}

fn apply(connection: &Connection, changes: &[Change]) -> Result<(), StoreError> {
    let delete = |key: &str| connection.execute("DELETE FROM setting WHERE key = ?1", [key]);
    for change in changes {
        match change {
            Change::Put(key, bytes) => setting::set(connection, &format!("{PLACE}{key}"), bytes)?,
            Change::Delete(key) => drop(delete(&format!("{PLACE}{key}"))?),
            Change::DeletePrefix(prefix) => {
                for key in keys(connection, prefix)? {
                    delete(&key)?;
                }
            }
        }
    }
    Ok(())
}

fn check(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let waits = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (number, step) in steps(seed).into_iter().enumerate() {
        let place = format!("seed {seed}, step {number}");
        match step {
            Step::Write(changes) => {
                store.writer.run_blocking(move |turn| Ok::<_, Stop<()>>(apply(turn.connection, &changes)?)).unwrap();
            }
            Step::GiveUp(changes) => {
                let given_up = store.writer.run_blocking(move |turn| {
                    apply(turn.connection, &changes)?;
                    Err::<(), _>(Stop::Refused(()))
                });
                assert!(given_up.is_err(), "{place}");
            }
            Step::Reopen => {
                drop(store);
                store = open(folder.path());
            }
            Step::Find(prefix, expected) => {
                let found = store.readers.read(move |connection| {
                    let keys = keys(connection, &prefix)?.into_iter();
                    keys.map(|key| Ok((key[PLACE.len()..].to_owned(), setting::get(connection, &key)?.unwrap())))
                        .collect::<Result<Vec<_>, StoreError>>()
                });
                assert_eq!(waits.block_on(found).unwrap(), expected, "{place}");
            }
            Step::Get(key, expected) => {
                let place_of = format!("{PLACE}{key}");
                let found = store.readers.read(move |connection| setting::get(connection, &place_of));
                assert_eq!(waits.block_on(found).unwrap(), expected, "{place}: {key}");
            }
        }
    }
}

#[test]
fn it_keeps_what_every_store_keeps() {
    for seed in 0..6 {
        check(seed);
    }
}
