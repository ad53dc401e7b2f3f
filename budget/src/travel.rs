//! Travel (差旅): what a night, a day and a ticket may cost, what of it is tax that comes back, and what a trip comes to.
//!
//! ```text
//! Standards (dated data) ─┐
//! Tax rules (dated data) ─┼─▶ Trip::assess ─▶ Assessment: allowed, over, tax, expense ─▶ settlement, voucher
//! Policy ─────────────────┘
//! ```
//!
//! Promise: every figure comes from a row of data with its source and validity; the amounts over a standard are exact to
//! the fen and named, never averaged away.

mod assessment;
mod standard;
mod tax;

#[cfg(test)]
mod tests;

pub use assessment::{Assessment, AssessmentError, Item, Measure, Night, Over, Policy, Ticket, Trip};
pub use standard::{Kind, Season, Standard, StandardFault, Standards};
pub use tax::{Mode, PassengerTax, TaxError, TaxRule, Taxed};
