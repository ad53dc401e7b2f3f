//! Amounts and times as text: the one place that decides how they look.
//!
//! Promise: pure functions of their arguments, so the same input reads the same in every browser and in tests.

use budget::{Date, Money, Timestamp};

/// The true minus sign, as wide as a figure, so that columns stay straight.
const MINUS: char = '\u{2212}';

/// An amount in three pieces, for type of different sizes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MoneyPieces {
    /// `¥`, or `−¥` below zero.
    pub(crate) sign: String,
    /// The yuan, grouped by thousands (千分位): `1,234`.
    pub(crate) yuan: String,
    /// The point and two digits: `.50`.
    pub(crate) fraction: String,
}

/// An amount in pieces: `¥` `1,234` `.50`.
pub(crate) fn money_pieces(amount: Money) -> MoneyPieces {
    let grouped = amount.grouped();
    let plain = grouped.trim_start_matches('-');
    let (yuan, fen) = plain.split_once('.').unwrap_or((plain, "00"));
    let sign = if amount.is_negative() { format!("{MINUS}¥") } else { String::from("¥") };
    MoneyPieces { sign, yuan: yuan.to_owned(), fraction: format!(".{fen}") }
}

/// An amount in one piece: `¥1,234.50`.
pub(crate) fn money(amount: Money) -> String {
    let pieces = money_pieces(amount);
    pieces.sign + &pieces.yuan + &pieces.fraction
}

/// An amount as a person would type it into a field: `1234.50`.
pub(crate) fn money_typed(amount: Money) -> String {
    amount.grouped().replace(',', "")
}

/// Minutes that a clock on the wall is ahead of UTC: 480 in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Zone(pub(crate) i32);

impl Zone {
    fn local(self, at: Timestamp) -> i64 {
        at.0.saturating_add(i64::from(self.0) * 60_000)
    }

    /// Midnight at the end of the day that comes `days` after the one of `at`.
    pub(crate) fn day_after(self, at: Timestamp, days: i64) -> Timestamp {
        let day = self.local(at).div_euclid(86_400_000).saturating_add(days).saturating_add(1);
        Timestamp(day.saturating_mul(86_400_000).saturating_sub(i64::from(self.0) * 60_000))
    }

    /// The calendar day that the wall shows at `at`.
    pub(crate) fn date(self, at: Timestamp) -> Date {
        Date::from_days(self.local(at).div_euclid(86_400_000))
    }
}

/// The time of day: `10:32`.
pub(crate) fn time(at: Timestamp, zone: Zone) -> String {
    let minutes = zone.local(at).div_euclid(60_000).rem_euclid(1_440);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// As short as it can be said at `now`: `10:32` today, `11-22 10:32` this year, `2025-11-22` before.
pub(crate) fn moment(at: Timestamp, now: Timestamp, zone: Zone) -> String {
    let (date, today) = (zone.date(at), zone.date(now));
    if date == today {
        time(at, zone)
    } else if date.year() == today.year() {
        format!("{:02}-{:02} {}", date.month(), date.day(), time(at, zone))
    } else {
        date.to_string()
    }
}

/// A day, without the year when it is this year's: `11-22`.
pub(crate) fn day(date: Date, today: Date) -> String {
    if date.year() == today.year() { format!("{:02}-{:02}", date.month(), date.day()) } else { date.to_string() }
}

/// A size of a file: `820 KB`, `1.4 MB`.
pub(crate) fn bytes(count: usize) -> String {
    let kilobytes = count.div_ceil(1024);
    if kilobytes < 1000 {
        format!("{kilobytes} KB")
    } else {
        let tenths = count.saturating_mul(10) / 1_048_576;
        format!("{}.{} MB", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHINA: Zone = Zone(480);

    #[test]
    fn money_is_grouped_and_keeps_both_digits() {
        let check = |fen, expected: &str| assert_eq!(money(Money::from_fen(fen)), expected);
        check(0, "¥0.00");
        check(4_620, "¥46.20");
        check(123_456_789, "¥1,234,567.89");
        check(-5, "−¥0.05");
        check(i64::MIN, "−¥92,233,720,368,547,758.08");
    }

    #[test]
    fn typed_money_reads_back() {
        let amount = Money::from_fen(-123_456_705);
        assert_eq!(Money::parse(&money_typed(amount)), Ok(amount));
    }

    #[test]
    fn a_moment_says_no_more_than_is_needed() {
        // 2026-11-23 10:32 in China.
        let now = Timestamp(1_795_401_120_000);
        let check = |earlier_minutes: i64, expected: &str| {
            assert_eq!(moment(now.plus(-earlier_minutes * 60_000), now, CHINA), expected);
        };
        check(0, "10:32");
        check(10 * 60 + 32, "00:00");
        check(10 * 60 + 33, "11-22 23:59");
        check(365 * 1_440, "2025-11-23");
        assert_eq!(time(now, Zone(0)), "02:32");
    }

    #[test]
    fn a_day_ends_at_the_midnight_of_the_wall() {
        let now = Timestamp(1_795_401_120_000);
        let check = |days, expected: &str| {
            let end = CHINA.day_after(now, days);
            assert_eq!((CHINA.date(end).to_string().as_str(), time(end, CHINA).as_str()), (expected, "00:00"));
        };
        check(0, "2026-11-24");
        check(6, "2026-11-30");
    }

    #[test]
    fn sizes_are_rounded_up_to_kilobytes() {
        assert_eq!(bytes(0), "0 KB");
        assert_eq!(bytes(1), "1 KB");
        assert_eq!(bytes(1_500_000), "1.4 MB");
    }
}
