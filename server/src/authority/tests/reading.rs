//! What each person gets of the log, and when.

use std::collections::BTreeSet;

use budget::{PersonId, RequestId, RequestState, Role};
use sync::record::Verb;
use sync::view::RequestView;
use sync::wire::Item;
use sync::{DocumentKey, Edit, Field, Place, Scalar};

use super::bench::{Bench, refusal};
use crate::authority::log::{self, Page};
use crate::authority::{access, view};
use crate::demo::person;

fn since(bench: &Bench, login: &str, cursor: u64) -> Page {
    log::since(&bench.connection, bench.authority.books(), person(login), cursor, 10_000).unwrap()
}

fn changes(page: &Page, id: RequestId) -> usize {
    let of = |item: &Item| match item {
        Item::Changes { document, changes } if *document == DocumentKey::Claim(id) => changes.len(),
        _ => 0,
    };
    page.items.iter().map(of).sum()
}

fn statuses(page: &Page) -> Vec<RequestView> {
    let of = |item: &Item| match item {
        Item::Status { json, .. } => Some(serde_json::from_slice(json).unwrap()),
        _ => None,
    };
    page.items.iter().filter_map(of).collect()
}

#[test]
fn a_draft_is_its_owners_until_it_is_handed_in() {
    let mut bench = Bench::new();
    let id = bench.draft("zhangwei", "10", "TRAVEL-HOTEL");
    let own = since(&bench, "zhangwei", 0);
    assert_eq!((changes(&own, id), statuses(&own).len()), (3, 0));
    let before = since(&bench, "wangqiang", 0);
    assert_eq!(before.items, []);
    bench.submit("zhangwei", id).unwrap();
    // The approver gets what is older than the own cursor, because it is new to them.
    let after = since(&bench, "wangqiang", before.cursor);
    assert_eq!((changes(&after, id), statuses(&after)[0].state), (3, RequestState::InApproval));
    assert_eq!(since(&bench, "wangqiang", after.cursor).items, []);
    assert_eq!(since(&bench, "sunli", 0).items, [], "nobody else");

    // Given back, it is a draft again: the owner's until it is handed in again.
    bench.decide("wangqiang", id, Verb::Return, "改标题").unwrap();
    let returned = since(&bench, "wangqiang", after.cursor);
    assert_eq!((changes(&returned, id), statuses(&returned).len()), (0, 1));
    bench.set_amount("zhangwei", id, "12").unwrap();
    let editing = since(&bench, "wangqiang", returned.cursor);
    assert_eq!(editing.items, []);
    let whole = log::document(&bench.connection, person("wangqiang"), &DocumentKey::Claim(id)).unwrap().unwrap();
    assert_eq!(whole.len(), 3, "asking for the document does not show it either");
    bench.submit("zhangwei", id).unwrap();
    let again = since(&bench, "wangqiang", editing.cursor);
    assert_eq!((changes(&again, id), statuses(&again).len()), (4, 1));
    assert_eq!(log::document(&bench.connection, person("sunli"), &DocumentKey::Claim(id)).unwrap(), None);
}

#[test]
fn pages_of_any_size_bring_the_same() {
    let mut bench = Bench::new();
    for number in 1..=6 {
        let id = bench.claim("zhangwei", &format!("{number}00"), "TRAVEL-HOTEL");
        if number % 2 == 0 {
            bench.decide("wangqiang", id, Verb::Approve, "").unwrap();
        }
    }
    for login in ["zhangwei", "wangqiang", "caiwu"] {
        let whole = since(&bench, login, 0);
        let named = |items: &[Item]| {
            let mut names = BTreeSet::new();
            for item in items {
                match item {
                    Item::Changes { changes, .. } => {
                        names.extend(changes.iter().map(|change| hex::encode(change.hash)));
                    }
                    Item::Status { request, .. } => drop(names.insert(request.to_string())),
                    Item::Gone { document } => drop(names.insert(document.to_string())),
                }
            }
            names
        };
        for limit in [1, 2, 3, 7] {
            let (mut cursor, mut found, mut pages) = (0, Vec::new(), 0);
            loop {
                let page =
                    log::since(&bench.connection, bench.authority.books(), person(login), cursor, limit).unwrap();
                assert!(page.cursor > cursor || !page.more, "the cursor moves on");
                cursor = page.cursor;
                found.extend(page.items);
                pages += 1;
                if !page.more {
                    break;
                }
            }
            assert_eq!(named(&found), named(&whole.items), "{login}, {limit} at a time");
            assert_eq!(cursor, whole.cursor);
            assert!(pages > 1);
        }
    }
}

