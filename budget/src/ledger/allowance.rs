//! Allowances: money that a device may spend with nobody to ask (额度, escrow).
//!
//! ```text
//! authority                         device
//!   Allow ── grant ───────────────▶ purse: spends inside it are final, offline
//!   Settle ◀─ spends, chained ───── each names its number and the hash of the one before
//!   Close ◀── last word ─────────── nothing more will be spent: the rest is given back
//! ```
//!
//! Promise: spends that count never exceed the grant. Expiry stops new spending and frees nothing;
//! only the device's own Close, or an administrator's ForceClose, gives the rest back. Two copies
//! of one device make two branches of one chain: the first branch to arrive counts, the other is
//! kept as exceptions and the allowance is marked, so a clone is found but cannot be prevented.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::node::SetId;
use crate::{AllowanceId, CodingBlock, DeviceId, DocumentId, LineId, Money, Timestamp};

/// A device's signature (签名), which the ledger carries and does not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Signature(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// One thing that a device spent under an allowance, signed by that device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Spend {
    /// Its number: 1, 2, 3 … without a gap.
    #[n(0)]
    pub sequence: u32,
    /// The hash of the spend before it, or [`genesis`] for the first.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub previous: [u8; 32],
    /// The request.
    #[n(2)]
    pub document: DocumentId,
    /// Its line.
    #[n(3)]
    pub line: LineId,
    /// What it is for; it must be what the allowance is for.
    #[n(4)]
    pub block: CodingBlock,
    /// How much, with tax.
    #[n(5)]
    pub amount: Money,
    /// What of it is tax that lines without tax do not count.
    #[cbor(n(6), skip_if = "Money::is_zero_ref")]
    #[serde(default, skip_serializing_if = "Money::is_zero_ref")]
    pub tax: Money,
    /// When, by the device's clock.
    #[n(7)]
    pub at: Timestamp,
    /// The device's signature over [`Spend::hash`], of which it is no part. Whoever takes commands in checks it: the
    /// ledger knows no keys.
    #[n(8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

impl Spend {
    /// SHA-256 over the allowance and the canonical bytes: the link of the chain.
    pub fn hash(&self, allowance: AllowanceId) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(b"suanpan allowance spend\0");
        hasher.update(allowance.bytes());
        let unsigned = Self { signature: None, ..self.clone() };
        hasher.update(minicbor::to_vec(unsigned).unwrap_or_default());
        hasher.finalize().into()
    }
}

/// What the first spend of an allowance follows.
pub fn genesis(allowance: AllowanceId) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"suanpan allowance grant\0");
    hasher.update(allowance.bytes());
    hasher.finalize().into()
}

/// The hash of a block.
pub(super) fn purpose(block: &CodingBlock) -> [u8; 32] {
    Sha256::digest(minicbor::to_vec(block).unwrap_or_default()).into()
}

/// Why a spend does not count and a person has to decide (额度例外).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Exception {
    /// Another spend has its place in the chain: the device was copied or set back (克隆或回滚).
    #[n(0)]
    Forked,
    /// The chain is known to have two branches, so nobody can say which device is meant.
    #[n(1)]
    Cloned,
    /// The device had given its last word.
    #[n(2)]
    AfterClose,
    /// An administrator had closed the allowance.
    #[n(3)]
    ForceClosed,
    /// It was spent after the allowance had expired.
    #[n(4)]
    Expired,
    /// It is for something else than the allowance.
    #[n(5)]
    OtherLines,
    /// More than the allowance had left.
    #[n(6)]
    BeyondGrant,
}

impl Exception {
    /// Whether it shows that two devices use one allowance.
    pub const fn proves_clone(self) -> bool {
        matches!(self, Self::Forked | Self::AfterClose)
    }
}

