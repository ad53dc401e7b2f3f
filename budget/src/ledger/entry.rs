//! One row of the ledger.

use serde::{Deserialize, Serialize};

use super::{ControlSet, Escrow};
use crate::scheme::TaxBasis;
use crate::{CommandId, DocumentId, LineId, Money, Timestamp};

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
    /// Takes from the limit what was released too much (收回).
    #[n(7)]
    Withdraw,
    /// Takes from the limit what goes into the next year, with the hold on it if a request has one
    /// (结转转出).
    #[n(8)]
    CarryOut,
    /// Adds to the limit what comes from the last year, with its hold (上年结转).
    #[n(9)]
    CarryIn,
    /// Takes from the limit what nobody used (年末失效).
    #[n(10)]
    Lapse,
    /// Sets money aside for a device (额度授予).
    #[n(11)]
    Allow,
    /// Turns what a device spent offline into a hold of the request (额度核销).
    #[n(12)]
    Settle,
    /// Gives back what a device may no longer spend (额度归还).
    #[n(13)]
    Return,
    /// Keeps a spend that is not covered, for a person to decide on; moves nothing (额度例外).
    #[n(14)]
    Exception,
    /// The finance department lets a request charge a closed period; moves nothing (跨期入账).
    #[n(15)]
    Admit,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Appropriate,
        Self::TransferIn,
        Self::TransferOut,
        Self::Reserve,
        Self::Release,
        Self::Consume,
        Self::Reverse,
        Self::Withdraw,
        Self::CarryOut,
        Self::CarryIn,
        Self::Lapse,
        Self::Allow,
        Self::Settle,
        Self::Return,
        Self::Exception,
        Self::Admit,
    ];

    /// The stable word of the kind, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Appropriate => "appropriate",
            Self::TransferIn => "transferIn",
            Self::TransferOut => "transferOut",
            Self::Reserve => "reserve",
            Self::Release => "release",
            Self::Consume => "consume",
            Self::Reverse => "reverse",
            Self::Withdraw => "withdraw",
            Self::CarryOut => "carryOut",
            Self::CarryIn => "carryIn",
            Self::Lapse => "lapse",
            Self::Allow => "allow",
            Self::Settle => "settle",
            Self::Return => "return",
            Self::Exception => "exception",
            Self::Admit => "admit",
        }
    }

    /// The kind with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// The line of that request.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// The budget lines that it counts on, sorted.
    #[n(6)]
    pub lines: ControlSet,
    /// How much; never negative.
    #[n(7)]
    pub amount: Money,
    /// Whether the amount is with or without tax. A charge on lines of both kinds has an entry for each.
    #[cbor(n(8), skip_if = "TaxBasis::is_inclusive")]
    #[serde(default, skip_serializing_if = "TaxBasis::is_inclusive")]
    pub basis: TaxBasis,
    /// The allowance that it belongs to, and what happened to that.
    #[n(9)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escrow: Option<Box<Escrow>>,
}
