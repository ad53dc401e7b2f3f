//! A trip against the standards: what is allowed, what is over, what tax comes back.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Kind, Mode, PassengerTax, Standards};
use crate::{Code, Date, Money};

/// A trip as it is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trip {
    /// The traveller's grade.
    pub grade: Option<Code>,
    /// Tickets.
    pub tickets: Vec<Ticket>,
    /// Nights in hotels, one row for each.
    pub nights: Vec<Night>,
    /// Days away with the city of each, for the lump sums; the same day twice counts once.
    pub days: Vec<(Date, String)>,
    /// Days on which the host provided meals: no meal allowance.
    pub hosted: Vec<Date>,
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// When.
    pub day: Date,
    /// How.
    pub mode: Mode,
    /// What was paid; for planes without the civil aviation fund.
    pub fare: Money,
    /// Whether it names the traveller.
    pub traveller_named: bool,
    /// The tax that a document states and that may be deducted, which goes before the formula: that of a special invoice
    /// (专票) or of an electronic rail ticket or air itinerary. An ordinary electronic invoice counted until 2025 (财政部
    /// 税务总局 海关总署公告2019年第39号第六条) and does not since 2026 (财政部 税务总局公告2026年第13号第一条).
    pub stated_tax: Option<Money>,
}

/// A night in a hotel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Night {
    /// The evening.
    pub day: Date,
    /// Where.
    pub city: String,
    /// What was paid.
    pub paid: Money,
    /// The tax of a special invoice (专票); zero otherwise.
    pub tax: Money,
}

/// How nights are compared with the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// Each night by itself.
    #[default]
    PerNight,
    /// All nights together, so that a cheap one makes up for a dear one.
    TripAverage,
}

/// What becomes of the part over the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Over {
    /// The claim is refused until it is taken out.
    #[default]
    Block,
    /// The traveller bears it (自理).
    SelfPay,
    /// It is paid when its own approver agrees (特批).
    SpecialApproval,
}

/// A company's choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// How nights are compared.
    pub measure: Measure,
    /// What becomes of the part over.
    pub over: Over,
}

/// One row of an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// `hotel`, `meals`, `localTransport`, or the mode of transport.
    pub what: String,
    /// When.
    pub day: Date,
    /// What is claimed.
    pub claimed: Money,
    /// What is reimbursed.
    pub reimbursed: Money,
    /// What is over the standard.
    pub over: Money,
    /// The input tax of what is reimbursed.
    pub tax: Money,
    /// Where the figure comes from.
    pub source: String,
    /// Whether a person has to look at the row of data.
    pub unchecked: bool,
}

/// What a trip comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// Row by row.
    pub items: Vec<Item>,
    /// What is claimed.
    pub claimed: Money,
    /// What is over the standards.
    pub over: Money,
    /// What is reimbursed.
    pub reimbursed: Money,
    /// Input tax (进项税额).
    pub tax: Money,
    /// What the company bears: reimbursed without tax.
    pub expense: Money,
}

/// Why a trip cannot be assessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssessmentError {
    /// No standard holds.
    #[error("there is no {kind:?} standard for {city} on {day}")]
    NoStandard {
        /// What for.
        kind: Kind,
        /// Where.
        city: String,
        /// When.
        day: Date,
    },
    /// The policy refuses what is over.
    #[error("{0} is over the standard")]
    Blocked(Money),
    /// An amount is negative, a tax exceeds its amount, or a sum leaves the range of money.
    #[error("an amount is impossible")]
    Impossible,
}

impl AssessmentError {
    /// The stable code that texts and clients use.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoStandard { .. } => "no_standard",
            Self::Blocked(_) => "over_standard",
            Self::Impossible => "impossible_amount",
        }
    }
}

impl Trip {
    /// What the trip comes to. `approved` says whether the part over the standard has its special approval.
    pub fn assess(
        &self,
        standards: &Standards,
        tax: &PassengerTax,
        policy: Policy,
        approved: bool,
    ) -> Result<Assessment, AssessmentError> {
        let pays_over = policy.over == Over::SpecialApproval && approved;
        let mut items: Vec<Item> = self.tickets.iter().map(|ticket| ticket.item(tax)).collect::<Result<_, _>>()?;
        items.extend(self.hotel_items(standards, policy.measure, pays_over)?);
        items.extend(self.allowances(standards)?);
        let sum = |of: fn(&Item) -> Money| Money::checked_sum(items.iter().map(of)).ok_or(AssessmentError::Impossible);
        let (claimed, over) = (sum(|item| item.claimed)?, sum(|item| item.over)?);
        let (reimbursed, tax) = (sum(|item| item.reimbursed)?, sum(|item| item.tax)?);
        if policy.over == Over::Block && over.is_positive() {
            return Err(AssessmentError::Blocked(over));
        }
        let expense = reimbursed.checked_sub(tax).ok_or(AssessmentError::Impossible)?;
        Ok(Assessment { items, claimed, over, reimbursed, tax, expense })
    }

