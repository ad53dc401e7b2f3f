//! The ledger: reservations and consumption against budget lines, decided one command at a time.
//!
//! ```text
//! command ──▶ known id? ──▶ ladder of named rejections, ──▶ point of no return ──▶ entries
//!               │            each step folded into copies                            │
//!               │ same body: the same answer                                         ▼
//!               ▼ other body: IdReused                                            balances
//! ```
//!
//! Promises, checked by [`Ledger::check_invariants`], by an independent model in `ledger/tests/` and,
//! as far as one command can touch them, by every command:
//! 1. a line with hard control never has less than nothing available;
//! 2. a reservation is always consumed + released + outstanding;
//! 3. transfers sum to zero;
//! 4. the same command id gives the same answer, also when the answer was no;
//! 5. folding the entries of an empty ledger gives the same balances ([`Ledger::replay`]);
//! 6. what devices spent under an allowance and counts is never more than the grant.
//!
//! A balance is a fold of entries and entries are never changed; a correction is a new entry. A
//! command costs as much as its control sets are deep: entries themselves are the store's to keep.

mod action;
mod alert;
mod allowance;
mod balance;
mod books;
mod check;
mod command;
mod control_set;
mod decide;
mod entry;
mod node;
mod preview;
mod purse;
mod rehearsal;
mod rejection;
mod replay;
mod reservation;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use action::{Action, Carry, CarryPolicy};
pub use alert::Crossing;
pub use allowance::{Allowance, AllowanceState, Escrow, Exception, Signature, Spend, genesis};
pub use balance::Balance;
pub use check::PublishError;
pub use command::{Charge, Command, Draw, Fingerprint};
pub use control_set::ControlSet;
pub use entry::{Entry, EntryKind};
pub use preview::{Answer, LineAnswer};
pub use purse::{Purse, PurseError};
pub use rejection::{HeldBy, Holder, Rejection, Shortage};
pub use replay::{Answered, ReplayError};
pub use reservation::Reservation;

use crate::scheme::Resolved;
use crate::{AllowanceId, Code, CommandId, DocumentId, LineId, Scheme, Timestamp};
use books::{Allowances, Holds, Open};
use decide::{Compiled, Decider, Plan};
use node::Nodes;
use reservation::{Hold, HoldKey};

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The number of its first entry; 0 when it made none.
    pub first: u64,
    /// How many entries it made.
    pub count: u32,
    /// Those entries, in order; none when the command was decided before: they are in the store.
    pub entries: Vec<Entry>,
    /// Lines under soft control that it took below zero. Told once.
    pub warnings: Vec<Shortage>,
    /// Thresholds that it crossed. Told once.
    pub alerts: Vec<Crossing>,
}

/// The answer to a command: what it did, or why not. Both are final for its id.
pub type Decision = Result<Outcome, Rejection>;

/// An answer as it is remembered.
#[derive(Debug, Clone)]
struct Kept {
    fingerprint: Fingerprint,
    first: u64,
    count: u32,
    rejection: Option<Box<Rejection>>,
}

/// The state of all budget lines, reservations and allowances, and every answer given.
#[derive(Debug, Clone)]
pub struct Ledger {
    scheme: Arc<Scheme>,
    nodes: Nodes,
    /// What each block means; forgotten whenever the scheme changes.
    blocks: BTreeMap<Resolved, Compiled>,
    holds: Holds,
    allowances: Allowances,
    open: Open,
    /// Requests that may charge closed periods.
    admitted: BTreeSet<DocumentId>,
    /// Transfers in minus transfers out.
    transferred: i128,
    answers: BTreeMap<CommandId, Kept>,
    next_sequence: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new(Scheme::default())
    }
}

impl Ledger {
    /// An empty ledger over a published scheme. Sequences start at 1.
    pub fn new(scheme: Scheme) -> Self {
        let mut nodes = Nodes::default();
        nodes.rule_by(&scheme);
        Self {
            scheme: Arc::new(scheme),
            nodes,
            blocks: BTreeMap::new(),
            holds: Holds::default(),
            allowances: Allowances::default(),
            open: Open::default(),
            admitted: BTreeSet::new(),
            transferred: 0,
            answers: BTreeMap::new(),
            next_sequence: 1,
        }
    }

    /// The scheme over which it counts.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The balance of one line.
    pub fn balance(&self, line: &Code) -> Option<Balance> {
        self.nodes.find(line).and_then(|id| self.nodes.get(id)).map(|node| node.count.balance)
    }

    /// Every balance, by line.
    pub fn balances(&self) -> impl Iterator<Item = (&Code, Balance)> {
        self.nodes.by_code().map(|node| (&node.code, node.count.balance))
    }

