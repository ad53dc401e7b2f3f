//! Signed records: each is the one that was signed, in the journal, and its row says nothing else.

use std::collections::BTreeMap;

use budget::DeviceId;
use sync::record::Record;
use sync::signature::record_message;

use super::Report;
use crate::authority::journal::{self, Leaf};
use crate::identity;
use crate::random::sha256;
use crate::store::StoreError;
use crate::store::sql::{Connection, Row};

/// What the journal says of a record.
struct Said {
    at: i64,
    /// Whether a device signed it.
    signed: bool,
}

/// A row.
struct Kept {
    position: i64,
    hash: [u8; 32],
    id: Vec<u8>,
    kind: String,
    request: Vec<u8>,
    person: Vec<u8>,
    body: Vec<u8>,
    device: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
    surface: String,
    received_at: i64,
}

/// Every record is canonical, signed by its device where a device signed, and in the journal.
pub(super) fn records(connection: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut leaves = leaves(connection)?;
    let mut rows = connection.prepare(
        "SELECT position, hash, id, kind, request, person, body, device, signature, surface, received_at
         FROM record ORDER BY position",
    )?;
    let mut rows = rows.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let kept = kept(&row)?;
        let position = kept.position;
        let record = Record::parse(&kept.body).ok().filter(|_| sha256(&[&kept.body]) == kept.hash);
        let Some(record) = record else {
            report.find("record_changed", format!("the record at position {position} was changed"));
            continue;
        };
        match leaves.remove(&kept.hash) {
            None => report.find("record_added", format!("the record at position {position} is not in the journal")),
            Some(said) if !tells(&kept, &record, &said) => {
                report.find("record_changed", format!("the row of the record at position {position} was changed"));
            }
            Some(said) if said.signed && !is_signed(connection, &kept)? => {
                report.find("record_signature", format!("the signature at position {position} does not hold"));
            }
            Some(_) => {}
        }
    }
    for hash in leaves.keys() {
        report.find("record_missing", format!("the record {} is gone", hex::encode(hash)));
    }
    report.count("签名记录 records", count);
    Ok(())
}

fn leaves(connection: &Connection) -> Result<BTreeMap<[u8; 32], Said>, StoreError> {
    let mut leaves = BTreeMap::new();
    journal::read(connection, |row| {
        let (record, at, signed) = match minicbor::decode::<Leaf>(&row.body) {
            Ok(Leaf::Submission(leaf)) => (leaf.record, leaf.at, true),
            Ok(Leaf::Decision(leaf)) => (leaf.record, leaf.at, leaf.signed),
            Ok(Leaf::Withdrawal { record, at, .. }) => (record, at, true),
            _ => return Ok(()),
        };
        leaves.insert(record, Said { at: at.0, signed });
        Ok(())
    })?;
    Ok(leaves)
}

fn kept(row: &Row<'_>) -> Result<Kept, StoreError> {
    Ok(Kept {
        position: row.get(0)?,
        hash: row.get(1)?,
        id: row.get(2)?,
        kind: row.get(3)?,
        request: row.get(4)?,
        person: row.get(5)?,
        body: row.get(6)?,
        device: row.get(7)?,
        signature: row.get(8)?,
        surface: row.get(9)?,
        received_at: row.get(10)?,
    })
}

/// Whether the columns beside the body say what the body and the journal say.
fn tells(kept: &Kept, record: &Record, said: &Said) -> bool {
    let kind = match record {
        Record::Submission(_) => "submission",
        Record::Decision(_) => "decision",
        Record::Withdrawal(_) => "withdrawal",
    };
    kept.kind == kind
        && kept.id == record.id()
        && kept.request == record.request().bytes()
        && kept.person == record.person().bytes()
        && kept.received_at == said.at
        && (kept.surface == "app") == said.signed
        && kept.device.is_some() == said.signed
}

fn is_signed(connection: &Connection, kept: &Kept) -> Result<bool, StoreError> {
    let device = kept.device.as_ref().and_then(|device| <[u8; 16]>::try_from(device.as_slice()).ok());
    let (Some(device), Some(signature)) = (device, &kept.signature) else { return Ok(false) };
    let key = identity::find_device(connection, DeviceId(device))?.map(|device| device.key);
    Ok(key.is_some_and(|key| key.verifies(&record_message(&kept.body), signature)))
}
