//! How much one asker may ask: token buckets.
//!
//! Promise: before sign-in an asker is an address, afterwards a person, or a system that signs in under a login of its
//! own and has a budget of its own; memory is bounded whatever anybody sends. The address is the connection's own. `X-Forwarded-For` is believed only as far as
//! the configured number of trusted proxies reaches, counted from the right, because everything to
//! the left of that is written by the client. An IPv6 address counts as its /64, since one
//! household has that many addresses.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use budget::{PersonId, Timestamp};

use super::AppState;
use super::problem::{Problem, TOO_MANY_REQUESTS};

/// A bucket holds `burst` tokens and gains one each `refill_microseconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests at once.
    pub burst: u32,
    /// Microseconds for one more.
    pub refill_microseconds: i64,
}

impl Rate {
    /// So many requests a second, and so many at once.
    pub const fn a_second(requests: u32, burst: u32) -> Self {
        let requests = if requests == 0 { 1 } else { requests };
        Self { burst, refill_microseconds: 1_000_000 / requests as i64 }
    }

    /// So many requests a second, and ten seconds' worth at once.
    pub const fn for_ten_seconds(requests: u32) -> Self {
        Self::a_second(requests, requests.saturating_mul(10))
    }
}

/// What kind of client asks (客户端种类).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Client {
    /// A person at a device.
    #[default]
    Person,
    /// A finance system or another program, under a login that the administrator has named (`systems`).
    System,
}

/// How much each kind of asker may ask, as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// An address, whoever is behind it.
    pub address: Rate,
    /// A person, over all of their devices.
    pub person: Rate,
    /// A system.
    pub system: Rate,
}

/// Buckets by key, bounded in number.
#[derive(Debug)]
pub struct Buckets<K> {
    rate: Rate,
    most: usize,
    by_key: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// When the bucket would be full again, in microseconds; in the past, it is full. This one number is the whole
    /// bucket (the generic cell rate algorithm).
    full_at: i64,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    /// Empty buckets, at most `most` of them.
    pub fn new(rate: Rate, most: usize) -> Self {
        Self { rate, most, by_key: Mutex::new(HashMap::new()) }
    }

    /// Takes a token, or says how many seconds until there is one.
    pub fn take(&self, key: &K, now: Timestamp) -> Result<(), u64> {
        let now = now.0.saturating_mul(1_000);
        let mut buckets = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= self.most && !buckets.contains_key(key) {
            make_room(&mut buckets, now);
        }
        let bucket = buckets.entry(key.clone()).or_insert(Bucket { full_at: now });
        let filled = bucket.full_at.max(now) + self.rate.refill_microseconds;
        let missing = filled - now - i64::from(self.rate.burst) * self.rate.refill_microseconds;
        if missing > 0 {
            return Err(u64::try_from(missing).unwrap_or(0).div_ceil(1_000_000));
        }
        bucket.full_at = filled;
        Ok(())
    }
}

/// Forgets buckets that are full again; they say nothing. If that is not enough, somebody is
/// attacking from many addresses, and the half nearest to full are forgotten.
fn make_room<K: Hash + Eq + Clone>(buckets: &mut HashMap<K, Bucket>, now: i64) {
    let before = buckets.len();
    buckets.retain(|_, bucket| bucket.full_at > now);
    if buckets.len() * 2 > before {
        let mut times: Vec<i64> = buckets.values().map(|b| b.full_at).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        let mut surplus = middle + 1;
        buckets.retain(|_, bucket| {
            let drop = bucket.full_at <= median && surplus > 0;
            surplus -= usize::from(drop);
            !drop
        });
    }
}

/// The server's limits.
#[derive(Debug)]
pub struct Limits {
    addresses: Buckets<IpAddr>,
    sign_ins: Buckets<IpAddr>,
    persons: Buckets<PersonId>,
    systems: Buckets<PersonId>,
}

