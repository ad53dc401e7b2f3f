//! Travel: what a trip comes to by the company's standards, with the advance that it is set against and its voucher.
//!
//! Promise: nothing is decided or stored here; the same figures are computed on the phone from the same data.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use budget::settlement::{Advance, Choice, Settlement, settle};
use budget::travel::{Assessment, Policy, Standards, Trip};
use budget::voucher::{self, Expense, Voucher};
use budget::{Code, Date, Money, RequestId};
use serde::{Deserialize, Serialize};

use crate::authority::table;
use crate::http::problem::Kind;
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;

/// The trip cannot be reckoned; `reason` is the code.
static NOT_RECKONED: Kind = Kind {
    status: StatusCode::UNPROCESSABLE_ENTITY,
    code: "not_reckoned",
    zh: "无法核算：{words}",
    en: "It cannot be reckoned: {words}",
};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/travel/assessment", post(assess)).route("/api/travel/standards", get(standards))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    trip: Trip,
    #[serde(default)]
    policy: Policy,
    /// Whether the part over the standard has its special approval.
    #[serde(default)]
    approved: bool,
    /// The budget account that the trip is charged to.
    account: Code,
    /// What the traveller was lent for it and has not settled.
    #[serde(default)]
    lent: Money,
    /// Booked on this day.
    booked_on: Date,
}

/// The trip, what is paid or comes back, and the voucher.
#[derive(Serialize)]
struct Reckoned {
    assessment: Assessment,
    settlement: Settlement,
    voucher: Voucher,
}

fn refused(code: &'static str, words: &impl std::fmt::Display) -> Problem {
    Problem::new(&NOT_RECKONED).with("reason", code).with("words", words.to_string())
}

async fn assess(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<Json<Reckoned>, Problem> {
    let read = app.store.readers.read(|connection| {
        Ok((table::travel_standards(connection)?, table::passenger_tax(connection)?, table::account_map(connection)?))
    });
    let (standards, tax, map) = read.await?;
    let Asked { trip, policy, approved, account, lent, booked_on } = asked;
    let assessment = trip.assess(&standards, &tax, policy, approved).map_err(|error| refused(error.code(), &error))?;
    let advance =
        Advance { request: RequestId::default(), person: caller.person, paid_at: app.clock.now(), outstanding: lent };
    let settlement = settle(caller.person, assessment.reimbursed, &[advance], &Choice::OldestFirst, true)
        .map_err(|error| refused(error.code(), &error))?;
    let expenses: Vec<Expense> = assessment
        .items
        .iter()
        .map(|item| Expense { account: account.clone(), amount: item.reimbursed, tax: item.tax })
        .collect();
    let voucher = voucher::of_claim(&map, booked_on, "差旅费", &expenses, &settlement)
        .map_err(|error| refused("no_voucher", &error))?;
    Ok(Json(Reckoned { assessment, settlement, voucher }))
}

/// The standards by which trips are assessed.
async fn standards(State(app): State<AppState>, _: Caller) -> Result<Json<Standards>, Problem> {
    let read = app.store.readers.read(table::travel_standards);
    Ok(Json(read.await?))
}
