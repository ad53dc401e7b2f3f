//! What a command would do: its steps, folded into copies of what they touch.
//!
//! Promise: nothing of the ledger is changed here, and what a rehearsal folded can be committed
//! without a further check. Copies are made of what a command touches and of nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::allowance::{genesis, purpose};
use super::node::{Count, NodeId, SetId};
use super::reservation::{Hold, HoldKey};
use super::{Allowance, AllowanceState, EntryKind, Escrow, Ledger};
use crate::{AllowanceId, DocumentId, LineId, Money};

/// One entry before it has a number.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) kind: EntryKind,
    pub(super) set: SetId,
    pub(super) document: Option<DocumentId>,
    pub(super) line: Option<LineId>,
    pub(super) amount: Money,
    pub(super) escrow: Option<Box<Escrow>>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rehearsal {
    pub(super) steps: Vec<Step>,
    pub(super) nodes: BTreeMap<NodeId, Count>,
    pub(super) holds: BTreeMap<HoldKey, Hold>,
    pub(super) allowances: BTreeMap<AllowanceId, Allowance>,
    pub(super) spends: BTreeMap<(AllowanceId, u32), [u8; 32]>,
    pub(super) strays: BTreeSet<(AllowanceId, [u8; 32])>,
    pub(super) admitted: BTreeSet<DocumentId>,
    /// Transfers in minus transfers out.
    pub(super) transferred: i128,
    /// Lines whose budget is taken away: they must have it, whatever their control.
    pub(super) strict: BTreeSet<NodeId>,
}

impl Rehearsal {
    /// Folds one step and keeps it; `None` when it does not follow from the state.
    pub(super) fn fold(&mut self, ledger: &Ledger, step: Step) -> Option<()> {
        let set = ledger.nodes.of_set(step.set)?;
        let held = step.document.is_some() && step.line.is_some();
        for node in &set.nodes {
            let before = self.count(ledger, *node);
            self.nodes.insert(*node, before.after(step.kind, step.amount, held)?);
        }
        if let (Some(document), Some(line), true) = (step.document, step.line, Hold::moved_by(step.kind)) {
            let key = (document, line, step.set);
            let sequence = ledger.next_sequence.checked_add(u64::try_from(self.steps.len()).ok()?)?;
            let before = self.hold(ledger, &key);
            self.holds.insert(key, before.after(step.kind, step.amount, sequence)?);
        }
        if let Some(escrow) = &step.escrow {
            self.escrow(ledger, &step, escrow)?;
        }
        match step.kind {
            EntryKind::TransferIn => self.transferred += i128::from(step.amount.fen()),
            EntryKind::TransferOut => self.transferred -= i128::from(step.amount.fen()),
            EntryKind::Admit => {
                self.admitted.insert(step.document?);
            }
            _ => {}
        }
        self.steps.push(step);
        Some(())
    }

    fn escrow(&mut self, ledger: &Ledger, step: &Step, escrow: &Escrow) -> Option<()> {
        let id = escrow.allowance();
        let mut allowance = self.allowance(ledger, id).unwrap_or_default();
        match escrow {
            Escrow::Granted { device, expires, block, .. } => {
                if allowance.granted().is_zero() {
                    let (last, purpose) = (genesis(id), purpose(block));
                    allowance = Allowance { device: *device, expires: *expires, last, purpose, ..allowance };
                }
                let part = allowance.part_mut(step.set, true)?;
                part.granted = part.granted.checked_add(step.amount)?;
            }
            Escrow::Spent { sequence, hash, follows, exception, .. } => {
                match step.kind {
                    EntryKind::Settle => {
                        let part = allowance.part_mut(step.set, false)?;
                        part.spent = part.spent.checked_add(step.amount)?;
                    }
                    EntryKind::Return => give_back(&mut allowance, step)?,
                    _ => {}
                }
                if !follows {
                    self.strays.insert((id, *hash));
                } else if *sequence == allowance.count.checked_add(1)? {
                    allowance.count = *sequence;
                    allowance.last = *hash;
                    self.spends.insert((id, *sequence), *hash);
                } else if *sequence != allowance.count || *hash != allowance.last {
                    return None;
                }
                allowance.cloned |= exception.is_some_and(super::Exception::proves_clone);
            }
            Escrow::Ended { forced, .. } => {
                give_back(&mut allowance, step)?;
                allowance.state = if *forced { AllowanceState::ForceClosed } else { AllowanceState::Closed };
            }
            Escrow::Denied { .. } => allowance.cloned = true,
        }
        self.allowances.insert(id, allowance);
        allowance.is_whole().then_some(())
    }

    pub(super) fn count(&self, ledger: &Ledger, node: NodeId) -> Count {
        let stored = || ledger.nodes.get(node).map(|node| node.count).unwrap_or_default();
        self.nodes.get(&node).copied().unwrap_or_else(stored)
    }

    pub(super) fn hold(&self, ledger: &Ledger, key: &HoldKey) -> Hold {
        self.holds.get(key).copied().or_else(|| ledger.holds.get(key)).unwrap_or_default()
    }

    pub(super) fn allowance(&self, ledger: &Ledger, id: AllowanceId) -> Option<Allowance> {
        self.allowances.get(&id).copied().or_else(|| ledger.allowances.get(id))
    }

    pub(super) fn spend(&self, ledger: &Ledger, id: AllowanceId, sequence: u32) -> Option<[u8; 32]> {
        self.spends.get(&(id, sequence)).copied().or_else(|| ledger.allowances.spend(id, sequence))
    }

    pub(super) fn is_stray(&self, ledger: &Ledger, id: AllowanceId, hash: [u8; 32]) -> bool {
        self.strays.contains(&(id, hash)) || ledger.allowances.is_stray(id, hash)
    }

    pub(super) fn is_admitted(&self, ledger: &Ledger, document: DocumentId) -> bool {
        self.admitted.contains(&document) || ledger.admitted.contains(&document)
    }

    /// What a document holds on one of its lines, or on all of them.
    pub(super) fn held(&self, ledger: &Ledger, document: DocumentId, line: Option<LineId>) -> Vec<(HoldKey, Hold)> {
        let from = (document, line.unwrap_or(LineId([0; 16])), SetId::MIN);
        let to = (document, line.unwrap_or(LineId([255; 16])), SetId::MAX);
        let mut held: Vec<_> = ledger
            .holds
            .range(from, to)
            .filter(|(key, _)| !self.holds.contains_key(key))
            .chain(self.holds.range(from..=to).map(|(key, hold)| (*key, *hold)))
            .collect();
        held.sort_unstable_by_key(|(key, _)| *key);
        held
    }
}

fn give_back(allowance: &mut Allowance, step: &Step) -> Option<()> {
    if step.amount.is_zero() {
        return Some(());
    }
    let part = allowance.part_mut(step.set, false)?;
    part.returned = part.returned.checked_add(step.amount)?;
    Some(())
}
