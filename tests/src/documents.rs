//! Sample documents of our own: invoices that never existed, in every shape in which invoices come.
//!
//! One [`InvoiceRecord`] is consistent in itself (lines, net, tax, total, words, tax ids, QR checksum) and becomes XML, OFD,
//! PDF or a photograph. The same record and seed give the same bytes on every machine with the same fonts. All names and
//! numbers are invented; the tax ids are well formed and belong to nobody on purpose.

mod codes;
pub mod hostile;
mod ofd;
mod page;
mod pdf;
mod photo;
mod random;
mod raster;
mod record;
pub mod set;
pub mod sheet;
mod square;
mod xml;

pub use page::Page;
pub use photo::{Difficulty, Photo};
pub use record::{InvoiceRecord, Journey, Line, Party};
pub use sheet::Sheet;
