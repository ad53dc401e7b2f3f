//! Proofs about the tree, for whoever keeps a checkpoint: that a leaf is in it, and that an older
//! tree is the beginning of a newer one (RFC 9162 sections 2.1.3 and 2.1.4).
//!
//! Promise: a proof has as many hashes as the tree has levels, whatever its size, and checking it
//! needs nothing of this server but a signed checkpoint. Making one reads the leaves it stands on;
//! the roots of full groups of [`GROUP`] leaves are remembered, because they never change.

use std::sync::{Mutex, PoisonError};

use super::merkle::{Frontier, Hash, node_hash};
use super::tree::split;
use crate::authority::number;
use crate::store::StoreError;
use crate::store::sql::{Connection, params};

/// Leaves whose root is remembered together; a power of two.
const GROUP: u64 = 256;

/// Roots of full groups of leaves, oldest first: a cache of the table.
#[derive(Debug, Default)]
pub struct Groups(Mutex<Vec<Hash>>);

/// The journal at one moment, for making proofs.
pub struct Proofs<'a> {
    connection: &'a Connection,
    groups: Vec<Hash>,
}

impl Groups {
    /// Reads what has been added since the last time.
    pub fn at<'a>(&self, connection: &'a Connection, size: u64) -> Result<Proofs<'a>, StoreError> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = u64::try_from(groups.len()).unwrap_or(u64::MAX);
        while (known + 1) * GROUP <= size {
            groups.push(root(&leaves(connection, known * GROUP, (known + 1) * GROUP)?));
            known += 1;
        }
        Ok(Proofs { connection, groups: groups.clone() })
    }
}

fn leaves(connection: &Connection, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
    let mut rows = connection
        .prepare_cached("SELECT leaf FROM journal WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence")?;
    let rows = rows.query_map(params![number::stored(from), number::stored(to)], |row| row.get(0))?;
    let found = rows.collect::<Result<Vec<Hash>, _>>()?;
    if u64::try_from(found.len()).ok() != Some(to - from) {
        return Err(StoreError::corrupt(format!("the journal has not every entry from {} to {to}", from + 1)));
    }
    Ok(found)
}

fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

impl Proofs<'_> {
    /// The root over the leaves `from..to`, counted from 0, of which `from` begins a subtree.
    fn subtree(&self, from: u64, to: u64) -> Result<Hash, StoreError> {
        let size = to - from;
        if size <= GROUP {
            return Ok(root(&leaves(self.connection, from, to)?));
        }
        let group = |number: u64| usize::try_from(number / GROUP).unwrap_or(usize::MAX);
        if size.is_multiple_of(GROUP)
            && let Some(groups) = self.groups.get(group(from)..group(to))
        {
            // Groups are full subtrees, so their roots combine as leaves do.
            return Ok(root(groups));
        }
        let middle = from + split(size);
        Ok(node_hash(&self.subtree(from, middle)?, &self.subtree(middle, to)?))
    }

    /// That leaf `index`, counted from 0, is in the tree of `size` leaves; `index < size`.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
        let (mut from, mut to, mut proof) = (0, size, Vec::new());
        while to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                proof.push(self.subtree(middle, to)?);
                to = middle;
            } else {
                proof.push(self.subtree(from, middle)?);
                from = middle;
            }
        }
        proof.reverse();
        Ok(proof)
    }

    /// That the tree of `older` leaves is the beginning of the tree of `size`; `0 < older <= size`.
    pub fn consistency(&self, older: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
        let (mut from, mut to, mut proof) = (0, size, Vec::new());
        // Whether the subtree in hand is the whole older tree, whose root the asker has.
        let mut whole = true;
        while older < to {
            let middle = from + split(to - from);
            if older <= middle {
                proof.push(self.subtree(middle, to)?);
                to = middle;
            } else {
                proof.push(self.subtree(from, middle)?);
                from = middle;
                whole = false;
            }
        }
        if !whole {
            proof.push(self.subtree(from, to)?);
        }
        proof.reverse();
        Ok(proof)
    }
}

