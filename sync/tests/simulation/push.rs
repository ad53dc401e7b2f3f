//! What the relay does with pushed work: signature, gate, records, one answer each.

use std::collections::BTreeSet;

use budget::approval::Route;
use budget::{DeviceId, PersonId, RequestId, RequestState, Timestamp};
use sha2::{Digest, Sha256};
use sync::document::{Claim, digest};
use sync::gate::{self, Terms};
use sync::record::{Decision, Head, Record, SignedRecord, Submission, Verb};
use sync::signature::{change_message, record_message};
use sync::view::{Decider, RequestView, codes};
use sync::wire::{Ack, Push, PushItem, Refused, ServerFrame, SignedChange};
use sync::{Document, DocumentKey};

use crate::relay::{Access, Kept, MOST_REFUSALS, Relay, Request};

/// A true change that is offered as one of another document.
const OTHER_DOCUMENT: &str = "other_document";

type Judged = Result<(), &'static str>;

impl Relay {
    /// Takes a push from a connection of `device`; the answers, after everything is in the log.
    pub(crate) fn push(&mut self, device: DeviceId, push: Push, now: Timestamp) -> Vec<ServerFrame> {
        let (mut admitted, mut answers) = (Vec::new(), Vec::new());
        for item in push.items {
            let hash = item.hash();
            let (signer, accepted) = match &item {
                PushItem::Change(change) => (change.device, Some(change.document)),
                PushItem::Record(record) => (record.device, None),
            };
            let judged = if self.revoked.contains(&device) {
                Err(codes::UNKNOWN_DEVICE)
            } else {
                match item {
                    PushItem::Change(change) => self.change(change),
                    PushItem::Record(record) => self.record(&record, now),
                }
            };
            match judged {
                Ok(()) => admitted.push(Head(hash)),
                Err(code) => {
                    self.remember(signer, hash, code);
                    let heads = accepted.and_then(|key| self.documents.get(&key)).map(|kept| kept.document.heads());
                    answers.push(ServerFrame::Refused(Refused {
                        push: push.id,
                        hash,
                        code: code.into(),
                        detail: Vec::new(),
                        accepted: heads.unwrap_or_default().into_iter().map(Head).collect(),
                    }));
                }
            }
        }
        answers.insert(0, ServerFrame::Ack(Ack { push: push.id, admitted }));
        answers
    }

    /// Keeps the evidence of a refusal; nothing that its device did not sign is one.
    fn remember(&mut self, signer: DeviceId, hash: [u8; 32], code: &'static str) {
        if matches!(code, codes::UNKNOWN_DEVICE | codes::BAD_SIGNATURE | OTHER_DOCUMENT) {
            return;
        }
        let evidence = self.refused.entry(signer).or_default();
        if !evidence.iter().any(|(known, _)| *known == hash) {
            evidence.push_back((hash, code));
        }
        if evidence.len() > MOST_REFUSALS {
            evidence.pop_front();
        }
    }

