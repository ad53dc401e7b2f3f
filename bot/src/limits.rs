//! How often a platform lets us send: token buckets (令牌桶), one per app and one per member. Pure: time is an argument.
//!
//! The promise: whatever the order of calls, no window of a rate holds more than twice its count, and a refusal says when
//! to come back. WeCom drops what a member gets beyond its rate *without a word* (path/90236), so staying below it is the
//! only way to know that a card arrived.

use std::collections::HashMap;
use std::time::Duration;

/// So many in such a time; as many may go at once after a quiet time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In which time.
    pub per: Duration,
}

impl Rate {
    /// `count` in `per`.
    pub const fn new(count: u32, per: Duration) -> Self {
        Self { count, per }
    }

    /// The time that one costs, in microseconds.
    fn cost(self) -> u64 {
        let per = u64::try_from(self.per.as_micros()).unwrap_or(u64::MAX);
        per.checked_div(u64::from(self.count)).unwrap_or(u64::MAX)
    }

    fn whole(self) -> u64 {
        u64::try_from(self.per.as_micros()).unwrap_or(u64::MAX)
    }
}

/// The rates of a platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates {
    /// For all that one app sends.
    pub app: Vec<Rate>,
    /// For what one person gets.
    pub member: Vec<Rate>,
}

/// The buckets of one app. A bucket is the moment until which its credit is used up, as in the generic cell rate
/// algorithm, so an idle bucket costs nothing to keep and nothing to forget.
#[derive(Debug)]
pub struct Buckets {
    rates: Rates,
    /// By member and rate; the empty name is the app's own. Microseconds.
    used_until: HashMap<(String, usize), u64>,
}

/// Members beyond this many make the buckets forget those that are full again.
const MOST_KEPT: usize = 10_000;

impl Buckets {
    /// Full buckets.
    pub fn new(rates: Rates) -> Self {
        Self { rates, used_until: HashMap::new() }
    }

    /// Whether the app itself may send now, whoever gets it; if not, the moment to come back, in Unix milliseconds.
    pub fn app_ready(&self, now: u64) -> Result<(), u64> {
        let now = now.saturating_mul(1000);
        let rates = self.rates.app.iter().enumerate();
        let ready = rates.map(|(index, rate)| self.ready(now, &(String::new(), index), *rate)).fold(now, u64::max);
        if ready > now { Err(ready.div_ceil(1000)) } else { Ok(()) }
    }

    /// When a bucket has one to give. The credit after it must not reach further than one whole window.
    fn ready(&self, now: u64, key: &(String, usize), rate: Rate) -> u64 {
        let used = self.used_until.get(key).copied().unwrap_or_default().max(now);
        used.saturating_add(rate.cost()).saturating_sub(rate.whole())
    }

    /// Takes one for this member out of every bucket, or out of none: then the moment to come back, in Unix
    /// milliseconds.
    pub fn take(&mut self, now: u64, member: &str) -> Result<(), u64> {
        let now = now.saturating_mul(1000);
        let all: Vec<((String, usize), Rate)> = (self.rates.app.iter().map(|rate| ("", *rate)))
            .chain(self.rates.member.iter().map(|rate| (member, *rate)))
            .enumerate()
            .map(|(index, (name, rate))| ((name.to_owned(), index), rate))
            .collect();
        let ready = all.iter().map(|(key, rate)| self.ready(now, key, *rate)).fold(now, u64::max);
        if ready > now {
            return Err(ready.div_ceil(1000));
        }
        for (key, rate) in all {
            let used = self.used_until.entry(key).or_default();
            *used = (*used).max(now).saturating_add(rate.cost());
        }
        if self.used_until.len() > MOST_KEPT {
            self.used_until.retain(|_, until| *until > now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, Rate, Rates};
    use proptest::prelude::*;
    use std::time::Duration;

    fn wecom() -> Buckets {
        Buckets::new(Rates {
            app: vec![Rate::new(100, Duration::from_mins(1))],
            member: vec![Rate::new(30, Duration::from_mins(1)), Rate::new(40, Duration::from_hours(1))],
        })
    }

    #[test]
    fn a_member_gets_thirty_at_once_and_then_one_every_two_seconds() {
        let mut buckets = wecom();
        for _ in 0..30 {
            assert_eq!(buckets.take(1_000_000, "li"), Ok(()));
        }
        assert_eq!(buckets.take(1_000_000, "li"), Err(1_002_000));
        assert_eq!(buckets.take(1_000_000, "wang"), Ok(()), "the other's bucket is full");
        assert_eq!(buckets.take(1_002_000, "li"), Ok(()));
        assert_eq!(buckets.take(1_002_000, "li"), Err(1_004_000));
        for minute in 1..=9 {
            assert_eq!(buckets.take(1_002_000 + minute * 10_000, "li"), Ok(()));
        }
        assert_eq!(buckets.take(1_092_000, "li"), Ok(()), "a fortieth of an hour has passed");
        assert_eq!(buckets.take(1_092_000, "li"), Err(1_180_000), "forty an hour are over");
    }

    #[test]
    fn the_app_has_a_bucket_of_its_own() {
        let mut buckets = wecom();
        let sent = (0..200).filter(|n| buckets.take(5_000, &format!("member {n}")).is_ok()).count();
        assert_eq!(sent, 100);
        // A hundred a minute: the next one has its turn after six tenths of a second, whoever it is for.
        assert_eq!(buckets.app_ready(5_000), Err(5_600));
        assert_eq!(buckets.take(5_000, "another"), Err(5_600));
        assert_eq!(buckets.app_ready(5_600), Ok(()));
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_twice_its_count(gaps in prop::collection::vec(0_u64..4_000, 1..300)) {
            let rate = Rate::new(10, Duration::from_secs(5));
            let mut buckets = Buckets::new(Rates { app: vec![rate], member: Vec::new() });
            let (mut now, mut taken) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                match buckets.take(now, "x") {
                    Ok(()) => taken.push(now),
                    Err(ready) => prop_assert!(ready > now && ready <= now + 5_000),
                }
            }
            for from in &taken {
                let window = taken.iter().filter(|at| **at >= *from && **at < from + 5_000).count();
                prop_assert!(window <= 20, "{window} from {from}");
            }
        }
    }
}
