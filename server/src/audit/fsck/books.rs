//! Journal, ledger and published versions.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::Connection;
use budget::ledger::{Balance, Entry};
use budget::{DocumentId, Ledger, Money, PersonId, Timestamp};

use super::Report;
use crate::authority::journal::merkle::{Frontier, leaf_hash};
use crate::authority::journal::{self, Leaf, checkpoint};
use crate::authority::{Books, ledger, signing};
use crate::random::sha256;
use crate::store::StoreError;

/// Every leaf is what its hash says, the roots follow, and every checkpoint that was signed holds.
pub(super) fn journal(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut checkpoints = checkpoints(connection, report)?;
    let mut frontier = Frontier::default();
    journal::read(connection, |row| {
        let expected = frontier.size() + 1;
        if row.sequence != expected {
            report.find("journal_gap", format!("entry {expected} is missing before entry {}", row.sequence));
        }
        let said = minicbor::decode::<Leaf>(&row.body);
        let labels = said.is_ok_and(|leaf| leaf.kind() == row.kind && leaf.at().is_none_or(|at| at == row.at));
        if leaf_hash(&row.body) != row.leaf || !labels {
            report.find("journal_changed", format!("entry {} was changed", row.sequence));
        }
        frontier.push(row.leaf);
        if frontier.root() != row.root {
            report.find("journal_root", format!("the tree up to entry {} is another one", row.sequence));
        }
        for root in checkpoints.remove(&frontier.size()).unwrap_or_default() {
            if root != frontier.root() {
                report.find(
                    "journal_rewritten",
                    format!("the first {} entries are not those that were signed", frontier.size()),
                );
            }
        }
        Ok(())
    })?;
    checkpoints.remove(&0);
    if let Some((size, _)) = checkpoints.last_key_value() {
        let found = frontier.size();
        report.find("journal_truncated", format!("entries {} to {size} are gone", found + 1));
    }
    report.count("日志 journal entries", usize::try_from(frontier.size()).unwrap_or(usize::MAX));
    Ok(())
}

/// The signed heads, by size. One that is not signed by this server's key is a finding.
fn checkpoints(connection: &Connection, report: &mut Report) -> Result<BTreeMap<u64, Vec<[u8; 32]>>, StoreError> {
    let mut heads: BTreeMap<u64, Vec<[u8; 32]>> = BTreeMap::new();
    let mut rows = connection.prepare("SELECT id, note, size FROM checkpoint ORDER BY id")?;
    let rows: Vec<(i64, String, i64)> =
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok(heads);
    }
    let key = signing::existing_key(connection)?.verifying_key();
    for (id, note, size) in rows {
        match checkpoint::open(&note, &key) {
            Ok(head) if i64::try_from(head.size) != Ok(size) => {
                report.find("checkpoint", format!("{id}: its row says another size"));
            }
            Ok(head) => heads.entry(head.size).or_default().push(head.root),
            Err(error) => report.find("checkpoint", format!("{id}: {error}")),
        }
    }
    Ok(heads)
}

