//! A trip to Shanghai, and standards that cannot be used.

use super::*;
use crate::settlement::{Advance, Choice, settle};
use crate::voucher::{self, AccountMap, Expense};
use crate::{Code, Date, Money, PersonId, RequestId, Timestamp};

const ME: PersonId = PersonId([1; 16]);

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// Three days: two trains of 553, nights of 620 and 480 with special invoices of 6 %.
fn shanghai() -> Trip {
    let ticket = |on: &str| Ticket {
        day: day(on),
        mode: Mode::Rail,
        fare: money("553"),
        traveller_named: true,
        stated_tax: None,
    };
    let night = |on: &str, paid: &str| {
        let rate = "0.06".parse().unwrap();
        Night {
            day: day(on), city: "上海".into(), paid: money(paid), tax: tax::tax_inside(money(paid), rate).unwrap()
        }
    };
    Trip {
        tickets: vec![ticket("2025-11-17"), ticket("2025-11-19")],
        nights: vec![night("2025-11-17", "620"), night("2025-11-18", "480")],
        days: ["2025-11-17", "2025-11-18", "2025-11-19"].map(|on| (day(on), "上海".into())).into(),
        ..Trip::default()
    }
}

fn assess(trip: &Trip, measure: Measure, over: Over, approved: bool) -> Result<Assessment, AssessmentError> {
    let (standards, tax) = (Standards::example().unwrap(), PassengerTax::china().unwrap());
    trip.assess(&standards, &tax, Policy { measure, over }, approved)
}

/// Reimbursed, over, refund of a loan of 3,000; the voucher balances.
#[track_caller]
fn check(measure: Measure, over: Over, approved: bool, [reimbursed, over_amount, refund]: [&str; 3]) -> Assessment {
    let found = assess(&shanghai(), measure, over, approved).unwrap();
    let loan = Advance { request: RequestId([7; 16]), person: ME, paid_at: Timestamp(0), outstanding: money("3000") };
    let settlement = settle(ME, found.reimbursed, &[loan], &Choice::OldestFirst, true).unwrap();
    assert_eq!((found.reimbursed, found.over), (money(reimbursed), money(over_amount)));
    assert_eq!((settlement.refund, settlement.pay), (money(refund), Money::ZERO));
    let expense =
        |item: &Item| Expense { account: Code::new("TRAVEL").unwrap(), amount: item.reimbursed, tax: item.tax };
    let expenses: Vec<Expense> = found.items.iter().map(expense).collect();
    let map = AccountMap::example().unwrap();
    let voucher = voucher::of_claim(&map, day("2025-11-20"), "上海出差", &expenses, &settlement).unwrap();
    assert_eq!(voucher.totals(), Some((money("3000"), money("3000"))), "what was lent is spent or comes back");
    found
}

#[test]
fn s13_shanghai_trip() {
    for (measure, over) in [(Measure::PerNight, "120"), (Measure::TripAverage, "100")] {
        let found = check(measure, Over::SpecialApproval, true, ["2746.00", over, "254.00"]);
        assert_eq!((found.tax, found.expense), (money("153.58"), money("2592.42")));
    }
    check(Measure::PerNight, Over::SpecialApproval, false, ["2626.00", "120", "374.00"]);
    check(Measure::TripAverage, Over::SpecialApproval, false, ["2646.00", "100", "354.00"]);
    check(Measure::PerNight, Over::SelfPay, false, ["2626.00", "120", "374.00"]);
    let blocked = assess(&shanghai(), Measure::PerNight, Over::Block, true);
    assert_eq!(blocked, Err(AssessmentError::Blocked(money("120"))));
}

#[test]
fn tax_on_what_the_traveller_bears_does_not_come_back() {
    let found = assess(&shanghai(), Measure::PerNight, Over::SelfPay, false).unwrap();
    // 35.09 × 500 ÷ 620 = 28.30 for the dear night.
    assert_eq!(found.tax, money("146.79"));
    assert_eq!(found.expense, money("2479.21"));
}

#[test]
fn a_ticket_is_taken_apart_by_the_rule_of_its_day() {
    let rules = PassengerTax::china().unwrap();
    let tax = |mode, fare: &str, on: &str, named| rules.of(mode, money(fare), day(on), named).map(|taxed| taxed.tax);
    assert_eq!(tax(Mode::Rail, "553", "2025-06-01", true), Some(money("45.66")));
    assert_eq!(tax(Mode::Air, "1090", "2025-06-01", true), Some(money("90.00")));
    assert_eq!(tax(Mode::Road, "103", "2025-06-01", true), Some(money("3.00")));
    assert_eq!(tax(Mode::Rail, "553", "2025-06-01", false), None, "the traveller has to be named");
    assert_eq!(tax(Mode::Rail, "553", "2019-03-31", true), None, "not yet in force");
    for mode in [Mode::Air, Mode::Rail, Mode::Road, Mode::Water] {
        let by = |on: &str| rules.of(mode, money("553"), day(on), true).unwrap();
        let (before, after, later) = (by("2025-12-31"), by("2026-01-01"), by("2027-01-01"));
        assert!(before.source.contains("2019年第39号") && !before.unchecked, "{before:?}");
        assert!(after.source.contains("2026年第13号") && !after.unchecked, "{after:?}");
        assert_eq!(after.tax, before.tax, "the rates are the same under the law of 2026");
        assert!(later.unchecked, "somebody has to look again");
    }
}

