//! Commands of the finance department and of devices, decided by the ledger's own ladder.
//!
//! | command | who |
//! |---|---|
//! | year's end, late periods, allowances, red-letter reversals | finance |
//! | reservations and spending of documents that are kept elsewhere | finance |
//! | ending an allowance by force | finance, administrators |
//! | spends and the last word of an allowance | the device that it was granted to |
//!
//! Limits are moved by approved papers alone ([`super::paper`]), and what our own requests hold by
//! their decisions.

use budget::ledger::{Action, Outcome};
use budget::{Command, DocumentId, PersonId, RequestId, Role, Timestamp};
use sync::view::codes;

use super::{Answer, Authority, Caller, Effect, Refused, Reply};
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
        self.carry_out(connection, now, command)
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
