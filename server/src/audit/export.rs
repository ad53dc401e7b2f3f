//! The journal as a file: JSON Lines that anybody can read and check.

use std::io::Write;

use crate::store::sql::Connection;
use budget::Timestamp;
use serde::{Deserialize, Serialize};

use crate::authority::journal::{self, checkpoint, merkle::Frontier};
use crate::authority::signing;
use crate::store::StoreError;

/// The form of the file.
pub(super) const FORMAT: &str = "suanpan-journal-1";

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// `suanpan-journal-1`.
    pub format: String,
    /// The server's public key (C2SP signed-note verifier key).
    pub key: String,
    /// The signed head over all lines that follow.
    pub checkpoint: String,
}

/// Every other line: one leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// 1, 2, 3 … without a gap.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The kind of leaf, for reading; the body says it again.
    pub kind: String,
    /// The leaf's canonical CBOR, in base64.
    pub body: String,
    /// SHA-256 of a zero byte and the body, in hex.
    pub hash: String,
    /// The root of the tree that ends with this leaf, in hex.
    pub root: String,
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
    journal::read(&moment, |row| {
        frontier.push(row.leaf);
        Ok(())
    })?;
    let header = Header {
        format: FORMAT.into(),
        key: checkpoint::verifier(&key.verifying_key()),
        checkpoint: checkpoint::sign(&key, frontier.size(), frontier.root()),
    };
    line(out, &header)?;
    let mut failed = None;
    journal::read(&moment, |row| {
        let written = line(
            out,
            &Line {
                sequence: row.sequence,
                at: row.at,
                kind: row.kind,
                body: base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &row.body),
                hash: hex::encode(row.leaf),
                root: hex::encode(row.root),
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
