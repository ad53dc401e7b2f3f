//! Rows: how a replica is kept on the device, key by key.
//!
//! | key | value |
//! |---|---|
//! | `cursor` | epoch and position |
//! | `change/{document}/{hash}` | an admitted change |
//! | `outgoing/{order}` | signed work that is not acknowledged |
//! | `refused/{order}` | work that came back |
//! | `status/{request}` | how a request stands |
//! | `view/{name}` | a view |

use std::collections::BTreeMap;

use budget::{DeviceId, PersonId, RequestId};
use sha2::{Digest, Sha256};

use super::{Outgoing, RefusedWork, Replica, Work};
use crate::DocumentKey;
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

/// How a device names a view that it has.
pub fn view_hash(json: &[u8]) -> [u8; 8] {
    let mut hash = [0; 8];
    for (to, from) in hash.iter_mut().zip(Sha256::digest(json)) {
        *to = from;
    }
    hash
}

#[derive(minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub(super) struct CursorRow {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) epoch: Vec<u8>,
    #[n(1)]
    pub(super) position: u64,
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
        let mut changes: BTreeMap<DocumentKey, Vec<Vec<u8>>> = BTreeMap::new();
        for (key, value) in rows {
            if replica.read_row(&key, &value, &mut changes).is_none() {
                damaged.push(key);
            }
        }
        for (key, changes) in changes {
            let held = replica.documents.entry(key).or_default();
            if held.accepted.apply(changes.iter().map(Vec::as_slice)).is_err() {
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
        (replica, damaged)
    }

    fn read_row(&mut self, key: &str, value: &[u8], changes: &mut BTreeMap<DocumentKey, Vec<Vec<u8>>>) -> Option<()> {
        if key == CURSOR {
            let row: CursorRow = minicbor::decode(value).ok()?;
            (self.epoch, self.cursor) = (row.epoch, row.position);
            return Some(());
        }
        let (kind, name) = key.split_once('/')?;
        match kind {
            "change" => {
                let (document, _) = name.rsplit_once('/')?;
                changes.entry(document.parse().ok()?).or_default().push(value.to_vec());
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
                let view: ViewFrame = minicbor::decode(value).ok()?;
                self.views.insert(name.to_owned(), view);
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn cursor_row(&self) -> Writes {
        let row = CursorRow { epoch: self.epoch.clone(), position: self.cursor };
        Writes::put(CURSOR.into(), minicbor::to_vec(&row).unwrap_or_default())
    }
}