    fn hotel_items(
        &self,
        standards: &Standards,
        measure: Measure,
        pays_over: bool,
    ) -> Result<Vec<Item>, AssessmentError> {
        let mut items = Vec::new();
        let mut spare = Money::ZERO;
        for night in &self.nights {
            let standard = find(standards, Kind::Hotel, self.grade.as_ref(), &night.city, night.day)?;
            let within = !night.paid.is_negative() && (Money::ZERO..=night.paid).contains(&night.tax);
            let room =
                standard.per_day.checked_sub(night.paid).filter(|_| within).ok_or(AssessmentError::Impossible)?;
            spare = spare.checked_add(room.max(Money::ZERO)).ok_or(AssessmentError::Impossible)?;
            items.push(Item {
                what: "hotel".into(),
                day: night.day,
                claimed: night.paid,
                reimbursed: night.paid,
                over: room.checked_neg().ok_or(AssessmentError::Impossible)?.max(Money::ZERO),
                tax: night.tax,
                source: standard.source.clone(),
                unchecked: false,
            });
        }
        for item in &mut items {
            if measure == Measure::TripAverage {
                // What cheap nights left makes up for dear ones, the first of them first.
                let made_up = item.over.min(spare);
                item.over = item.over.checked_sub(made_up).unwrap_or_default();
                spare = spare.checked_sub(made_up).unwrap_or_default();
            }
            if !pays_over && item.over.is_positive() {
                item.reimbursed = item.claimed.checked_sub(item.over).ok_or(AssessmentError::Impossible)?;
                // Tax on what the traveller bears is personal consumption (个人消费) and does not come back: 增值税法 article
                // 22 (4).
                let share =
                    item.reimbursed.to_decimal().checked_div(item.claimed.to_decimal()).unwrap_or(Decimal::ZERO);
                item.tax = item.tax.checked_mul_rate(share).ok_or(AssessmentError::Impossible)?;
            }
        }
        Ok(items)
    }

    fn allowances(&self, standards: &Standards) -> Result<Vec<Item>, AssessmentError> {
        let mut days = self.days.clone();
        days.sort_by_key(|(day, _)| *day);
        days.dedup_by_key(|(day, _)| *day);
        let mut items = Vec::new();
        for (day, city) in &days {
            for (kind, what) in [(Kind::Meals, "meals"), (Kind::LocalTransport, "localTransport")] {
                if kind == Kind::Meals && self.hosted.contains(day) {
                    continue;
                }
                let standard = find(standards, kind, self.grade.as_ref(), city, *day)?;
                items.push(Item {
                    what: what.into(),
                    day: *day,
                    claimed: standard.per_day,
                    reimbursed: standard.per_day,
                    over: Money::ZERO,
                    tax: Money::ZERO,
                    source: standard.source.clone(),
                    unchecked: false,
                });
            }
        }
        Ok(items)
    }
}

impl Ticket {
    fn item(&self, tax: &PassengerTax) -> Result<Item, AssessmentError> {
        let computed = tax.of(self.mode, self.fare, self.day, self.traveller_named);
        let (tax, source, unchecked) = match (self.stated_tax, computed) {
            (Some(stated), _) => (stated, "invoice".into(), false),
            (None, Some(taxed)) => (taxed.tax, taxed.source, taxed.unchecked),
            (None, None) => (Money::ZERO, String::new(), false),
        };
        if self.fare.is_negative() || !(Money::ZERO..=self.fare).contains(&tax) {
            return Err(AssessmentError::Impossible);
        }
        let what = match self.mode {
            Mode::Air => "air",
            Mode::Rail => "rail",
            Mode::Road => "road",
            Mode::Water => "water",
        };
        let (day, fare) = (self.day, self.fare);
        let what = what.into();
        Ok(Item { what, day, claimed: fare, reimbursed: fare, over: Money::ZERO, tax, source, unchecked })
    }
}

fn find<'a>(
    standards: &'a Standards,
    kind: Kind,
    grade: Option<&Code>,
    city: &str,
    day: Date,
) -> Result<&'a super::Standard, AssessmentError> {
    let none = || AssessmentError::NoStandard { kind, city: city.into(), day };
    standards.find(kind, grade, city, day).ok_or_else(none)
}
