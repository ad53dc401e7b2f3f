//! What a document may cost. Every limit is checked before the work it bounds, or while that work goes on, because
//! the sizes that a file declares about itself are the first thing a hostile file gets wrong.

/// The largest file that is read at all, in bytes: 25 MB, above any invoice and any phone photograph.
pub const MAX_FILE_BYTES: usize = 25 * 1024 * 1024;
/// The most entries that an archive may have.
pub const MAX_ARCHIVE_ENTRIES: usize = 1_000;
/// The most bytes that all entries read from an archive may unpack to.
pub const MAX_ARCHIVE_BYTES: u64 = 64 * 1024 * 1024;
/// The most bytes that one entry may unpack to.
pub const MAX_ENTRY_BYTES: u64 = 16 * 1024 * 1024;
/// The most that one entry may grow in unpacking; small entries are let off, see [`RATIO_FREE_BYTES`].
pub const MAX_ENTRY_RATIO: u64 = 100;
/// An entry up to this size may compress as well as it likes: page templates are short and repetitive.
pub const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// The deepest that XML elements may nest.
pub const MAX_XML_DEPTH: usize = 64;
/// The most attributes that one XML element may have.
pub const MAX_XML_ATTRIBUTES: usize = 64;
/// The most XML elements in one document.
pub const MAX_XML_ELEMENTS: usize = 200_000;
/// The most pixels that a picture may have, checked before it is decoded: 40 megapixels.
pub const MAX_IMAGE_PIXELS: u64 = 40_000_000;
/// The most memory that decoding one picture may take, in bytes.
pub const MAX_IMAGE_BYTES: u64 = 256 * 1024 * 1024;
/// How many pages of a PDF are read: the first holds the totals, the next ones a list of goods.
pub const MAX_PDF_PAGES: usize = 30;
/// How many pictures inside a container are searched for a QR code.
pub const MAX_PICTURES: usize = 6;
