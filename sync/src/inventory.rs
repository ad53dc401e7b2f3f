//! The inventory: what a device and the relay compare once a day, to audit the cursor itself.
//!
//! Promise: two inventories are equal exactly when both sides have the same changes of the same
//! documents and the same statuses, in whatever order these came. A fault in the log's numbering, in
//! what a person may read or in a device's storage cannot stay hidden for longer than a day.

use std::collections::BTreeMap;

use budget::Timestamp;
use sha2::{Digest, Sha256};

use crate::DocumentKey;

/// What one side has of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Sum {
    /// How many changes.
    #[n(0)]
    pub count: u64,
    /// The exclusive or of their hashes: the same in any order.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub changes: [u8; 32],
    /// For a claim that was submitted: when the authority last changed how it stands.
    #[n(2)]
    pub status: Option<Timestamp>,
}

impl Sum {
    /// Counts a change. Counting one twice would take it out again, so callers count what is new.
    pub fn add(&mut self, change: &[u8; 32]) {
        self.count += 1;
        for (to, from) in self.changes.iter_mut().zip(change) {
            *to ^= from;
        }
    }
}

/// Everything that one person may read.
pub type Inventory = BTreeMap<DocumentKey, Sum>;

/// 32 bytes that are equal when the inventories are: SHA-256 over the documents in the order of
/// their names, each as name, zero byte, count (8 bytes, big endian), sum of hashes, and the time of
/// the status (8 bytes, big endian; zero when there is none).
pub fn root(inventory: &Inventory) -> [u8; 32] {
    let named: BTreeMap<String, &Sum> = inventory.iter().map(|(key, sum)| (key.to_string(), sum)).collect();
    let mut hash = Sha256::new();
    for (name, sum) in named {
        hash.update(name);
        hash.update([0]);
        hash.update(sum.count.to_be_bytes());
        hash.update(sum.changes);
        hash.update(sum.status.unwrap_or_default().0.to_be_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use budget::RequestId;

    #[test]
    fn order_does_not_count_and_everything_else_does() {
        let key = |number: u8| DocumentKey::Claim(RequestId([number; 16]));
        let inventory = |changes: &[u8], status: i64| {
            let mut sum = Sum { status: Some(Timestamp(status)), ..Sum::default() };
            for byte in changes {
                sum.add(&[*byte; 32]);
            }
            Inventory::from([(key(1), sum), (key(2), Sum::default())])
        };
        let expected = root(&inventory(&[1, 2], 7));
        assert_eq!(root(&inventory(&[2, 1], 7)), expected);
        assert_ne!(root(&inventory(&[1], 7)), expected);
        assert_ne!(root(&inventory(&[1, 2], 8)), expected);
        let mut fewer = inventory(&[1, 2], 7);
        fewer.remove(&key(2));
        assert_ne!(root(&fewer), expected);
    }
}
