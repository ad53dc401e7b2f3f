//! The description of the API, for programs that use it (OpenAPI 3.1).
//!
//! Promise: it has every route of [`ROUTES`] and no other; a test holds that. Money is whole fen, ids
//! are UUIDs, times are milliseconds since 1970.

mod schemas;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::routes::{ROUTES, Route, Who};
use crate::http::AppState;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/openapi.json", get(|| async { Json(description()) }))
}

/// What a route is for, what it takes and what it gives: names of [`schemas`], or nothing.
struct Told(&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>);

/// One row for each route.
const TOLD: &[Told] = &[
    Told("GET", "/api/health", "Whether the server is well", None, None),
    Told("POST", "/api/sign-in", "Sign in on a device", Some("Any"), Some("Any")),
    Told("POST", "/api/refresh", "A new access token", None, Some("Any")),
    Told("POST", "/api/sign-out", "End the session", None, None),
    Told("GET", "/api/me", "Who is signed in", None, Some("Any")),
    Told("GET", "/api/devices", "The devices of whoever asks", None, Some("Any")),
    Told("POST", "/api/devices/rotate", "Put another key in the place of one's own device's", Some("Any"), Some("Any")),
    Told("DELETE", "/api/devices/{id}", "Revoke a device", None, None),
    Told("GET", "/api/blobs/{sha256}", "An original file", None, Some("File")),
    Told("HEAD", "/api/blobs/{sha256}", "Whether an original file is there", None, None),
    Told("PUT", "/api/blobs/{sha256}", "Store an original file", Some("File"), None),
    Told("HEAD", "/api/blobs/{sha256}/upload", "How much of one's own upload has arrived (Upload-Offset)", None, None),
    Told(
        "PATCH",
        "/api/blobs/{sha256}/upload",
        "Go on with one's own upload, from Upload-Offset, of Upload-Length bytes",
        Some("File"),
        None,
    ),
    Told("ANY", "/sync", "The stream of a device (WebSocket)", None, None),
    Told(
        "ANY",
        "/sync/automerge-repo",
        "The stream of a stock automerge-repo peer (WebSocket), where it is on",
        None,
        None,
    ),
    Told(
        "POST",
        "/api/payments",
        "Pay an approved claim, advance or payment; says what is paid out and what comes back of advances",
        Some("Payment"),
        Some("Receipt"),
    ),
    Told(
        "GET",
        "/api/payments/pending",
        "What is approved and not paid, with what advances cover of it",
        None,
        Some("Any"),
    ),
    Told("GET", "/api/requests/{request}", "How a request stands", None, Some("Any")),
    Told("GET", "/api/budget/lines/{line}/entries", "The history of a budget line", None, Some("Any")),
    Told("GET", "/api/budget/lines/{line}", "A budget line's figures and who holds them", None, Some("Line")),
    Told("GET", "/api/budget/alerts", "Thresholds that were reached, once each", None, Some("Alerts")),
    Told("GET", "/api/budget/papers", "Versions of a budget and adjustments", None, Some("Papers")),
    Told("PUT", "/api/budget/papers/{paper}", "Write a version or an adjustment", Some("Written"), Some("Paper")),
    Told(
        "POST",
        "/api/budget/papers/{paper}/steps",
        "Submit, approve, return or release it",
        Some("Step"),
        Some("Paper"),
    ),
    Told("POST", "/api/ledger/commands", "A command to the ledger", Some("Command"), Some("Done")),
    Told(
        "POST",
        "/api/allowances/reports",
        "A device's spends under its allowance, or its last word",
        Some("Command"),
        Some("Done"),
    ),
    Told("POST", "/api/actuals", "Post what a finance system booked", Some("Actuals"), Some("Posted")),
    Told("POST", "/api/actuals/import", "The same from a CSV or XLSX file", Some("File"), Some("Posted")),
    Told("GET", "/api/openapi.json", "This description", None, Some("Any")),
    Told("POST", "/api/read", "Read an invoice", Some("File"), Some("Any")),
    Told("GET", "/api/verifications", "How claimed invoices stand with the tax authority", None, Some("Any")),
    Told("GET", "/api/log/checkpoint", "The signed head of the journal", None, Some("Any")),
    Told("GET", "/api/log/inclusion/{sequence}/{size}", "That an entry is in the journal", None, Some("Any")),
    Told("GET", "/api/log/consistency/{older}/{size}", "That an older journal is a prefix", None, Some("Any")),
    Told("GET", "/api/rules", "The approval rules", None, Some("Any")),
    Told("POST", "/api/rules/check", "What is wrong with rules", Some("Any"), Some("Any")),
    Told("POST", "/api/rules/rehearsal", "What rules would have done", Some("Any"), Some("Any")),
    Told("POST", "/api/rules/proposals", "Propose rules", Some("Any"), Some("Any")),
    Told("POST", "/api/rules/proposals/{id}/decisions", "Decide on a proposal", Some("Any"), Some("Any")),
    Told("POST", "/api/rules/migration", "Move open requests to newer rules", Some("Any"), Some("Any")),
    Told("POST", "/api/delegations", "Let somebody stand in", Some("Any"), Some("Any")),
    Told("DELETE", "/api/delegations", "End a delegation", None, Some("Any")),
    Told("POST", "/api/people/{person}/departure", "Somebody leaves", Some("Any"), Some("Any")),
    Told("GET", "/api/approval/open", "What waits for whom", None, Some("Any")),
    Told("GET", "/api/approval/times", "How long approvals take", None, Some("Any")),
    Told("POST", "/api/travel/assessment", "What a journey's standards allow", Some("Any"), Some("Any")),
    Told("GET", "/api/travel/standards", "The standards of travel", None, Some("Any")),
    Told("POST", "/api/chat/code", "A code that binds a chat account", Some("Any"), Some("Any")),
    Told("POST", "/api/chat/bind", "Bind a chat account", Some("Any"), Some("Any")),
    Told("POST", "/api/chat/link", "Bind the chat account that wrote a code", Some("Any"), Some("Any")),
    Told(
        "GET",
        "/api/chat/login/{platform}",
        "Where to send a browser to sign in by a chat platform",
        None,
        Some("Any"),
    ),
    Told(
        "POST",
        "/api/chat/sign-in",
        "Sign in by a chat platform's code, with a bound account",
        Some("Any"),
        Some("Any"),
    ),
    Told("POST", "/api/chat/bind/opener", "Bind the account that opened the page", Some("Any"), Some("Any")),
    Told("GET", "/api/chat/js-sdk", "Sign a page for WeCom's JS-SDK", None, Some("Any")),
    Told("GET", "/api/chat/callback/{platform}", "A platform asks whether this address is ours", None, None),
    Told("POST", "/api/chat/callback/{platform}", "A platform tells of a tap or a message", Some("Any"), None),
    Told("GET", "/api/chat/outbox", "Messages that could not be delivered", None, Some("Any")),
    Told("POST", "/api/chat/outbox/retry", "Send one of them again", Some("Any"), Some("Any")),
    Told("POST", "/api/mini/session", "Sign in from the mini-program", Some("Any"), Some("Any")),
    Told("POST", "/api/mini/bind", "Bind the mini-program's account", Some("Any"), Some("Any")),
    Told("POST", "/api/mini/consents", "Count consents to reminders", Some("Any"), Some("Any")),
    Told("GET", "/api/mini/pending", "What waits for whoever asks", None, Some("Any")),
    Told("GET", "/api/mini/requests/{request}", "A request as the mini-program shows it", None, Some("Any")),
    Told("POST", "/api/mini/requests/{request}/decision", "Decide in the mini-program", Some("Any"), Some("Any")),
    Told("GET", "/api/mini/originals/{sha256}", "A picture of a request", None, Some("File")),
    Told("POST", "/api/mini/read", "Read a picture before it is claimed", Some("File"), Some("Any")),
    Told("POST", "/api/mini/claims", "Begin a claim with a picture, or submit it at once", Some("File"), Some("Any")),
];

