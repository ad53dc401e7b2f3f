//! An open request moves to other rules, only when somebody wants it to, and after looking.
//!
//! Promise: what was agreed stays agreed by whoever agreed; nothing is approved by moving; the steps of before stay in
//! the route as its past.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Facts, Route, RoutingError, RuleSet, Signed, route};
use crate::{Organisation, PersonId, Timestamp};

/// What moving an open request to other rules leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// The rules before.
    pub from: u32,
    /// The rules after.
    pub to: u32,
    /// Whether other people have to agree than before.
    pub differs: bool,
    /// The route afterwards.
    pub route: Route,
    /// Its open step.
    pub open: u32,
}

/// Looks at, or does, the move of an open request; the caller decides which.
pub fn migrate(
    rules: &RuleSet,
    before: &Route,
    open: u32,
    organisation: &Organisation,
    facts: &Facts,
    now: Timestamp,
) -> Result<Migration, RoutingError> {
    let mut after = route(rules, organisation, facts, now)?;
    let live = before.steps.iter().filter(|step| !step.superseded);
    let mine: Vec<Vec<PersonId>> = live.clone().map(|step| step.people().collect()).collect();
    let differs = mine != after.steps.iter().map(|step| step.people().collect()).collect::<Vec<Vec<PersonId>>>();
    let agreed: BTreeMap<PersonId, Signed> =
        live.flat_map(|step| step.seats.iter()).filter_map(|seat| Some((seat.person, seat.signed?))).collect();
    let last = after.steps.len().saturating_sub(1);
    let mut next = None;
    for (at, step) in after.steps.iter_mut().enumerate() {
        for seat in &mut step.seats {
            seat.signed = agreed.get(&seat.person).copied();
        }
        if next.is_none() && step.is_settled() && at < last {
            step.opened_at = Some(now);
            step.closed_at = Some(now);
        } else if next.is_none() {
            next = Some(at);
            step.opened_at = Some(now);
            if step.is_settled() {
                // Moving never approves: the last step is asked once more.
                step.seats.iter_mut().for_each(|seat| seat.signed = None);
            }
        } else {
            // What comes later is asked when it comes.
            step.seats.iter_mut().for_each(|seat| seat.signed = None);
        }
    }
    let past = usize::try_from(open).unwrap_or(usize::MAX).saturating_add(1).min(before.steps.len());
    let mut steps: Vec<_> = before.steps.iter().take(past).cloned().collect();
    for step in &mut steps {
        step.superseded = true;
        step.closed_at = step.closed_at.or(Some(now));
    }
    steps.append(&mut after.steps);
    let open = u32::try_from(past + next.unwrap_or(0)).unwrap_or(u32::MAX);
    let route = Route { rules_version: rules.version, reasons: after.reasons, steps };
    Ok(Migration { from: before.rules_version, to: rules.version, differs, route, open })
}
