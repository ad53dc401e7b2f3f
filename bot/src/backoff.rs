//! How long to wait before trying again: doubling from half a second to five minutes, spread by jitter.
//!
//! Randomness is an argument, so the schedule can be tested and replayed.

use std::time::Duration;

/// The wait after the first failure, before jitter.
pub const FIRST: Duration = Duration::from_millis(500);

/// No wait is longer than this.
pub const LONGEST: Duration = Duration::from_mins(5);

/// The wait before retry number `attempt` (0 for the first): `0.5 · 2ⁿ s`, at most [`LONGEST`].
///
/// `jitter` is any random byte; it moves the wait between half and the whole of that figure, so that many
/// clients that failed together do not come back together.
pub fn wait(attempt: u32, jitter: u8) -> Duration {
    let doubled = 1_u32
        .checked_shl(attempt)
        .filter(|factor| *factor != 0)
        .and_then(|factor| FIRST.checked_mul(factor))
        .map_or(LONGEST, |grown| grown.min(LONGEST));
    let half = doubled / 2;
    half + half * u32::from(jitter) / u32::from(u8::MAX)
}

/// One random byte for [`wait`]. Where the system has no randomness the middle is as good as any.
pub fn jitter() -> u8 {
    let mut byte = [128_u8];
    if getrandom::fill(&mut byte).is_err() {
        return 128;
    }
    let [value] = byte;
    value
}

#[cfg(test)]
mod tests {
    use super::{FIRST, LONGEST, wait};
    use proptest::prelude::*;

    #[test]
    fn doubles_from_half_a_second_to_five_minutes() {
        let full: Vec<u128> = (0..12).map(|n| wait(n, 255).as_millis()).collect();
        assert_eq!(full, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
    }

    proptest! {
        #[test]
        fn stays_between_half_and_whole(attempt in any::<u32>(), jitter in any::<u8>()) {
            let waited = wait(attempt, jitter);
            prop_assert!(waited >= FIRST / 2);
            prop_assert!(waited <= LONGEST);
            prop_assert!(waited * 2 >= wait(attempt, 255));
        }
    }
}
