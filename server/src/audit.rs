//! Checking the books: from inside ([`fsck`]) and from an export, without this server ([`verify`]).
//!
//! Promise: what was changed, dropped or added behind the authority's back is found and named: a
//! ledger entry, a journal leaf, a document, a request. A journal that was rewritten as a whole, or
//! cut at its end, is found by any checkpoint that was given away before.
//!
//! - [`export`] writes the journal as JSON Lines: a header with a signed checkpoint, then each leaf
//!   with the proof that it is in the checkpoint's tree.
//! - [`verify`] needs that file only; better also a checkpoint kept elsewhere. It names the first entry
//!   that does not hold.
//! - [`fsck`] reads the database and says everything that does not hold.

mod export;
mod fsck;
#[cfg(test)]
pub(crate) mod tests;
mod verify;

pub use export::{ExportError, Header, Line, export};
pub use fsck::{Finding, Report, fsck};
pub use verify::{Verified, VerifyError, verify};
