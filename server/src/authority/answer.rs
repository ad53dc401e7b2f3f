//! What the authority answers: a result or a named refusal, and what has to be told to others.

use budget::{DeviceId, PersonId, RequestId};
use sync::DocumentKey;
use sync::record::{Head, Verb};
use sync::view::RefusalDetail;

use crate::store::StoreError;

/// The connection on which work arrives. The author of the work is proved by its signature, which
/// may be another device of the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Who is signed in.
    pub person: PersonId,
    /// On which device.
    pub device: DeviceId,
}

/// The answer to one piece of work. A refusal is an answer too, and as final as any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What came of it. When refused, nothing but the evidence of the refusal was written.
    pub outcome: Result<T, Refused>,
    /// What has to be sent to others once the transaction is committed; empty for a retry.
    pub effects: Vec<Effect>,
}

/// An [`Answer`], or a store that failed: then the whole batch is rolled back.
pub type Reply<T> = Result<Answer<T>, StoreError>;

impl<T> Answer<T> {
    /// It was done, and these things changed.
    pub(super) const fn done(value: T, effects: Vec<Effect>) -> Self {
        Self { outcome: Ok(value), effects }
    }

    /// It was done before.
    pub(super) const fn again(value: T) -> Self {
        Self { outcome: Ok(value), effects: Vec::new() }
    }

    /// It is refused.
    pub(super) const fn refused(refused: Refused) -> Self {
        Self { outcome: Err(refused), effects: Vec::new() }
    }
}

/// What changed, for those who keep connections to devices and chat platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The log of a document grew.
    Document(DocumentKey),
    /// A request stands differently, or somebody else may read it now.
    Request(RequestId),
    /// Balances moved.
    Budget,
    /// Organisation, scheme or rules were published.
    Company,
    /// Invoices were claimed or given free.
    Fingerprints,
    /// Messages wait to be sent to a chat platform.
    Outbox,
    /// A device may perhaps no longer connect.
    Device(DeviceId),
}

/// Work that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// Its position in the log.
    pub position: u64,
}

/// Why work is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {}", detail.message)]
pub struct Refused {
    /// A stable code of [`sync::view::codes`], of [`budget::ledger::Rejection::code`] or of this crate.
    pub code: &'static str,
    /// What people need to know beside the code. Boxed: refusals are the rare way out of every ladder.
    pub detail: Box<RefusalDetail>,
    /// For a change: the heads that are accepted.
    pub accepted: Vec<Head>,
}

impl Refused {
    /// A refusal with words for the log.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let detail = RefusalDetail { message: message.into(), ..RefusalDetail::default() };
        Self { code, detail: Box::new(detail), accepted: Vec::new() }
    }

    /// A refusal with a place in the claim, such as `lines.0001….amount`.
    pub(super) fn at(code: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        let mut refused = Self::new(code, message);
        refused.detail.place = place.into();
        refused
    }
}

/// What came of a tap on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardResult {
    /// It counts; the same tap again gives the same answer.
    Applied(Verb),
    /// Somebody else had decided this step already.
    Already {
        /// Who.
        by: PersonId,
        /// What.
        verb: Verb,
    },
}

/// A tap on a card, attested by the platform that carried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardTap {
    /// Who tapped, as the platform and the binding of accounts say.
    pub person: PersonId,
    /// The request on the card.
    pub request: RequestId,
    /// The revision on the card.
    pub revision: u32,
    /// The step on the card, from 0.
    pub step: u32,
    /// The button.
    pub verb: Verb,
    /// Why; needed for a rejection or a return.
    pub reason: String,
    /// The platform.
    pub through: sync::view::Surface,
    /// SHA-256 of the verified callback. It is hashed into the decision's id and with that into the journal, so that the
    /// stored evidence cannot be exchanged afterwards.
    pub evidence: [u8; 32],
}

/// A payment that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// The request that is paid now.
    pub request: RequestId,
    /// How much was consumed.
    pub total: budget::Money,
    /// What of it is paid out, after advances (补付).
    pub pay: budget::Money,
    /// What comes back of advances (退回).
    pub refund: budget::Money,
}
