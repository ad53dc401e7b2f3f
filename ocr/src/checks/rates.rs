//! Rates of value added tax by the day of issue, and what the digits of a code say about its invoice.

use budget::Date;
use rust_decimal::Decimal;

use super::{Case, check, side};
use crate::reading::{Check, CheckKind, InvoiceKind, Message, Outcome};

/// A rate in thousandths, the first day it was in force and the last one; 0 is no bound.
type Rate = (i64, u32, u32);

/// A day as one number that grows with the days.
const fn day(year: u32, month: u32, day: u32) -> u32 {
    year * 10_000 + month * 100 + day
}

/// Tax rates (税率) and levy rates (征收率), with the day of each change and its source:
///
/// - 2017-07-01: the 13 % of before ends (财税〔2017〕37号).
/// - 2018-05-01: 17 and 11 % become 16 and 10 % (财税〔2018〕32号).
/// - 2019-04-01: those become 13 and 9 % (财政部 税务总局 海关总署公告2019年第39号). The VAT Law (增值税法, in force since 2026-01-01)
///   keeps 13, 9, 6 and 0 % in article 10 and names one levy rate, 3 %, in article 11.
/// - 2020-03-01: the levy of 3 % is relieved to 1 % (财政部 税务总局公告2020年第13号 and its successors; until 2027-12-31 by
///   财政部 税务总局公告2026年第10号, 三（三）6).
/// - 5 % is the levy on real estate, which that announcement of 2026 keeps for older projects, and 1.5 % the one on homes that
///   people let.
///
/// Reliefs of a single trade, such as that of dealers in used cars, are not here: their invoices ask for a look.
const RATES: [Rate; 13] = [
    (170, 0, day(2018, 4, 30)),
    (110, 0, day(2018, 4, 30)),
    (160, day(2018, 5, 1), day(2019, 3, 31)),
    (100, day(2018, 5, 1), day(2019, 3, 31)),
    (130, 0, day(2017, 6, 30)),
    (130, day(2019, 4, 1), 0),
    (90, day(2019, 4, 1), 0),
    (60, 0, 0),
    (50, 0, 0),
    (30, 0, 0),
    (15, 0, 0),
    (10, day(2020, 3, 1), day(2027, 12, 31)),
    (0, 0, 0),
];
/// Invoices printed in one year were still issued in the years after it.
const MOST_YEARS_ON_THE_SHELF: i16 = 6;

/// Every rate of the lines was in force on the day of issue. A red invoice repeats the rate of the one that it corrects,
/// so it is left out.
pub(super) fn in_force(case: &Case<'_>) -> Option<Check> {
    let issued = case.fields.issued_on.as_ref()?;
    let source = case.items_source?;
    let red = case.fields.total.as_ref().is_some_and(|total| total.value.is_negative());
    let rates: Vec<Decimal> = case.items.iter().filter_map(|item| item.rate).collect();
    if rates.is_empty() || red {
        return None;
    }
    let wrong = rates.into_iter().find(|rate| !is_in_force(*rate, issued.value));
    Some(match wrong {
        None => check(CheckKind::Rates, Outcome::Passed, Message::RatesInForce, Vec::new()),
        Some(rate) => {
            let sides = vec![side("rate", source, &rate), side("issuedOn", issued.source, &issued.value)];
            check(CheckKind::Rates, Outcome::Failed, Message::RateNotInForce, sides)
        }
    })
}

fn is_in_force(rate: Decimal, day: Date) -> bool {
    let digits: u32 = day.to_string().replace('-', "").parse().unwrap_or(0);
    RATES.iter().any(|(thousandths, from, to)| {
        Decimal::new(*thousandths, 3) == rate && *from <= digits && (*to == 0 || digits <= *to)
    })
}

/// The year and the kind inside a code. Twelve digits that begin with 0 are: 0, region (4), year (2), batch (3), kind (2);
/// ten digits: region (4), year (2), batch. Other codes follow local rules and say nothing.
pub(super) fn code(case: &Case<'_>) -> Option<Check> {
    let code = case.fields.code.as_ref()?;
    let digits = code.value.as_str();
    let (year, kind) = match digits.len() {
        12 if digits.starts_with('0') => (digits.get(5..7)?, kind_of(digits.get(10..)?)),
        10 => (digits.get(4..6)?, None),
        _ => return None,
    };
    let printed = 2000 + year.parse::<i16>().ok()?;
    let issued = case.fields.issued_on.as_ref();
    let in_time = issued.is_none_or(|date| (0..=MOST_YEARS_ON_THE_SHELF).contains(&(date.value.year() - printed)));
    let of_kind = kind.is_none_or(|kinds| case.kind == InvoiceKind::Unknown || kinds.contains(&case.kind));
    let mut sides = vec![side("code", code.source, &code.value)];
    sides.extend(issued.map(|date| side("issuedOn", date.source, &date.value)));
    Some(if in_time && of_kind {
        check(CheckKind::Code, Outcome::Passed, Message::CodeHolds, sides)
    } else {
        check(CheckKind::Code, Outcome::Failed, Message::CodeUnusual, sides)
    })
}

/// The kinds that the last two digits of a code name.
fn kind_of(digits: &str) -> Option<&'static [InvoiceKind]> {
    match digits {
        "11" => Some(&[InvoiceKind::ElectronicOrdinary, InvoiceKind::Toll]),
        "12" => Some(&[InvoiceKind::Toll, InvoiceKind::ElectronicOrdinary]),
        "13" => Some(&[InvoiceKind::ElectronicSpecial]),
        "04" | "05" => Some(&[InvoiceKind::PaperOrdinary]),
        "06" | "07" => Some(&[InvoiceKind::Roll]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_by_their_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (thousandths, on, holds) in [
            (130, "2026-06-01", true),
            (170, "2026-06-01", false),
            (170, "2018-04-30", true),
            (160, "2018-05-01", true),
            (160, "2019-04-01", false),
            (90, "2019-03-31", false),
            (10, "2019-12-31", false),
            (10, "2024-01-01", true),
            (10, "2028-01-01", false),
            (60, "2014-01-01", true),
            (70, "2026-06-01", false),
        ] {
            assert_eq!(is_in_force(Decimal::new(thousandths, 3), day(on)), holds, "{thousandths} {on}");
        }
    }
}
