//! Who may call what, and what paying, drilling down and reading answer.

mod approval;
mod bad_input;
mod budgets;
mod desk;
mod finance;
mod requests;
mod roles;
mod tamper;
mod tax;

use std::path::Path;

use budget::{PersonId, RequestId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync::record::Verb;
use sync::replica::Event;

use crate::authority::journal::{checkpoint, proof};
use crate::http::rate_limit::Rate;
use crate::testing::{LI, LINE, PEOPLE, Phone, Server, WANG, ZHANG, ZHAO, new_request};

/// The company after a claim of ¥500 was approved, with everybody's token.
struct Stage {
    server: Server,
    tokens: Vec<(PersonId, String)>,
    request: RequestId,
    zhang: Phone,
    client: reqwest::Client,
}

async fn stage(folder: &Path) -> Stage {
    bot::install_tls();
    let server = Server::start(folder).await;
    let (mut zhang, mut li) = (server.phone(ZHANG).await, server.phone(LI).await);
    zhang.connect().await;
    li.connect().await;
    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);
    zhang.push().await;
    li.until(|event| *event == Event::Status(request)).await;
    li.decide(request, Verb::Approve, "");
    li.push().await;
    assert_eq!(li.replica.refused().count(), 0);
    let mut tokens = Vec::new();
    for (person, ..) in PEOPLE {
        tokens.push((person, server.phone(person).await.token));
    }
    Stage { server, tokens, request, zhang, client: reqwest::Client::new() }
}

impl Stage {
    fn token(&self, person: PersonId) -> Option<&str> {
        self.tokens.iter().find(|(id, _)| *id == person).map(|(_, token)| token.as_str())
    }

    async fn call(&self, who: Option<PersonId>, method: &str, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, self.server.url(path)).body(body);
        if path != "/api/read" {
            request = request.header("content-type", "application/json");
        }
        if let Some(token) = who.and_then(|person| self.token(person)) {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    async fn get(&self, who: PersonId, path: &str) -> (StatusCode, Value) {
        self.call(Some(who), "GET", path, Vec::new()).await
    }
}

#[tokio::test]
async fn an_approved_claim_is_paid_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Box::pin(stage(folder.path())).await;
    let (status, waiting) = stage.get(ZHAO, "/api/payments/pending").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(waiting.as_array().unwrap().len(), 1);
    assert_eq!(waiting[0]["id"], json!(stage.request));

    let id = new_request();
    let pay = |id, request| json!({ "id": id, "request": request }).to_string().into_bytes();
    for _ in 0..2 {
        let (status, receipt) = stage.call(Some(ZHAO), "POST", "/api/payments", pay(id, stage.request)).await;
        assert_eq!((status, &receipt["total"]), (StatusCode::OK, &json!(50_000)), "{receipt}");
    }
    let (status, refusal) = stage.call(Some(ZHAO), "POST", "/api/payments", pay(new_request(), stage.request)).await;
    assert_eq!((status, &refusal["code"]), (StatusCode::CONFLICT, &json!("not_paid")), "{refusal}");
    let (status, _) = stage.call(Some(ZHAO), "POST", "/api/payments", pay(new_request(), new_request())).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, waiting) = stage.get(ZHAO, "/api/payments/pending").await;
    assert_eq!(waiting, json!([]));
    let request = stage.request;
    let paid = |phone: &Phone| phone.replica.status(request).is_some_and(|s| s.state == budget::RequestState::Paid);
    while !paid(&stage.zhang) {
        stage.zhang.until(|event| *event == Event::Status(request)).await;
    }
}

#[tokio::test]
async fn a_line_opens_down_to_its_entries() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Box::pin(stage(folder.path())).await;
    let path = format!("/api/budget/lines/{LINE}/entries");
    let (status, page) = stage.get(LI, &format!("{path}?limit=1")).await;
    assert_eq!(status, StatusCode::OK);
    let newest = &page["entries"][0];
    assert_eq!((&newest["kind"], &newest["amount"]), (&json!("reserve"), &json!(50_000)), "{page}");
    assert_eq!((&newest["title"], &newest["request"]), (&json!("上海出差"), &json!(stage.request)));
    let (_, page) = stage.get(LI, &format!("{path}?before={}", page["older"])).await;
    assert_eq!(page["entries"][0]["kind"], json!("appropriate"), "{page}");
    assert_eq!(page["older"], Value::Null);
    let (status, _) = stage.get(LI, "/api/budget/lines/NOTHING/entries").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_that_is_no_invoice_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Box::pin(stage(folder.path())).await;
    let read = async |file: &[u8]| stage.call(Some(ZHANG), "POST", "/api/read", file.to_vec()).await;
    for (file, reason) in
        [(&b""[..], "empty_file"), (b"hello", "unknown_format"), (b"%PDF-1.7 broken", "malformed_pdf")]
    {
        let (status, answer) = read(file).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert_eq!((&answer["code"], &answer["detail"]["reason"]), (&json!("not_read"), &json!(reason)));
        assert!(!answer["message"].as_str().unwrap().contains('{'), "{answer}");
    }
}

