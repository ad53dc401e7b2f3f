//! Approval: who has to agree to a request, by which rule and why, and what each decision leads to.
//!
//! ```text
//! RuleSet + Organisation + Facts + now ──route──▶ Route: steps, seats, reasons
//!                                                   │  tick: leavers, leave, deadlines ──follow──▶ Route
//!                                                   ▼
//!                                    deciders ──▶ Act ──decide──▶ Next: open step | approved | rejected | returned
//! ```
//!
//! Promise: everything here is a pure function, so an approver is foreseen on the phone and found by the authority
//! alike. Nobody ever decides on what they submitted, are paid by, or were delegated by such a person; where a rule
//! would ask them, the next person upward is asked. A rule that finds nobody is an error with a name, never a step
//! without an approver. Silence is passed on upward; it never approves.

pub mod aggregate;
mod check;
mod deadline;
mod delegation;
mod duty;
mod facts;
mod migration;
mod people;
mod progress;
mod reason;
pub mod rehearsal;
mod route;
mod rule;
mod text;
mod times;

#[cfg(test)]
mod tests;

pub use check::{Fault, check, kinds_without_table};
pub use deadline::{due, escalate};
pub use delegation::{DelegationFault, check_delegation};
pub use duty::{Duty, DutyConflict, SEPARATED, separated};
pub use facts::{Facts, Sibling};
pub use migration::{Migration, migrate};
pub use people::{Decider, excluded};
pub use progress::{Act, Next, Refusal, Standing, Verb, decide, follow};
pub use reason::{Because, Language, Reason};
pub use route::{Route, RoutingError, Seat, Signed, Source, Step, route};
pub use rule::{
    Addition, Aggregate, Bounds, Escalation, Key, Measure, Mode, Phase, Repeat, RuleSet, Selector, StepRule, Table,
    Tier, When,
};
pub use times::{StepTime, Summary, summarise};
