//! Any byte of any row that says what was decided, changed one at a time: the books never look whole.
//!
//! `SUANPAN_NIGHTLY` tries more of them; `SUANPAN_SEED` repeats a run.

use budget::{Command, CommandId, DeviceId, DocumentId, LineId, Money};

use super::*;
use crate::authority::{Caller, Ruling};
use crate::demo::person;
use crate::store::sql::{Bind, Row, Value};

/// What the authority decided: table, what names a row, column.
const DECIDED: [(&str, &str, &str); 38] = [
    ("journal", "sequence", "at"),
    ("journal", "sequence", "kind"),
    ("journal", "sequence", "body"),
    ("journal", "sequence", "leaf"),
    ("journal", "sequence", "root"),
    ("checkpoint", "id", "size"),
    ("checkpoint", "id", "note"),
    ("ledger_entry", "sequence", "command"),
    ("ledger_entry", "sequence", "at"),
    ("ledger_entry", "sequence", "kind"),
    ("ledger_entry", "sequence", "document"),
    ("ledger_entry", "sequence", "line"),
    ("ledger_entry", "sequence", "lines"),
    ("ledger_entry", "sequence", "amount"),
    ("ledger_entry", "sequence", "basis"),
    ("ledger_command", "body", "id"),
    ("ledger_command", "id", "at"),
    ("ledger_command", "id", "body"),
    ("ledger_command", "id", "rejection"),
    ("balance", "line", "limit_fen"),
    ("balance", "line", "reserved"),
    ("payment", "id", "request"),
    ("payment", "id", "person"),
    ("payment", "id", "total"),
    ("payment", "id", "at"),
    ("record", "position", "hash"),
    ("record", "position", "id"),
    ("record", "position", "kind"),
    ("record", "position", "request"),
    ("record", "position", "person"),
    ("record", "position", "body"),
    ("record", "position", "device"),
    ("record", "position", "signature"),
    ("record", "position", "received_at"),
    ("published", "salt", "json"),
    ("published", "json", "salt"),
    ("published", "salt", "person"),
    ("published", "salt", "at"),
];
/// The same of papers and allowances.
const AGREED: [(&str, &str, &str); 5] = [
    ("budget_paper", "salt", "id"),
    ("budget_paper", "id", "json"),
    ("budget_paper", "id", "salt"),
    ("ledger_entry", "sequence", "escrow"),
    ("ledger_command", "id", "body"),
];

/// A value as the table holds it.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Bind for Cell {
    fn bind(&self) -> Value<'_> {
        match self {
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Blob(bytes),
        }
    }
}

fn cell(row: &Row<'_>, column: usize) -> Option<Cell> {
    let number = row.get(column).ok().map(Cell::Integer);
    let text = || row.get(column).ok().map(Cell::Text);
    number.or_else(text).or_else(|| row.get(column).ok().map(Cell::Bytes))
}

struct Random(u64);

impl Random {
    /// A step of Knuth's generator.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    /// The cell with one byte changed.
    fn spoil(&mut self, cell: &Cell) -> Cell {
        match cell {
            Cell::Integer(number) => Cell::Integer(number ^ (1 << self.below(20))),
            Cell::Bytes(bytes) if bytes.is_empty() => Cell::Bytes(vec![0]),
            Cell::Bytes(bytes) => {
                let mut bytes = bytes.clone();
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
                Cell::Bytes(bytes)
            }
            Cell::Text(text) => {
                let mut letters: Vec<char> = text.chars().collect();
                let at = self.below(letters.len());
                letters[at] = if letters[at] == 'x' { 'y' } else { 'x' };
                Cell::Text(letters.into_iter().collect())
            }
        }
    }
}

fn check(bench: &Bench, columns: &[(&str, &str, &str)], drop_triggers: &str) {
    tamper(&bench.connection, drop_triggers);
    let setting = |name: &str| std::env::var(name).ok();
    let seed = setting("SUANPAN_SEED")
        .map_or_else(|| u64::from_be_bytes(crate::random::bytes().unwrap()), |text| text.parse().unwrap());
    println!("SUANPAN_SEED={seed}");
    let mut random = Random(seed);
    let times = if setting("SUANPAN_NIGHTLY").is_some() { 60 } else { 3 };
    for (table, key, column) in columns {
        let read = format!("SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {key}");
        let rows: Vec<(Cell, Cell)> = bench
            .connection
            .prepare(&read)
            .unwrap()
            .query_map([], |row| Ok((cell(row, 0).unwrap(), cell(row, 1).unwrap())))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(!rows.is_empty(), "{table}.{column} says nothing here");
        for _ in 0..times {
            let (name, kept) = &rows[random.below(rows.len())];
            let other = random.spoil(kept);
            let write = format!("UPDATE {table} SET {column} = ?1 WHERE {key} = ?2");
            assert_eq!(bench.connection.execute(&write, params![other, name]).unwrap(), 1);
            // Books that cannot even be read are not whole either.
            let whole = fsck(&bench.connection).is_ok_and(|report| report.is_clean());
            assert!(!whole, "{table}.{column} of {name:?}: {kept:?} became {other:?}");
            bench.connection.execute(&write, params![kept, name]).unwrap();
        }
    }
    let report = fsck(&bench.connection).unwrap();
    assert!(report.is_clean(), "{report}");
}

#[test]
fn s17_any_byte_of_what_was_decided_is_found() {
    let mut bench = company();
    // And something that was refused, which is an answer like any other.
    let block = budget::CodingBlock {
        period: Some(crate::testing::code("2026-09")),
        department: Some(crate::testing::code("MKT")),
        account: Some(crate::testing::code("PROMOTION")),
        ..budget::CodingBlock::default()
    };
    let charge = budget::ledger::Charge::new(LineId([1; 16]), block, Money::from_yuan(9_000_000).unwrap());
    let reserve = budget::ledger::Action::Reserve { document: DocumentId([9; 16]), charges: vec![charge] };
    let now = bench.later();
    let caller = Caller { person: person("zhengtao"), device: DeviceId([1; 16]) };
    let command = Command::new(CommandId([9; 16]), reserve);
    let ruled = bench.authority.rule(&bench.connection, now, &caller, &command).unwrap().outcome.unwrap();
    assert!(matches!(ruled, Ruling::Refused(_)), "{ruled:?}");
    bench.authority.checkpoint(&bench.connection, now).unwrap();
    check(&bench, &DECIDED, "UPDATE balance SET escrowed = escrowed");
}

#[test]
fn s17_any_byte_of_papers_and_allowances_is_found() {
    check(&papers::company(), &AGREED, "UPDATE balance SET escrowed = escrowed");
}
