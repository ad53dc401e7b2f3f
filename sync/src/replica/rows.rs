//! Rows: how a replica is kept on the device, key by key.
//!
//! | key | value |
//! |---|---|
//! | `cursor` | epoch and position |
//! | `change/{document}/{hash}` | an admitted change with its signature |
//! | `record/{hash}` | an admitted record of this device |
//! | `outgoing/{order}` | signed work that is not acknowledged |
//! | `refused/{order}` | work that came back |
//! | `status/{request}` | how a request stands |
//! | `view/{name}` | a view |

use std::collections::BTreeMap;

use budget::{DeviceId, PersonId, RequestId, Timestamp};

use super::held::KeptChange;
use super::reconcile::Reconciliation;
use super::{Outgoing, RefusedWork, Replica, Work};
use crate::DocumentKey;
use crate::record::SignedRecord;
use crate::wire::ViewFrame;

/// What has to be kept, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Writes {
    /// Rows to write.
    pub put: Vec<(String, Vec<u8>)>,
    /// Keys to remove.
    pub delete: Vec<String>,
}

impl Writes {
    pub(super) fn put(key: String, value: Vec<u8>) -> Self {
        Self { put: vec![(key, value)], delete: Vec::new() }
    }

    pub(super) fn delete(key: String) -> Self {
        Self { put: Vec::new(), delete: vec![key] }
    }

    /// Both, in one transaction.
    pub fn and(&mut self, other: Self) {
        self.put.extend(other.put);
        self.delete.extend(other.delete);
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty()
    }
}

pub(super) const CURSOR: &str = "cursor";

pub(super) fn change_key(document: &DocumentKey, hash: &[u8; 32]) -> String {
    format!("change/{document}/{}", hex::encode(hash))
}

pub(super) fn record_key(hash: &[u8; 32]) -> String {
    format!("record/{}", hex::encode(hash))
}

pub(super) fn outgoing_key(order: u64) -> String {
    format!("outgoing/{order:016x}")
}

pub(super) fn refused_key(order: u64) -> String {
    format!("refused/{order:016x}")
}

pub(super) fn status_key(request: RequestId) -> String {
    format!("status/{request}")
}

pub(super) fn view_key(name: &str) -> String {
    format!("view/{name}")
}

#[derive(minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub(super) struct CursorRow {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) epoch: Vec<u8>,
    #[n(1)]
    pub(super) position: u64,
    /// When the cursor was last audited.
    #[n(2)]
    pub(super) audited: Option<Timestamp>,
    /// Whether the log is another one and what it lacks was not offered yet.
    #[n(3)]
    pub(super) in_doubt: Option<bool>,
}

/// The document, hash and content of a change's row; `name` is its key after `change/`.
pub(super) fn change_row(name: &str, value: &[u8]) -> Option<(DocumentKey, [u8; 32], KeptChange)> {
    let (document, hex) = name.rsplit_once('/')?;
    let mut hash = [0; 32];
    hex::decode_to_slice(hex, &mut hash).ok()?;
    Some((document.parse().ok()?, hash, minicbor::decode(value).ok()?))
}

impl Replica {
    /// The replica that was kept in these rows, and the keys of rows that cannot be read. Those are
    /// left where they are: the relay sends again what it has, and what is only here may be rescued.
    pub fn open(
        device: DeviceId,
        person: PersonId,
        rows: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> (Self, Vec<String>) {
        let mut replica = Self::new(device, person);
        let mut damaged = Vec::new();
        let mut changes: BTreeMap<DocumentKey, Vec<([u8; 32], KeptChange)>> = BTreeMap::new();
        for (key, value) in rows {
            if replica.read_row(&key, &value, &mut changes).is_none() {
                damaged.push(key);
            }
        }
        for (key, changes) in changes {
            let held = replica.documents.entry(key).or_default();
            if !held.accept_all(&changes) {
                damaged.push(format!("change/{key}"));
            }
            held.working = held.accepted.clone();
        }
        for outgoing in replica.outbox.values() {
            if let Work::Change { document, bytes, .. } = &outgoing.work {
                let held = replica.documents.entry(*document).or_default();
                if held.working.apply([bytes.as_slice()]).is_err() {
                    damaged.push(format!("outgoing of {document}"));
                }
            }
        }
        let last = replica.outbox.keys().chain(replica.refused.keys()).max().copied().unwrap_or(0);
        replica.next_order = last.saturating_add(1);
        if replica.reconciling.is_some() {
            replica.doubt_everything();
        }
        (replica, damaged)
    }

    fn read_row(
        &mut self,
        key: &str,
        value: &[u8],
        changes: &mut BTreeMap<DocumentKey, Vec<([u8; 32], KeptChange)>>,
    ) -> Option<()> {
        if key == CURSOR {
            let row: CursorRow = minicbor::decode(value).ok()?;
            (self.epoch, self.cursor, self.audited) = (row.epoch, row.position, row.audited);
            self.reconciling = (row.in_doubt == Some(true)).then(Reconciliation::default);
            return Some(());
        }
        let (kind, name) = key.split_once('/')?;
        match kind {
            "change" => {
                let (document, hash, kept) = change_row(name, value)?;
                changes.entry(document).or_default().push((hash, kept));
            }
            "record" => {
                let record: SignedRecord = minicbor::decode(value).ok()?;
                self.records.insert(record.hash(), record);
            }
            "outgoing" => {
                let outgoing: Outgoing = minicbor::decode(value).ok()?;
                self.outbox.insert(u64::from_str_radix(name, 16).ok()?, outgoing);
            }
            "refused" => {
                let work: RefusedWork = minicbor::decode(value).ok()?;
                self.refused.insert(u64::from_str_radix(name, 16).ok()?, work);
            }
            "status" => {
                self.statuses.insert(name.parse().ok()?, serde_json::from_slice(value).ok()?);
            }
            "view" => {
                let mut view: ViewFrame = minicbor::decode(value).ok()?;
                // Whoever changed it on the disk left its mark as it was: the relay, told that mark, would never send
                // the true one. So it is asked for once after each start.
                view.mark.clear();
                self.views.insert(name.to_owned(), view);
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn cursor_row(&self) -> Writes {
        let in_doubt = self.reconciling.is_some();
        let row = CursorRow {
            epoch: self.epoch.clone(),
            position: if in_doubt { 0 } else { self.cursor },
            audited: self.audited,
            in_doubt: Some(in_doubt),
        };
        Writes::put(CURSOR.into(), minicbor::to_vec(&row).unwrap_or_default())
    }
}