/// Whether a proof of inclusion holds (RFC 9162 section 2.1.3.2).
pub fn includes(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether a proof of consistency holds (RFC 9162 section 2.1.4.2): `old` is the root of the first
/// `older` leaves of the tree of `size` leaves with the root `new`.
pub fn extends(older: u64, old: &Hash, size: u64, new: &Hash, proof: &[Hash]) -> bool {
    if older == 0 || older > size {
        return false;
    }
    if older == size {
        return proof.is_empty() && old == new;
    }
    // A full older tree is a subtree of the newer, so its root is not repeated in the proof.
    let path: Vec<&Hash> = older.is_power_of_two().then_some(old).into_iter().chain(proof).collect();
    let Some((first, path)) = path.split_first() else {
        return false;
    };
    let (mut place, mut last) = (older - 1, size - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut left, mut right) = (**first, **first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            left = node_hash(sibling, &left);
            right = node_hash(sibling, &right);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            right = node_hash(&right, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && left == *old && right == *new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::journal::merkle::leaf_hash;
    use crate::random::sha256;
    use crate::testing::tables;

    /// A journal of numbered leaves.
    fn journal(size: u64) -> (Connection, Vec<Hash>) {
        let connection = tables();
        let all: Vec<Hash> = (0..size).map(|number| leaf_hash(&number.to_be_bytes())).collect();
        for (sequence, leaf) in (1_i64..).zip(&all) {
            let insert =
                "INSERT INTO journal (sequence, at, kind, body, leaf, root) VALUES (?1, 0, 'entry', ?2, ?2, ?2)";
            connection.execute(insert, params![sequence, leaf]).unwrap();
        }
        (connection, all)
    }

    fn root_of(leaves: &[Hash], size: u64) -> Hash {
        root(&leaves[..usize::try_from(size).unwrap()])
    }

    #[test]
    fn every_proof_of_a_small_journal_holds_and_no_other_does() {
        let (connection, all) = journal(20);
        for size in 1..=20 {
            let proofs = Groups::default().at(&connection, size).unwrap();
            let root = root_of(&all, size);
            for index in 0..size {
                let leaf = all[usize::try_from(index).unwrap()];
                let proof = proofs.inclusion(index, size).unwrap();
                assert!(includes(&leaf, index, size, &proof, &root), "{index} of {size}");
                assert!(!includes(&leaf, (index + 1) % size, size, &proof, &root) || size == 1, "{index} of {size}");
                assert!(!includes(&root_of(&all, 2), index, size, &proof, &root) || size == 2, "{index} of {size}");
            }
            for older in 1..=size {
                let old = root_of(&all, older);
                let proof = proofs.consistency(older, size).unwrap();
                assert!(extends(older, &old, size, &root, &proof), "{older} in {size}");
                let other = leaf_hash(b"another history");
                assert!(!extends(older, &other, size, &root, &proof), "{older} in {size}");
                assert!(!extends(older, &old, size, &other, &proof), "{older} in {size}");
            }
        }
    }

    #[test]
    fn proofs_over_remembered_groups_are_the_same() {
        let (connection, all) = journal(3 * GROUP + 70);
        let groups = Groups::default();
        for size in [GROUP - 1, GROUP, GROUP + 1, 2 * GROUP + 5, 3 * GROUP, 3 * GROUP + 70] {
            let proofs = groups.at(&connection, size).unwrap();
            let root = root_of(&all, size);
            for index in [0, 1, GROUP / 2, size - 1] {
                let leaf = all[usize::try_from(index).unwrap()];
                assert!(
                    includes(&leaf, index, size, &proofs.inclusion(index, size).unwrap(), &root),
                    "{index} of {size}"
                );
            }
            for older in [1, 2, 100, GROUP - 1, size - 1, size] {
                let proof = proofs.consistency(older, size).unwrap();
                assert!(extends(older, &root_of(&all, older), size, &root, &proof), "{older} in {size}");
            }
        }
    }

    #[test]
    fn nothing_proves_nothing() {
        let empty = sha256(&[]);
        assert!(!includes(&empty, 0, 0, &[], &empty));
        assert!(!extends(0, &empty, 1, &empty, &[]));
        assert!(!extends(2, &empty, 1, &empty, &[]));
        assert!(extends(1, &empty, 1, &empty, &[]));
    }
}
