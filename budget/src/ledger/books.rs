//! Holds and allowances by number, and who holds most of a line.

use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::allowance::Part;
use super::node::{NodeId, Nodes, SetId};
use super::reservation::{Hold, HoldKey};
use super::{Allowance, HeldBy, Holder};
use crate::{AllowanceId, DeviceId, DocumentId, Money};

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn place(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

/// Every hold there ever was.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds {
    ids: BTreeMap<HoldKey, u32>,
    rows: Vec<(HoldKey, Hold)>,
}

impl Holds {
    pub(super) fn get(&self, key: &HoldKey) -> Option<Hold> {
        self.ids.get(key).and_then(|id| self.row(*id)).map(|(_, hold)| hold)
    }

    pub(super) fn range(&self, from: HoldKey, to: HoldKey) -> impl Iterator<Item = (HoldKey, Hold)> + use<'_> {
        self.ids.range(from..=to).filter_map(|(_, id)| self.row(*id))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (HoldKey, Hold)> + use<'_> {
        self.rows.iter().copied()
    }

    pub(super) fn row(&self, id: u32) -> Option<(HoldKey, Hold)> {
        self.rows.get(place(id)).copied()
    }

    /// Writes a hold; its number and what it held before.
    fn put(&mut self, key: HoldKey, hold: Hold) -> (u32, Hold) {
        if let Some(id) = self.ids.get(&key) {
            let before = self.rows.get_mut(place(*id)).map(|row| core::mem::replace(&mut row.1, hold));
            return (*id, before.unwrap_or_default());
        }
        let id = number(self.rows.len());
        self.ids.insert(key, id);
        self.rows.push((key, hold));
        (id, Hold::default())
    }
}

/// Every allowance there ever was, with the chain of its spends.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowances {
    ids: BTreeMap<AllowanceId, u32>,
    rows: Vec<(AllowanceId, Allowance)>,
    open: BTreeMap<(DeviceId, SetId), AllowanceId>,
    spends: BTreeMap<(AllowanceId, u32), [u8; 32]>,
    strays: BTreeSet<(AllowanceId, [u8; 32])>,
}

impl Allowances {
    pub(super) fn get(&self, id: AllowanceId) -> Option<Allowance> {
        self.ids.get(&id).and_then(|at| self.rows.get(place(*at))).map(|(_, allowance)| *allowance)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (AllowanceId, Allowance)> + use<'_> {
        self.ids.values().filter_map(|at| self.rows.get(place(*at)).copied())
    }

    pub(super) fn open_for(&self, device: DeviceId, set: SetId) -> Option<AllowanceId> {
        self.open.get(&(device, set)).copied()
    }

    pub(super) fn spend(&self, id: AllowanceId, sequence: u32) -> Option<[u8; 32]> {
        self.spends.get(&(id, sequence)).copied()
    }

    pub(super) fn is_stray(&self, id: AllowanceId, hash: [u8; 32]) -> bool {
        self.strays.contains(&(id, hash))
    }

    pub(super) fn know(
        &mut self,
        spends: BTreeMap<(AllowanceId, u32), [u8; 32]>,
        strays: BTreeSet<(AllowanceId, [u8; 32])>,
    ) {
        self.spends.extend(spends);
        self.strays.extend(strays);
    }

