//! Approval through HTTP: splitting, leave, rules that change in flight, a trip over the standard.

mod office;
mod s10_leave;
mod s11_rule_change;
mod s13_shanghai;
mod s6_splitting;
mod tables;
