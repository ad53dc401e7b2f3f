//! On which database a test runs: SQLite, or a PostgreSQL server that is told in the environment.
//!
//! Every test of this crate runs on both: as it is on SQLite, and once more on PostgreSQL, started by
//! the tests at the end of this file. A test says nothing about it; it opens its store through this
//! module.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use crate::clock::Clock;
use crate::random::sha256;
use crate::store::sql::{Address, Connection, Kind};
use crate::store::{Database, State, Store, WriterLimits};

/// Where the PostgreSQL server is; set by `tests/with-postgresql`.
const VARIABLE: &str = "SUANPAN_TEST_POSTGRESQL";

/// Tests of what SQLite alone has, or that touch no database and take long.
const OF_ONE_DATABASE: [&str; 5] = [
    "testing::database::",
    "testing::bucket::",
    "blobs::tests::places::",
    "acknowledged_rows_survive_without_a_farewell",
    "every_table_is_strict",
];

/// The PostgreSQL database of a data folder: a schema of its own, the same for the same folder.
pub(crate) fn postgresql(folder: &Path) -> Option<Address> {
    static MADE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let server = std::env::var(VARIABLE).ok()?;
    let hash = hex::encode(sha256(&[folder.as_os_str().as_encoded_bytes()]));
    let name = format!("t_{}", &hash[..24]);
    let address = format!("{server}?options=-c%20search_path%3D{name}").parse().unwrap();
    let new = MADE.lock().unwrap().insert(name.clone());
    if new {
        let made = Database::Postgresql(server.parse().unwrap()).open_for_writing().unwrap();
        // The driver waits for the network, which a test's own runtime does not allow.
        let create = move || made.execute_batch(&format!("CREATE SCHEMA {name}"));
        std::thread::spawn(create).join().unwrap().unwrap();
    }
    Some(address)
}

/// The database of a data folder.
pub(crate) fn database(folder: &Path) -> Database {
    postgresql(folder).map_or_else(|| Database::in_folder(folder), Database::Postgresql)
}

/// The store of a data folder.
#[track_caller]
pub(crate) fn store<S: State>(folder: &Path, clock: Clock, limits: &WriterLimits) -> Store<S> {
    Store::open(folder, &database(folder), clock, limits).unwrap()
}

/// A connection to an empty database with all tables.
pub(crate) fn tables() -> Connection {
    let folder = tempfile::tempdir().unwrap();
    crate::store::empty(&database(folder.path())).unwrap()
}

/// What is acknowledged on this connection need not survive a power cut.
pub(crate) fn forgetful(connection: &Connection) {
    connection
        .execute_batch(match connection.kind() {
            Kind::Sqlite => "PRAGMA synchronous = off",
            Kind::Postgresql => "SET synchronous_commit = off",
        })
        .unwrap();
}

/// Runs the tests whose names contain one of `wanted` and none of `left_out`.
#[track_caller]
fn check(wanted: &[&str], left_out: &[&str]) {
    let mut run = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/with-postgresql"));
    run.arg(std::env::current_exe().unwrap()).args(["--test-threads", "4"]).args(wanted);
    for test in OF_ONE_DATABASE.iter().chain(left_out) {
        run.args(["--skip", test]);
    }
    super::passes(&mut run);
}

/// On a server of its own, where the role of readers does not exist yet.
#[test]
fn databases_made_at_the_same_moment_on_a_new_server() {
    check(&["databases_made_at_the_same_moment_have"], &[]);
}

// Three parts, so that none is long.
const AUTHORITY: [&str; 3] = ["authority::", "audit::", "demo::"];
const DEVICES: [&str; 3] = ["relay::", "chat::", "serve::"];

#[test]
fn the_authoritys_tests_hold_on_postgresql_too() {
    check(&AUTHORITY, &[]);
}

#[test]
fn the_devices_tests_hold_on_postgresql_too() {
    check(&DEVICES, &[]);
}

#[test]
fn all_other_tests_hold_on_postgresql_too() {
    check(&[], &[AUTHORITY, DEVICES].concat());
}