    fn put(&mut self, id: AllowanceId, allowance: Allowance) -> (u32, Allowance) {
        for part in allowance.parts.iter().flatten() {
            let key = (allowance.device, part.set);
            if allowance.state == super::AllowanceState::Open {
                self.open.insert(key, id);
            } else if self.open.get(&key) == Some(&id) {
                self.open.remove(&key);
            }
        }
        if let Some(at) = self.ids.get(&id) {
            let before = self.rows.get_mut(place(*at)).map(|row| core::mem::replace(&mut row.1, allowance));
            return (*at, before.unwrap_or_default());
        }
        let at = number(self.rows.len());
        self.ids.insert(id, at);
        self.rows.push((id, allowance));
        (at, Allowance::default())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holding {
    Hold(u32),
    Allowance(u32),
}

/// What is held, by line and amount, the largest first: what a refusal names without looking at the rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Open(BTreeSet<(NodeId, Reverse<i64>, Holding)>);

impl Open {
    fn moved(&mut self, nodes: &Nodes, set: SetId, holding: Holding, before: Money, after: Money) {
        let Some(set) = nodes.of_set(set).filter(|_| before != after) else { return };
        for node in &set.nodes {
            if before.is_positive() {
                self.0.remove(&(*node, Reverse(before.fen()), holding));
            }
            if after.is_positive() {
                self.0.insert((*node, Reverse(after.fen()), holding));
            }
        }
    }

    pub(super) fn put_hold(&mut self, nodes: &Nodes, holds: &mut Holds, key: HoldKey, hold: Hold) {
        let (id, before) = holds.put(key, hold);
        self.moved(nodes, key.2, Holding::Hold(id), before.outstanding(), hold.outstanding());
    }

    pub(super) fn put_allowance(
        &mut self,
        nodes: &Nodes,
        allowances: &mut Allowances,
        id: AllowanceId,
        allowance: Allowance,
    ) {
        let (at, before) = allowances.put(id, allowance);
        let rest = |part: &Part| part.rest().unwrap_or_default();
        for part in allowance.parts.iter().flatten() {
            let before = before.parts.iter().flatten().find(|other| other.set == part.set).map(rest);
            self.moved(nodes, part.set, Holding::Allowance(at), before.unwrap_or_default(), rest(part));
        }
    }

    fn on(&self, node: NodeId) -> impl Iterator<Item = (Money, Holding)> + use<'_> {
        let from = (node, Reverse(i64::MAX), Holding::Hold(0));
        let to = (node, Reverse(i64::MIN), Holding::Allowance(u32::MAX));
        self.0.range(from..=to).map(|(_, Reverse(fen), holding)| (Money::from_fen(*fen), *holding))
    }

    /// The holds on a line.
    pub(super) fn holds(&self, node: NodeId) -> impl Iterator<Item = u32> + use<'_> {
        self.on(node).filter_map(|(_, holding)| match holding {
            Holding::Hold(id) => Some(id),
            Holding::Allowance(_) => None,
        })
    }

    /// The requests and allowances with the largest open holds on a line. A request's holds are
    /// added up over those that are looked at, which are at most four for each that is named.
    pub(super) fn largest(&self, holds: &Holds, allowances: &Allowances, node: NodeId, most: usize) -> Vec<Holder> {
        let mut named: Vec<Holder> = Vec::new();
        for (amount, holding) in self.on(node).take(most.saturating_mul(4)) {
            let (by, consumed) = match holding {
                Holding::Hold(id) => {
                    let Some((key, hold)) = holds.row(id) else { continue };
                    (HeldBy::Document(key.0), hold.consumed)
                }
                Holding::Allowance(at) => {
                    let Some((id, allowance)) = allowances.rows.get(place(at)) else { continue };
                    (HeldBy::Allowance(*id), allowance.spent())
                }
            };
            add(&mut named, by, amount, consumed);
        }
        named.sort_by_key(|holder| (Reverse(holder.outstanding), holder.by));
        named.truncate(most);
        named
    }
}

fn add(named: &mut Vec<Holder>, by: HeldBy, outstanding: Money, consumed: Money) {
    match named.iter_mut().find(|holder| holder.by == by) {
        Some(holder) => {
            holder.outstanding = holder.outstanding.checked_add(outstanding).unwrap_or(holder.outstanding);
            holder.consumed = holder.consumed.checked_add(consumed).unwrap_or(holder.consumed);
        }
        None => named.push(Holder { by, outstanding, consumed }),
    }
}

/// Everybody who holds or has spent money of a line, the largest hold first: a question for a
/// person, which looks at every hold.
pub(super) fn everybody(nodes: &Nodes, holds: &Holds, allowances: &Allowances, node: NodeId) -> Vec<Holder> {
    let on = |set: SetId| nodes.of_set(set).is_some_and(|set| set.nodes.contains(&node));
    let mut sums: BTreeMap<DocumentId, Vec<Holder>> = BTreeMap::new();
    for ((document, _, _), hold) in holds.iter().filter(|(key, _)| on(key.2)) {
        add(sums.entry(document).or_default(), HeldBy::Document(document), hold.outstanding(), hold.consumed);
    }
    let mut all: Vec<Holder> = sums.into_values().flatten().collect();
    for (id, allowance) in allowances.iter() {
        for part in allowance.parts.iter().flatten().filter(|part| on(part.set)) {
            let outstanding = part.rest().unwrap_or_default();
            all.push(Holder { by: HeldBy::Allowance(id), outstanding, consumed: Money::ZERO });
        }
    }
    all.retain(|holder| holder.outstanding.is_positive() || holder.consumed.is_positive());
    all.sort_by_key(|holder| (Reverse(holder.outstanding), Reverse(holder.consumed), holder.by));
    all
}