impl Limits {
    /// A whole office may stand behind one address, so addresses are given much and persons less.
    pub fn new(rates: &Rates) -> Self {
        Self {
            addresses: Buckets::new(rates.address, 50_000),
            sign_ins: Buckets::new(Rate::a_second(1, 60), 50_000),
            persons: Buckets::new(rates.person, 50_000),
            systems: Buckets::new(rates.system, 1_000),
        }
    }

    /// One attempt to sign in from an address.
    pub fn sign_in(&self, address: IpAddr, now: Timestamp) -> Result<(), Problem> {
        self.sign_ins.take(&network(address), now).map_err(too_many)
    }

    /// One request of whoever is signed in.
    pub fn caller(&self, client: Client, person: PersonId, now: Timestamp) -> Result<(), Problem> {
        let buckets = match client {
            Client::Person => &self.persons,
            Client::System => &self.systems,
        };
        buckets.take(&person, now).map_err(too_many)
    }

    /// One request of a person.
    pub fn person(&self, person: PersonId, now: Timestamp) -> Result<(), Problem> {
        self.caller(Client::Person, person, now)
    }
}

fn too_many(seconds: u64) -> Problem {
    Problem::new(&TOO_MANY_REQUESTS).with("seconds", seconds).retry_after(seconds)
}

pub(super) async fn limit_address(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let address = client_address(request.extensions(), request.headers(), app.config.trusted_hops);
    match app.limits.addresses.take(&network(address), app.clock.now()) {
        Ok(()) => next.run(request).await,
        Err(seconds) => too_many(seconds).into_response(),
    }
}

/// The address that a request counts for.
pub fn client_address(extensions: &Extensions, headers: &HeaderMap, trusted_hops: usize) -> IpAddr {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip().to_canonical());
    if trusted_hops == 0 {
        return peer;
    }
    // Each trusted proxy appends the address it saw; the outermost trusted one saw the client.
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    forwarded
        .len()
        .checked_sub(trusted_hops)
        .and_then(|index| forwarded.get(index))
        .and_then(|text| text.trim().parse::<IpAddr>().ok())
        .map_or(peer, |address| address.to_canonical())
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_refills() {
        let buckets = Buckets::new(Rate::a_second(1, 3), 10);
        let at = |ms| buckets.take(&"a", Timestamp(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [Ok(()), Ok(()), Ok(()), Err(1)]);
        assert_eq!(at(999), Err(1));
        assert_eq!([at(1_000), at(1_000)], [Ok(()), Err(1)]);
        assert_eq!([at(60_000), at(60_000), at(60_000), at(60_000)], [Ok(()), Ok(()), Ok(()), Err(1)]);
        assert_eq!(buckets.take(&"b", Timestamp(60_000)), Ok(()), "another asker is not affected");
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered() {
        let buckets = Buckets::new(Rate::a_second(1, 2), 100);
        buckets.take(&u32::MAX, Timestamp(0)).unwrap();
        buckets.take(&u32::MAX, Timestamp(0)).unwrap();
        for asker in 0..10_000 {
            buckets.take(&asker, Timestamp(0)).unwrap();
        }
        assert!(buckets.by_key.lock().unwrap().len() <= 100);
        assert_eq!(buckets.take(&u32::MAX, Timestamp(0)), Err(1), "the one at its limit still is");
    }

    #[test]
    fn a_client_cannot_choose_its_address() {
        #[track_caller]
        fn check(forwarded: &[&str], hops: usize, expected: &str) {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 9))));
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            assert_eq!(client_address(&extensions, &headers, hops).to_string(), expected, "{forwarded:?} {hops}");
        }
        check(&["1.1.1.1"], 0, "10.0.0.1");
        check(&["6.6.6.6, 2.2.2.2"], 1, "2.2.2.2");
        check(&["6.6.6.6, 2.2.2.2, 10.0.0.2"], 2, "2.2.2.2");
        check(&["6.6.6.6", "2.2.2.2"], 1, "2.2.2.2");
        check(&[], 1, "10.0.0.1");
        check(&["nonsense"], 1, "10.0.0.1");
        assert_eq!(network("2001:db8:1:2:3::4".parse().unwrap()).to_string(), "2001:db8:1:2::");
    }
}
