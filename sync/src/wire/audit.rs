//! The answer to an audit of the cursor, see [`crate::inventory`].

use super::ServerFrame;
use crate::DocumentKey;
use crate::inventory::{Inventory, Sum, root};

/// The relay's side of an audit.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Audited {
    /// Whether both have the same.
    #[n(0)]
    pub same: bool,
    /// Otherwise what this person may read; in several frames if it is much.
    #[n(1)]
    pub documents: Vec<Listed>,
    /// Whether this was the last of them.
    #[n(2)]
    pub last: bool,
}

/// Most documents in one frame of an audit's answer.
const MOST_LISTED: usize = 4_096;

impl Audited {
    /// The frames that answer an audit.
    pub fn frames(asked: &[u8; 32], inventory: &Inventory) -> Vec<ServerFrame> {
        if root(inventory) == *asked {
            return vec![ServerFrame::Audited(Self { same: true, documents: Vec::new(), last: true })];
        }
        let listed: Vec<Listed> =
            inventory.iter().map(|(document, sum)| Listed { document: *document, sum: *sum }).collect();
        let mut frames: Vec<Self> = listed
            .chunks(MOST_LISTED)
            .map(|documents| Self { same: false, documents: documents.to_vec(), last: false })
            .collect();
        if frames.is_empty() {
            frames.push(Self { same: false, documents: Vec::new(), last: false });
        }
        if let Some(last) = frames.last_mut() {
            last.last = true;
        }
        frames.into_iter().map(ServerFrame::Audited).collect()
    }
}

/// What the relay has of one document.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Listed {
    /// The document.
    #[n(0)]
    pub document: DocumentKey,
    /// How much of it.
    #[n(1)]
    pub sum: Sum,
}
