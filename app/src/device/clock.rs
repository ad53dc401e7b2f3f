//! What time it is, according to this device. The server's time decides; this one only shows and orders.

use budget::{Date, Timestamp};

use crate::text::format::Zone;

/// Now.
pub(crate) fn now() -> Timestamp {
    // Milliseconds since 1970 fit a 64-bit integer for hundreds of millions of years; the cast saturates.
    #[expect(clippy::cast_possible_truncation, reason = "the value is a whole number of milliseconds far below 2^53")]
    Timestamp(js_sys::Date::now() as i64)
}

/// The zone of the clock on this device's wall, now.
pub(crate) fn zone() -> Zone {
    // JavaScript counts the other way: UTC minus local time, in minutes.
    #[expect(clippy::cast_possible_truncation, reason = "a zone is at most 14 hours")]
    Zone(-js_sys::Date::new_0().get_timezone_offset() as i32)
}

/// Today on this device's wall.
pub(crate) fn today() -> Date {
    zone().date(now())
}
