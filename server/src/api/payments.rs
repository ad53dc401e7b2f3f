//! Payments (付款): a cashier says that money has left, and the budget is consumed.
//!
//! Promise: paying is asked of the authority at once and never queued on a device, because nobody may
//! believe that they paid when they did not. The id is minted by the caller, so that a lost answer is
//! asked for again and nothing is paid twice. Of a claim that advances cover, only the difference changes hands.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use budget::settlement::Settlement;
use budget::{CommandId, Money, RequestId, Role};
use serde::{Deserialize, Serialize};
use sync::view::{RequestView, codes};

use crate::authority::view;
use crate::http::problem::{FORBIDDEN, Kind, NOT_FOUND};
use crate::http::{AppState, JsonBody, Problem};
use crate::identity::Caller;

/// The authority does not pay this; `reason` is its code.
static NOT_PAID: Kind = Kind {
    status: StatusCode::CONFLICT,
    code: "not_paid",
    zh: "不能付款：{reason}",
    en: "It cannot be paid: {reason}",
};

/// Payments that are listed at once.
const MOST: u32 = 500;

/// Who pays; the authority has the same rule.
const PAYERS: [Role; 2] = [Role::Cashier, Role::Finance];

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/payments", post(pay)).route("/api/payments/pending", get(pending))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payment {
    /// Minted by the caller: the same payment asked for twice is one.
    id: CommandId,
    request: RequestId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    request: RequestId,
    total: Money,
    /// What of it is paid out, after advances (补付).
    pay: Money,
    /// What comes back of advances (退回).
    refund: Money,
}

/// A request that waits for its payment, and what paying it means now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pending {
    #[serde(flatten)]
    view: RequestView,
    settlement: Settlement,
}

async fn pay(
    State(app): State<AppState>,
    caller: Caller,
    JsonBody(payment): JsonBody<Payment>,
) -> Result<Json<Receipt>, Problem> {
    let paid = super::ask(&app, move |authority, connection, now| {
        authority.pay(connection, now, caller.person, payment.id.bytes(), payment.request)
    });
    let paid = paid.await?.map_err(|refused| match refused.code {
        codes::NOT_ALLOWED => Problem::new(&FORBIDDEN),
        codes::UNKNOWN_REQUEST => Problem::new(&NOT_FOUND),
        // Of duties that need two people, the place is the pair.
        code => {
            Problem::new(&NOT_PAID).with("reason", code).with("place", refused.detail.place.as_str()).caused_by(refused)
        }
    })?;
    Ok(Json(Receipt { request: paid.request, total: paid.total, pay: paid.pay, refund: paid.refund }))
}

/// What is approved and not paid yet, oldest submission first.
async fn pending(State(app): State<AppState>, caller: Caller) -> Result<Json<Vec<Pending>>, Problem> {
    let (person, company) = (caller.person, app.company.clone());
    let views = app.store.readers.read(move |connection| {
        let books = company.books(connection)?;
        // Roles are looked up at the time of asking: a token says who somebody is, not what they may do.
        if !PAYERS.iter().any(|role| books.organisation.has_role(person, *role)) {
            return Ok(None);
        }
        let mut statement =
            connection.prepare_cached("SELECT id FROM request WHERE state = ?1 ORDER BY position LIMIT ?2")?;
        let ids = statement.query_map(crate::store::sql::params!["approved", MOST], |row| row.get::<[u8; 16]>(0))?;
        let mut views = Vec::new();
        for id in ids {
            views.extend(view::request(connection, &books, RequestId(id?), person)?);
        }
        views.retain(|view| view.kind.is_paid());
        views.sort_by_key(|view| (view.submitted_at, view.id));
        let settlements = view::foreseen(connection, &views)?;
        let pending = views.into_iter().zip(settlements).map(|(view, settlement)| Pending { view, settlement });
        Ok(Some(pending.collect()))
    });
    views.await?.map(Json).ok_or_else(|| Problem::new(&FORBIDDEN))
}