#[test]
fn the_closest_standard_holds() {
    let standards = Standards::example().unwrap();
    let limit = |kind, grade: Option<&str>, city: &str, on: &str| {
        let grade = grade.map(|grade| Code::new(grade).unwrap());
        standards.find(kind, grade.as_ref(), city, day(on)).map(|standard| standard.per_day)
    };
    assert_eq!(limit(Kind::Hotel, None, "上海", "2026-05-01"), Some(money("500")));
    assert_eq!(limit(Kind::Hotel, Some("M"), "上海", "2026-05-01"), Some(money("800")));
    assert_eq!(limit(Kind::Hotel, Some("M"), "杭州", "2026-05-01"), Some(money("400")));
    assert_eq!(limit(Kind::Hotel, None, "三亚", "2026-07-01"), Some(money("400")));
    assert_eq!(limit(Kind::Hotel, None, "三亚", "2026-12-31"), Some(money("550")), "high season");
    assert_eq!(limit(Kind::Hotel, None, "三亚", "2027-01-01"), Some(money("550")), "over the new year");
    assert_eq!(limit(Kind::Hotel, None, "桂林", "2026-05-01"), Some(money("350")));
    assert_eq!(limit(Kind::Meals, None, "拉萨", "2026-05-01"), Some(money("120")));
    assert_eq!(limit(Kind::Hotel, None, "上海", "2024-12-31"), None, "not yet valid");
    let trip = Trip { days: vec![(day("2024-12-31"), "上海".into())], ..Trip::default() };
    assert_eq!(assess(&trip, Measure::PerNight, Over::Block, false).unwrap_err().code(), "no_standard");
}

#[test]
fn meals_of_the_host_are_not_paid_again_and_a_day_counts_once() {
    let on = day("2026-05-06");
    let trip = Trip { days: vec![(on, "上海".into()), (on, "上海".into())], hosted: vec![on], ..Trip::default() };
    let found = assess(&trip, Measure::PerNight, Over::Block, false).unwrap();
    assert_eq!((found.reimbursed, found.items.len()), (money("80"), 1));
}

#[test]
fn standards_that_cannot_be_used_are_refused_with_the_example() {
    let row = |extra: &str| {
        format!("[[standard]]\nkind = 'hotel'\nperDay = 500\nfrom = '2026-01-01'\nsource = 's'\n{extra}\n")
    };
    let parse = |text: &str| Standards::parse(text).unwrap_err();
    let reversed = row("to = '2025-12-31'");
    assert_eq!(parse(&reversed), StandardFault::DatesReversed { row: 1, to: day("2025-12-31") });
    let twice = format!("{}{}", row("to = '2026-06-30'"), row("tier = '1'"));
    assert!(Standards::parse(&twice).is_ok(), "a tier refines the rest");
    let twice = format!("{}{}", row(""), row("to = '2026-06-30'"));
    assert_eq!(parse(&twice), StandardFault::Ambiguous { first: 1, second: 2, example: day("2026-01-01") });
    let seasons = |from: &str| row(&format!("season = {{ from = '{from}', to = '03-31' }}"));
    let overlap = format!("{}{}", seasons("11-01"), seasons("03-01"));
    assert_eq!(parse(&overlap), StandardFault::Ambiguous { first: 1, second: 2, example: day("2026-03-01") });
    let free = row("").replace("500", "0");
    assert_eq!(parse(&free), StandardFault::NotPositive { row: 1, amount: Money::ZERO });
    let cities = format!("[tiers]\n1 = ['上海']\n2 = ['上海']\n{}", row(""));
    assert_eq!(parse(&cities), StandardFault::CityTwice("上海".into()));
    assert!(matches!(parse("[[standard]]\nkind = 'yacht'"), StandardFault::Malformed(_)));
}

#[test]
fn tax_rules_that_cannot_be_used_are_refused_with_the_example() {
    use super::TaxError;
    let rule = |rate: &str, from: &str, to: &str| {
        format!(
            "[[rule]]\nmode = \"rail\"\nrate = \"{rate}\"\nfrom = \"{from}\"\n{to}\ncheckedUntil = \"{from}\"\nsource = \"法\"\n"
        )
    };
    let check = |text: String, expected: TaxError| assert_eq!(PassengerTax::parse(&text), Err(expected));
    let reversed = TaxError::DatesReversed { row: 1, to: day("2025-12-31") };
    check(rule("0.09", "2026-01-01", "to = \"2025-12-31\""), reversed);
    check(rule("1.09", "2026-01-01", ""), TaxError::Rate { row: 1, rate: "1.09".parse().unwrap() });
    let twice = rule("0.09", "2019-04-01", "to = \"2026-01-01\"") + &rule("0.06", "2026-01-01", "");
    check(twice, TaxError::Ambiguous { first: 1, second: 2, example: day("2026-01-01") });
    assert!(matches!(PassengerTax::parse("rule = 1"), Err(TaxError::Malformed(_))));
}
