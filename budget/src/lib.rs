//! The rules of money: who may spend what, decided once and exactly.
//!
//! Promise: this crate is pure. It reads no clock, no file and no random number, holds no float and
//! never panics on input; the same calls in the same order give the same entries on a phone, in the
//! server and in a test. Amounts are integer fen ([`Money`]).
//!
//! Data flows one way: an [`Organisation`] and a [`Scheme`] describe the company and its budget
//! lines, a [`CodingBlock`] says what a charge is for, the [`Ledger`] decides commands and appends
//! entries, and [`approval`] says who has to agree. [`pre_approval`] says what a claim takes over of what was held
//! for it, [`travel`] what a trip may cost, [`settlement`] what of a claim an advance covers, [`voucher`] and [`payment_batch`] what bookkeeping and the bank are told.

pub mod approval;
pub mod calendar;
pub mod code;
pub mod coding;
pub mod currency;
pub mod id;
pub mod ledger;
pub mod money;
pub mod organisation;
pub mod payment_batch;
pub mod pre_approval;
pub mod request;
pub mod scheme;
pub mod settlement;
pub mod tax_id;
pub mod time;
pub mod travel;
pub mod voucher;

pub use code::Code;
pub use coding::{CodingBlock, Dimension};
pub use currency::Currency;
pub use id::{AllowanceId, CommandId, DeviceId, DocumentId, InvoiceId, LineId, PersonId, RequestId};
pub use ledger::{Command, Ledger};
pub use money::Money;
pub use organisation::{Organisation, Person, Role};
pub use request::{RequestKind, RequestState};
pub use scheme::{BudgetLine, Control, Scheme};
pub use time::{Date, Timestamp};
