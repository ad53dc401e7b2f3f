//! Commands and entries as the tables hold them.

use std::collections::BTreeMap;

use budget::ledger::{Entry, EntryKind, Rejection};
use budget::{Code, Command, CommandId, DocumentId, Ledger, LineId, Money, Scheme, Timestamp};
use rusqlite::{Connection, params};

use crate::authority::number;
use crate::store::StoreError;

/// The stable word of a kind of entry, as in JSON.
fn kind_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Appropriate => "appropriate",
        EntryKind::TransferIn => "transferIn",
        EntryKind::TransferOut => "transferOut",
        EntryKind::Reserve => "reserve",
        EntryKind::Release => "release",
        EntryKind::Consume => "consume",
        EntryKind::Reverse => "reverse",
    }
}

fn kind_of(word: &str) -> Option<EntryKind> {
    use EntryKind::{Appropriate, Consume, Release, Reserve, Reverse, TransferIn, TransferOut};
    [Appropriate, TransferIn, TransferOut, Reserve, Release, Consume, Reverse]
        .into_iter()
        .find(|kind| kind_word(*kind) == word)
}

/// Every entry, oldest first, as the table holds it.
pub(crate) fn entries(connection: &Connection) -> Result<Vec<Entry>, StoreError> {
    let mut rows = connection.prepare(
        "SELECT sequence, command, at, kind, document, line, lines, amount FROM ledger_entry ORDER BY sequence",
    )?;
    let rows = rows.query_map([], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            CommandId(row.get(1)?),
            Timestamp(row.get(2)?),
            row.get::<_, String>(3)?,
            row.get::<_, Option<[u8; 16]>>(4)?.map(DocumentId),
            row.get::<_, Option<[u8; 16]>>(5)?.map(LineId),
            row.get::<_, String>(6)?,
            Money::from_fen(row.get(7)?),
        ))
    })?;
    rows.map(|row| {
        let (sequence, command, at, kind, document, line, lines, amount) = row?;
        let kind =
            kind_of(&kind).ok_or_else(|| StoreError::corrupt(format!("ledger entry {sequence}: kind {kind:?}")))?;
        let lines: Vec<Code> = serde_json::from_str(&lines)
            .map_err(|error| StoreError::corrupt(format!("ledger entry {sequence}: {error}")))?;
        Ok(Entry { sequence: number::counted(sequence), command, at, kind, document, line, lines, amount })
    })
    .collect()
}

/// The ledger that the tables describe.
pub(crate) fn load(connection: &Connection, scheme: Scheme) -> Result<Ledger, StoreError> {
    let mut commands = BTreeMap::new();
    let mut refusals: Vec<(Command, Rejection)> = Vec::new();
    let mut rows = connection.prepare("SELECT id, body, rejection FROM ledger_command")?;
    let rows = rows.query_map([], |row| {
        Ok((CommandId(row.get(0)?), row.get::<_, Vec<u8>>(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    for row in rows {
        let (id, body, rejection) = row?;
        let broken = |error: &dyn std::fmt::Display| StoreError::corrupt(format!("ledger command {id}: {error}"));
        let command: Command = minicbor::decode(&body).map_err(|error| broken(&error))?;
        if let Some(json) = rejection {
            refusals.push((command.clone(), serde_json::from_str(&json).map_err(|error| broken(&error))?));
        }
        commands.insert(id, command);
    }
    Ledger::replay(scheme, entries(connection)?, refusals, &commands)
        .map_err(|error| StoreError::corrupt(format!("ledger: {error}")))
}

/// Appends an entry.
pub(super) fn write_entry(connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let lines = serde_json::to_string(&entry.lines)
        .map_err(|error| StoreError::corrupt(format!("ledger entry {}: {error}", entry.sequence)))?;
    connection
        .prepare_cached(
            "INSERT INTO ledger_entry (sequence, command, at, kind, document, line, lines, amount)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            number::stored(entry.sequence),
            entry.command.bytes(),
            entry.at.0,
            kind_word(entry.kind),
            entry.document.map(DocumentId::bytes),
            entry.line.map(LineId::bytes),
            lines,
            entry.amount.fen()
        ])?;
    Ok(())
}
