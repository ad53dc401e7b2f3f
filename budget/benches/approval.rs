//! How fast approval is foreseen: routing one request, and rehearsing a set of rules over past requests, on one core.
//!
//! The company grows with its requests, as companies do: fifty requests a person.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use budget::approval::rehearsal::{Pace, Past, rehearse};
use budget::approval::{Facts, RuleSet, route};
use budget::organisation::Post;
use budget::{Code, Money, Organisation, Person, PersonId, RequestId, RequestKind, Role, Timestamp};
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const DAY: i64 = 86_400_000;
/// 2026-01-01 00:00 in China.
const YEAR: Timestamp = Timestamp(1_767_196_800_000);
/// The size that the goal names, and others that show how the cost grows.
const SIZES: [usize; 4] = [10_000, 50_000, 100_000, 200_000];
const GOAL: usize = 100_000;
const REQUESTS_PER_PERSON: usize = 50;
const PEOPLE_PER_DEPARTMENT: usize = 10;

const RULES: &str = include_str!("../src/approval/tests/rules.toml");

fn code(text: &str) -> Result<Code> {
    Ok(Code::new(text)?)
}

fn id(number: usize) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *to = from;
    }
    bytes
}

/// A company of so many people: departments of ten under one chief, finance, a chairman.
fn company(people: usize) -> Result<Organisation> {
    let mut organisation = Organisation::default();
    let departments = people.div_ceil(PEOPLE_PER_DEPARTMENT);
    for number in 0..people {
        let department = code(&format!("D{}", number % departments))?;
        let mut roles = BTreeSet::from([Role::Employee]);
        if number < 4 {
            roles.insert(Role::Finance);
        }
        if number == 4 {
            roles.insert(Role::Executive);
        }
        let person = Person {
            id: PersonId(id(number)),
            login: String::new(),
            name: format!("员工{number}"),
            department: department.clone(),
            roles,
            active: true,
        };
        if number >= people - departments {
            organisation.department_heads.insert(department.clone(), person.id);
            organisation.department_parents.insert(department, code("ALL")?);
        }
        organisation.people.insert(person.id, person);
    }
    organisation.department_heads.insert(code("ALL")?, PersonId(id(4)));
    for (post, holder) in [("CFO", 5), ("CHAIR", 6), (Organisation::LAST_RESORT, 6)] {
        let holders = BTreeSet::from([PersonId(id(holder))]);
        organisation.posts.insert(code(post)?, Post { name: post.into(), holders });
    }
    Ok(organisation)
}

/// A year of requests, in order; amounts and accounts vary with the number.
fn year(requests: usize, people: usize) -> Result<Vec<Past>> {
    let departments = people.div_ceil(PEOPLE_PER_DEPARTMENT);
    let accounts = [code("TRAVEL")?, code("ENTERTAIN")?, code("OFFICE")?];
    let step = 365 * DAY / i64::try_from(requests).unwrap_or(1);
    (0..requests)
        .map(|number| {
            let claimant = number * 7 % people;
            let fen = i64::try_from(number * 7_919 % 2_500_000).unwrap_or(0) + 1;
            let department = code(&format!("D{}", claimant % departments))?;
            let mut facts =
                Facts::new(RequestKind::ExpenseClaim, PersonId(id(claimant)), department, Money::from_fen(fen));
            facts.vendors.insert(format!("供应商{}", number % 97));
            let account = accounts.iter().cycle().nth(number % 3).cloned();
            facts.members.extend(account.map(|account| (budget::Dimension::Account, account)));
            let submitted_at = YEAR.plus(step * i64::try_from(number).unwrap_or(0));
            Ok(Past { request: RequestId(id(number)), submitted_at, facts })
        })
        .collect()
}

/// The rules with the daily limit of a department's head lowered to ¥3,000.
fn proposed(current: &RuleSet) -> RuleSet {
    let mut proposed = RuleSet { version: current.version + 1, ..current.clone() };
    let limits = [(Money::from_yuan(5_000), Money::from_yuan(3_000))];
    for tier in proposed.tables.iter_mut().rev().take(1).flat_map(|table| table.tiers.iter_mut()) {
        for (from, to) in limits {
            for bound in [&mut tier.above, &mut tier.up_to] {
                if *bound == from {
                    *bound = to;
                }
            }
        }
    }
    proposed
}

fn main() -> Result<()> {
    let current = RuleSet::parse(RULES)?;
    let proposed = proposed(&current);
    println!(
        "{:>10} {:>8} {:>12} {:>14} {:>12} {:>10}",
        "requests", "people", "rehearsal s", "µs a request", "rerouted", "route µs"
    );
    let mut figures = (0.0, 0.0);
    let mut each = Vec::new();
    for requests in SIZES {
        let people = requests.div_ceil(REQUESTS_PER_PERSON);
        let (organisation, past) = (company(people)?, year(requests, people)?);
        let started = Instant::now();
        let found = black_box(rehearse(&current, &proposed, &organisation, &Pace::default(), &past));
        let seconds = started.elapsed().as_secs_f64();
        if found.requests != requests || found.rerouted == 0 || !found.unroutable.is_empty() {
            return Err("the rehearsal found nothing, or nobody".into());
        }
        let started = Instant::now();
        for request in &past {
            black_box(route(&current, &organisation, &request.facts, request.submitted_at).is_ok());
        }
        let count = f64::from(u32::try_from(requests).unwrap_or(u32::MAX));
        let route_us = started.elapsed().as_secs_f64() * 1e6 / count;
        println!(
            "{requests:>10} {people:>8} {seconds:>12.3} {:>14.2} {:>12} {route_us:>10.2}",
            seconds * 1e6 / count,
            found.rerouted
        );
        each.push(seconds / count);
        if requests == GOAL {
            figures = (seconds, route_us);
        }
    }
    let growth = each.last().zip(each.first()).map_or(0.0, |(last, first)| last / first);
    let line = json!({
        "bench": "approval",
        "figures": { "rehearsal_100k_s": figures.0, "route_us": figures.1 },
        // The cost of one request among 200,000, beside that of one among 10,000: 1 is linear.
        "ratios": { "cost_per_request_200k_vs_10k": growth },
    });
    println!("{line}");
    Ok(())
}
