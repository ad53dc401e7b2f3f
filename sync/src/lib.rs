//! The replica: drafts that merge, records that are signed, the wire between them and the gate.
//!
//! Promise: what the authority acknowledged is durable and reaches everybody who may read it; what
//! it refused reaches nobody and comes back by name; what a person typed is never dropped. Nothing
//! here does IO: bytes, time and randomness come in as arguments and go out as results.
//!
//! ```text
//! edit ─▶ document ─▶ change ─▶ outbox ─▶ wire ─▶ gate ─▶ change log ─▶ wire ─▶ document
//!                     record ─┘                   └▶ authority ─▶ status ─▶ wire ─▶ view
//! ```
//!
//! [`document`] holds drafts, [`record`] what people sign, [`view`] what the authority tells,
//! [`wire`] the frames, [`replica`] the device's side, [`shown`] what a page needs of it and [`gate`] the relay's; [`repo`]
//! is what stock automerge-repo peers speak; [`conformance`] is what every store of rows is led through.

pub mod conformance;
pub mod document;
#[cfg(feature = "gate")]
pub mod gate;
pub mod inventory;
pub mod record;
pub mod replica;
#[cfg(feature = "gate")]
pub mod repo;
pub mod shown;
pub mod signature;
pub mod view;
pub mod wire;

pub use document::{Document, DocumentKey, Edit, Field, Place, Scalar};
pub use record::{Record, SignedRecord};
pub use replica::Replica;
pub use shown::Shown;
