//! The demo company is complete, is made once and passes every check.

use std::collections::BTreeSet;

use budget::{Code, Money, RequestState};

use RequestState::{Approved, InApproval, OverBudget, Paid, Rejected, Returned};

use super::*;
use crate::audit::fsck;
use crate::authority::{log, view};
use crate::store::State;
use crate::testing;

/// Half past nine in China on a day.
fn morning(day: &str) -> Clock {
    let day: budget::Date = day.parse().unwrap();
    Clock::standing_at(Timestamp(day.days() * 86_400_000 + 90 * 60_000))
}

fn available(authority: &Authority, line: &str) -> Money {
    authority.ledger().balance(&Code::new(line).unwrap()).unwrap().available().unwrap()
}

#[track_caller]
fn check(day: &str, promotion: &str) {
    let folder = tempfile::tempdir().unwrap();
    let clock = morning(day);
    let first = create(folder.path(), &testing::database(folder.path()), &clock).unwrap();
    assert!(first.made_now);
    assert_eq!(first.people.len(), 15);
    assert!(!create(folder.path(), &testing::database(folder.path()), &clock).unwrap().made_now);

    let connection = testing::database(folder.path()).open_for_reading().unwrap();
    let report = fsck(&connection).unwrap();
    assert!(report.is_clean(), "{report}");
    let authority = Authority::load(&connection).unwrap();
    assert_eq!(available(&authority, promotion), Money::from_yuan(50_000).unwrap());
    let states: BTreeSet<RequestState> = authority.requests().map(|request| request.view.state).collect();
    assert_eq!(states, BTreeSet::from([InApproval, Approved, Paid, Returned, Rejected, OverBudget]));
    let stood_in =
        authority.requests().flat_map(|request| &request.view.history).any(|event| event.in_place_of.is_some());
    assert!(stood_in, "the delegate decided something");
    for request in authority.requests() {
        let unproven =
            request.view.warnings.iter().any(|warning| warning.code != sync::view::codes::WARNING_NO_INVOICE);
        assert!(!unproven, "{}: {:?}", request.view.title, request.view.warnings);
    }
}

#[test]
fn it_is_whole_on_any_day() {
    check("2026-11-23", "2026Q4-MKT-PROMOTION");
    check("2026-08-17", "2026Q3-MKT-PROMOTION");
}

#[test]
fn it_is_whole_on_the_first_day_of_a_quarter_and_of_a_year() {
    check("2026-10-01", "2026Q4-MKT-PROMOTION");
    check("2027-01-01", "2027Q1-MKT-PROMOTION");
}

#[test]
fn another_company_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let clock = morning("2026-11-23");
    let store: Store<Authority> = testing::store(folder.path(), clock.clone(), &WriterLimits::default());
    store
        .writer
        .run_blocking(|turn| {
            let organisation = budget::Organisation { name: "别的公司".into(), ..budget::Organisation::default() };
            turn.state.publish_organisation(turn.connection, turn.now, None, organisation)?;
            Ok::<_, Stop<()>>(())
        })
        .unwrap();
    store.writer.close();
    drop(store);
    assert!(matches!(create(folder.path(), &testing::database(folder.path()), &clock), Err(DemoError::OtherCompany)));
}

#[test]
fn everybody_sees_what_their_office_shows() {
    let folder = tempfile::tempdir().unwrap();
    let clock = morning("2026-11-23");
    create(folder.path(), &testing::database(folder.path()), &clock).unwrap();
    let connection = testing::database(folder.path()).open_for_reading().unwrap();
    let books = crate::authority::Books::load(&connection).unwrap();
    let lines = |login: &str| {
        let view = view::budget(&connection, &books, clock.now(), person(login)).unwrap();
        let named = view.lines.values().filter(|line| line.holders.is_some()).count();
        (view.lines.len(), named)
    };
    let all = books.scheme.lines().count();
    for login in ["caiwu", "zongjing", "shenji", "admin"] {
        assert_eq!(lines(login), (all, all), "{login}");
    }
    assert_eq!(lines("zhangwei"), (16, 0), "four accounts in four quarters, sums only");
    assert_eq!(lines("wangqiang"), (16, 16), "the head sees who holds them");
    assert_eq!(lines("xujing"), (17, 1), "the own department's sums and the own project");
    let seen = |login: &str| {
        let page = log::since(&connection, &books, person(login), 0, 10_000).unwrap();
        page.items.iter().filter(|item| matches!(item, sync::wire::Item::Status { .. })).count()
    };
    assert_eq!(seen("caiwu"), 16, "everything that was handed in");
    assert_eq!(seen("admin"), 0, "administrators keep people, not claims");
    assert!((1..16).contains(&seen("wangqiang")));
}
