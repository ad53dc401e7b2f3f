//! Every route as everybody.

use std::collections::BTreeSet;
use std::path::Path;

use budget::PersonId;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Stage, stage};
use crate::api::{ROUTES, Route, Who};
use crate::random::sha256;
use crate::testing::{LI, LINE, PEOPLE, WANG, ZHANG, ZHAO, new_request};

const ORIGINAL: &[u8] = b"not an invoice";

impl Stage {
    /// A path and a body for a route, and for whom the thing that it names is there.
    #[expect(clippy::too_many_lines, reason = "one table: a row for each route that needs an example")]
    async fn example(&self, route: &Route) -> (String, Vec<u8>, Vec<PersonId>) {
        let original = hex::encode(sha256(&[ORIGINAL]));
        let body = |value: Value| value.to_string().into_bytes();
        match (route.method, route.path) {
            ("PUT", path) if path.starts_with("/api/blobs") => {
                (format!("/api/blobs/{original}"), ORIGINAL.to_vec(), Vec::new())
            }
            (_, "/api/blobs/{sha256}/upload") => (format!("/api/blobs/{original}/upload"), Vec::new(), Vec::new()),
            (_, path) if path.starts_with("/api/blobs") => {
                let path = format!("/api/blobs/{original}");
                self.call(Some(ZHANG), "PUT", &path, ORIGINAL.to_vec()).await;
                (path, Vec::new(), vec![ZHANG])
            }
            (_, "/api/devices/{id}") => {
                (format!("/api/devices/{}", self.zhang.replica.device()), Vec::new(), vec![ZHANG])
            }
            (_, "/api/requests/{request}") => {
                (format!("/api/requests/{}", self.request), Vec::new(), vec![ZHANG, LI, WANG, ZHAO])
            }
            (_, "/api/budget/lines/{line}/entries") => {
                (format!("/api/budget/lines/{LINE}/entries"), Vec::new(), vec![LI, WANG])
            }
            (_, "/api/log/inclusion/{sequence}/{size}") => ("/api/log/inclusion/1/2".into(), Vec::new(), Vec::new()),
            (_, "/api/log/consistency/{older}/{size}") => ("/api/log/consistency/1/2".into(), Vec::new(), Vec::new()),
            (_, "/api/budget/lines/{line}") => (format!("/api/budget/lines/{LINE}"), Vec::new(), vec![LI, WANG]),
            (_, "/api/budget/papers/{paper}") => {
                let limits = json!({ LINE: 1 });
                let paper = json!({ "title": "x", "content": { "kind": "version", "limits": limits } });
                (format!("/api/budget/papers/{}", new_request()), body(paper), Vec::new())
            }
            (_, "/api/budget/papers/{paper}/steps") => {
                let step = json!({ "revision": 1, "step": "submit" });
                (format!("/api/budget/papers/{}/steps", new_request()), body(step), Vec::new())
            }
            (_, "/api/ledger/commands") => {
                let action = json!({ "action": "admit", "document": new_request() });
                (route.path.into(), body(json!({ "id": new_request(), "action": action })), Vec::new())
            }
            (_, "/api/allowances/reports") => {
                let action = json!({ "action": "settle", "allowance": new_request(), "spends": [] });
                (route.path.into(), body(json!({ "id": new_request(), "action": action })), Vec::new())
            }
            (_, "/api/actuals") => (route.path.into(), body(json!([])), Vec::new()),
            (_, "/api/payments") => {
                let payment = json!({ "id": new_request(), "request": new_request() });
                (route.path.into(), body(payment), Vec::new())
            }
            (_, "/api/rules/check" | "/api/rules/rehearsal") => {
                (route.path.into(), body(json!({ "text": "" })), Vec::new())
            }
            (_, "/api/rules/proposals") => {
                (route.path.into(), body(json!({ "id": new_request(), "text": "" })), Vec::new())
            }
            (_, "/api/rules/proposals/{id}/decisions") => {
                let path = format!("/api/rules/proposals/{}/decisions", new_request());
                (path, body(json!({ "agrees": true })), Vec::new())
            }
            (_, "/api/rules/migration") => (route.path.into(), body(json!({})), Vec::new()),
            (_, "/api/people/{person}/departure") => {
                (format!("/api/people/{ZHANG}/departure"), body(json!({})), Vec::new())
            }
            // Over before it began: nothing is changed.
            ("POST", "/api/delegations") => {
                (route.path.into(), body(json!({ "to": LI, "starts": 1, "ends": 2 })), Vec::new())
            }
            (_, "/api/approval/times") => ("/api/approval/times?by=step".into(), Vec::new(), Vec::new()),
            (_, "/api/chat/code") => (route.path.into(), body(json!({ "userId": "x" })), Vec::new()),
            (_, "/api/chat/login/{platform}") => ("/api/chat/login/wecom?device=x".into(), Vec::new(), Vec::new()),
            (_, "/api/chat/sign-in") => (route.path.into(), body(json!({ "code": "x" })), Vec::new()),
            (_, "/api/chat/bind/opener") => {
                (route.path.into(), body(json!({ "platform": "dingtalk", "code": "x" })), Vec::new())
            }
            (_, "/api/chat/js-sdk") => ("/api/chat/js-sdk?url=x".into(), Vec::new(), Vec::new()),
            (_, "/api/chat/callback/{platform}") => ("/api/chat/callback/wecom".into(), Vec::new(), Vec::new()),
            (_, "/api/mini/session" | "/api/mini/bind") => {
                (route.path.into(), body(json!({ "code": "x" })), Vec::new())
            }
            (_, "/api/mini/consents") => (route.path.into(), body(json!({ "granted": 1 })), Vec::new()),
            (_, "/api/mini/requests/{request}") => {
                (format!("/api/mini/requests/{}", self.request), Vec::new(), Vec::new())
            }
            (_, "/api/mini/requests/{request}/decision") => {
                let decision = json!({ "revision": 1, "step": 0, "verb": "approve" });
                (format!("/api/mini/requests/{}/decision", self.request), body(decision), Vec::new())
            }
            (_, "/api/mini/originals/{sha256}") => (format!("/api/mini/originals/{original}"), Vec::new(), Vec::new()),
            (_, "/api/chat/outbox/retry") => (route.path.into(), body(json!({ "card": "x" })), Vec::new()),
            (_, "/api/chat/bind") => (route.path.into(), body(json!({ "code": "123456" })), Vec::new()),
            (_, path) => {
                assert!(!path.contains('{'), "{path} needs an example here");
                (path.into(), Vec::new(), Vec::new())
            }
        }
    }
}

