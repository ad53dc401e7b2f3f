//! The ledger: reservations and consumption against budget lines, decided one command at a time.
//!
//! ```text
//! command ──▶ known id? ──▶ ladder of named rejections ──▶ point of no return ──▶ entries
//!               │ same body: the same answer                                       │
//!               │ other body: IdReused                                             ▼
//!               ▼                                                              balances
//! ```
//!
//! Promises, checked by [`Ledger::check_invariants`] and by the properties in `ledger/tests.rs`:
//! 1. a line with hard control never has less than nothing available;
//! 2. a reservation is always consumed + released + outstanding;
//! 3. transfers sum to zero;
//! 4. the same command id gives the same answer, also when the answer was no;
//! 5. folding the entries of an empty ledger gives the same balances ([`Ledger::replay`]).
//!
//! A balance is a fold of entries and entries are never changed; a correction is a new entry.

mod balance;
mod command;
mod entry;
mod preview;
mod rejection;
mod reservation;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use balance::Balance;
pub use command::{Action, Charge, Command, Draw};
pub use entry::{Entry, EntryKind};
pub use preview::{Answer, LineAnswer};
pub use rejection::{Holder, Rejection, Shortage};
pub use reservation::Reservation;

use crate::scheme::Control;
use crate::{Code, CommandId, DocumentId, LineId, Money, Scheme, Timestamp};

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The entries it appended, in order.
    pub entries: Vec<Entry>,
    /// Lines under soft control that it took below zero.
    pub warnings: Vec<Shortage>,
}

/// The answer to a command: what it did, or why not. Both are final for its id.
pub type Decision = Result<Outcome, Rejection>;

/// The state of all budget lines and reservations, and every answer given.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    scheme: Scheme,
    balances: BTreeMap<Code, Balance>,
    reservations: BTreeMap<(DocumentId, LineId), Reservation>,
    answers: BTreeMap<CommandId, (command::Fingerprint, Decision)>,
    next_sequence: u64,
}

impl Ledger {
    /// An empty ledger over a published scheme. Sequences start at 1.
    pub fn new(scheme: Scheme) -> Self {
        let balances = scheme.lines().map(|line| (line.code.clone(), Balance::default())).collect();
        Self { scheme, balances, next_sequence: 1, ..Self::default() }
    }

    /// The ledger that these entries and answers describe. Fails when an entry does not follow
    /// from those before it, which means that somebody changed them.
    pub fn replay(
        scheme: Scheme,
        entries: impl IntoIterator<Item = Entry>,
        refusals: impl IntoIterator<Item = (Command, Rejection)>,
        commands: &BTreeMap<CommandId, Command>,
    ) -> Result<Self, ReplayError> {
        let mut ledger = Self::new(scheme);
        for entry in entries {
            if entry.sequence != ledger.next_sequence {
                return Err(ReplayError::Gap { expected: ledger.next_sequence, found: entry.sequence });
            }
            ledger.fold(&entry).ok_or(ReplayError::Impossible(entry.sequence))?;
            let (_, answer) = ledger.answers.entry(entry.command).or_insert_with(|| {
                let fingerprint = commands.get(&entry.command).map(Command::fingerprint).unwrap_or_default();
                (fingerprint, Ok(Outcome { entries: Vec::new(), warnings: Vec::new() }))
            });
            if let Ok(outcome) = answer {
                outcome.entries.push(entry);
            }
        }
        for (command, rejection) in refusals {
            ledger.answers.insert(command.id, (command.fingerprint(), Err(rejection)));
        }
        ledger.check_invariants().map_err(ReplayError::Broken)?;
        Ok(ledger)
    }

    /// The scheme over which it counts.
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Replaces the scheme. Lines that are new start at zero; lines that are gone keep their
    /// balances so that old reservations can still be consumed and released.
    pub fn publish(&mut self, scheme: Scheme) {
        for line in scheme.lines() {
            self.balances.entry(line.code.clone()).or_default();
        }
        self.scheme = scheme;
    }

    /// The balance of one line.
    pub fn balance(&self, line: &Code) -> Option<Balance> {
        self.balances.get(line).copied()
    }

    /// Every balance, by line.
    pub fn balances(&self) -> impl Iterator<Item = (&Code, Balance)> {
        self.balances.iter().map(|(code, balance)| (code, *balance))
    }

    /// What a document holds, by claim line.
    pub fn reservations(&self, document: DocumentId) -> impl Iterator<Item = (LineId, &Reservation)> {
        self.reservations
            .range((document, LineId([0; 16]))..=(document, LineId([255; 16])))
            .map(|((_, line), reservation)| (*line, reservation))
    }

