//! The keeper: the replica of one person on this device, in a worker of its own.
//!
//! ```text
//! page ── Ask (intents, frames) ──▶ keeper ── rows, strict ──▶ IndexedDB
//!      ◀─ Tell (what is shown) ───         ◀── rows of other tabs ──
//! ```
//!
//! Promise: the merge engine, digests and the wire are downloaded after the first paint and never hold up the page. An
//! intent is done in the order in which it was asked, signed by the device's key, and told to be kept only once it and
//! everything that it rests on is on the disk. What a page needs for its first paint is kept in the same transaction.

pub(crate) mod intent;

#[cfg(target_arch = "wasm32")]
mod open;
#[cfg(target_arch = "wasm32")]
mod program;
#[cfg(target_arch = "wasm32")]
pub(crate) mod rows;
#[cfg(target_arch = "wasm32")]
mod take;
#[cfg(target_arch = "wasm32")]
mod wire;
#[cfg(target_arch = "wasm32")]
pub(crate) mod word;

#[cfg(target_arch = "wasm32")]
pub(crate) use program::start;