/// Whether this answer is right for this caller of this route.
fn is_right(route: &Route, who: Option<PersonId>, there_for: &[PersonId], status: StatusCode) -> bool {
    let let_in = status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN;
    let Some(person) = who else {
        return match route.who {
            Who::Anybody => let_in,
            Who::MiniProgram => status == StatusCode::NOT_FOUND,
            _ => status == StatusCode::UNAUTHORIZED,
        };
    };
    match route.who {
        Who::Anybody => let_in,
        Who::SignedIn => let_in && status != StatusCode::NOT_FOUND,
        Who::Readers if there_for.contains(&person) => let_in && status != StatusCode::NOT_FOUND,
        Who::Payers if [WANG, ZHAO].contains(&person) => let_in,
        // No mini-program is set up here.
        Who::Readers | Who::MiniProgram => status == StatusCode::NOT_FOUND,
        Who::Finance | Who::RuleReaders | Who::Proposers if person == WANG => let_in,
        // Nobody of this company is an administrator.
        Who::Payers | Who::Finance | Who::RuleReaders | Who::Proposers | Who::Administrators => {
            status == StatusCode::FORBIDDEN
        }
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Box::pin(stage(folder.path())).await;
    // Signing out ends the token that asks, so it is asked last.
    let (last, rest): (Vec<&Route>, Vec<&Route>) = ROUTES.iter().partition(|route| route.path == "/api/sign-out");
    for route in rest.into_iter().chain(last) {
        let (path, body, there_for) = stage.example(route).await;
        let method = if route.method == "ANY" { "GET" } else { route.method };
        // Whoever may do it comes last, because doing it may end what the others ask for.
        let mut callers: Vec<Option<PersonId>> = PEOPLE.iter().map(|(person, ..)| Some(*person)).collect();
        callers.push(None);
        callers.sort_by_key(|caller| caller.is_some_and(|person| there_for.contains(&person)));
        for who in callers {
            let (status, answer) = stage.call(who, method, &path, body.clone()).await;
            assert!(is_right(route, who, &there_for, status), "{method} {path} as {who:?}: {status} {answer}");
        }
    }
}

#[test]
fn every_route_has_a_row() {
    let mut found = BTreeSet::new();
    scan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let listed: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(found, listed);
    assert_eq!(listed.len(), ROUTES.len(), "a row stands twice");
}

/// Every method and path that is given to a router in these sources, tests left out.
fn scan(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The door for other servers is none for people: its own tests try it.
        let is_left_out = ["tests", "tests.rs", "cluster/door.rs"].iter().any(|left_out| path.ends_with(left_out));
        if is_left_out {
            continue;
        }
        if path.is_dir() {
            scan(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for call in text.split(".route(").skip(1) {
                let given = routes_of(call);
                let place = call.lines().next().unwrap_or_default();
                assert!(!given.is_empty(), "no method is seen in {}: {place}", path.display());
                found.extend(given);
            }
        }
    }
}

/// The methods and the path of one `.route(…)`; none for a call whose first argument is no text.
fn routes_of(call: &str) -> Vec<(String, String)> {
    const METHODS: [&str; 7] = ["get", "post", "put", "head", "delete", "patch", "any"];
    let Some((path, rest)) = call.trim_start().strip_prefix('"').and_then(|call| call.split_once('"')) else {
        return Vec::new();
    };
    // The handlers end with the statement or the next step of the chain.
    let end = [";", "}", "\n        .", ".layer("].iter().filter_map(|end| rest.find(end)).min();
    let handlers = &rest[..end.unwrap_or(rest.len())];
    let words = handlers.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '('));
    let methods = words.filter_map(|word| {
        let (method, _) = word.split_once('(')?;
        METHODS.contains(&method).then(|| (method.to_uppercase(), path.to_owned()))
    });
    methods.collect()
}

#[test]
fn routes_are_seen_however_they_are_written() {
    let check = |call: &str, expected: &[(&str, &str)]| {
        let expected: Vec<_> = expected.iter().map(|(m, p)| ((*m).to_owned(), (*p).to_owned())).collect();
        assert_eq!(routes_of(call), expected, "{call}");
    };
    check("\"/a\", get(read).head(ask).put(send))\n", &[("GET", "/a"), ("HEAD", "/a"), ("PUT", "/a")]);
    check("\n            \"/b/{id}\",\n            delete(revoke),\n        )\n}\nget(x)", &[("DELETE", "/b/{id}")]);
    check("\"/c\", post(target(get_it)).layer(limit)", &[("POST", "/c")]);
    check("path, get(read))", &[]);
}
