//! What every mutation test needs: changes at random, for a while, from a seed that can be given again.
//!
//! `SUANPAN_FUZZ_SECONDS` says how long each target is tried (short by default), `SUANPAN_FUZZ_SEED` repeats a run.

use std::time::{Duration, Instant, SystemTime};

/// Numbers that follow from a seed.
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// A few changes anywhere in the bytes. `pieces` are what makes a difference in this format when it turns up in the
    /// wrong place; `other` is where parts are taken from.
    pub(crate) fn change(&mut self, bytes: &mut Vec<u8>, pieces: &[&str], other: &[u8]) {
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(64)).min(bytes.len());
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
                4 => drop(bytes.splice(at..at, pieces[self.below(pieces.len())].bytes())),
                5 if !other.is_empty() => {
                    let from = self.below(other.len());
                    let to = (from + self.below(200)).min(other.len());
                    bytes.splice(at..end, other[from..to].iter().copied());
                }
                _ => bytes.truncate(bytes.len().max(at)),
            }
        }
    }
}

/// Tries changed inputs for as long as is asked for.
pub(crate) fn run(target: &str, mut once: impl FnMut(&mut Random)) {
    let seconds = std::env::var("SUANPAN_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let clock = || u64::from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos());
    let seed = std::env::var("SUANPAN_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(clock);
    println!("{target}: SUANPAN_FUZZ_SEED={seed}");
    let mut random = Random(seed);
    let started = Instant::now();
    let mut tried = 0_u64;
    while started.elapsed() < Duration::from_secs(seconds) || tried == 0 {
        once(&mut random);
        tried += 1;
    }
    println!("{target}: {tried} inputs");
}