    /// What a document holds, by claim line; a line that counts with tax here and without there, or
    /// that was carried into another year, comes several times.
    pub fn reservations(&self, document: DocumentId) -> impl Iterator<Item = (LineId, Reservation)> + use<'_> {
        let from = (document, LineId([0; 16]), u32::MIN);
        let to = (document, LineId([255; 16]), u32::MAX);
        self.holds.range(from, to).filter_map(|(key, hold)| Some((key.1, self.reservation(&key, hold)?)))
    }

    fn reservation(&self, key: &HoldKey, hold: Hold) -> Option<Reservation> {
        let set = self.nodes.of_set(key.2)?;
        Some(Reservation {
            lines: set.codes.clone(),
            basis: set.basis,
            since: hold.since,
            reserved: hold.reserved,
            consumed: hold.consumed,
            released: hold.released,
            outstanding: hold.outstanding(),
        })
    }

    /// Everybody who holds or has spent money of a line (占用明细), the largest hold first.
    pub fn holders(&self, line: &Code) -> Vec<Holder> {
        let node = self.nodes.find(line);
        node.map(|node| books::everybody(&self.nodes, &self.holds, &self.allowances, node)).unwrap_or_default()
    }

    /// How an allowance stands.
    pub fn allowance(&self, id: AllowanceId) -> Option<Allowance> {
        self.allowances.get(id)
    }

    /// Every allowance there ever was, by id.
    pub fn allowances(&self) -> impl Iterator<Item = (AllowanceId, Allowance)> + use<'_> {
        self.allowances.iter()
    }

    /// Whether the finance department lets a request charge closed periods.
    pub fn is_admitted(&self, document: DocumentId) -> bool {
        self.admitted.contains(&document)
    }

    /// Whether a command with this id was decided, for good or not.
    pub fn is_answered(&self, id: CommandId) -> bool {
        self.answers.contains_key(&id)
    }

    /// The next entry's number.
    pub const fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Decides one command. The same id with the same body always gets the same answer; a refused
    /// id stays refused, so a retry that arrives late cannot succeed behind somebody's back.
    pub fn apply(&mut self, now: Timestamp, command: &Command) -> Decision {
        let fingerprint = command.fingerprint();
        if let Some(kept) = self.answers.get(&command.id) {
            return kept.again(fingerprint);
        }
        let decision = self.decide(now, command).map(|plan| self.commit(now, command.id, plan));
        let (first, count, rejection) = match &decision {
            Ok(outcome) => (outcome.first, outcome.count, None),
            Err(rejection) => (0, 0, Some(Box::new(rejection.clone()))),
        };
        self.answers.insert(command.id, Kept { fingerprint, first, count, rejection });
        decision
    }

    /// What a command would be answered, with nothing decided: for a look ahead.
    pub fn would_refuse(&mut self, now: Timestamp, command: &Command) -> Option<Rejection> {
        match self.answers.get(&command.id) {
            Some(kept) => kept.again(command.fingerprint()).err(),
            None => self.decide(now, command).err(),
        }
    }

    fn decide(&mut self, now: Timestamp, command: &Command) -> Result<Plan, Rejection> {
        let mut decider = Decider::new(self, now);
        decider.run(&command.action)?;
        for action in &command.also {
            decider.run(action)?;
        }
        decider.finish()
    }

    /// The point of no return: everything was checked, so nothing here can fail.
    fn commit(&mut self, now: Timestamp, command: CommandId, plan: Plan) -> Outcome {
        let Plan { mut rehearsal, warnings } = plan;
        let steps = core::mem::take(&mut rehearsal.steps);
        let alerts = self.absorb(rehearsal);
        let mut entries = Vec::with_capacity(steps.len());
        for step in steps {
            let Some(set) = self.nodes.of_set(step.set) else { continue };
            entries.push(Entry {
                sequence: self.next_sequence,
                command,
                at: now,
                kind: step.kind,
                document: step.document,
                line: step.line,
                lines: set.codes.clone(),
                amount: step.amount,
                basis: set.basis,
                escrow: step.escrow,
            });
            self.next_sequence += 1;
        }
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let first = entries.first().map_or(0, |entry| entry.sequence);
        Outcome { first, count, entries, warnings, alerts }
    }

    /// Takes over what was rehearsed.
    fn absorb(&mut self, rehearsal: rehearsal::Rehearsal) -> Vec<Crossing> {
        let mut alerts = Vec::new();
        for (id, count) in rehearsal.nodes {
            let Some(node) = self.nodes.get_mut(id) else { continue };
            let before = core::mem::replace(&mut node.count, count);
            alerts.extend(node.crossings(before));
        }
        for (key, hold) in rehearsal.holds {
            self.open.put_hold(&self.nodes, &mut self.holds, key, hold);
        }
        for (id, allowance) in rehearsal.allowances {
            self.open.put_allowance(&self.nodes, &mut self.allowances, id, allowance);
        }
        self.allowances.know(rehearsal.spends, rehearsal.strays);
        self.admitted.extend(rehearsal.admitted);
        self.transferred += rehearsal.transferred;
        alerts
    }
}

impl Kept {
    fn again(&self, fingerprint: Fingerprint) -> Decision {
        if self.fingerprint != fingerprint {
            return Err(Rejection::IdReused);
        }
        match &self.rejection {
            Some(rejection) => Err((**rejection).clone()),
            None => Ok(Outcome {
                first: self.first,
                count: self.count,
                entries: Vec::new(),
                warnings: Vec::new(),
                alerts: Vec::new(),
            }),
        }
    }
}