/// The entries are those of the journal, they follow from each other, and the caches are their sums.
pub(super) fn ledger(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let entries = match ledger::entries(connection) {
        Ok(entries) => entries,
        Err(StoreError::Corrupt(what)) => {
            report.find("ledger_unreadable", what);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    same_as_journal(connection, &entries, report)?;
    report.count("分录 ledger entries", entries.len());
    let scheme = (*Books::load(connection)?.scheme).clone();
    match ledger::load(connection, scheme) {
        Ok(ledger) => {
            caches(connection, &ledger, &entries, report)?;
            super::allowances::allowances(connection, &ledger, &entries, report)
        }
        Err(StoreError::Corrupt(what)) => {
            report.find("ledger_replay", what);
            Ok(())
        }
        Err(other) => Err(other),
    }
}

fn same_as_journal(connection: &Connection, entries: &[Entry], report: &mut Report) -> Result<(), StoreError> {
    let mut rows: BTreeMap<u64, &Entry> = entries.iter().map(|entry| (entry.sequence, entry)).collect();
    journal::read(connection, |row| {
        if let Ok(Leaf::Entry(written, _)) = minicbor::decode::<Leaf>(&row.body) {
            match rows.remove(&written.sequence) {
                Some(found) if *found == written => {}
                Some(_) => report
                    .find("ledger_changed", format!("ledger entry {} is not the one in the journal", written.sequence)),
                None => report.find("ledger_missing", format!("ledger entry {} is gone", written.sequence)),
            }
        }
        Ok(())
    })?;
    for sequence in rows.keys() {
        report.find("ledger_added", format!("ledger entry {sequence} is not in the journal"));
    }
    Ok(())
}

fn caches(connection: &Connection, ledger: &Ledger, entries: &[Entry], report: &mut Report) -> Result<(), StoreError> {
    let mut stored: BTreeMap<String, Balance> = BTreeMap::new();
    let mut rows = connection.prepare("SELECT line, limit_fen, consumed, reserved, escrowed, carried FROM balance")?;
    let rows = rows.query_map([], |row| {
        let balance = Balance {
            limit: Money::from_fen(row.get(1)?),
            consumed: Money::from_fen(row.get(2)?),
            reserved: Money::from_fen(row.get(3)?),
            escrowed: Money::from_fen(row.get(4)?),
            carried: Money::from_fen(row.get(5)?),
        };
        Ok((row.get(0)?, balance))
    })?;
    for row in rows {
        let (line, balance) = row?;
        stored.insert(line, balance);
    }
    for (line, balance) in ledger.balances() {
        if stored.remove(line.as_str()).unwrap_or_default() != balance {
            report.find("balance", format!("the balance of {line} is not the sum of its entries"));
        }
    }
    for line in stored.keys() {
        report.find("balance", format!("the line {line} has a balance and no entries"));
    }
    held(connection, ledger, entries, report)
}

fn held(connection: &Connection, ledger: &Ledger, entries: &[Entry], report: &mut Report) -> Result<(), StoreError> {
    let documents: BTreeSet<DocumentId> = entries.iter().filter_map(|entry| entry.document).collect();
    let mut expected: BTreeSet<(DocumentId, String, i64, i64)> = BTreeSet::new();
    let mut sets: BTreeSet<(String, String)> = BTreeSet::new();
    for document in documents {
        for (set, (outstanding, consumed)) in ledger::holdings(ledger, document) {
            let lines = ledger::lines(&set)?;
            sets.extend(set.iter().map(|line| (line.to_string(), lines.clone())));
            expected.insert((document, lines, outstanding, consumed));
        }
    }
    let mut rows = connection.prepare("SELECT document, lines, outstanding, consumed FROM holding")?;
    let rows =
        rows.query_map([], |row| Ok((DocumentId(row.get(0)?), row.get::<String>(1)?, row.get(2)?, row.get(3)?)))?;
    for row in rows {
        let (document, lines, outstanding, consumed) = row?;
        if !expected.remove(&(document, lines.clone(), outstanding, consumed)) {
            report.find("holding", format!("what {document} holds of {lines} is not the sum of its entries"));
        }
    }
    for (document, lines, ..) in expected {
        report.find("holding", format!("what {document} holds of {lines} is not written"));
    }
    // Sets that nothing holds any more stay.
    let mut rows = connection.prepare("SELECT line, lines FROM control_set")?;
    for row in rows.query_map([], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))? {
        let (line, lines) = row?;
        let named = serde_json::from_str::<Vec<String>>(&lines).is_ok_and(|all| all.contains(&line));
        if !named {
            report.find("holding", format!("{line} is not one of {lines}"));
        }
        sets.remove(&(line, lines));
    }
    for (line, lines) in sets {
        report.find("holding", format!("{line} is one of {lines}, and no row says so"));
    }
    Ok(())
}

/// Every published version is the one whose salted hash is in the journal.
pub(super) fn published(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut written = BTreeMap::new();
    journal::read(connection, |row| {
        if let Ok(Leaf::Published { what, version, hash, person }) = minicbor::decode::<Leaf>(&row.body) {
            written.insert((what, version), (hash, person, row.at));
        }
        Ok(())
    })?;
    let mut rows = connection.prepare("SELECT kind, version, salt, json, person, at FROM published")?;
    let rows = rows.query_map([], |row| {
        let by = (row.get::<Option<[u8; 16]>>(4)?.map(PersonId), Timestamp(row.get(5)?));
        Ok((row.get::<String>(0)?, row.get::<u32>(1)?, row.get::<Vec<u8>>(2)?, row.get::<String>(3)?, by))
    })?;
    let mut count = 0;
    for row in rows {
        let (kind, version, salt, json, (person, at)) = row?;
        count += 1;
        let found = (sha256(&[&salt, json.as_bytes()]), person, at);
        if written.remove(&(kind.clone(), version)) != Some(found) {
            report.find("published", format!("version {version} of {kind} is not the one in the journal"));
        }
    }
    for (kind, version) in written.keys() {
        report.find("published", format!("version {version} of {kind} is gone"));
    }
    report.count("发布版本 published versions", count);
    Ok(())
}
