//! Reading the whole database and saying everything that does not hold.

mod allowances;
mod books;
mod commands;
mod papers;
mod records;
mod requests;

use std::fmt;

use crate::store::sql::{Connection, Kind};

use crate::store::StoreError;

/// What was read and what does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What was counted, in the order of the checks: name and number.
    pub counted: Vec<(&'static str, u64)>,
    /// What does not hold; empty when all is well.
    pub findings: Vec<Finding>,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// What is wrong, by name.
    pub what: String,
}

impl Report {
    /// Whether everything holds.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn count(&mut self, name: &'static str, number: usize) {
        self.counted.push((name, u64::try_from(number).unwrap_or(u64::MAX)));
    }

    fn find(&mut self, code: &'static str, what: impl fmt::Display) {
        self.findings.push(Finding { code, what: what.to_string() });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, number) in &self.counted {
            writeln!(f, "{number:>8}  {name}")?;
        }
        for finding in &self.findings {
            writeln!(f, "✗ {}: {}", finding.code, finding.what)?;
        }
        match self.findings.len() {
            0 => writeln!(f, "✓ 账目一致 · everything holds"),
            number => writeln!(f, "✗ {number} 处不符 · {number} findings"),
        }
    }
}

/// Checks everything, in one moment of the database. An error means that it could not be read at
/// all; whatever can be read and does not hold is in the report.
pub fn fsck(connection: &Connection) -> Result<Report, StoreError> {
    let moment = connection.moment()?;
    let mut report = Report::default();
    integrity(&moment, &mut report)?;
    books::journal(&moment, &mut report)?;
    books::ledger(&moment, &mut report)?;
    commands::commands(&moment, &mut report)?;
    commands::payments(&moment, &mut report)?;
    books::published(&moment, &mut report)?;
    papers::papers(&moment, &mut report)?;
    requests::documents(&moment, &mut report)?;
    records::records(&moment, &mut report)?;
    requests::states(&moment, &mut report)?;
    Ok(report)
}

/// What SQLite itself can tell. PostgreSQL checks its pages as it reads them.
fn integrity(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    if connection.kind() != Kind::Sqlite {
        return Ok(());
    }
    let mut check = connection.prepare("PRAGMA integrity_check(10)")?;
    for line in check.query_map([], |row| row.get::<String>(0))? {
        let line = line?;
        if line != "ok" {
            report.find("database", line);
        }
    }
    Ok(())
}
