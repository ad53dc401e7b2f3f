//! The Merkle tree of RFC 6962 section 2.1 (the same as RFC 9162 section 2.1.1), with SHA-256.

use crate::random::sha256;

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf: the prefix keeps a leaf from passing for a node.
pub fn leaf_hash(body: &[u8]) -> Hash {
    sha256(&[&[0x00], body])
}

/// The hash of a node over its two subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[0x01], left, right])
}

/// The right edge of a tree: the roots of its full subtrees, largest first. All that appending needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut joined = leaf;
        // Every trailing one of the old size is a full subtree as large as the one being joined.
        let mut ones = self.size.trailing_ones();
        while let Some(left) = (ones > 0).then(|| self.subtrees.pop()).flatten() {
            joined = node_hash(&left, &joined);
            ones -= 1;
        }
        self.subtrees.push(joined);
        self.size += 1;
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves; of no leaves it is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        let Some(last) = subtrees.next() else {
            return sha256(&[]);
        };
        subtrees.fold(*last, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as RFC 6962 defines it, by recursion over the leaves.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            many => {
                let split = (many.len() / 2 + many.len() % 2).next_power_of_two();
                let split = if split == many.len() { split / 2 } else { split };
                node_hash(&by_definition(&many[..split]), &by_definition(&many[split..]))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_published_vectors() {
        // The reference leaves and roots of Certificate Transparency (RFC 6962).
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::default();
        assert_eq!(hex::encode(frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (leaf, root) in leaves.iter().zip(roots) {
            frontier.push(leaf_hash(&hex::decode(leaf).unwrap()));
            assert_eq!(hex::encode(frontier.root()), root, "with {leaf:?}");
        }
    }

    #[test]
    fn appending_gives_the_tree_of_the_definition() {
        let mut frontier = Frontier::default();
        let mut leaves = Vec::new();
        for number in 0u32..200 {
            leaves.push(leaf_hash(&number.to_be_bytes()));
            frontier.push(leaves[leaves.len() - 1]);
            assert_eq!(frontier.root(), by_definition(&leaves), "of {} leaves", leaves.len());
        }
    }
}