/// What an entry says of an allowance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Escrow {
    /// It was granted.
    #[n(0)]
    Granted {
        /// The allowance.
        #[n(0)]
        allowance: AllowanceId,
        /// Who may spend it.
        #[n(1)]
        device: DeviceId,
        /// Until when.
        #[n(2)]
        expires: Timestamp,
        /// What it may be spent on.
        #[n(3)]
        block: CodingBlock,
    },
    /// Something was spent.
    #[n(1)]
    Spent {
        /// The allowance.
        #[n(0)]
        allowance: AllowanceId,
        /// The spend's number.
        #[n(1)]
        sequence: u32,
        /// Its hash.
        #[cbor(n(2), with = "minicbor::bytes")]
        hash: [u8; 32],
        /// Whether it follows the last one.
        #[n(3)]
        follows: bool,
        /// Why it does not count, if it does not.
        #[n(4)]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exception: Option<Exception>,
    },
    /// It ended.
    #[n(2)]
    Ended {
        /// The allowance.
        #[n(0)]
        allowance: AllowanceId,
        /// By an administrator, not by the device.
        #[n(1)]
        forced: bool,
    },
    /// The device's last word denies spends that were settled: it was copied or set back.
    #[n(3)]
    Denied {
        /// The allowance.
        #[n(0)]
        allowance: AllowanceId,
    },
}

impl Escrow {
    /// The allowance.
    pub const fn allowance(&self) -> AllowanceId {
        match self {
            Self::Granted { allowance, .. }
            | Self::Spent { allowance, .. }
            | Self::Ended { allowance, .. }
            | Self::Denied { allowance } => *allowance,
        }
    }
}

/// How an allowance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AllowanceState {
    /// Its rest is set aside.
    #[default]
    Open,
    /// The device gave the rest back.
    Closed,
    /// An administrator took the rest back.
    ForceClosed,
}

/// An allowance on one control set. All amounts in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub(super) set: SetId,
    pub(super) granted: Money,
    pub(super) spent: Money,
    pub(super) returned: Money,
}

impl Part {
    pub(super) fn rest(&self) -> Option<Money> {
        self.granted.checked_sub(self.spent)?.checked_sub(self.returned)
    }
}

/// Money that a device may spend offline (额度).
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowance {
    /// Who may spend it.
    pub device: DeviceId,
    /// Until when.
    pub expires: Timestamp,
    /// How it stands.
    pub state: AllowanceState,
    /// Whether two branches of its chain were seen.
    pub cloned: bool,
    /// How many spends follow each other from the grant on.
    pub count: u32,
    /// The hash of the last of them, or [`genesis`].
    pub last: [u8; 32],
    /// The hash of the block that it is for: also when the scheme changes, a spend is for the same.
    pub(super) purpose: [u8; 32],
    pub(super) parts: [Option<Part>; 2],
}

impl Allowance {
    /// What was granted, with tax unless its lines all count without.
    pub fn granted(&self) -> Money {
        self.first().granted
    }

    /// What of it was spent and counts.
    pub fn spent(&self) -> Money {
        self.first().spent
    }

    /// What is still set aside.
    pub fn rest(&self) -> Money {
        self.first().rest().unwrap_or_default()
    }

    fn first(&self) -> Part {
        self.parts.iter().flatten().next().copied().unwrap_or_default()
    }

    /// Invariant 8: spent + returned ≤ granted on each set, and none is negative.
    pub(super) fn is_whole(&self) -> bool {
        self.parts.iter().flatten().all(|part| {
            part.rest().is_some_and(|rest| rest >= Money::ZERO)
                && [part.spent, part.returned].iter().all(|amount| *amount >= Money::ZERO)
        })
    }

    /// The part on one set, made when `granting`.
    pub(super) fn part_mut(&mut self, set: SetId, granting: bool) -> Option<&mut Part> {
        let at = self.parts.iter().position(|part| part.is_some_and(|part| part.set == set));
        let at = at.or_else(|| granting.then(|| self.parts.iter().position(Option::is_none)).flatten())?;
        Some(self.parts.get_mut(at)?.get_or_insert(Part { set, ..Part::default() }))
    }
}