#[tokio::test]
async fn the_checkpoint_covers_what_was_decided() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Box::pin(stage(folder.path())).await;
    let url = stage.server.url("/api/log/checkpoint");
    let ask = async || {
        let answer = stage.client.get(&url).bearer_auth(stage.token(ZHANG).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    };
    let note = ask().await;
    assert!(note.lines().nth(1).unwrap().parse::<u64>().unwrap() > 0, "{note}");
    assert_eq!(ask().await, note, "nothing happened in between");
}

#[tokio::test]
async fn whoever_kept_a_checkpoint_can_check_what_came_after() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Box::pin(stage(folder.path())).await;
    let key = stage.server.app.keys.signing_key().verifying_key();
    let url = stage.server.url("/api/log/checkpoint");
    let token = stage.token(ZHANG).unwrap().to_owned();
    let head = async || {
        let answer = reqwest::Client::new().get(&url).bearer_auth(&token).send().await.unwrap();
        checkpoint::open(&answer.text().await.unwrap(), &key).unwrap()
    };
    let hashes = |answer: &Value| -> Vec<[u8; 32]> {
        let proof = answer["proof"].as_array().unwrap().iter();
        proof.map(|hash| hex::decode(hash.as_str().unwrap()).unwrap().try_into().unwrap()).collect()
    };
    let kept = head().await;
    let request = new_request();
    stage.zhang.claim(request, 20_000);
    stage.zhang.submit(request);
    stage.zhang.push().await;
    let new = head().await;
    assert!(new.size > kept.size);

    let (status, answer) = stage.get(ZHANG, &format!("/api/log/consistency/{}/{}", kept.size, new.size)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(proof::extends(kept.size, &kept.root, new.size, &new.root, &hashes(&answer)), "{answer}");
    let last = new.size;
    let (_, answer) = stage.get(ZHANG, &format!("/api/log/inclusion/{last}/{last}")).await;
    let leaf: [u8; 32] = hex::decode(answer["leaf"].as_str().unwrap()).unwrap().try_into().unwrap();
    assert!(proof::includes(&leaf, last - 1, last, &hashes(&answer), &new.root), "{answer}");
    for beyond in ["inclusion/0/1", "inclusion/2/1", "consistency/0/1"] {
        let (status, answer) = stage.get(ZHANG, &format!("/api/log/{beyond}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{beyond} {answer}");
    }
    let (status, _) = stage.get(ZHANG, &format!("/api/log/consistency/1/{}", last + 1)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_finance_system_has_a_budget_of_requests_of_its_own() {
    bot::install_tls();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), |config| {
        config.systems = vec!["wang".into()];
        config.rates.person = Rate::a_second(1, 10);
        config.rates.system = Rate::a_second(1, 40);
    });
    let server = server.await;
    let client = reqwest::Client::new();
    for (person, most) in [(WANG, 40), (LI, 10)] {
        let token = server.phone(person).await.token;
        let mut answered = 0;
        let refusal = loop {
            let request = client.post(server.url("/api/actuals")).header("content-type", "application/json");
            let answer = request.bearer_auth(&token).body("[]").send().await.unwrap();
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
            answered += 1;
            assert!(answered < 200, "nothing binds");
        };
        // While they ask, a bucket gains one each second.
        assert!((most..most + 20).contains(&answered), "{answered} of {most}");
        assert!(refusal.headers().contains_key("retry-after"));
        let body: Value = serde_json::from_slice(&refusal.bytes().await.unwrap()).unwrap();
        assert_eq!(body["code"], json!("too_many_requests"));
    }
}
