//! Commands and entries as the tables hold them.

use crate::store::sql::{Column, Connection, Table, params};
use budget::ledger::{Answered, ControlSet, Entry, EntryKind};
use budget::scheme::TaxBasis;
use budget::{Command, CommandId, DocumentId, Ledger, LineId, Money, Scheme, Timestamp};

use crate::authority::number;
use crate::store::StoreError;

/// Every entry, oldest first, as the table holds it.
pub(crate) fn entries(connection: &Connection) -> Result<Vec<Entry>, StoreError> {
    let mut rows = connection.prepare(
        "SELECT sequence, command, at, kind, document, line, lines, amount, basis, escrow
         FROM ledger_entry ORDER BY sequence",
    )?;
    let rows = rows.query_map([], |row| {
        Ok(Row {
            sequence: row.get(0)?,
            command: CommandId(row.get(1)?),
            at: Timestamp(row.get(2)?),
            kind: row.get(3)?,
            document: row.get::<Option<[u8; 16]>>(4)?.map(DocumentId),
            line: row.get::<Option<[u8; 16]>>(5)?.map(LineId),
            lines: row.get(6)?,
            amount: Money::from_fen(row.get(7)?),
            basis: row.get(8)?,
            escrow: row.get(9)?,
        })
    })?;
    rows.map(|row| row?.entry()).collect()
}

/// A row before its words are understood.
struct Row {
    sequence: i64,
    command: CommandId,
    at: Timestamp,
    kind: String,
    document: Option<DocumentId>,
    line: Option<LineId>,
    lines: String,
    amount: Money,
    basis: String,
    escrow: Option<Vec<u8>>,
}

impl Row {
    fn entry(self) -> Result<Entry, StoreError> {
        let Self { sequence, command, at, document, line, amount, .. } = self;
        let broken = |what: &dyn std::fmt::Display| StoreError::corrupt(format!("ledger entry {sequence}: {what}"));
        let kind = EntryKind::of_word(&self.kind).ok_or_else(|| broken(&format!("kind {:?}", self.kind)))?;
        let lines = serde_json::from_str(&self.lines).map_err(|error| broken(&error))?;
        let basis = match self.basis.as_str() {
            INCLUSIVE => TaxBasis::Inclusive,
            EXCLUSIVE => TaxBasis::Exclusive,
            other => return Err(broken(&format!("basis {other:?}"))),
        };
        let escrow = self.escrow.map(|bytes| minicbor::decode(&bytes)).transpose().map_err(|error| broken(&error))?;
        let sequence = number::counted(sequence);
        Ok(Entry { sequence, command, at, kind, document, line, lines, amount, basis, escrow })
    }
}

/// Entries, as they are appended.
static ENTRY: Table = Table::append(
    "ledger_entry",
    &[
        Column::Integer("sequence"),
        Column::Blob("command"),
        Column::Integer("at"),
        Column::Text("kind"),
        Column::Blob("document"),
        Column::Blob("line"),
        Column::Text("lines"),
        Column::Integer("amount"),
        Column::Text("basis"),
        Column::Blob("escrow"),
    ],
);

/// Words of the column `basis`.
const INCLUSIVE: &str = "inclusive";
const EXCLUSIVE: &str = "exclusive";

/// The ledger that the tables describe.
pub(crate) fn load(connection: &Connection, scheme: Scheme) -> Result<Ledger, StoreError> {
    let mut rows = connection.prepare("SELECT id, body, rejection FROM ledger_command")?;
    let rows =
        rows.query_map([], |row| Ok((CommandId(row.get(0)?), row.get::<Vec<u8>>(1)?, row.get::<Option<String>>(2)?)))?;
    let mut answers = Vec::new();
    for row in rows {
        let (id, body, rejection) = row?;
        let broken = |error: &dyn std::fmt::Display| StoreError::corrupt(format!("ledger command {id}: {error}"));
        let command: Command = minicbor::decode(&body).map_err(|error| broken(&error))?;
        let rejection =
            rejection.map(|json| serde_json::from_str(&json)).transpose().map_err(|error| broken(&error))?;
        answers.push(Answered { command: id, fingerprint: command.fingerprint(), rejection });
    }
    Ledger::replay(scheme, answers, entries(connection)?)
        .map_err(|error| StoreError::corrupt(format!("ledger: {error}")))
}

/// Budget lines as rows have them.
pub(crate) fn lines(set: &ControlSet) -> Result<String, StoreError> {
    serde_json::to_string(set).map_err(|error| StoreError::corrupt(format!("control set {set:?}: {error}")))
}

/// Appends an entry.
pub(super) fn write_entry(connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let lines = lines(&entry.lines)?;
    connection.put(
        &ENTRY,
        params![
            number::stored(entry.sequence),
            entry.command.bytes(),
            entry.at.0,
            entry.kind.word(),
            entry.document.map(DocumentId::bytes),
            entry.line.map(LineId::bytes),
            lines,
            entry.amount.fen(),
            if entry.basis.is_inclusive() { INCLUSIVE } else { EXCLUSIVE },
            entry.escrow.as_ref().map(|escrow| minicbor::to_vec(escrow).unwrap_or_default())
        ],
    )?;
    Ok(())
}
