//! Items of the log in pieces that fit a frame.

use std::collections::HashSet;

use sync::wire::Item;

/// Bytes of changes and statuses in one batch, roughly; well under the largest frame.
const BATCH: usize = 256 * 1024;

/// The items without what this connection pushed itself.
pub(super) fn without(items: Vec<Item>, own: &mut HashSet<[u8; 32]>) -> Vec<Item> {
    if own.is_empty() {
        return items;
    }
    items
        .into_iter()
        .filter_map(|item| match item {
            Item::Changes { document, mut changes } => {
                changes.retain(|change| !own.remove(&change.hash));
                (!changes.is_empty()).then_some(Item::Changes { document, changes })
            }
            other => Some(other),
        })
        .collect()
}

/// The items in pieces that fit a frame, in order; long documents are cut between changes.
pub(super) fn in_batches(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut batches = Batches::default();
    for item in items {
        match item {
            Item::Changes { document, changes } => {
                for change in changes {
                    batches.make_room(change.bytes.len());
                    match batches.open.last_mut() {
                        Some(Item::Changes { document: same, changes }) if *same == document => changes.push(change),
                        _ => batches.open.push(Item::Changes { document, changes: vec![change] }),
                    }
                }
            }
            Item::Status { request, json } => {
                batches.make_room(json.len());
                batches.open.push(Item::Status { request, json });
            }
            Item::Gone { document } => batches.open.push(Item::Gone { document }),
        }
    }
    if !batches.open.is_empty() {
        batches.full.push(batches.open);
    }
    batches.full
}

#[derive(Default)]
struct Batches {
    full: Vec<Vec<Item>>,
    open: Vec<Item>,
    bytes: usize,
}

impl Batches {
    fn make_room(&mut self, bytes: usize) {
        if self.bytes + bytes > BATCH && !self.open.is_empty() {
            self.full.push(std::mem::take(&mut self.open));
            self.bytes = 0;
        }
        self.bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use budget::{DeviceId, RequestId};
    use sync::DocumentKey;
    use sync::wire::{self, Batch, ServerFrame};

    fn changes(document: DocumentKey, sizes: &[usize]) -> Item {
        let changes = sizes.iter().map(|size| wire::SignedChange {
            document,
            hash: [1; 32],
            bytes: vec![0; *size],
            device: DeviceId([1; 16]),
            signature: vec![0; 64],
        });
        Item::Changes { document, changes: changes.collect() }
    }

    #[test]
    fn batches_fit_a_frame_and_keep_the_order() {
        let key = DocumentKey::Claim(RequestId([1; 16]));
        let other = DocumentKey::Thread(RequestId([1; 16]));
        let sizes = vec![60_000; 10];
        let batches = in_batches(vec![changes(key, &sizes), changes(other, &[10]), Item::Gone { document: key }]);
        let mut seen = Vec::new();
        for items in &batches {
            let frame = ServerFrame::Batch(Batch { items: items.clone(), cursor: u64::MAX });
            assert!(wire::encode(&frame).len() < BATCH + 10_000);
            seen.extend(items.iter().map(|item| match item {
                Item::Changes { document, changes } => (*document, changes.len()),
                Item::Gone { document } => (*document, 0),
                Item::Status { .. } => panic!("there was none"),
            }));
        }
        assert_eq!(seen, [(key, 4), (key, 4), (key, 2), (other, 1), (key, 0)]);
        assert_eq!(in_batches(Vec::new()), Vec::<Vec<Item>>::new());
    }

    #[test]
    fn ones_own_work_is_not_sent_back_but_once() {
        let key = DocumentKey::Claim(RequestId([1; 16]));
        let mut own = HashSet::from([[1; 32]]);
        assert_eq!(without(vec![changes(key, &[5])], &mut own), []);
        assert!(own.is_empty());
        assert_eq!(without(vec![changes(key, &[5])], &mut own).len(), 1);
    }
}
