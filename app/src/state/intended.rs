//! What this device means to spend (拟占用) and what the budget probably says to it.
//!
//! Promise: nothing here is a decision. Numbers come from the authority's last snapshot, minus what this device has
//! handed in and the snapshot cannot contain.

use std::collections::BTreeMap;

use budget::ledger::{Answer, Charge};
use budget::{Code, Money, RequestId, Scheme};
use sync::document::Claim;
use sync::view::BudgetView;

use super::mirror::Mirror;

/// How much each budget line is meant to bear for these requests of the person on this device.
pub(crate) fn by_line(
    mirror: &Mirror,
    scheme: &Scheme,
    requests: impl IntoIterator<Item = RequestId>,
) -> BTreeMap<Code, Money> {
    let mut intended: BTreeMap<Code, Money> = BTreeMap::new();
    for request in requests {
        let claim = mirror.read(request).filter(|claim| claim.owner == mirror.person());
        for charge in claim.map(Claim::charges).unwrap_or_default() {
            for line in scheme.control_set(&charge.block) {
                let sum = intended.entry(line.code.clone()).or_default();
                *sum = sum.checked_add(charge.amount).unwrap_or(*sum);
            }
        }
    }
    intended
}

/// What the budget says to a claim, as far as this device knows; `others` is meant by other requests of it.
pub(crate) fn answer(
    scheme: &Scheme,
    budget: &BudgetView,
    charges: &[Charge],
    others: &BTreeMap<Code, Money>,
) -> Answer {
    Answer::compute(scheme, charges, |line| {
        let available = budget.lines.get(line)?.balance.available()?;
        available.checked_sub(others.get(line).copied().unwrap_or_default())
    })
}
