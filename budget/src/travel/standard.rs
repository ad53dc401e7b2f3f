//! Standards (差旅标准): grade × city tier × season × kind, as dated data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Code, Date, Money};

/// What a standard is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A night in a hotel (住宿费): a limit on what was paid.
    Hotel,
    /// Meals (伙食补助): a lump sum a day.
    Meals,
    /// Getting around in the city (市内交通): a lump sum a day.
    LocalTransport,
}

/// A part of the year, both ends included; it may run over the new year (旺季).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Season {
    /// First day, `11-01`.
    #[serde(with = "month_day")]
    pub from: (u8, u8),
    /// Last day, `03-31`.
    #[serde(with = "month_day")]
    pub to: (u8, u8),
}

impl Season {
    /// Whether the day lies in it.
    pub fn contains(self, day: Date) -> bool {
        let at = (day.month(), day.day());
        if self.from <= self.to { (self.from..=self.to).contains(&at) } else { at >= self.from || at <= self.to }
    }
}

/// One row: how much a night or a day may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Standard {
    /// What it is for.
    pub kind: Kind,
    /// For this grade only (职级).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Code>,
    /// In this city only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// In cities of this tier only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Code>,
    /// In this part of the year only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<Season>,
    /// How much a night or a day.
    #[serde(with = "crate::money::yuan")]
    pub per_day: Money,
    /// Valid from this day.
    pub from: Date,
    /// Valid until this day, which is included; for good when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// Who fixed it.
    pub source: String,
}

impl Standard {
    fn fits(&self, kind: Kind, grade: Option<&Code>, city: &str, tier: Option<&Code>, day: Date) -> bool {
        self.kind == kind
            && self.from <= day
            && self.to.is_none_or(|to| day <= to)
            && self.grade.as_ref().is_none_or(|own| Some(own) == grade)
            && self.city.as_ref().is_none_or(|own| own == city)
            && self.tier.as_ref().is_none_or(|own| Some(own) == tier)
            && self.season.is_none_or(|season| season.contains(day))
    }

    /// A city goes before a tier, either before a grade, a season refines all of them.
    fn weight(&self) -> u8 {
        u8::from(self.city.is_some()) * 8
            + u8::from(self.tier.is_some()) * 4
            + u8::from(self.grade.is_some()) * 2
            + u8::from(self.season.is_some())
    }
}

/// All standards of a company.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standards {
    /// The cities of each tier (城市等级); a city that is in none is of [`Standards::OTHER_CITIES`].
    #[serde(default)]
    pub tiers: BTreeMap<Code, BTreeSet<String>>,
    /// The rows.
    #[serde(rename = "standard")]
    pub rows: Vec<Standard>,
}

/// What is wrong with standards, with the example that breaks them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StandardFault {
    /// The text is not a table of standards.
    #[error("not a table of standards: {0}")]
    Malformed(String),
    /// A row ends before it begins.
    #[error("row {row} ends on {to}, before it begins")]
    DatesReversed {
        /// Which row, from 1.
        row: usize,
        /// The last day.
        to: Date,
    },
    /// A limit is not greater than zero.
    #[error("row {row} allows {amount}")]
    NotPositive {
        /// Which row, from 1.
        row: usize,
        /// The amount.
        amount: Money,
    },
    /// Two rows are equally close on one day.
    #[error("rows {first} and {second} both hold on {example}")]
    Ambiguous {
        /// One row, from 1.
        first: usize,
        /// The other.
        second: usize,
        /// A day on which both hold.
        example: Date,
    },
    /// A city is in two tiers.
    #[error("{0} is in two tiers")]
    CityTwice(String),
}

impl Standards {
    /// The tier of cities that no tier names.
    pub const OTHER_CITIES: &str = "3";

    /// The text of the demo company's standards, for companies to begin theirs with.
    pub const EXAMPLE: &str = include_str!("../../data/travel.toml");

    /// The standards in a text of the form of `budget/data/travel.toml`, when they are whole.
    pub fn parse(text: &str) -> Result<Self, StandardFault> {
        let standards: Self = toml::from_str(text).map_err(|error| StandardFault::Malformed(error.to_string()))?;
        standards.check()?;
        Ok(standards)
    }

    /// The standards of the demo company.
    pub fn example() -> Result<Self, StandardFault> {
        Self::parse(Self::EXAMPLE)
    }

    fn check(&self) -> Result<(), StandardFault> {
        let mut cities = BTreeSet::new();
        if let Some(twice) = self.tiers.values().flatten().find(|city| !cities.insert(*city)) {
            return Err(StandardFault::CityTwice(twice.clone()));
        }
        for (row, standard) in (1..).zip(&self.rows) {
            if let Some(to) = standard.to.filter(|to| *to < standard.from) {
                return Err(StandardFault::DatesReversed { row, to });
            }
            if !standard.per_day.is_positive() {
                return Err(StandardFault::NotPositive { row, amount: standard.per_day });
            }
            for (first, other) in (1..row).zip(&self.rows) {
                if let Some(example) = both_hold(other, standard) {
                    return Err(StandardFault::Ambiguous { first, second: row, example });
                }
            }
        }
        Ok(())
    }

    /// The tier of a city.
    pub fn tier(&self, city: &str) -> Option<Code> {
        let named = self.tiers.iter().find(|(_, cities)| cities.contains(city)).map(|(tier, _)| tier.clone());
        named.or_else(|| Code::new(Self::OTHER_CITIES).ok())
    }

    /// The row that holds: the closest one of those that are valid on the day.
    pub fn find(&self, kind: Kind, grade: Option<&Code>, city: &str, day: Date) -> Option<&Standard> {
        let tier = self.tier(city);
        let fitting = self.rows.iter().filter(|row| row.fits(kind, grade, city, tier.as_ref(), day));
        fitting.max_by_key(|row| row.weight())
    }
}

/// A day on which two rows of the same closeness hold for the same grade and place.
fn both_hold(one: &Standard, other: &Standard) -> Option<Date> {
    let same = one.kind == other.kind
        && one.grade == other.grade
        && one.city == other.city
        && one.tier == other.tier
        && one.season.is_some() == other.season.is_some();
    if !same {
        return None;
    }
    let from = one.from.max(other.from);
    let last = [one.to, other.to].into_iter().flatten().min();
    // A year shows every season.
    (0..366)
        .map(|days| Date::from_days(from.days() + days))
        .take_while(|day| last.is_none_or(|last| *day <= last))
        .find(|day| [one, other].iter().all(|row| row.season.is_none_or(|season| season.contains(*day))))
}

/// A day of the year as `11-01`.
mod month_day {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::Date;

    // The form that serde calls.
    #[expect(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: Serializer>((month, day): &(u8, u8), to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{month:02}-{day:02}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<(u8, u8), D::Error> {
        let text = String::deserialize(from)?;
        // A leap year has every day of the year.
        let day: Date = format!("2024-{text}").parse().map_err(de::Error::custom)?;
        Ok((day.month(), day.day()))
    }
}
