//! One row of the ledger.

use serde::{Deserialize, Serialize};

use crate::{Code, CommandId, DocumentId, LineId, Money, Timestamp};

/// What an entry does to the balances of its lines.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum EntryKind {
    /// Adds to the limit (下达).
    #[n(0)]
    Appropriate,
    /// Adds to the limit what another line gave (调入).
    #[n(1)]
    TransferIn,
    /// Takes from the limit what another line gets (调出).
    #[n(2)]
    TransferOut,
    /// Holds money for a request (占用).
    #[n(3)]
    Reserve,
    /// Gives held money back (释放).
    #[n(4)]
    Release,
    /// Spends held money (执行).
    #[n(5)]
    Consume,
    /// Takes spending back (冲销).
    #[n(6)]
    Reverse,
}

/// One row, never changed once it is written. A balance is the fold of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Entry {
    /// Its number: 1, 2, 3 … without a gap.
    #[n(0)]
    pub sequence: u64,
    /// The command that it answers.
    #[n(1)]
    pub command: CommandId,
    /// When the authority decided it.
    #[n(2)]
    pub at: Timestamp,
    /// What it does.
    #[n(3)]
    pub kind: EntryKind,
    /// The request that it belongs to; none for appropriations and transfers.
    #[n(4)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// The line of that request.
    #[n(5)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// The budget lines that it counts on, sorted.
    #[n(6)]
    pub lines: Vec<Code>,
    /// How much; never negative.
    #[n(7)]
    pub amount: Money,
}
