//! People acting through the authority's own doors: they edit, sign, submit, decide and pay.
//!
//! Everything in the demo company's past happened this way, with signatures that hold, so that it
//! passes every check that real work passes.

mod hand;

use crate::store::sql::Connection;
use budget::{PersonId, RequestId, Timestamp};
use sync::document::{Claim, digest};
use sync::record::{Decision, Head, Record, SignedRecord, Submission, Verb, Withdrawal};
use sync::{Document, DocumentKey, Edit};

pub use hand::Hand;

use crate::authority::{Answer, Authority, Paid, Pushed, Refused, access, log, view};
use crate::random;
use crate::store::StoreError;

/// Why somebody could not act.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The authority said no.
    #[error("{0}")]
    Refused(Refused),
    /// What they wanted to write cannot be written.
    #[error("{0}")]
    Content(String),
}

impl From<crate::store::sql::Error> for StageError {
    fn from(error: crate::store::sql::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<random::RandomError> for StageError {
    fn from(error: random::RandomError) -> Self {
        Self::Store(error.into())
    }
}

/// The authority and its tables, with people before it.
pub struct Stage<'a> {
    /// The one that decides.
    pub authority: &'a mut Authority,
    /// Its open transaction.
    pub connection: &'a Connection,
}

fn outcome<T>(answer: Answer<T>) -> Result<T, StageError> {
    answer.outcome.map_err(StageError::Refused)
}

impl Stage<'_> {
    /// The document as this person has it.
    pub fn document(&self, hand: &Hand, key: DocumentKey) -> Result<Document, StageError> {
        let changes = log::document(self.connection, hand.person, &key)?.unwrap_or_default();
        let mut document = Document::new();
        document
            .apply(changes.iter().map(|change| change.bytes.as_slice()))
            .map_err(|error| StageError::Content(error.to_string()))?;
        Ok(document)
    }

    /// Edits a document and pushes the changes.
    pub fn write(&mut self, hand: &Hand, now: Timestamp, key: DocumentKey, edits: &[Edit]) -> Result<(), StageError> {
        let mut document = self.document(hand, key)?;
        for edit in edits {
            if let Some(change) = hand.edit(&mut document, key, now, edit)? {
                outcome(self.authority.push_change(self.connection, now, &hand.caller(), &change)?)?;
            }
        }
        Ok(())
    }

    /// The next submission of a claim as it stands, signed.
    pub fn submission(&self, hand: &Hand, now: Timestamp, id: RequestId) -> Result<SignedRecord, StageError> {
        let document = self.document(hand, DocumentKey::Claim(id))?;
        let claim = Claim::read(&document).ok_or_else(|| StageError::Content("there is no claim".into()))?;
        let submission = Submission {
            id: random::bytes()?,
            request: id,
            kind: claim.kind,
            revision: self.authority.request(id).map_or(1, |request| request.view.revision + 1),
            heads: document.heads().into_iter().map(Head).collect(),
            digest: digest(&document).map_err(|error| StageError::Content(error.to_string()))?,
            total: claim.total().ok_or_else(|| StageError::Content("the total is too large".into()))?,
            person: hand.person,
            at: now,
        };
        Ok(hand.sign(&Record::Submission(submission)))
    }

    /// Pushes a signed record.
    pub fn push(&mut self, hand: &Hand, now: Timestamp, record: &SignedRecord) -> Result<Pushed, StageError> {
        outcome(self.authority.push_record(self.connection, now, &hand.caller(), record)?)
    }

    /// Hands a claim in as it stands.
    pub fn submit(&mut self, hand: &Hand, now: Timestamp, id: RequestId) -> Result<Pushed, StageError> {
        let record = self.submission(hand, now, id)?;
        self.push(hand, now, &record)
    }

    /// A decision on a request as this person sees it now, signed.
    pub fn decision(
        &self,
        hand: &Hand,
        now: Timestamp,
        id: RequestId,
        verb: Verb,
        reason: &str,
    ) -> Result<SignedRecord, StageError> {
        let seen = view::request(self.connection, self.authority.books(), id, hand.person)?
            .ok_or_else(|| StageError::Content("they may not read it".into()))?;
        let digest = hex::decode(&seen.digest).ok().and_then(|digest| digest.try_into().ok());
        let decision = Decision {
            id: random::bytes()?,
            request: id,
            revision: seen.revision,
            digest: digest.ok_or_else(|| StageError::Content("the request has no digest".into()))?,
            step: seen.step.unwrap_or_default(),
            rules_version: seen.route.rules_version,
            verb,
            reason: reason.into(),
            person: hand.person,
            total: seen.total,
            at: now,
            whom: None,
            back_to: None,
        };
        Ok(hand.sign(&Record::Decision(decision)))
    }

    /// Decides the step that is open.
    pub fn decide(
        &mut self,
        hand: &Hand,
        now: Timestamp,
        id: RequestId,
        verb: Verb,
        reason: &str,
    ) -> Result<Pushed, StageError> {
        let record = self.decision(hand, now, id, verb, reason)?;
        self.push(hand, now, &record)
    }

    /// Takes a request back.
    pub fn withdraw(&mut self, hand: &Hand, now: Timestamp, id: RequestId) -> Result<Pushed, StageError> {
        let withdrawal = Withdrawal {
            id: random::bytes()?,
            request: id,
            revision: self.authority.request(id).map_or(0, |request| request.view.revision),
            person: hand.person,
            at: now,
        };
        let record = hand.sign(&Record::Withdrawal(withdrawal));
        self.push(hand, now, &record)
    }

    /// Pays an approved request.
    pub fn pay(&mut self, hand: &Hand, now: Timestamp, id: RequestId) -> Result<Paid, StageError> {
        let payment = random::bytes()?;
        outcome(self.authority.pay(self.connection, now, hand.person, payment, id)?)
    }

    /// Whether a person may read a request.
    pub fn may_read(&self, person: PersonId, id: RequestId) -> Result<bool, StageError> {
        Ok(access::may_read(self.connection, id, person)?)
    }
}

/// A new id in time order (UUID version 7), for a request, line or invoice.
pub fn mint(now: Timestamp) -> Result<[u8; 16], StageError> {
    let mut id = random::bytes::<16>()?;
    let time = u64::try_from(now.0).unwrap_or(0).to_be_bytes();
    for (to, from) in id.iter_mut().zip(time.iter().skip(2)) {
        *to = *from;
    }
    if let Some(version) = id.get_mut(6) {
        *version = (*version & 0x0f) | 0x70;
    }
    if let Some(variant) = id.get_mut(8) {
        *variant = (*variant & 0x3f) | 0x80;
    }
    Ok(id)
}
