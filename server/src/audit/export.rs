//! The journal as a file: JSON Lines that anybody can read and check.

use std::io::Write;

use crate::store::sql::Connection;
use serde::{Deserialize, Serialize};

use crate::authority::journal::{self, checkpoint, merkle::Frontier, tree::Tree};
use crate::authority::signing;
use crate::store::StoreError;

/// The form of the file.
pub(super) const FORMAT: &str = "suanpan-journal-2";

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// `suanpan-journal-2`.
    pub format: String,
    /// The server's public key (C2SP signed-note verifier key).
    pub key: String,
    /// The signed head over all lines that follow.
    pub checkpoint: String,
}

/// Every other line: one leaf. Each field is proved or says again what is proved: with the header's
/// checkpoint a line can be checked by itself, by whoever was given no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// 1, 2, 3 … without a gap.
    pub sequence: u64,
    /// The kind of leaf, for reading; the body says it again.
    pub kind: String,
    /// The leaf's canonical CBOR, in base64.
    pub body: String,
    /// SHA-256 of a zero byte and the body, in hex.
    pub hash: String,
    /// The root of the tree that ends with this leaf, in hex.
    pub root: String,
    /// That leaf `sequence − 1` is in the tree of the header's checkpoint: hashes from the leaf to
    /// the root (RFC 9162 section 2.1.3), in hex.
    pub proof: Vec<String>,
}

/// Why the journal cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error("无法写出 · cannot write: {0}")]
    Write(#[from] std::io::Error),
}

/// Writes the whole journal and returns how many leaves it has. Reads one moment of the database,
/// which is not changed: the checkpoint is signed for the file alone.
pub fn export(connection: &Connection, out: &mut impl Write) -> Result<u64, ExportError> {
    let moment = connection.moment().map_err(StoreError::from)?;
    let key = signing::existing_key(&moment)?;
    let mut frontier = Frontier::default();
    let mut leaves = Vec::new();
    journal::read(&moment, |row| {
        frontier.push(row.leaf);
        leaves.push(row.leaf);
        Ok(())
    })?;
    let tree = Tree::new(leaves);
    let header = Header {
        format: FORMAT.into(),
        key: checkpoint::verifier(&key.verifying_key()),
        checkpoint: checkpoint::sign(&key, frontier.size(), frontier.root()),
    };
    line(out, &header)?;
    let mut failed = None;
    let mut index = 0;
    journal::read(&moment, |row| {
        let proof = tree.inclusion(index);
        index += 1;
        let written = line(
            out,
            &Line {
                sequence: row.sequence,
                kind: row.kind,
                body: base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &row.body),
                hash: hex::encode(row.leaf),
                root: hex::encode(row.root),
                proof: proof.iter().map(hex::encode).collect(),
            },
        );
        failed = failed.take().or(written.err());
        Ok(())
    })?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(frontier.size()),
    }
}

fn line(out: &mut impl Write, content: &impl Serialize) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(content).map_err(std::io::Error::other)?;
    text.push(b'\n');
    out.write_all(&text)
}
