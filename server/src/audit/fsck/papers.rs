//! Papers that move limits: each is the one that was written, and what was released is what it says.

use std::collections::BTreeMap;

use budget::ledger::{Entry, EntryKind};
use budget::{Code, CommandId, Money};

use super::Report;
use crate::authority::journal::{self, Leaf};
use crate::authority::paper::{self, Content, Paper, PaperId, PaperState};
use crate::store::StoreError;
use crate::store::sql::Connection;

/// A paper as the table holds it.
struct Row {
    hash: [u8; 32],
    /// None when it cannot be read.
    paper: Option<Paper>,
}

/// The limits as the journal moves them, and what its newest command moved.
#[derive(Default)]
struct Limits {
    by_line: BTreeMap<Code, i128>,
    command: Option<CommandId>,
    moved: Vec<(EntryKind, Code, Money)>,
}

/// Every paper is the one whose salted hash is the newest in the journal; a version that was
/// released left the limits that it names, and an adjustment moved what it names.
pub(super) fn papers(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let rows = rows(connection)?;
    let mut newest: BTreeMap<PaperId, [u8; 32]> = BTreeMap::new();
    let mut limits = Limits::default();
    journal::read(connection, |row| {
        match minicbor::decode::<Leaf>(&row.body) {
            Ok(Leaf::Entry(entry, _)) => limits.follow(&entry),
            Ok(Leaf::Paper { id, hash, .. }) => {
                newest.insert(id, hash);
                // The newest leaf of a paper that was released is that of its release: nothing follows it.
                let released = rows.get(&id).filter(|row| row.hash == hash).and_then(|row| row.paper.as_ref());
                if let Some(paper) = released.filter(|paper| paper.state == PaperState::Released) {
                    compare(paper, &limits, report);
                }
                limits.command = None;
            }
            _ => {}
        }
        Ok(())
    })?;
    for (id, row) in &rows {
        match newest.remove(id) {
            None => report.find("paper_added", format!("the paper {id} was never written")),
            Some(hash) if hash != row.hash => {
                report.find("paper_changed", format!("the paper {id} is not the one in the journal"));
            }
            Some(_) if row.paper.as_ref().is_none_or(|paper| paper.id != *id) => {
                report.find("paper_unreadable", format!("the paper {id} cannot be read"));
            }
            Some(_) => {}
        }
    }
    for id in newest.keys() {
        report.find("paper_missing", format!("the paper {id} is gone"));
    }
    report.count("预算文件 budget papers", rows.len());
    Ok(())
}

fn rows(connection: &Connection) -> Result<BTreeMap<PaperId, Row>, StoreError> {
    let mut rows = connection.prepare("SELECT id, json, salt FROM budget_paper")?;
    let rows = rows.query_map([], |row| {
        let (json, salt): (String, Vec<u8>) = (row.get(1)?, row.get(2)?);
        let hash = paper::hash(&salt, &json);
        Ok((budget::RequestId(row.get(0)?), Row { hash, paper: serde_json::from_str(&json).ok() }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Limits {
    fn follow(&mut self, entry: &Entry) {
        if self.command != Some(entry.command) {
            self.command = Some(entry.command);
            self.moved.clear();
        }
        let sign = match entry.kind {
            EntryKind::Appropriate | EntryKind::TransferIn | EntryKind::CarryIn => 1,
            EntryKind::TransferOut | EntryKind::Withdraw | EntryKind::CarryOut | EntryKind::Lapse => -1,
            _ => return,
        };
        for line in &entry.lines {
            *self.by_line.entry(line.clone()).or_default() += sign * i128::from(entry.amount.fen());
            self.moved.push((entry.kind, line.clone(), entry.amount));
        }
    }
}

/// What a paper says beside what the entries before its release did.
fn compare(paper: &Paper, limits: &Limits, report: &mut Report) {
    match &paper.content {
        Content::Version { limits: wanted } => {
            for (line, limit) in wanted {
                let found = limits.by_line.get(line).copied().unwrap_or_default();
                if found != i128::from(limit.fen()) {
                    let what = format!(
                        "the paper {} releases {} fen to {line}; its entries left {found} fen",
                        paper.id,
                        limit.fen()
                    );
                    report.find("paper_released", what);
                }
            }
        }
        Content::Adjustment { moves } => {
            let both = |one: &crate::authority::paper::Move| {
                [
                    (EntryKind::TransferOut, one.from.clone(), one.amount),
                    (EntryKind::TransferIn, one.to.clone(), one.amount),
                ]
            };
            let mut wanted: Vec<_> = moves.iter().flat_map(both).collect();
            let mut found = if limits.command.is_some() { limits.moved.clone() } else { Vec::new() };
            wanted.sort();
            found.sort();
            if wanted != found {
                report.find(
                    "paper_released",
                    format!("the entries of the paper {} are not the moves that it names", paper.id),
                );
            }
        }
    }
}
