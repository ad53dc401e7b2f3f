//! Numbers between the database, which counts in `i64`, and Rust.

use crate::store::sql::{Connection, OptionalExtension};

use crate::store::StoreError;

/// A count as the database holds it. Counts never come near the end of 63 bits.
pub(super) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from the database; a negative one was never written by this program and reads as zero.
pub(super) fn counted(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A small number from the database, such as a revision.
pub(super) fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The next position of the log. It is given back when the transaction is rolled back.
pub(super) fn next_position(connection: &Connection) -> Result<u64, StoreError> {
    let position: Option<i64> = connection
        .prepare_cached("UPDATE stream SET position = position + 1 WHERE id = 1 RETURNING position")?
        .query_row([], |row| row.get(0))
        .optional()?;
    position.map(counted).ok_or_else(|| StoreError::corrupt("the table stream has no row"))
}

/// Sixteen bytes that follow from these parts: the same work sent twice makes the same id.
pub(super) fn derived_id(purpose: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut all: Vec<&[u8]> = vec![b"suanpan-id-1\0", purpose.as_bytes(), b"\0"];
    all.extend_from_slice(parts);
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(crate::random::sha256(&all)) {
        *to = from;
    }
    id
}
