//! Commands of the finance department and of devices, decided by the ledger's own ladder.
//!
//! | command | who |
//! |---|---|
//! | year's end, late periods, allowances, red-letter reversals | finance |
//! | reservations and spending of documents that are kept elsewhere | finance |
//! | ending an allowance by force | finance, administrators |
//! | spends and the last word of an allowance | the device that it was granted to, each with its signature |
//!
//! An allowance is granted to a device that is enrolled, so that its signatures can be checked then and for ever.
//!
//! Limits are moved by approved papers alone ([`super::paper`]), and what our own requests hold by
//! their decisions.

use budget::ledger::{Action, Outcome, Signature};
use budget::{Command, DocumentId, PersonId, RequestId, Role, Timestamp};
use sync::signature::{PublicKey, close_message, spend_message};
use sync::view::codes;

use super::{Answer, Authority, Caller, Effect, Refused, Reply};
use crate::identity;
use crate::store::StoreError;
use crate::store::sql::Connection;

/// An answer of the ledger to somebody who may see all of it.
#[derive(Debug)]
pub enum Ruling {
    /// It was done.
    Done(Box<Outcome>),
    /// It was refused, for good.
    Refused(Box<budget::ledger::Rejection>),
}

impl Authority {
    /// Runs a command that came through the API.
    pub fn rule(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        caller: &Caller,
        command: &Command,
    ) -> Reply<Ruling> {
        let actions = core::iter::once(&command.action).chain(&command.also);
        if !actions.clone().all(|action| self.may_command(caller, action)) {
            return Ok(Answer::refused(Refused::new(codes::NOT_ALLOWED, "this command is not theirs to give")));
        }
        for action in actions {
            if let Err(refused) = self.check_device(connection, action)? {
                return Ok(Answer::refused(refused));
            }
        }
        self.carry_out(connection, now, command)
    }

    /// What concerns an allowance is for a device that signs, and signed by it.
    fn check_device(&self, connection: &Connection, action: &Action) -> Result<Result<(), Refused>, StoreError> {
        let id = match action {
            Action::Allow { device, .. } => return Ok(super::device::signer(connection, *device)?.map(drop)),
            Action::Settle { allowance, .. } | Action::Close { allowance, .. } => *allowance,
            _ => return Ok(Ok(())),
        };
        // Of one that was never granted the ledger says so.
        let Some(allowance) = self.ledger.allowance(id) else { return Ok(Ok(())) };
        let device = identity::find_device(connection, allowance.device)?;
        let key = device.map(|device| device.key);
        Ok(if signatures_hold(key.as_ref(), action) {
            Ok(())
        } else {
            Err(Refused::new(codes::BAD_SIGNATURE, "a spend or the last word is not signed by the device"))
        })
    }

    /// Applies a command that was allowed, and tells who is concerned.
    pub(super) fn carry_out(&mut self, connection: &Connection, now: Timestamp, command: &Command) -> Reply<Ruling> {
        let charged = self.charge(connection, now, command)?;
        match charged.decision {
            Err(rejection) => Ok(Answer::done(Ruling::Refused(Box::new(rejection)), Vec::new())),
            Ok(outcome) => {
                let mut effects = Vec::new();
                if outcome.count > 0 {
                    effects.push(Effect::Budget);
                    effects.extend(self.prompt_again(connection, now, &charged.moved)?);
                }
                Ok(Answer::done(Ruling::Done(Box::new(outcome)), effects))
            }
        }
    }

    fn may_command(&self, caller: &Caller, action: &Action) -> bool {
        let has = |role| self.books.organisation.has_role(caller.person, role);
        let elsewhere = |document: &DocumentId| !self.requests.contains_key(&RequestId(document.bytes()));
        match action {
            Action::Settle { allowance, .. } | Action::Close { allowance, .. } => {
                let device = self.ledger.allowance(*allowance).map(|allowance| allowance.device);
                device.is_none_or(|device| device == caller.device)
            }
            Action::ForceClose { .. } => has(Role::Finance) || has(Role::Administrator),
            Action::Appropriate { .. } | Action::Withdraw { .. } | Action::Transfer { .. } => false,
            Action::Reserve { document, .. }
            | Action::Adjust { document, .. }
            | Action::Consume { document, .. }
            | Action::Post { document, .. }
            | Action::Release { document } => has(Role::Finance) && elsewhere(document),
            Action::Reverse { .. }
            | Action::Admit { .. }
            | Action::CarryForward { .. }
            | Action::Lapse { .. }
            | Action::Allow { .. } => has(Role::Finance),
        }
    }

    /// Whether somebody keeps the books.
    pub(super) fn keeps_books(&self, person: PersonId) -> bool {
        self.books.organisation.has_role(person, Role::Finance)
    }
}

/// Whether each spend of a report, or a last word, is signed with this key. Other actions carry no signature.
pub(crate) fn signatures_hold(key: Option<&PublicKey>, action: &Action) -> bool {
    let holds = |message: &[u8], signature: Option<&Signature>| {
        key.zip(signature).is_some_and(|(key, signature)| key.verifies(message, &signature.0))
    };
    match action {
        Action::Settle { allowance, spends } => {
            spends.iter().all(|spend| holds(&spend_message(&spend.hash(*allowance)), spend.signature.as_ref()))
        }
        Action::Close { allowance, count, last, signature } => {
            holds(&close_message(*allowance, *count, last), signature.as_ref())
        }
        _ => true,
    }
}
