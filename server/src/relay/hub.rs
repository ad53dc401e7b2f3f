//! Who is connected, and the bell that tells a connection that there is news for it.
//!
//! Promise: nobody misses anything and nobody is flooded. A bell carries no content: it says that the
//! log or a view has moved, and the connection then reads for itself what its person may see, from
//! where it stands. Ringing twice before it looks is ringing once, so a slow phone costs one flag,
//! and a bell that was not heard is made good by the next.
//!
//! [`Hub::tell`] is called after COMMIT, on the writer thread: it sets flags and returns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use budget::{DeviceId, PersonId};
use sync::view::{BUDGET, COMPANY, FINGERPRINTS};
use tokio::sync::Notify;

/// Connections of one device at once, one for each tab that talks; a further one replaces the oldest.
const MOST_SEATS: usize = 8;

/// Everybody who is connected; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Mutex<Seats>>);

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    person: PersonId,
    device: DeviceId,
    bell: Arc<Bell>,
}

/// Whom some news concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody who is connected. Each still reads only what they may see.
    Everybody,
    /// These people.
    People(BTreeSet<PersonId>),
    /// One device.
    Device(DeviceId),
}

impl Audience {
    fn includes(&self, seat: &Taken) -> bool {
        match self {
            Self::Everybody => true,
            Self::People(people) => people.contains(&seat.person),
            Self::Device(device) => seat.device == *device,
        }
    }
}

/// What has moved since a connection last looked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Documents or requests.
    pub log: bool,
    /// Views, by name ([`sync::view`]).
    pub views: BTreeSet<&'static str>,
    /// Whether the person and the device may still connect.
    pub standing: bool,
    /// The connection has to end, and why.
    pub closing: Option<&'static str>,
}

impl News {
    /// Documents or requests moved.
    pub fn log() -> Self {
        Self { log: true, ..Self::default() }
    }

    /// These views may have moved.
    pub fn views<const N: usize>(names: [&'static str; N]) -> Self {
        Self { views: names.into(), ..Self::default() }
    }

    /// The device or the person may perhaps no longer connect.
    pub fn standing() -> Self {
        Self { standing: true, ..Self::default() }
    }

    /// Anything may have moved: what was told of it did not arrive.
    pub fn everything() -> Self {
        Self { log: true, views: [BUDGET, COMPANY, FINGERPRINTS].into(), standing: true, closing: None }
    }

    /// The connection ends for a reason of ours, and the device may come back at once.
    pub fn restarting() -> Self {
        Self { closing: Some("restarting"), ..Self::default() }
    }

    fn add(&mut self, more: &Self) {
        self.log |= more.log;
        self.standing |= more.standing;
        self.views.extend(&more.views);
        self.closing = self.closing.or(more.closing);
    }
}

#[derive(Debug, Default)]
struct Bell {
    news: Mutex<News>,
    rung: Notify,
}

impl Bell {
    fn ring(&self, news: &News) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).add(news);
        self.rung.notify_one();
    }
}

impl Hub {
    /// Takes a seat; dropping it leaves.
    pub(crate) fn connect(&self, person: PersonId, device: DeviceId) -> Seat {
        let bell = Arc::new(Bell::default());
        let mut seats = self.seats();
        let own: Vec<&Taken> = seats.taken.values().filter(|taken| taken.device == device).collect();
        // Numbers grow, so the first is the oldest.
        if let Some(oldest) = own.first().filter(|_| own.len() >= MOST_SEATS) {
            oldest.bell.ring(&News { closing: Some("replaced"), ..News::default() });
        }
        let number = seats.next;
        seats.next = seats.next.wrapping_add(1);
        seats.taken.insert(number, Taken { person, device, bell: Arc::clone(&bell) });
        Seat { hub: self.clone(), number, bell }
    }

    /// Tells everybody whom it concerns. Never waits.
    pub fn tell(&self, audience: &Audience, news: &News) {
        for seat in self.seats().taken.values().filter(|seat| audience.includes(seat)) {
            seat.bell.ring(news);
        }
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.seats().taken.len()
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Seats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place.
#[derive(Debug)]
pub(crate) struct Seat {
    hub: Hub,
    number: u64,
    bell: Arc<Bell>,
}

impl Seat {
    /// Waits for news and takes it. May be dropped while waiting without losing any.
    pub(crate) async fn news(&self) -> News {
        loop {
            let news = std::mem::take(&mut *self.bell.news.lock().unwrap_or_else(PoisonError::into_inner));
            if news != News::default() {
                return news;
            }
            self.bell.rung.notified().await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.seats().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const ZHANG: PersonId = PersonId([1; 16]);
    const LI: PersonId = PersonId([2; 16]);
    const PHONE: DeviceId = DeviceId([1; 16]);
    const TABLET: DeviceId = DeviceId([2; 16]);

    async fn silent(seat: &Seat) -> bool {
        timeout(Duration::from_millis(20), seat.news()).await.is_err()
    }

    #[tokio::test]
    async fn news_reaches_those_whom_it_concerns_and_is_told_once() {
        let hub = Hub::default();
        let zhang = hub.connect(ZHANG, PHONE);
        let li = hub.connect(LI, TABLET);
        hub.tell(&Audience::People(BTreeSet::from([ZHANG])), &News::log());
        hub.tell(&Audience::People(BTreeSet::from([ZHANG])), &News::log());
        hub.tell(&Audience::Everybody, &News::views(["budget"]));
        assert_eq!(zhang.news().await, News { log: true, ..News::views(["budget"]) });
        assert!(silent(&zhang).await);
        assert_eq!(li.news().await, News::views(["budget"]));
    }

    #[tokio::test]
    async fn news_of_one_device_reach_it_and_no_other() {
        let hub = Hub::default();
        let phone = hub.connect(ZHANG, PHONE);
        let tablet = hub.connect(ZHANG, TABLET);
        hub.tell(&Audience::Device(PHONE), &News::standing());
        hub.tell(&Audience::Device(PHONE), &News::log());
        assert_eq!(phone.news().await, News { log: true, ..News::standing() });
        assert!(silent(&tablet).await);
        drop(phone);
        assert_eq!(hub.connections(), 1);
    }
    #[tokio::test]
    async fn a_device_that_opens_ever_more_connections_loses_the_oldest() {
        let hub = Hub::default();
        let other = hub.connect(LI, TABLET);
        let mut seats: Vec<Seat> = (0..=MOST_SEATS).map(|_| hub.connect(ZHANG, PHONE)).collect();
        assert_eq!(seats.remove(0).news().await.closing, Some("replaced"));
        for seat in seats.iter().chain([&other]) {
            assert!(silent(seat).await);
        }
    }
}
