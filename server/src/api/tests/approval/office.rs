//! An office with levels, a clock of its own, and hands for everybody.

use std::path::Path;

use budget::approval::RuleSet;
use budget::coding::{Member, Tree};
use budget::ledger::Action;
use budget::organisation::Post;
use budget::scheme::{Draft, TaxBasis};
use budget::{
    BudgetLine, Command, CommandId, Control, Currency, Date, Dimension, InvoiceId, Money, Organisation, Person,
    PersonId, RequestId, Role, Scheme, Timestamp,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sync::record::Verb;
use sync::view::RequestView;
use sync::{Field, Place, Scalar};

use crate::clock::Clock;
use crate::identity;
use crate::random::sha256;
use crate::store::Stop;
use crate::testing::{LI, LINE, PASSWORD, PEOPLE, Phone, Server, WANG, ZHANG, ZHAO, code, new_request};

pub(super) use crate::testing::{LI as HEAD, WANG as FINANCE, ZHANG as CLERK};

/// Above the head of marketing.
pub(super) const DIRECTOR: PersonId = PersonId([6; 16]);
/// Above everybody.
pub(super) const CHIEF: PersonId = PersonId([7; 16]);
/// Keeps people.
pub(super) const ADMIN: PersonId = PersonId([8; 16]);
/// Another clerk of marketing, who stands in.
pub(super) const DEPUTY: PersonId = PersonId([9; 16]);

const MORE: [(PersonId, &str, &str, &str, Role); 4] = [
    (DIRECTOR, "director", "总监", "BU", Role::DepartmentHead),
    (CHIEF, "chief", "总经理", "ALL", Role::Executive),
    (ADMIN, "admin", "管理员", "FIN", Role::Administrator),
    (DEPUTY, "deputy", "副手", "MKT", Role::Employee),
];

/// A running office.
pub(super) struct Office {
    pub(super) server: Server,
    clock: Clock,
    client: reqwest::Client,
}

/// An instant in China: day and hour.
pub(super) fn at(day: &str, hour: i64) -> Timestamp {
    let day: Date = day.parse().unwrap();
    Timestamp(day.days() * 86_400_000 + (hour - 8) * 3_600_000)
}

fn people() -> impl Iterator<Item = (PersonId, &'static str, &'static str, &'static str, Role)> {
    PEOPLE.into_iter().chain(MORE)
}

fn organisation() -> Organisation {
    let person = |(id, login, name, department, role): (PersonId, &str, &str, &str, Role)| {
        let roles = [Role::Employee, role].into();
        (id, Person { id, login: login.into(), name: name.into(), department: code(department), roles, active: true })
    };
    Organisation {
        name: "示例公司".into(),
        people: people().map(person).collect(),
        department_heads: [(code("MKT"), LI), (code("BU"), DIRECTOR), (code("ALL"), CHIEF)].into(),
        department_parents: [("MKT", "BU"), ("BU", "ALL"), ("FIN", "ALL"), ("RND", "ALL")]
            .map(|(one, above)| (code(one), code(above)))
            .into(),
        // Asked about what the chief claims.
        posts: [(code(Organisation::LAST_RESORT), Post { name: "最后审批人".into(), holders: [DIRECTOR].into() })]
            .into(),
        ..Organisation::default()
    }
}

fn scheme() -> Scheme {
    let tree = |codes: &[(&str, Option<&str>)]| {
        let member = |(own, parent): &(&str, Option<&str>)| Member::new(code(own), *own, parent.map(code));
        Tree::new(codes.iter().map(member))
    };
    let departments =
        [("ALL", None), ("BU", Some("ALL")), ("MKT", Some("BU")), ("FIN", Some("ALL")), ("RND", Some("ALL"))];
    Scheme::publish(Draft {
        trees: [
            (Dimension::Department, tree(&departments)),
            (Dimension::Account, tree(&[("TRAVEL", None), ("OFFICE", None), ("EXPRESS", None)])),
            (Dimension::Period, tree(&[("2026", None), ("2026-11", Some("2026"))])),
            (Dimension::Project, tree(&[("FAIR", None)])),
        ]
        .into(),
        lines: vec![BudgetLine {
            code: code(LINE),
            name: "市场部 2026".into(),
            fixes: [(Dimension::Department, code("MKT"))].into(),
            control: Control::Hard,
            tax_basis: TaxBasis::Inclusive,
            currency: Currency::CNY,
            thresholds: std::collections::BTreeSet::new(),
        }],
        ..Draft::default()
    })
    .unwrap()
}

impl Office {
    /// The office at an instant, under these rules, with a budget of ¥200,000.
    pub(super) async fn open(folder: &Path, now: Timestamp, rules: &str) -> Self {
        bot::install_tls();
        let clock = Clock::standing_at(now);
        let server = Server::start_at(folder, clock.clone()).await;
        let hash = identity::password_hash(PASSWORD).unwrap();
        let rules = RuleSet::parse(rules).unwrap();
        let faults = budget::approval::check(&rules, &organisation(), &scheme(), now);
        assert_eq!(faults, []);
        let done = server.app.store.writer.run(move |turn| {
            let (connection, now) = (turn.connection, turn.now);
            turn.state.publish_organisation(connection, now, None, organisation())?.outcome.unwrap();
            turn.state.publish_scheme(connection, now, None, scheme())?.outcome.unwrap();
            turn.state.publish_rules(connection, now, None, rules)?.outcome.unwrap();
            let release = Action::Appropriate { line: code(LINE), amount: Money::from_yuan(150_000).unwrap() };
            let command = Command::new(CommandId([8; 16]), release);
            turn.state.command(connection, now, WANG, &command)?.outcome.unwrap();
            for (person, login, ..) in MORE {
                identity::create_credential(connection, person, login, &hash)?;
            }
            Ok::<_, Stop<std::convert::Infallible>>(())
        });
        done.await.unwrap();
        Self { server, clock, client: reqwest::Client::new() }
    }

    /// Goes to an instant, and lets the minute's tick pass.
    pub(super) async fn go_to(&self, now: Timestamp) {
        self.clock.advance(now.0 - self.clock.now().0);
        let fan_out = self.server.app.relay.fan_out().clone();
        let done = self.server.app.store.writer.run(move |turn| {
            let effects = turn.state.tick(turn.connection, turn.now)?.effects;
            turn.after_commit(move || fan_out.tell(&effects));
            Ok::<_, Stop<std::convert::Infallible>>(())
        });
        done.await.unwrap();
    }

    /// A device of somebody, caught up.
    pub(super) async fn phone(&self, person: PersonId) -> Phone {
        let (_, login, ..) = people().find(|(id, ..)| *id == person).unwrap();
        let mut phone = self.server.phone_of(person, login).await;
        phone.connect().await;
        phone
    }

    /// Asks as somebody.
    pub(super) async fn call(&self, who: PersonId, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let (_, login, ..) = people().find(|(id, ..)| *id == who).unwrap();
        let token = self.server.phone_of(who, login).await.token;
        let request = self.client.request(method, self.server.url(path)).bearer_auth(token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    pub(super) async fn get(&self, who: PersonId, path: &str) -> Value {
        let (status, answer) = self.call(who, Method::GET, path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    pub(super) async fn post(&self, who: PersonId, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(who, Method::POST, path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// A claim with an invoice of a supplier, handed in.
    pub(super) async fn claim(&self, who: PersonId, fen: i64, vendor: &str) -> RequestId {
        let mut phone = self.phone(who).await;
        let request = new_request();
        phone.claim(request, fen);
        let line = vec![(Field::Project, Scalar::Text("FAIR".into()))];
        phone.put(request, Place::Line(budget::LineId([7; 16])), line);
        let original = request.bytes();
        let name = hex::encode(sha256(&[&original]));
        let url = self.server.url(&format!("/api/blobs/{name}"));
        let put = self.client.put(url).bearer_auth(&phone.token).body(original.to_vec());
        assert!(put.send().await.unwrap().status().is_success());
        let text = |text: &str| Scalar::Text(text.into());
        let number = u128::from_be_bytes(original) % 100_000_000_000_000_000_000;
        let invoice = vec![
            (Field::Blob, text(&name)),
            (Field::FileName, text("发票.pdf")),
            (Field::MediaType, text("application/pdf")),
            (Field::Size, Scalar::Integer(16)),
            (Field::Identity, text(&format!("{number:020}"))),
            (Field::Total, Scalar::Integer(fen)),
            (Field::Seller, text(vendor)),
        ];
        phone.put(request, Place::Invoice(InvoiceId(original)), invoice);
        phone.submit(request);
        phone.push().await;
        assert_eq!(phone.replica.refused().count(), 0, "{:?}", phone.replica.refused().next());
        request
    }

    /// Decides as somebody who is caught up.
    pub(super) async fn decide(&self, who: PersonId, request: RequestId, verb: Verb, reason: &str) {
        let mut phone = self.phone(who).await;
        phone.decide(request, verb, reason);
        phone.push().await;
        assert_eq!(phone.replica.refused().count(), 0, "{:?}", phone.replica.refused().next());
    }

    /// How a request stands.
    pub(super) async fn view(&self, request: RequestId) -> RequestView {
        serde_json::from_value(self.get(WANG, &format!("/api/requests/{request}")).await).unwrap()
    }

    /// Who may decide a request now.
    pub(super) async fn deciders(&self, request: RequestId) -> Vec<PersonId> {
        self.view(request).await.deciders.into_iter().map(|decider| decider.person).collect()
    }

    /// No open request is without somebody who may decide it.
    pub(super) async fn nobody_waits_for_nobody(&self) {
        assert_eq!(self.get(WANG, "/api/approval/open").await["orphans"], serde_json::json!([]));
    }
}

#[tokio::test]
async fn what_is_asked_of_the_wrong_person_or_badly_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rules = super::s6_splitting::RULES;
    let office = Box::pin(Office::open(folder.path(), at("2026-11-02", 9), rules)).await;
    let overlap = rules.replacen("above = 5000", "from = 5000", 1);
    let checked = office.post(WANG, "/api/rules/check", serde_json::json!({ "text": overlap })).await;
    assert_eq!(checked["faults"][0]["code"], "tiersOverlap");
    assert_eq!(checked["faults"][0]["zh"], "“费用”的档次重叠：5,000.00 同时属于两档");
    let proposal = serde_json::json!({ "id": new_request(), "text": overlap });
    let (status, answer) = office.call(WANG, Method::POST, "/api/rules/proposals", proposal).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &"refused".into()), "{answer}");
    let until = |day: &str| at(day, 0);
    for (to, starts, ends, place) in [
        (LI, until("2026-11-02"), until("2026-11-09"), "delegation_to_self"),
        (ZHANG, until("2026-11-09"), until("2026-11-04"), "dates_reversed"),
        (ZHANG, until("2026-10-01"), until("2026-10-02"), "delegation_over"),
    ] {
        let body = serde_json::json!({ "to": to, "starts": starts, "ends": ends });
        let (status, answer) = office.call(LI, Method::POST, "/api/delegations", body).await;
        assert_eq!((status, &answer["detail"]["place"]), (StatusCode::UNPROCESSABLE_ENTITY, &place.into()), "{answer}");
    }
    let own = office.claim(ZHANG, 50_000, "甲").await;
    let body = serde_json::json!({ "to": ZHANG, "ends": until("2026-11-09") });
    let (_, answer) = office.call(LI, Method::POST, "/api/delegations", body).await;
    assert_eq!(answer["detail"]["place"], "delegation_to_claimant", "{answer}");
    assert_eq!(office.deciders(own).await, [LI]);
    let (status, _) =
        office.call(ZHAO, Method::POST, &format!("/api/people/{LI}/departure"), serde_json::json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_item_is_handed_over_asked_about_and_given_back_but_never_to_its_claimant() {
    let folder = tempfile::tempdir().unwrap();
    let office = Box::pin(Office::open(folder.path(), at("2026-11-02", 9), super::s6_splitting::RULES)).await;
    let request = office.claim(ZHANG, 50_000, "甲").await;
    let mut head = office.phone(LI).await;
    head.pass_on(request, Verb::HandOver, Some(ZHANG), None);
    head.push().await;
    let (_, refused) = head.replica.refused().next().unwrap();
    assert_eq!(refused.code, sync::view::codes::NOT_ELIGIBLE);
    assert_eq!(office.deciders(request).await, [LI]);
    let mut head = office.phone(LI).await;
    head.pass_on(request, Verb::ConsultFirst, Some(DEPUTY), None);
    head.push().await;
    assert_eq!(office.deciders(request).await, [DEPUTY]);
    office.decide(DEPUTY, request, Verb::Approve, "").await;
    assert_eq!(office.deciders(request).await, [LI]);
    let mut head = office.phone(LI).await;
    head.pass_on(request, Verb::HandOver, Some(DIRECTOR), None);
    head.push().await;
    assert_eq!(office.deciders(request).await, [DIRECTOR]);
    office.decide(DIRECTOR, request, Verb::Approve, "").await;
    let view = office.view(request).await;
    assert_eq!(view.state, budget::RequestState::Approved);
    office.go_to(at("2026-11-02", 10)).await;
    let times = office.get(WANG, "/api/approval/times?by=person").await;
    assert_eq!(times.as_array().unwrap().len(), 2, "the deputy and the director decided: {times}");
}
