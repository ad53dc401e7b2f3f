//! Commands of the ledger and payments: each row is what the journal says of it.

use std::collections::BTreeMap;

use budget::{CommandId, Timestamp};

use super::Report;
use crate::authority::journal::{self, Leaf};
use crate::random::sha256;
use crate::store::StoreError;
use crate::store::sql::Connection;

/// What the journal says of a command.
struct Said {
    at: Timestamp,
    /// SHA-256 of it; a journal that is older than these hashes has none.
    body: Option<[u8; 32]>,
    /// SHA-256 of its refusal.
    rejection: Option<[u8; 32]>,
}

/// Every command is the one that was decided, with the answer that it got: nobody gets another answer later, and what was
/// asked for stands beside what was done.
pub(super) fn commands(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut said: BTreeMap<CommandId, Said> = BTreeMap::new();
    journal::read(connection, |row| {
        match minicbor::decode::<Leaf>(&row.body) {
            Ok(Leaf::Entry(entry, body)) => {
                let first = Said { at: entry.at, body: body.map(Into::into), rejection: None };
                said.entry(entry.command).or_insert(first);
            }
            Ok(Leaf::Answered { command, body, rejection, at }) => {
                said.insert(command, Said { at, body: Some(body), rejection: rejection.map(Into::into) });
            }
            _ => {}
        }
        Ok(())
    })?;
    let mut rows = connection.prepare("SELECT id, at, body, rejection FROM ledger_command ORDER BY id")?;
    let rows = rows.query_map([], |row| {
        let rejection = row.get::<Option<String>>(3)?.map(|json| sha256(&[json.as_bytes()]));
        Ok((CommandId(row.get(0)?), Timestamp(row.get(1)?), sha256(&[&row.get::<Vec<u8>>(2)?]), rejection))
    })?;
    let mut count = 0;
    for row in rows {
        let (id, at, body, rejection) = row?;
        count += 1;
        match said.remove(&id) {
            None => report.find("command_added", format!("the ledger command {id} is not in the journal")),
            Some(said) => {
                let same = said.body.is_none_or(|hash| hash == body) && said.rejection == rejection && said.at == at;
                if !same {
                    report.find("command_changed", format!("the ledger command {id} or its answer was changed"));
                }
            }
        }
    }
    for id in said.keys() {
        report.find("command_missing", format!("the ledger command {id} is gone"));
    }
    report.count("命令 ledger commands", count);
    Ok(())
}

/// Every payment is the one in the journal.
pub(super) fn payments(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut said = BTreeMap::new();
    journal::read(connection, |row| {
        if let Ok(Leaf::Payment { id, request, person, total, at }) = minicbor::decode::<Leaf>(&row.body) {
            said.insert(id, (request.bytes(), person.bytes(), total.fen(), at.0));
        }
        Ok(())
    })?;
    let mut rows = connection.prepare("SELECT id, request, person, total, at FROM payment ORDER BY id")?;
    let rows = rows.query_map([], |row| {
        Ok((row.get::<[u8; 16]>(0)?, (row.get(1)?, row.get(2)?, row.get::<i64>(3)?, row.get::<i64>(4)?)))
    })?;
    let mut count = 0;
    for row in rows {
        let (id, payment) = row?;
        count += 1;
        if said.remove(&id) != Some(payment) {
            report.find("payment", format!("the payment {} is not the one in the journal", hex::encode(id)));
        }
    }
    for id in said.keys() {
        report.find("payment", format!("the payment {} is gone", hex::encode(id)));
    }
    report.count("付款 payments", count);
    Ok(())
}
