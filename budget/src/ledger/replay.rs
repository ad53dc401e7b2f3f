//! The ledger that entries describe: the proof that they are what it wrote.

use super::rehearsal::{Rehearsal, Step};
use super::{Entry, Fingerprint, Kept, Ledger, Rejection};
use crate::{CommandId, Scheme};

/// A command that was decided, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its id.
    pub command: CommandId,
    /// What tells it from another with the same id.
    pub fingerprint: Fingerprint,
    /// Why it was refused, if it was.
    pub rejection: Option<Rejection>,
}

/// Why entries cannot be replayed: they are not what this ledger wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A number is missing or doubled.
    #[error("entry {expected} is missing; the next one is {found}")]
    Gap {
        /// The number that should come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The entry draws on what is not there.
    #[error("entry {0} does not follow from those before it")]
    Impossible(u64),
    /// The entry answers a command that was refused or never given.
    #[error("entry {0} answers no command")]
    Unasked(u64),
    /// All entries fold, but the result breaks a promise.
    #[error("{0}")]
    Broken(&'static str),
}

impl Ledger {
    /// The ledger that these answers and entries describe. Fails when an entry does not follow
    /// from those before it, which means that somebody changed them.
    pub fn replay(
        scheme: Scheme,
        answers: impl IntoIterator<Item = Answered>,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self, ReplayError> {
        let mut ledger = Self::new(scheme);
        for Answered { command, fingerprint, rejection } in answers {
            let rejection = rejection.map(Box::new);
            ledger.answers.insert(command, Kept { fingerprint, first: 0, count: 0, rejection });
        }
        for entry in entries {
            ledger.fold(entry)?;
        }
        ledger.check_invariants().map_err(ReplayError::Broken)?;
        Ok(ledger)
    }

    fn fold(&mut self, entry: Entry) -> Result<(), ReplayError> {
        let sequence = entry.sequence;
        if sequence != self.next_sequence {
            return Err(ReplayError::Gap { expected: self.next_sequence, found: sequence });
        }
        let answer = self.answers.get_mut(&entry.command).filter(|answer| answer.rejection.is_none());
        let answer = answer.ok_or(ReplayError::Unasked(sequence))?;
        if answer.count == 0 {
            answer.first = sequence;
        }
        answer.count = answer.count.saturating_add(1);
        let set = self.nodes.set(entry.basis, entry.lines);
        let Entry { kind, document, line, amount, escrow, .. } = entry;
        let mut rehearsal = Rehearsal::default();
        let step = Step { kind, set, document, line, amount, escrow };
        rehearsal.fold(self, step).ok_or(ReplayError::Impossible(sequence))?;
        // Whoever was to be told has been told.
        self.absorb(rehearsal);
        self.next_sequence = sequence.checked_add(1).ok_or(ReplayError::Impossible(sequence))?;
        Ok(())
    }
}