    fn was_refused(&self, signer: DeviceId, hash: &[u8; 32]) -> Option<&'static str> {
        let evidence = self.refused.get(&signer)?;
        evidence.iter().find(|(known, _)| known == hash).map(|(_, code)| *code)
    }

    fn signer(&self, device: DeviceId, message: &[u8], signature: &[u8]) -> Result<PersonId, &'static str> {
        let (person, key) = self.devices.get(&device).ok_or(codes::UNKNOWN_DEVICE)?;
        if self.revoked.contains(&device) {
            return Err(codes::UNKNOWN_DEVICE);
        }
        if key.verifies(message, signature) { Ok(*person) } else { Err(codes::BAD_SIGNATURE) }
    }

    fn change(&mut self, change: SignedChange) -> Judged {
        if let Some(document) = self.hashes.get(&change.hash) {
            return if *document == change.document { Ok(()) } else { Err(OTHER_DOCUMENT) };
        }
        let message = change_message(&change.document, &change.hash);
        let person = self.signer(change.device, &message, &change.signature)?;
        // What was refused once stays refused, also when it comes again by a slower way.
        self.was_refused(change.device, &change.hash).map_or(Ok(()), Err)?;
        let key = change.document;
        let owner = match key {
            DocumentKey::Claim(_) => self.documents.get(&key).map(|kept| kept.owner),
            DocumentKey::Thread(id) => self.owner(id),
            DocumentKey::Preferences(owner) => Some(owner),
        };
        let editable = key.request().is_none_or(|id| self.state(id).is_editable());
        let participant = key.request().is_some_and(|id| owner == Some(person) || self.reads(person, id));
        let (device, lent_actor) = (change.device, None);
        let terms = Terms { key, device, lent_actor, person, owner, editable, participant };
        let empty = Document::new();
        let document = self.documents.get(&key).map_or(&empty, |kept| &kept.document);
        let admitted = gate::admit(document, &terms, &change.bytes).map_err(|refusal| refusal.code)?;
        if admitted.hash != change.hash {
            return Err(codes::MALFORMED);
        }
        let position = self.next_position();
        if let (DocumentKey::Claim(id), true) = (key, admitted.creates) {
            self.access.insert((person, id), Access { position, ended: None });
        }
        let kept = self.documents.entry(key).or_insert_with(|| Kept {
            document: Document::new(),
            owner: owner.unwrap_or(person),
            log: Vec::new(),
        });
        kept.document = admitted.document;
        self.hashes.insert(change.hash, key);
        kept.log.push((position, change));
        Ok(())
    }

    fn record(&mut self, signed: &SignedRecord, now: Timestamp) -> Judged {
        let hash = signed.hash();
        if self.records.contains(&hash) {
            return Ok(());
        }
        let person = self.signer(signed.device, &record_message(&signed.body), &signed.signature)?;
        self.was_refused(signed.device, &hash).map_or(Ok(()), Err)?;
        let record = Record::parse(&signed.body).map_err(|_| codes::MALFORMED)?;
        if record.person() != person {
            return Err(codes::NOT_ALLOWED);
        }
        if self.ids.contains(&record.id()) {
            return Err("id_reused");
        }
        match &record {
            Record::Submission(submission) => self.submit(submission, now)?,
            Record::Decision(decision) => self.decide(decision, now)?,
            Record::Withdrawal(withdrawal) => {
                let request = self.requests.get(&withdrawal.request).ok_or(codes::UNKNOWN_REQUEST)?;
                if request.view.claimant != person {
                    return Err(codes::NOT_ALLOWED);
                }
                if request.view.revision != withdrawal.revision {
                    return Err(codes::STALE);
                }
                if request.view.state != RequestState::InApproval {
                    return Err(codes::WRONG_STATE);
                }
                self.moved(withdrawal.request, RequestState::Withdrawn, now);
            }
        }
        self.records.insert(hash);
        self.ids.insert(record.id());
        Ok(())
    }

    fn submit(&mut self, submission: &Submission, now: Timestamp) -> Judged {
        let id = submission.request;
        let kept = self.documents.get(&DocumentKey::Claim(id)).ok_or(codes::UNKNOWN_REQUEST)?;
        if kept.owner != submission.person {
            return Err(codes::NOT_ALLOWED);
        }
        if !self.state(id).is_editable() {
            return Err(codes::WRONG_STATE);
        }
        if self.requests.get(&id).map_or(0, |request| request.view.revision) + 1 != submission.revision {
            return Err(codes::STALE);
        }
        let heads: Vec<Head> = kept.document.heads().into_iter().map(Head).collect();
        let seen = digest(&kept.document).map_err(|_| codes::INCOMPLETE)?;
        if heads != submission.heads || seen != submission.digest {
            return Err(codes::STALE);
        }
        let claim = Claim::read(&kept.document).ok_or(codes::INCOMPLETE)?;
        if !claim.problems().is_empty() || claim.total() != Some(submission.total) {
            return Err(codes::INCOMPLETE);
        }
        if claim.invoices.iter().any(|invoice| !self.has_blob(&invoice.blob)) {
            return Err(codes::MISSING_BLOB);
        }
        let manager = self.managers.get(&submission.person).copied().ok_or(codes::NO_APPROVER)?;
        let position = self.next_position();
        let view = RequestView {
            id,
            kind: submission.kind,
            state: RequestState::InApproval,
            revision: submission.revision,
            digest: hex::encode(seen),
            title: claim.title.clone(),
            claimant: submission.person,
            department: claim.department.clone().ok_or(codes::INCOMPLETE)?,
            total: submission.total,
            submitted_at: now,
            as_of: now,
            route: Route::default(),
            step: Some(0),
            deciders: vec![Decider { person: manager, in_place_of: manager }],
            due: None,
            shortages: Vec::new(),
            duplicates: Vec::new(),
            may_reserve_again: false,
            history: Vec::new(),
            warnings: Vec::new(),
            answers: None,
            left: None,
            difference: None,
        };
        self.requests.insert(id, Request { view, position, shown: position });
        // Everybody but the owner gets the whole claim again: they were not told of its draft.
        for ((reader, request), access) in &mut self.access {
            if *request == id && *reader != submission.person && access.ended.is_none() {
                access.position = position;
            }
        }
        let access = self.access.entry((manager, id)).or_insert(Access { position, ended: None });
        if access.ended.is_some() {
            *access = Access { position, ended: None };
        }
        Ok(())
    }

    fn decide(&mut self, decision: &Decision, now: Timestamp) -> Judged {
        let request = self.requests.get(&decision.request).ok_or(codes::UNKNOWN_REQUEST)?;
        if request.view.revision != decision.revision || request.view.digest != hex::encode(decision.digest) {
            return Err(codes::STALE);
        }
        if request.view.state != RequestState::InApproval {
            return Err(codes::ALREADY_DECIDED);
        }
        if request.view.claimant == decision.person {
            return Err(codes::OWN_REQUEST);
        }
        if request.view.decides_for(decision.person).is_none() {
            return Err(codes::NOT_YOUR_STEP);
        }
        let state = match decision.verb {
            Verb::Approve => RequestState::Approved,
            Verb::Reject => RequestState::Rejected,
            Verb::Return => RequestState::Returned,
            // The manager of this small world decides alone.
            Verb::ConsultFirst | Verb::AddSigner | Verb::HandOver => return Err(codes::NOT_ELIGIBLE),
        };
        self.moved(decision.request, state, now);
        Ok(())
    }

    fn moved(&mut self, id: RequestId, state: RequestState, now: Timestamp) {
        let position = self.next_position();
        if let Some(request) = self.requests.get_mut(&id) {
            request.position = position;
            request.view.state = state;
            request.view.step = None;
            request.view.deciders.clear();
            request.view.as_of = now;
        }
    }

    fn has_blob(&self, name: &str) -> bool {
        let mut hash = [0; 32];
        hex::decode_to_slice(name, &mut hash).is_ok() && self.blobs.contains_key(&hash)
    }

    /// The files that have not arrived, of those that live claims name.
    pub(crate) fn damaged_blobs(&self) -> BTreeSet<[u8; 32]> {
        let wrong = |(hash, bytes): &(&[u8; 32], &Vec<u8>)| <[u8; 32]>::from(Sha256::digest(bytes)) != **hash;
        self.blobs.iter().filter(wrong).map(|(hash, _)| *hash).collect()
    }
}
