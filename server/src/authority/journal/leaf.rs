//! What a leaf says, in canonical CBOR: fields in a fixed order, definite lengths, shortest numbers.

use budget::ledger::Entry;
use budget::{CommandId, Money, PersonId, RequestId, RequestKind, RequestState, Timestamp};
use minicbor::bytes::ByteArray;
use sync::record::Verb;

/// One leaf of the journal.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Leaf {
    /// An entry of the ledger; the first of a command's entries with SHA-256 of the command.
    #[n(0)]
    Entry(#[n(0)] Entry, #[n(1)] Option<ByteArray<32>>),
    /// A request was handed in.
    #[n(1)]
    Submission(#[n(0)] SubmissionLeaf),
    /// A step was decided.
    #[n(2)]
    Decision(#[n(0)] DecisionLeaf),
    /// A request was taken back.
    #[n(3)]
    Withdrawal {
        /// SHA-256 of the signed record.
        #[cbor(n(0), with = "minicbor::bytes")]
        record: [u8; 32],
        /// The request.
        #[n(1)]
        request: RequestId,
        /// The revision that was taken back.
        #[n(2)]
        revision: u32,
        /// Who took it back.
        #[n(3)]
        person: PersonId,
        /// When the authority accepted it.
        #[n(4)]
        at: Timestamp,
    },
    /// A request was paid.
    #[n(4)]
    Payment {
        /// The payment's id.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// The request.
        #[n(1)]
        request: RequestId,
        /// Who paid.
        #[n(2)]
        person: PersonId,
        /// How much.
        #[n(3)]
        total: Money,
        /// When.
        #[n(4)]
        at: Timestamp,
    },
    /// A version of the organisation, the scheme or the rules came into force.
    #[n(5)]
    Published {
        /// Which of them.
        #[n(0)]
        what: String,
        /// Its version.
        #[n(1)]
        version: u32,
        /// SHA-256 over salt and JSON.
        #[cbor(n(2), with = "minicbor::bytes")]
        hash: [u8; 32],
        /// Who published it; none at the first start.
        #[n(3)]
        person: Option<PersonId>,
    },
    /// A paper that moves limits was written or taken a step on.
    #[n(6)]
    Paper {
        /// The paper.
        #[n(0)]
        id: RequestId,
        /// Its revision.
        #[n(1)]
        revision: u32,
        /// SHA-256 over salt and JSON.
        #[cbor(n(2), with = "minicbor::bytes")]
        hash: [u8; 32],
        /// Who did it.
        #[n(3)]
        person: PersonId,
        /// When.
        #[n(4)]
        at: Timestamp,
    },
    /// A voucher of a finance system answered a request.
    #[n(7)]
    Actual {
        /// The command that posted it.
        #[n(0)]
        command: CommandId,
        /// The request.
        #[n(1)]
        request: RequestId,
        /// Whether nothing more comes.
        #[n(2)]
        closes: bool,
        /// Who posted it.
        #[n(3)]
        person: PersonId,
        /// When.
        #[n(4)]
        at: Timestamp,
    },
    /// A claim was set against an advance.
    #[n(8)]
    Settled {
        /// The claim.
        #[n(0)]
        claim: RequestId,
        /// The advance.
        #[n(1)]
        advance: RequestId,
        /// What of the advance the claim covers.
        #[n(2)]
        covered: Money,
        /// What of the advance came back.
        #[n(3)]
        refunded: Money,
        /// When.
        #[n(4)]
        at: Timestamp,
    },
    /// A pre-approval was closed.
    #[n(9)]
    Closed {
        /// The pre-approval.
        #[n(0)]
        request: RequestId,
        /// Who closed it, themselves or with the last claim that answers it.
        #[n(1)]
        person: PersonId,
        /// When.
        #[n(2)]
        at: Timestamp,
    },
    /// A command of the ledger was answered without an entry: refused, or with nothing to do.
    #[n(10)]
    Answered {
        /// The command.
        #[n(0)]
        command: CommandId,
        /// SHA-256 of it.
        #[cbor(n(1), with = "minicbor::bytes")]
        body: [u8; 32],
        /// SHA-256 of the refusal, in the JSON in which it is kept.
        #[n(2)]
        rejection: Option<ByteArray<32>>,
        /// When.
        #[n(3)]
        at: Timestamp,
    },
}

/// A request was handed in.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct SubmissionLeaf {
    /// SHA-256 of the signed record.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub record: [u8; 32],
    /// The request.
    #[n(1)]
    pub request: RequestId,
    /// Its revision.
    #[n(2)]
    pub revision: u32,
    /// The digest of the content.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// Its total.
    #[n(4)]
    pub total: Money,
    /// Who handed it in.
    #[n(5)]
    pub person: PersonId,
    /// When the authority accepted it.
    #[n(6)]
    pub at: Timestamp,
    /// How it stood afterwards.
    #[n(7)]
    pub state: RequestState,
    /// The rules that routed it.
    #[n(8)]
    pub rules_version: u32,
    /// What kind it is, unless it is a claim.
    #[n(9)]
    pub kind: Option<RequestKind>,
}

/// A step was decided.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct DecisionLeaf {
    /// SHA-256 of the record.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub record: [u8; 32],
    /// The request.
    #[n(1)]
    pub request: RequestId,
    /// The revision that was decided on.
    #[n(2)]
    pub revision: u32,
    /// The step, from 0.
    #[n(3)]
    pub step: u32,
    /// What was decided.
    #[n(4)]
    pub verb: Verb,
    /// Who decided.
    #[n(5)]
    pub person: PersonId,
    /// In whose place (代); the person themselves where nobody delegated.
    #[n(6)]
    pub in_place_of: PersonId,
    /// The total that was decided on.
    #[n(7)]
    pub total: Money,
    /// When the authority accepted it.
    #[n(8)]
    pub at: Timestamp,
    /// Whether a device signed it; otherwise a chat platform attested it.
    #[n(9)]
    pub signed: bool,
    /// How the request stood afterwards.
    #[n(10)]
    pub state: RequestState,
}

impl Leaf {
    /// The bytes that are hashed.
    pub fn body(&self) -> Vec<u8> {
        // Encoding into memory cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// When it was decided, where the leaf says so.
    pub const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Entry(entry, _) => Some(entry.at),
            Self::Submission(leaf) => Some(leaf.at),
            Self::Decision(leaf) => Some(leaf.at),
            Self::Withdrawal { at, .. }
            | Self::Payment { at, .. }
            | Self::Paper { at, .. }
            | Self::Actual { at, .. }
            | Self::Settled { at, .. }
            | Self::Closed { at, .. }
            | Self::Answered { at, .. } => Some(*at),
            Self::Published { .. } => None,
        }
    }

    /// The kind, in one word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Entry(..) => "entry",
            Self::Submission(_) => "submission",
            Self::Decision(_) => "decision",
            Self::Withdrawal { .. } => "withdrawal",
            Self::Payment { .. } => "payment",
            Self::Published { .. } => "published",
            Self::Paper { .. } => "paper",
            Self::Actual { .. } => "actual",
            Self::Settled { .. } => "settled",
            Self::Closed { .. } => "closed",
            Self::Answered { .. } => "answered",
        }
    }
}