#[test]
fn an_office_that_ends_takes_the_reading_with_it() {
    let mut bench = Bench::new();
    let read = bench.claim("zhangwei", "10", "TRAVEL-HOTEL");
    let asked = bench.claim("zhangwei", "2000", "TRAVEL-HOTEL");
    bench.decide("wangqiang", asked, Verb::Approve, "").unwrap();
    let before = since(&bench, "caiwu", 0);
    assert_eq!(statuses(&before).len(), 2);
    let mut organisation = (*bench.authority.books().organisation).clone();
    organisation.people.get_mut(&person("caiwu")).unwrap().roles.remove(&Role::Finance);
    let now = bench.later();
    bench.authority.publish_organisation(&bench.connection, now, Some(person("admin")), organisation.clone()).unwrap();
    let after = since(&bench, "caiwu", before.cursor);
    let gone: Vec<_> = after
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Gone { document } => Some(*document),
            _ => None,
        })
        .collect();
    assert_eq!(gone, [DocumentKey::Claim(read), DocumentKey::Thread(read)], "what they were asked about stays");
    let may = |bench: &Bench, id| access::may_read(&bench.connection, id, person("caiwu")).unwrap();
    assert!(!may(&bench, read) && may(&bench, asked));
    // Back in office: all of it is new.
    organisation.people.get_mut(&person("caiwu")).unwrap().roles.insert(Role::Finance);
    let now = bench.later();
    bench.authority.publish_organisation(&bench.connection, now, Some(person("admin")), organisation).unwrap();
    let back = since(&bench, "caiwu", after.cursor);
    assert_eq!((changes(&back, read), statuses(&back).len()), (3, 1));
    bench.all_holds();
}

#[test]
fn holders_of_a_shortage_are_named_only_to_those_who_may_know() {
    let mut bench = Bench::new();
    bench.claim("zhangwei", "190000", "PROMOTION");
    let id = bench.claim("lina", "30000", "PROMOTION");
    let shortage = |bench: &Bench, login: &str| {
        let view = view::request(&bench.connection, bench.authority.books(), id, person(login)).unwrap().unwrap();
        view.shortages[0].holders.len()
    };
    assert_eq!(shortage(&bench, "lina"), 0);
    assert_eq!(shortage(&bench, "wangqiang"), 1);
    assert_eq!(shortage(&bench, "caiwu"), 1);
    assert_eq!(view::request(&bench.connection, bench.authority.books(), id, person("sunli")).unwrap(), None);
}

#[test]
fn preferences_are_ones_own() {
    let mut bench = Bench::new();
    let mine = DocumentKey::Preferences(person("zhangwei"));
    let write = |bench: &mut Bench, login: &str, key: DocumentKey| {
        bench.with(login, |stage, hand, now| {
            let edits =
                [Edit::CreatePreferences, Edit::set(Place::Header, Field::ListFilter, Scalar::Text("待我审批".into()))];
            stage.write(hand, now, key, &edits)
        })
    };
    let theirs = DocumentKey::Preferences(PersonId([1; 16]));
    assert_eq!(refusal(write(&mut bench, "zhangwei", theirs)).code, sync::view::codes::NOT_ALLOWED);
    write(&mut bench, "zhangwei", mine).unwrap();
    let kept = bench.with("zhangwei", |stage, hand, _| stage.document(hand, mine)).unwrap();
    assert_eq!(sync::document::Preferences::read(&kept).filter, "待我审批");
    assert_eq!(log::document(&bench.connection, person("caiwu"), &mine).unwrap(), None);
    assert_eq!(access::readers(&bench.connection, &mine).unwrap(), [person("zhangwei")]);
}

#[test]
fn the_company_view_leaves_out_what_is_not_ones_own() {
    let bench = Bench::new();
    let books = bench.authority.books();
    let view = view::company(books, person("zhangwei")).unwrap();
    let logins: Vec<_> =
        view.organisation.people.values().filter(|person| !person.login.is_empty()).map(|person| person.id).collect();
    assert_eq!(logins, [person("zhangwei")]);
    assert_eq!(view::company(books, PersonId([9; 16])), None);
    let admin = view::company(books, person("admin")).unwrap();
    assert!(admin.organisation.people.values().all(|person| !person.login.is_empty()));
}
