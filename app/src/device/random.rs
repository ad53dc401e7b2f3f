//! Ids minted on the device, so that a retry after a lost answer is the same thing again.

use uuid::{Builder, Uuid};

use super::clock;

/// A new id: UUID version 7 (RFC 9562), which sorts by the time it was minted.
pub(crate) fn id() -> Uuid {
    let milliseconds = u64::try_from(clock::now().0).unwrap_or_default();
    Builder::from_unix_timestamp_millis(milliseconds, &bytes()).into_uuid()
}

/// Random bytes from the browser's generator.
pub(crate) fn bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    // The call fails only where the browser has no generator at all, and there nothing of ours can start.
    if getrandom::fill(&mut bytes).is_err() {
        super::task::log("the browser has no random numbers");
    }
    bytes
}