fn description() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let told = TOLD.iter().find(|told| (told.0, told.1) == (route.method, route.path));
        let Some(told) = told else { continue };
        let method = if route.method == "ANY" { "get".to_owned() } else { route.method.to_lowercase() };
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(method, operation(route, told));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Suanpan",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Money is whole fen. Ids are UUIDs. Times are milliseconds since 1970-01-01T00:00Z.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "session": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas::all(),
        },
    })
}

fn operation(route: &Route, told: &Told) -> Value {
    let Told(_, _, summary, takes, gives) = told;
    let content = |name: &str| match name {
        "File" => json!({ "application/octet-stream": {} }),
        name => json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } }),
    };
    let mut done = json!({ "description": "Done" });
    if let (Some(name), Some(done)) = (gives, done.as_object_mut()) {
        done.insert("content".into(), content(name));
    }
    let parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let problem = json!({ "description": "Refused, by a stable code", "content": content("Problem") });
    let mut operation = json!({
        "summary": summary,
        "parameters": parameters,
        "responses": { "200": done, "default": problem },
        "x-who": format!("{:?}", route.who),
    });
    if let Some(operation) = operation.as_object_mut() {
        if let Some(name) = takes {
            operation.insert("requestBody".into(), json!({ "required": true, "content": content(name) }));
        }
        if route.who != Who::Anybody {
            operation.insert("security".into(), json!([{ "session": [] }]));
        }
    }
    operation
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let routes: BTreeSet<_> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
        let told: BTreeSet<_> = TOLD.iter().map(|told| (told.0, told.1)).collect();
        assert_eq!(routes, told);
        assert_eq!(told.len(), TOLD.len(), "a row stands twice");
        let operations: usize =
            description()["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(operations, ROUTES.len());
    }

    #[test]
    fn every_schema_that_is_named_exists() {
        let schemas = schemas::all();
        let text = description().to_string();
        for named in text.split("#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(schemas.get(name).is_some(), "{name}");
        }
    }
}
