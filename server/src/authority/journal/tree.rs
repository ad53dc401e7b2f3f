//! The whole tree in memory, for proving every leaf at once.
//!
//! Promise: 64 bytes a leaf, and a proof for each costs as many hashes as the tree has levels. For
//! one proof of a large journal there is [`super::proof`], which reads what it needs.

use super::merkle::{Hash, leaf_hash, node_hash};

/// The hashes of all full subtrees (RFC 9162 section 2.1.1).
#[derive(Debug, Clone)]
pub struct Tree {
    /// By height: the leaves, then the roots of two, of four, …
    levels: Vec<Vec<Hash>>,
}

fn place(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

impl Tree {
    /// The tree over these leaves, in order.
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let pairs = below.chunks_exact(2);
            let above = pairs.filter_map(|pair| Some(node_hash(pair.first()?, pair.last()?))).collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| u64::try_from(leaves.len()).unwrap_or(u64::MAX))
    }

    /// The root of the subtree over `from..to`, of which `from` begins a subtree.
    fn subtree(&self, from: u64, to: u64) -> Hash {
        let size = to.saturating_sub(from);
        if size.is_power_of_two() {
            let level = self.levels.get(place(size.ilog2().into()));
            // Both are there for every range inside the tree.
            return level.and_then(|level| level.get(place(from / size))).copied().unwrap_or_else(|| leaf_hash(&[]));
        }
        let middle = from + split(size);
        node_hash(&self.subtree(from, middle), &self.subtree(middle, to))
    }

    /// That leaf `index`, counted from 0, is in the tree; empty also for a leaf that is not there.
    pub fn inclusion(&self, index: u64) -> Vec<Hash> {
        let (mut from, mut to, mut proof) = (0, self.size(), Vec::new());
        while index < to && to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                proof.push(self.subtree(middle, to));
                to = middle;
            } else {
                proof.push(self.subtree(from, middle));
                from = middle;
            }
        }
        proof.reverse();
        proof
    }
}

/// The largest power of two below a size of at least two.
pub(super) fn split(size: u64) -> u64 {
    1 << (size.max(2) - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::super::merkle::Frontier;
    use super::super::proof::includes;
    use super::*;

    #[test]
    fn every_leaf_of_every_tree_is_proved() {
        let leaves: Vec<Hash> = (0_u64..70).map(|number| leaf_hash(&number.to_be_bytes())).collect();
        for size in 0..=leaves.len() {
            let mut frontier = Frontier::default();
            leaves[..size].iter().for_each(|leaf| frontier.push(*leaf));
            let tree = Tree::new(leaves[..size].to_vec());
            assert_eq!(tree.size(), frontier.size());
            for (index, leaf) in (0..).zip(&leaves[..size]) {
                let proof = tree.inclusion(index);
                assert!(includes(leaf, index, tree.size(), &proof, &frontier.root()), "{index} of {size}");
            }
            assert_eq!(tree.inclusion(tree.size()), Vec::<Hash>::new());
        }
    }
}
