//! The authority through its own doors: people with devices, a company with a budget, and what comes of it.

mod bench;
mod budgets;
mod cards;
mod decisions;
mod drafts;
mod histories;
mod invoices;
mod notices;
mod reading;
pub(crate) mod submissions;
mod vouched;

pub(crate) use bench::{Bench, PROMOTION, TRAVEL};
