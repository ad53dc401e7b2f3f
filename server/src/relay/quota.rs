//! How much one device may push.
//!
//! Promise: a device that loops or floods is told `too_much` before its work reaches the writer, and
//! costs the others nothing. Nothing is lost by it: the device keeps what was not acknowledged and
//! offers it again later. The count belongs to the device, so connecting again does not reset it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use budget::{DeviceId, Timestamp};

/// Milliseconds in a minute and in a day.
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// What every device has pushed lately.
#[derive(Debug)]
pub(super) struct Quota {
    items_a_minute: u64,
    bytes_a_day: u64,
    devices: Mutex<HashMap<DeviceId, Spent>>,
}

/// What one device pushed in the running minute and day.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    minute: i64,
    items: u64,
    day: i64,
    bytes: u64,
}

impl Quota {
    pub(super) fn new(items_a_minute: u64, bytes_a_day: u64) -> Self {
        Self { items_a_minute, bytes_a_day, devices: Mutex::default() }
    }

    /// Takes a push into account; false when the device has used up what it may, and then nothing is
    /// counted.
    pub(super) fn take(&self, device: DeviceId, now: Timestamp, items: usize, bytes: usize) -> bool {
        let (minute, day) = (now.0.div_euclid(MINUTE), now.0.div_euclid(DAY));
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if !devices.contains_key(&device) {
            // Devices that were quiet since yesterday have nothing to remember.
            devices.retain(|_, spent| spent.day == day);
        }
        let spent = devices.entry(device).or_default();
        if spent.minute != minute {
            (spent.minute, spent.items) = (minute, 0);
        }
        if spent.day != day {
            (spent.day, spent.bytes) = (day, 0);
        }
        let items = spent.items.saturating_add(items as u64);
        let bytes = spent.bytes.saturating_add(bytes as u64);
        if items > self.items_a_minute || bytes > self.bytes_a_day {
            return false;
        }
        (spent.items, spent.bytes) = (items, bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: DeviceId = DeviceId([1; 16]);
    const TABLET: DeviceId = DeviceId([2; 16]);

    #[test]
    fn a_flood_is_stopped_and_the_next_minute_is_free() {
        let quota = Quota::new(10, 1_000);
        let now = Timestamp(7 * DAY);
        assert!(quota.take(PHONE, now, 6, 10));
        assert!(!quota.take(PHONE, now.plus(30_000), 5, 10), "11 in one minute");
        assert!(quota.take(PHONE, now.plus(30_000), 4, 10), "what was refused is not counted");
        assert!(quota.take(TABLET, now, 10, 10), "another device has its own");
        assert!(quota.take(PHONE, now.plus(MINUTE), 10, 10));
    }

    #[test]
    fn bytes_are_counted_by_the_day() {
        let quota = Quota::new(10, 1_000);
        let now = Timestamp(7 * DAY);
        assert!(quota.take(PHONE, now, 1, 1_000));
        assert!(!quota.take(PHONE, now.plus(2 * MINUTE), 1, 1));
        assert!(quota.take(PHONE, now.plus(DAY), 1, 1));
    }
}
