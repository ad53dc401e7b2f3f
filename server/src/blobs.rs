//! Originals (原件): photographs and invoice files, named by the SHA-256 of their bytes.
//!
//! Promise: what was acknowledged lies on the disk under the hash of exactly its bytes, and is
//! there before any row says so. Sending the same bytes again changes nothing. Nobody reads an
//! original because they know its hash: they sent it themselves, or take part in a request that
//! refers to it, which [`Directory::may_read_blob`](crate::directory::Directory) decides. An
//! original is never run as a page.
//!
//! They lie in the data folder, or in an S3-compatible store ([`bucket`]); what is on its way lies in the folder either way.
//! An upload that breaks off goes on where it was ([`resume`]); what nothing ever named is collected
//! after a month ([`collect`](mod@collect)).
//!
//! - Handlers and the demo company put bytes in by [`BlobFolder::keep`] and [`record`].
//! - The authority asks [`find`] whether an original has arrived before it admits a submission.

mod aside;
mod bucket;
mod collect;
mod folder;
mod media;
mod place;
mod range;
mod resume;
mod routes;
mod rows;
#[cfg(test)]
mod tests;
mod unfinished;

pub use bucket::{Bucket, BucketError};
pub use collect::{Collected, collect};
pub use folder::{BlobError, BlobFolder, Kept};
pub use place::ReadError;
pub use routes::routes;
pub use rows::{Blob, each, find, record};

/// The SHA-256 of an original's bytes.
pub type Hash = [u8; 32];