    /// Who holds or has spent money of a line (占用明细), largest outstanding first.
    pub fn holders(&self, line: &Code) -> Vec<Holder> {
        let mut holders: BTreeMap<DocumentId, Holder> = BTreeMap::new();
        for ((document, _), reservation) in &self.reservations {
            if !reservation.lines.contains(line) {
                continue;
            }
            let holder = holders.entry(*document).or_insert_with(|| Holder::new(*document));
            holder.outstanding = holder.outstanding.checked_add(reservation.outstanding).unwrap_or(holder.outstanding);
            holder.consumed = holder.consumed.checked_add(reservation.consumed).unwrap_or(holder.consumed);
        }
        let mut holders: Vec<_> = holders.into_values().filter(Holder::matters).collect();
        holders.sort_by_key(|h| (core::cmp::Reverse(h.outstanding), core::cmp::Reverse(h.consumed), h.document));
        holders
    }

    /// Decides one command. The same id with the same body always gets the same answer; a refused
    /// id stays refused, so a retry that arrives late cannot succeed behind somebody's back.
    pub fn apply(&mut self, now: Timestamp, command: &Command) -> Decision {
        let fingerprint = command.fingerprint();
        if let Some((known, decision)) = self.answers.get(&command.id) {
            return if *known == fingerprint { decision.clone() } else { Err(Rejection::IdReused) };
        }
        let decision = self.decide(command).map(|plan| self.commit(now, command.id, plan));
        self.answers.insert(command.id, (fingerprint, decision.clone()));
        decision
    }

    /// The next entry's number.
    pub const fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Invariants 1 and 2 over the whole state; the name of the first broken one.
    pub fn check_invariants(&self) -> Result<(), &'static str> {
        let mut reserved: BTreeMap<&Code, i64> = BTreeMap::new();
        let mut consumed: BTreeMap<&Code, i64> = BTreeMap::new();
        for reservation in self.reservations.values() {
            if !reservation.is_whole() {
                return Err("a reservation is not consumed + released + outstanding");
            }
            for line in &reservation.lines {
                *reserved.entry(line).or_default() += reservation.outstanding.fen();
                *consumed.entry(line).or_default() += reservation.consumed.fen();
            }
        }
        for (code, balance) in &self.balances {
            let hard = self.scheme.line(code).is_some_and(|line| line.control == Control::Hard);
            if hard && balance.available().is_none_or(|available| available < Money::ZERO) {
                return Err("a line under hard control is overspent");
            }
            if reserved.get(code).copied().unwrap_or(0) != balance.reserved.fen() {
                return Err("a line's reserved amount is not the sum of its reservations");
            }
            if consumed.get(code).copied().unwrap_or(0) != balance.consumed.fen() {
                return Err("a line's consumed amount is not the sum of what was drawn");
            }
        }
        Ok(())
    }

    /// The point of no return: everything was checked, so nothing here can fail.
    fn commit(&mut self, now: Timestamp, command: CommandId, plan: command::Plan) -> Outcome {
        let mut entries = Vec::with_capacity(plan.steps.len());
        for step in plan.steps {
            let entry = Entry {
                sequence: self.next_sequence,
                command,
                at: now,
                kind: step.kind,
                document: step.document,
                line: step.line,
                lines: step.lines,
                amount: step.amount,
            };
            let folded = self.fold(&entry);
            debug_assert!(folded.is_some(), "a decided step always folds: {entry:?}");
            entries.push(entry);
        }
        debug_assert_eq!(self.check_invariants(), Ok(()));
        Outcome { entries, warnings: plan.warnings }
    }

    /// Adds one entry to the balances; `None` when it does not follow from the state.
    fn fold(&mut self, entry: &Entry) -> Option<()> {
        for code in &entry.lines {
            let balance = self.balances.entry(code.clone()).or_default();
            *balance = balance.after(entry.kind, entry.amount)?;
        }
        if let (Some(document), Some(line)) = (entry.document, entry.line) {
            let reservation =
                self.reservations.entry((document, line)).or_insert_with(|| Reservation::new(entry.lines.clone()));
            *reservation = reservation.after(entry)?;
        }
        self.next_sequence = entry.sequence.checked_add(1)?;
        Some(())
    }
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
    /// All entries fold, but the result breaks a promise.
    #[error("{0}")]
    Broken(&'static str),
}
