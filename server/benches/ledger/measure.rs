//! Callers who ask again as soon as they are answered, and how long their answers take.

use std::time::{Duration, Instant};

/// What callers saw in one measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// How many of them asked at the same time.
    pub(crate) in_flight: usize,
    /// Answers a second.
    pub(crate) per_second: f64,
    /// Half of the answers came within this time, in milliseconds.
    pub(crate) p50: f64,
    /// All but one in a hundred came within this time, in milliseconds.
    pub(crate) p99: f64,
}

impl Run {
    /// From the times of all answers, which came within `elapsed`; says so on a line of the table.
    pub(crate) fn new(name: &str, in_flight: usize, elapsed: Duration, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
        };
        let per_second = count(times.len()) / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        let run = Self { in_flight, per_second, p50: at(50), p99: at(99) };
        println!("{name:<44} {in_flight:>9} {per_second:>10.0} {:>9.2} {:>9.2}", run.p50, run.p99);
        run
    }
}

/// The moment before which a caller asks again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    counted_from: Instant,
    end: Instant,
}

impl Until {
    /// A quarter more than `each`, in which everything gets warm and nothing counts, and `each`.
    pub(crate) fn after(each: Duration) -> Self {
        let counted_from = Instant::now() + each / 4;
        Self { counted_from, end: counted_from + each }
    }

    /// Whether there is time for another question.
    pub(crate) fn goes_on(&self) -> bool {
        Instant::now() < self.end
    }

    /// Keeps the time of an answer that counts.
    pub(crate) fn keep(&self, asked: Instant, times: &mut Vec<Duration>) {
        let now = Instant::now();
        if now >= self.counted_from && now < self.end {
            times.push(now - asked);
        }
    }

    /// How long answers counted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.end - self.counted_from
    }
}

/// A count as a figure.
pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Three places are enough.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}
