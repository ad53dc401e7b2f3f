//! Deadlines: silence is passed on upward; it never approves.

use super::people::{Ground, Roster};
use super::{Facts, Route, RuleSet};
use crate::calendar::Calendar;
use crate::{Organisation, Timestamp};

/// When the open step is passed on, if nobody answers until then; `None` when the rules set no deadline.
pub fn due(rules: &RuleSet, route: &Route, open: u32, calendar: &Calendar) -> Option<Timestamp> {
    let step = route.steps.get(usize::try_from(open).ok()?)?;
    let days = u32::from(rules.escalation?.working_days);
    let level = step.seats.iter().filter(|seat| seat.signed.is_none()).map(|seat| seat.escalated).max()?;
    Some(calendar.after(step.opened_at?, days.saturating_mul(u32::from(level) + 1)))
}

/// Asks one person more upward for every deadline that passed without an answer. Those who were asked before may
/// still decide. Whether anything changed.
pub fn escalate(
    rules: &RuleSet,
    route: &mut Route,
    open: u32,
    organisation: &Organisation,
    facts: &Facts,
    calendar: &Calendar,
    now: Timestamp,
) -> bool {
    let roster = Roster::new(organisation);
    let ground = Ground::new(&roster, facts, now);
    let mut changed = false;
    // One level at a time; the line upward ends, and with it the loop.
    while due(rules, route, open, calendar).is_some_and(|due| due <= now) {
        let step = usize::try_from(open).ok().and_then(|open| route.steps.get_mut(open));
        let mut higher = false;
        for seat in step.into_iter().flat_map(|step| step.seats.iter_mut()).filter(|seat| seat.signed.is_none()) {
            if usize::from(seat.escalated) < ground.levels(seat.person, &seat.ask) {
                seat.escalated = seat.escalated.saturating_add(1);
                higher = true;
            }
        }
        if !higher {
            break;
        }
        changed = true;
    }
    changed
}
