//! The usual way: one transaction for each reservation, with rows of limits that are locked and changed.
//!
//! The tables are as small as the work allows, and statements are prepared once: nobody is made slow.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls, Statement};
use rusqlite::{Connection, TransactionBehavior};

use crate::measure::{Run, Until};
use crate::{CONNECTIONS, IN_FLIGHT, Result, company};

const TABLES: &str = "
    CREATE TABLE peer_line (line BIGINT PRIMARY KEY, available BIGINT NOT NULL CHECK (available >= 0));
    CREATE TABLE peer_reservation (id TEXT PRIMARY KEY, line BIGINT NOT NULL, amount BIGINT NOT NULL);
    INSERT INTO peer_line VALUES (1, 1000000000000000), (2, 1000000000000000), (3, 1000000000000000);";
const AMOUNT: i64 = 100;

/// One SQLite transaction for each reservation. There is one writer: callers stand in line before it.
pub(crate) fn sqlite_transactions(file: &Path, each: Duration) -> Result<Vec<Run>> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch(TABLES)?;
    let writer = Arc::new(Mutex::new(connection));
    let mut runs = Vec::new();
    for in_flight in IN_FLIGHT {
        let until = Until::after(each);
        let callers: Vec<_> = (0..in_flight)
            .map(|_| {
                let writer = Arc::clone(&writer);
                thread::spawn(move || ask(until, || reserve_in_sqlite(&writer)))
            })
            .collect();
        runs.push(Run::new("SQLite, one transaction each", in_flight, until.elapsed(), all(callers)?));
    }
    Ok(runs)
}

fn reserve_in_sqlite(writer: &Mutex<Connection>) -> Result<()> {
    let id = hex::encode(company::new_id());
    let mut connection = writer.lock().unwrap_or_else(PoisonError::into_inner);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changed = transaction
        .prepare_cached("UPDATE peer_line SET available = available - ?1 WHERE line IN (1, 2, 3) AND available >= ?1")?
        .execute([AMOUNT])?;
    if changed != 3 {
        return Err("not enough".into());
    }
    transaction
        .prepare_cached("INSERT INTO peer_reservation (id, line, amount) VALUES (?1, 3, ?2)")?
        .execute(rusqlite::params![id, AMOUNT])?;
    Ok(transaction.commit()?)
}

/// `SELECT … FOR UPDATE` of the three rows, from a connection for each caller as far as the server has them.
pub(crate) fn select_for_update(server: &str, each: Duration) -> Result<Vec<Run>> {
    let mut client = Client::connect(server, NoTls)?;
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value: String = client.query_one(&format!("SHOW {setting}"), &[])?.get(0);
        if value != "on" {
            return Err(format!("PostgreSQL's {setting} is {value}: nothing would be durable").into());
        }
    }
    client.batch_execute(TABLES)?;
    drop(client);
    let desks: Vec<Arc<Mutex<Desk>>> =
        (0..CONNECTIONS).map(|_| Ok(Arc::new(Mutex::new(Desk::open(server)?)))).collect::<Result<_>>()?;
    let mut runs = Vec::new();
    for in_flight in IN_FLIGHT {
        let until = Until::after(each);
        let callers: Vec<_> = desks
            .iter()
            .cycle()
            .take(in_flight)
            .map(|desk| {
                let desk = Arc::clone(desk);
                thread::spawn(move || ask(until, || desk.lock().unwrap_or_else(PoisonError::into_inner).reserve()))
            })
            .collect();
        runs.push(Run::new("PostgreSQL, SELECT … FOR UPDATE", in_flight, until.elapsed(), all(callers)?));
    }
    Ok(runs)
}

/// A connection with its statements.
struct Desk {
    client: Client,
    lock: Statement,
    take: Statement,
    keep: Statement,
}

impl Desk {
    fn open(server: &str) -> Result<Self> {
        let mut client = Client::connect(server, NoTls)?;
        Ok(Self {
            lock: client.prepare("SELECT available FROM peer_line WHERE line IN (1, 2, 3) ORDER BY line FOR UPDATE")?,
            take: client.prepare("UPDATE peer_line SET available = available - $1 WHERE line IN (1, 2, 3)")?,
            keep: client.prepare("INSERT INTO peer_reservation (id, line, amount) VALUES ($1, 3, $2)")?,
            client,
        })
    }

    fn reserve(&mut self) -> Result<()> {
        let id = hex::encode(company::new_id());
        let mut transaction = self.client.transaction()?;
        let available = transaction.query(&self.lock, &[])?;
        if available.len() != 3 || available.iter().any(|row| row.get::<_, i64>(0) < AMOUNT) {
            return Err("not enough".into());
        }
        transaction.execute(&self.take, &[&AMOUNT])?;
        transaction.execute(&self.keep, &[&id, &AMOUNT])?;
        Ok(transaction.commit()?)
    }
}

/// Asks again as soon as it is answered.
fn ask(until: Until, mut reserve: impl FnMut() -> Result<()>) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while until.goes_on() {
        let asked = Instant::now();
        reserve()?;
        until.keep(asked, &mut times);
    }
    Ok(times)
}

fn all(callers: Vec<JoinHandle<Result<Vec<Duration>>>>) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.join().map_err(|_| "a caller panicked")??);
    }
    Ok(times)
}
