//! Working days (工作日历): which days count when a deadline is counted.
//!
//! Promise: the days are data with their source, see `budget/data/calendar.toml`; a year that is not in the data counts
//! Monday to Friday and says that it is not known.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Date, Timestamp};

const DAY: i64 = 86_400_000;
/// China Standard Time is eight hours before UTC, all year.
const ZONE: i64 = 8 * 3_600_000;

/// Which days are worked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calendar {
    #[serde(rename = "year")]
    years: Vec<Year>,
}

/// One year's exceptions from Monday to Friday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// Which year.
    pub year: i16,
    /// Who fixed it.
    pub source: String,
    /// Days off.
    pub off: BTreeSet<Date>,
    /// Saturdays and Sundays that are worked (调休上班).
    pub worked: BTreeSet<Date>,
}

/// A calendar that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The text is not a calendar.
    #[error("not a calendar: {0}")]
    Malformed(String),
    /// A year has a day of another year.
    #[error("{1} is no day of {0}")]
    OtherYear(i16, Date),
    /// A day is off and worked.
    #[error("{0} is both off and worked")]
    Both(Date),
    /// A year is there twice.
    #[error("the year {0} is there twice")]
    Twice(i16),
}

impl Calendar {
    /// The text of the working days of mainland China, as far as they were published.
    pub const CHINA: &str = include_str!("../data/calendar.toml");

    /// The calendar in a text of the form of `budget/data/calendar.toml`.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let calendar: Self = toml::from_str(text).map_err(|error| CalendarError::Malformed(error.to_string()))?;
        let mut seen = BTreeSet::new();
        for year in &calendar.years {
            if !seen.insert(year.year) {
                return Err(CalendarError::Twice(year.year));
            }
            if let Some(other) = year.off.union(&year.worked).find(|day| day.year() != year.year) {
                return Err(CalendarError::OtherYear(year.year, *other));
            }
            if let Some(both) = year.off.intersection(&year.worked).next() {
                return Err(CalendarError::Both(*both));
            }
        }
        Ok(calendar)
    }

    /// The days that the State Council fixed (国务院办公厅), as far as they are known here.
    pub fn china() -> Result<Self, CalendarError> {
        Self::parse(Self::CHINA)
    }

    /// Whether the year's days are data, not only weekends.
    pub fn knows(&self, year: i16) -> bool {
        self.years.iter().any(|known| known.year == year)
    }

    /// Whether people work on this day.
    pub fn is_working(&self, day: Date) -> bool {
        let year = self.years.iter().find(|year| year.year == day.year());
        let weekday = !is_weekend(day);
        year.map_or(weekday, |year| year.worked.contains(&day) || (weekday && !year.off.contains(&day)))
    }

    /// The same time of day, so many working days later; from a day off, counted from the start of the next working
    /// day.
    pub fn after(&self, from: Timestamp, working_days: u32) -> Timestamp {
        let mut day = from.china_date().days();
        let mut time = from.0.saturating_add(ZONE).rem_euclid(DAY);
        if !self.is_working(Date::from_days(day)) {
            time = 0;
            day = self.next(day);
        }
        for _ in 0..working_days {
            day = self.next(day);
        }
        Timestamp(day.saturating_mul(DAY).saturating_add(time).saturating_sub(ZONE))
    }

    fn next(&self, mut day: i64) -> i64 {
        // No holiday is as long as this; broken data ends.
        for _ in 0..60 {
            day += 1;
            if self.is_working(Date::from_days(day)) {
                break;
            }
        }
        day
    }
}

/// 1970-01-01 was a Thursday.
fn is_weekend(day: Date) -> bool {
    (day.days() + 3).rem_euclid(7) >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn at(text: &str, hour: i64) -> Timestamp {
        Timestamp(day(text).days() * DAY - ZONE + hour * 3_600_000)
    }

    #[track_caller]
    fn check(from: &str, hour: i64, days: u32, expected: &str, expected_hour: i64) {
        assert_eq!(Calendar::china().unwrap().after(at(from, hour), days), at(expected, expected_hour), "{from}");
    }

    #[test]
    fn deadlines_jump_over_holidays_and_count_worked_weekends() {
        check("2026-11-20", 10, 1, "2026-11-23", 10); // Friday to Monday
        check("2026-09-30", 10, 1, "2026-10-08", 10); // over the National Day week
        check("2026-10-09", 10, 1, "2026-10-10", 10); // a Saturday that is worked
        check("2026-02-14", 17, 2, "2026-02-25", 17); // over Spring Festival
        check("2026-10-03", 10, 1, "2026-10-09", 0); // submitted on a holiday: counted from the first working day
        check("2026-11-20", 10, 0, "2026-11-20", 10);
        check("2030-01-04", 9, 1, "2030-01-07", 9); // not known: Monday to Friday
    }

    #[test]
    fn the_years_are_whole() {
        let calendar = Calendar::china().unwrap();
        assert!(calendar.knows(2025) && calendar.knows(2026) && !calendar.knows(2027));
        for (year, working) in [(2025, 248), (2026, 248)] {
            let days = (0..365).map(|n| Date::from_days(Date::new(year, 1, 1).unwrap().days() + n));
            assert_eq!(days.filter(|day| calendar.is_working(*day)).count(), working, "{year}");
        }
        for year in &calendar.years {
            assert!(year.worked.iter().all(|day| is_weekend(*day)), "only weekends are worked in exchange");
            assert!(!year.source.is_empty());
        }
    }

    #[test]
    fn a_broken_calendar_is_refused() {
        let text = |off: &str, worked: &str| {
            format!("[[year]]\nyear = 2027\nsource = 's'\noff = [{off}]\nworked = [{worked}]")
        };
        assert!(Calendar::parse(&text("'2027-01-01'", "")).is_ok());
        assert_eq!(Calendar::parse(&text("'2028-01-01'", "")), Err(CalendarError::OtherYear(2027, day("2028-01-01"))));
        assert_eq!(Calendar::parse(&text("'2027-01-02'", "'2027-01-02'")), Err(CalendarError::Both(day("2027-01-02"))));
        assert!(matches!(Calendar::parse(&text("'2027-02-30'", "")), Err(CalendarError::Malformed(_))));
        let twice = format!("{}\n{}", text("", ""), text("", ""));
        assert_eq!(Calendar::parse(&twice), Err(CalendarError::Twice(2027)));
    }
}
