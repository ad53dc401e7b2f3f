//! Checking an export without the server.

use std::io::BufRead;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::export::{FORMAT, Header, Line};
use crate::authority::journal::checkpoint::{self, Checkpoint, CheckpointError};
use crate::authority::journal::merkle::{Frontier, Hash, leaf_hash};
use crate::authority::journal::proof;

/// An export that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many leaves.
    pub size: u64,
    /// The root over them, in hex.
    pub root: String,
    /// The journal's name.
    pub origin: String,
    /// The size of the checkpoint kept elsewhere, when one was given: up to there nothing was
    /// changed since it was given away.
    pub witnessed: Option<u64>,
}

/// What does not hold. Entries are named by their sequence.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file cannot be read.
    #[error("无法读取 · cannot read: {0}")]
    Read(#[from] std::io::Error),
    /// The first line is no header.
    #[error("文件头不对 · the first line is no header of a journal")]
    NoHeader,
    /// A line is no entry, or is not written as an export writes it.
    #[error("第 {0} 条无法读取 · entry {0} cannot be read")]
    Malformed(u64),
    /// An entry is missing, doubled or out of order.
    #[error(
        "第 {expected} 条缺失，其位置上是第 {found} 条 · entry {expected} is missing: entry {found} stands in its place"
    )]
    Gap {
        /// The entry that should stand here.
        expected: u64,
        /// The entry that does.
        found: u64,
    },
    /// An entry's content is not what was written.
    #[error("第 {0} 条被改动 · entry {0} was changed")]
    Changed(u64),
    /// An entry holds by itself, but the tree up to it is another one.
    #[error("第 {0} 条或其之前被改动 · the tree up to entry {0} is not the one that was written")]
    Root(u64),
    /// The proof that an entry is in the checkpoint's tree does not hold.
    #[error("第 {0} 条不在检查点的树中 · entry {0} is not in the tree of the checkpoint")]
    Proof(u64),
    /// Entries at the end are gone.
    #[error("末尾被截断：应有 {expected} 条，只有 {found} 条 · cut at its end: {found} entries of {expected}; the first that is missing is {}", found + 1)]
    Truncated {
        /// How many the checkpoint counts.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The entries are not those that the checkpoint was made of.
    #[error("前 {0} 条与检查点不符 · the first {0} entries are not those of the checkpoint")]
    Rewritten(u64),
    /// A checkpoint is malformed or signed by somebody else.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The file holds more entries than its own header.
    #[error("多出 {0} 条 · {0} entries more than the header counts")]
    Surplus(u64),
}

impl VerifyError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "audit_unreadable",
            Self::NoHeader => "audit_no_header",
            Self::Malformed(_) => "audit_malformed",
            Self::Gap { .. } => "audit_gap",
            Self::Changed(_) => "audit_changed",
            Self::Root(_) => "audit_root",
            Self::Proof(_) => "audit_proof",
            Self::Truncated { .. } => "audit_truncated",
            Self::Rewritten(_) => "audit_rewritten",
            Self::Checkpoint(_) => "audit_checkpoint",
            Self::Surplus(_) => "audit_surplus",
        }
    }
}

/// Checks an export: each entry by itself, by its proof, and all of them together. `witness` is a
/// checkpoint that was kept elsewhere, the only proof against somebody who holds the server's key.
pub fn verify(file: impl BufRead, witness: Option<&str>) -> Result<Verified, VerifyError> {
    let mut lines = file.lines();
    let first = lines.next().ok_or(VerifyError::NoHeader)??;
    let header: Header = as_written(&first).ok_or(VerifyError::NoHeader)?;
    let key =
        checkpoint::parse_verifier(&header.key).filter(|_| header.format == FORMAT).ok_or(VerifyError::NoHeader)?;
    let own = checkpoint::open(&header.checkpoint, &key)?;
    let witness = witness.map(|note| checkpoint::open(note, &key)).transpose()?;
    let mut frontier = Frontier::default();
    for line in lines {
        take(&mut frontier, &own, &line?)?;
        if let Some(witness) = witness.as_ref().filter(|witness| witness.size == frontier.size()) {
            agrees(witness, frontier.root())?;
        }
    }
    for head in witness.iter().chain([&own]) {
        if frontier.size() < head.size {
            return Err(VerifyError::Truncated { expected: head.size, found: frontier.size() });
        }
    }
    if frontier.size() > own.size {
        return Err(VerifyError::Surplus(frontier.size() - own.size));
    }
    agrees(&own, frontier.root())?;
    Ok(Verified {
        size: frontier.size(),
        root: hex::encode(frontier.root()),
        origin: own.origin,
        witnessed: witness.map(|witness| witness.size),
    })
}

/// What a line says, if it is written to the byte as an export writes it: one content has one text.
fn as_written<T: DeserializeOwned + Serialize>(line: &str) -> Option<T> {
    let content: T = serde_json::from_str(line).ok()?;
    (serde_json::to_string(&content).ok()? == line).then_some(content)
}

fn take(frontier: &mut Frontier, head: &Checkpoint, line: &str) -> Result<(), VerifyError> {
    let expected = frontier.size() + 1;
    let line: Line = as_written(line).ok_or(VerifyError::Malformed(expected))?;
    if line.sequence != expected {
        return Err(VerifyError::Gap { expected, found: line.sequence });
    }
    let body = STANDARD.decode(&line.body).map_err(|_| VerifyError::Malformed(expected))?;
    let hash = leaf_hash(&body);
    let kind = minicbor::decode::<crate::authority::journal::Leaf>(&body).map(|leaf| leaf.kind());
    if line.hash != hex::encode(hash) || kind.ok() != Some(line.kind.as_str()) {
        return Err(VerifyError::Changed(expected));
    }
    frontier.push(hash);
    if line.root != hex::encode(frontier.root()) {
        return Err(VerifyError::Root(expected));
    }
    // What stands behind the checkpoint's end is told as a surplus.
    let proof: Option<Vec<Hash>> = line.proof.iter().map(|text| hash_of(text)).collect();
    let proof = proof.ok_or(VerifyError::Malformed(expected))?;
    if expected <= head.size && !proof::includes(&hash, expected - 1, head.size, &proof, &head.root) {
        return Err(VerifyError::Proof(expected));
    }
    Ok(())
}

/// A hash in lower-case hex.
fn hash_of(text: &str) -> Option<Hash> {
    let hash: Hash = hex::decode(text).ok()?.try_into().ok()?;
    (hex::encode(hash) == text).then_some(hash)
}

fn agrees(head: &Checkpoint, root: Hash) -> Result<(), VerifyError> {
    if head.root == root { Ok(()) } else { Err(VerifyError::Rewritten(head.size)) }
}
