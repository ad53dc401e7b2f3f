//! Approval routing: who has to agree to a request, by which rule and why.
//!
//! Promise: the route is a pure function of the rules, the organisation and the facts, so an
//! approver is foreseen on the phone and found by the authority alike. Nobody ever decides on what
//! they submitted themselves; where a rule would ask them, the next person upward is asked. A rule
//! that finds nobody is an error with a name, never a step without an approver.

mod route;
mod rule;
#[cfg(test)]
mod tests;

pub use route::{Facts, Route, RoutingError, Step, route};
pub use rule::{Approver, Condition, Rules, StepRule};
