//! Records: what people sign. Not a CRDT; verified by the authority, then appended for ever.
//!
//! Promise: a record names the exact content that its signer saw (the digest at given heads), so a
//! decision on other content is no decision.

use budget::{DeviceId, Money, PersonId, RequestId, RequestKind, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::view::RequestView;

/// What somebody signed.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Record {
    /// "I submit this."
    #[n(0)]
    Submission(#[n(0)] Submission),
    /// "I approve, reject or return this."
    #[n(1)]
    Decision(#[n(0)] Decision),
    /// "I take this back."
    #[n(2)]
    Withdrawal(#[n(0)] Withdrawal),
}

/// A claimant hands a request in (提交).
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Submission {
    /// Minted on the device; the same submission sent twice is one.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// The request.
    #[n(1)]
    pub request: RequestId,
    /// What kind it is.
    #[n(2)]
    pub kind: RequestKind,
    /// 1 for the first submission, one more for each after a return.
    #[n(3)]
    pub revision: u32,
    /// The heads of the claim document that was submitted.
    #[n(4)]
    pub heads: Vec<Head>,
    /// The digest of its content at those heads.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// The total that the claimant saw.
    #[n(6)]
    pub total: Money,
    /// Who submits.
    #[n(7)]
    pub person: PersonId,
    /// When, by the device's clock.
    #[n(8)]
    pub at: Timestamp,
}

/// The hash of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Head(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// What an approver says.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Verb {
    /// Agree (同意).
    #[n(0)]
    Approve,
    /// Refuse (驳回).
    #[n(1)]
    Reject,
    /// Give back to be mended (退回).
    #[n(2)]
    Return,
    /// Ask somebody else first (前加签).
    #[n(3)]
    ConsultFirst,
    /// Ask somebody else afterwards (后加签).
    #[n(4)]
    AddSigner,
    /// Let somebody else decide in one's place (转交).
    #[n(5)]
    HandOver,
}

impl Verb {
    /// Whether it says yes or no; the others say who shall.
    pub const fn settles(self) -> bool {
        matches!(self, Self::Approve | Self::Reject | Self::Return)
    }
}

/// An approver decides (审批).
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Decision {
    /// Minted on the device.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// The request.
    #[n(1)]
    pub request: RequestId,
    /// The revision that the approver looked at.
    #[n(2)]
    pub revision: u32,
    /// The digest of the content that the approver looked at.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// The step that they decide, from 0.
    #[n(4)]
    pub step: u32,
    /// The rules that routed it to them.
    #[n(5)]
    pub rules_version: u32,
    /// What they say.
    #[n(6)]
    pub verb: Verb,
    /// Why; never empty for a rejection or a return.
    #[n(7)]
    pub reason: String,
    /// Who decides.
    #[n(8)]
    pub person: PersonId,
    /// The total that the approver saw.
    #[n(9)]
    pub total: Money,
    /// When, by the device's clock.
    #[n(10)]
    pub at: Timestamp,
    /// Whom they ask or hand over to.
    #[n(11)]
    pub whom: Option<PersonId>,
    /// The earlier step that they give it back to; the claimant when there is none.
    #[n(12)]
    pub back_to: Option<u32>,
}

impl Decision {
    /// "I approve, reject or return this": what the approver says about a request as this device was told of it.
    /// `None` when no step of it is open.
    pub fn of(
        view: &RequestView,
        verb: Verb,
        reason: &str,
        person: PersonId,
        at: Timestamp,
        id: [u8; 16],
    ) -> Option<Self> {
        let mut digest = [0; 32];
        hex::decode_to_slice(&view.digest, &mut digest).ok()?;
        Some(Self {
            id,
            request: view.id,
            revision: view.revision,
            digest,
            step: view.step?,
            rules_version: view.route.rules_version,
            verb,
            reason: reason.trim().to_owned(),
            person,
            total: view.total,
            at,
            whom: None,
            back_to: None,
        })
    }
}

/// A claimant takes a request back before it is approved (撤回).
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Withdrawal {
    /// Minted on the device.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// The request.
    #[n(1)]
    pub request: RequestId,
    /// The revision that is taken back.
    #[n(2)]
    pub revision: u32,
    /// Who takes it back.
    #[n(3)]
    pub person: PersonId,
    /// When, by the device's clock.
    #[n(4)]
    pub at: Timestamp,
}

impl Record {
    /// The bytes that are signed and kept.
    pub fn body(&self) -> Vec<u8> {
        // Encoding into memory cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// The record in these bytes. Only the canonical spelling is accepted, so that one record has
    /// one hash.
    pub fn parse(body: &[u8]) -> Result<Self, minicbor::decode::Error> {
        let record: Self = minicbor::decode(body)?;
        if record.body() != body {
            return Err(minicbor::decode::Error::message("the record is not in its canonical form"));
        }
        match &record {
            Self::Decision(decision) if decision.reason.contains('\0') => {
                Err(minicbor::decode::Error::message("the reason holds U+0000"))
            }
            _ => Ok(record),
        }
    }

    /// The request that it is about.
    pub const fn request(&self) -> RequestId {
        match self {
            Self::Submission(it) => it.request,
            Self::Decision(it) => it.request,
            Self::Withdrawal(it) => it.request,
        }
    }

    /// Who signs it.
    pub const fn person(&self) -> PersonId {
        match self {
            Self::Submission(it) => it.person,
            Self::Decision(it) => it.person,
            Self::Withdrawal(it) => it.person,
        }
    }

    /// Its id.
    pub const fn id(&self) -> [u8; 16] {
        match self {
            Self::Submission(it) => it.id,
            Self::Decision(it) => it.id,
            Self::Withdrawal(it) => it.id,
        }
    }
}

/// A record with its device's signature.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct SignedRecord {
    /// The record's bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub body: Vec<u8>,
    /// Who signed.
    #[n(1)]
    pub device: DeviceId,
    /// Over [`crate::signature::record_message`].
    #[cbor(n(2), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

impl SignedRecord {
    /// SHA-256 of the body: the record's name on the wire.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.body).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_one_spelling() {
        let record = Record::Withdrawal(Withdrawal {
            id: [1; 16],
            request: RequestId([2; 16]),
            revision: 1,
            person: PersonId([3; 16]),
            at: Timestamp(4),
        });
        let body = record.body();
        assert_eq!(Record::parse(&body).unwrap(), record);
        let mut longer = body.clone();
        longer.push(0);
        assert!(Record::parse(&longer).is_err());
        for cut in 0..body.len() {
            assert!(Record::parse(&body[..cut]).is_err(), "cut at {cut}");
        }
    }
}
