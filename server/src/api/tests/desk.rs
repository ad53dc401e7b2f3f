//! A finance desk over HTTP: a company with the lines that a scenario needs, on a clock that stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use budget::coding::{Member, Tree};
use budget::ledger::Balance;
use budget::scheme::{Draft, TaxBasis};
use budget::{
    BudgetLine, Code, Control, Currency, Date, Dimension, DocumentId, LineId, Money, PersonId, Scheme, Timestamp,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::store::Stop;
use crate::testing::{LI, Phone, Server, WANG, code, new_request};

pub(super) struct Desk {
    pub(super) server: Server,
    clock: Clock,
    client: reqwest::Client,
    tokens: BTreeMap<PersonId, String>,
}

pub(super) fn fen(yuan: &str) -> i64 {
    Money::parse(yuan).unwrap().fen()
}

fn noon(day: &str) -> Timestamp {
    Timestamp(day.parse::<Date>().unwrap().days() * 86_400_000 + 4 * 3_600_000)
}

/// A line named after what it fixes: `2026-MKT` or `2027-ALL-TRAVEL`.
pub(super) fn line(name: &str) -> BudgetLine {
    let dimensions = [Dimension::Period, Dimension::Department, Dimension::Account];
    BudgetLine {
        code: code(name),
        name: name.into(),
        fixes: dimensions.into_iter().zip(name.split('-').map(code)).collect(),
        control: Control::Hard,
        tax_basis: TaxBasis::Inclusive,
        currency: Currency::CNY,
        thresholds: BTreeSet::from([80, 100]),
    }
}

pub(super) fn block(account: &str) -> Value {
    json!({ "period": "2026-12", "department": "MKT", "account": account })
}

/// A line of a request, by its number.
pub(super) fn charge(number: u8, account: &str, yuan: &str) -> Value {
    json!({ "line": LineId([number; 16]), "block": block(account), "amount": fen(yuan) })
}

pub(super) fn document(number: u8) -> DocumentId {
    DocumentId([number; 16])
}

impl Desk {
    /// The company with these lines and limits, on 1 December 2026.
    pub(super) async fn open(folder: &Path, lines: &[(&str, &str)], closings: &[(&str, &str)]) -> Self {
        bot::install_tls();
        let clock = Clock::standing_at(noon("2026-12-01"));
        let server = Server::start_at(folder, clock.clone()).await;
        let mut desk = Self { server, clock, client: reqwest::Client::new(), tokens: BTreeMap::new() };
        desk.publish(lines.iter().map(|(name, _)| line(name)).collect(), closings).await;
        let limits: BTreeMap<&str, i64> = lines.iter().map(|(name, limit)| (*name, fen(limit))).collect();
        desk.release(json!({ "kind": "version", "limits": limits })).await;
        desk
    }

    pub(super) async fn publish(&self, lines: Vec<BudgetLine>, closings: &[(&str, &str)]) {
        let tree = |rows: &[(&str, Option<&str>)]| {
            Tree::new(rows.iter().map(|(member, above)| Member::new(code(member), *member, above.map(code))))
        };
        let periods = [("2026", None), ("2026-12", Some("2026")), ("2027", None), ("2027-01", Some("2027"))];
        let departments = [("ALL", None), ("MKT", Some("ALL")), ("FIN", Some("ALL")), ("RND", Some("ALL"))];
        let trees = BTreeMap::from([
            (Dimension::Period, tree(&periods)),
            (Dimension::Department, tree(&departments)),
            (Dimension::Account, tree(&[("OFFICE", None), ("COURIER", None), ("TRAVEL", None)])),
        ]);
        let closings = closings.iter().map(|(period, last)| (code(period), last.parse().unwrap())).collect();
        let scheme = Scheme::publish(Draft { trees, lines, closings }).unwrap();
        let published = self.server.app.store.writer.run(move |turn| {
            turn.state.publish_scheme(turn.connection, turn.now, Some(WANG), scheme)?.outcome.unwrap();
            Ok::<_, Stop<std::convert::Infallible>>(())
        });
        published.await.unwrap();
    }

    /// A paper all the way: written by a head, agreed to and released by finance.
    pub(super) async fn release(&mut self, content: Value) {
        let (id, title) = (new_request(), "预算");
        let path = format!("/api/budget/papers/{id}");
        self.ok(LI, "PUT", &path, json!({ "title": title, "content": content })).await;
        for (who, step) in [(LI, "submit"), (WANG, "approve"), (WANG, "release")] {
            self.ok(who, "POST", &format!("{path}/steps"), json!({ "revision": 1, "step": step })).await;
        }
    }

    pub(super) async fn call(&mut self, who: PersonId, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(who, method, path, body, "application/json").await
    }

    pub(super) async fn send(
        &mut self,
        who: PersonId,
        method: &str,
        path: &str,
        body: Vec<u8>,
        kind: &str,
    ) -> (StatusCode, Value) {
        if !self.tokens.contains_key(&who) {
            self.tokens.insert(who, self.server.phone(who).await.token);
        }
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, self.server.url(path)).header("content-type", kind);
        let answer = request.bearer_auth(&self.tokens[&who]).body(body).send().await.unwrap();
        let status = answer.status();
        (status, flat(&answer.bytes().await.unwrap()))
    }

    /// An answer that is a text.
    pub(super) async fn text(&mut self, who: PersonId, path: &str) -> (StatusCode, String) {
        let token = self.tokens[&who].clone();
        let answer = self.client.get(self.server.url(path)).bearer_auth(token).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(super) async fn ok(&mut self, who: PersonId, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(who, method, path, body.clone()).await;
        assert_eq!(status, StatusCode::OK, "{method} {path} {body}: {answer}");
        answer
    }

    /// A command of the finance department under an id of its own.
    pub(super) async fn command(&mut self, action: Value) -> (StatusCode, Value) {
        let command = json!({ "id": new_request(), "action": action });
        self.call(WANG, "POST", "/api/ledger/commands", command).await
    }

    pub(super) async fn done(&mut self, action: Value) -> Value {
        let (status, answer) = self.command(action.clone()).await;
        assert_eq!(status, StatusCode::OK, "{action}: {answer}");
        answer
    }

    /// The code of the ledger's refusal, and what it says.
    pub(super) async fn refused(&mut self, action: Value) -> (String, Value) {
        let (status, answer) = self.command(action.clone()).await;
        assert_eq!(status, StatusCode::CONFLICT, "{action}: {answer}");
        (answer["reason"].as_str().unwrap_or_default().to_owned(), answer["rejection"].clone())
    }

    pub(super) async fn reserve(&mut self, number: u8, charges: Vec<Value>) -> Value {
        self.done(json!({ "action": "reserve", "document": document(number), "charges": charges })).await
    }

    pub(super) async fn post(&mut self, number: u8, charges: Vec<Value>, close: bool) -> Value {
        self.done(json!({ "action": "post", "document": document(number), "charges": charges, "close": close })).await
    }

    pub(super) async fn balance(&mut self, name: &str) -> Balance {
        let answer = self.ok(WANG, "GET", &format!("/api/budget/lines/{name}"), Value::Null).await;
        serde_json::from_value(answer["balance"].clone()).unwrap()
    }

    /// Consumed, reserved and available, in yuan; and the books are in order.
    pub(super) async fn check(&mut self, name: &str, consumed: &str, reserved: &str, available: &str) {
        let balance = self.balance(name).await;
        let found = [balance.consumed, balance.reserved, balance.available().unwrap()].map(Money::fen);
        assert_eq!(found, [consumed, reserved, available].map(fen), "{name}");
    }

    /// The same office, at a second desk.
    pub(super) async fn again(&self) -> Seat {
        let token = self.server.phone(WANG).await.token;
        Seat { url: self.server.url("/api/ledger/commands"), client: self.client.clone(), token }
    }

    /// From now on a person asks from this phone.
    pub(super) fn sign_in_with(&mut self, person: PersonId, phone: &Phone) {
        self.tokens.insert(person, phone.token.clone());
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Another day; whoever is signed in signs in again.
    pub(super) fn on(&mut self, day: &str) {
        self.clock.at_least(noon(day));
        self.tokens.clear();
    }

    /// Every check of the books passes.
    pub(super) async fn all_holds(&self) {
        let database = crate::testing::database(&self.server.app.config.data);
        let check = move || crate::audit::fsck(&database.open_for_reading().unwrap()).unwrap();
        let report = tokio::task::spawn_blocking(check).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }
}

/// An answer, with the details of a refusal beside its code.
fn flat(answer: &[u8]) -> Value {
    let mut answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    if let Some(Value::Object(detail)) = answer.get_mut("detail").map(Value::take) {
        answer.as_object_mut().unwrap().extend(detail);
    }
    answer
}

/// Somebody who gives one command at a time.
pub(super) struct Seat {
    url: String,
    client: reqwest::Client,
    token: String,
}

impl Seat {
    pub(super) async fn command(&self, action: Value) -> (StatusCode, Value) {
        let command = json!({ "id": new_request(), "action": action });
        let request = self.client.post(&self.url).header("content-type", "application/json");
        let answer = request.bearer_auth(&self.token).body(command.to_string()).send().await.unwrap();
        let status = answer.status();
        (status, flat(&answer.bytes().await.unwrap()))
    }
}

pub(super) fn codes(names: &[&str]) -> Vec<Code> {
    names.iter().map(|name| code(name)).collect()
}
