//! Signing in, renewing and leaving, as a device does it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::PersonId;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sync::signature::{Algorithm, PublicKey, enrolment_message, refresh_message};

use super::*;
use crate::http::tests::{Answer, Edge, People};

mod session;

const LI: PersonId = PersonId([1; 16]);
const HAN: PersonId = PersonId([2; 16]);
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A device with its key.
struct Phone {
    key: SigningKey,
    refresh: String,
    access: String,
}

impl Phone {
    fn new(seed: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[seed; 32]), refresh: String::new(), access: String::new() }
    }

    fn public(&self) -> PublicKey {
        PublicKey { algorithm: Algorithm::Ed25519, bytes: self.key.verifying_key().to_bytes().to_vec() }
    }

    fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.key.sign(message).to_bytes())
    }

    async fn sign_in(&mut self, edge: &Edge, login: &str, password: &str) -> Answer {
        let offer = json!({
            "login": login,
            "password": password,
            "device": {
                "algorithm": "ed25519",
                "publicKey": STANDARD.encode(self.public().bytes),
                "name": "手机",
            },
            "proof": self.sign(&enrolment_message(login)),
        });
        let answer = edge.post("/api/sign-in", "", &offer).await;
        self.keep(&answer);
        answer
    }

    fn offer(&self, edge: &Edge) -> Value {
        let at = edge.app.clock.now().0;
        json!({
            "refreshToken": self.refresh,
            "deviceId": self.public().device(),
            "at": at,
            "signature": self.sign(&refresh_message(&self.refresh, at)),
        })
    }

    async fn renew(&mut self, edge: &Edge) -> Answer {
        let answer = edge.post("/api/refresh", "", &self.offer(edge)).await;
        self.keep(&answer);
        answer
    }

    fn keep(&mut self, answer: &Answer) {
        if answer.status.is_success() {
            let json = answer.json();
            self.refresh = json["refreshToken"].as_str().unwrap().to_owned();
            self.access = json["accessToken"].as_str().unwrap().to_owned();
        }
    }

    async fn ask(&self, edge: &Edge, method: &str, path: &str) -> Answer {
        let request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", self.access));
        edge.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn is_in(&self, edge: &Edge) -> bool {
        self.ask(edge, "GET", "/api/me").await.status.is_success()
    }
}

async fn company(people: People) -> (Edge, Arc<People>) {
    let people = Arc::new(people);
    let edge = Edge::with(Arc::clone(&people)).await;
    let hash = password_hash("li-password").unwrap();
    let created = edge.app.store.writer.run(move |turn| {
        create_credential(turn.connection, LI, "li", &hash)?;
        create_credential(turn.connection, HAN, "han", &hash)?;
        Ok::<_, Stop<()>>(())
    });
    created.await.unwrap();
    (edge, people)
}

async fn signed_in() -> (Edge, Arc<People>, Phone) {
    let (edge, people) = company(People::default()).await;
    let mut phone = Phone::new(7);
    assert!(phone.sign_in(&edge, "li", "li-password").await.status.is_success());
    (edge, people, phone)
}

#[tokio::test]
async fn a_password_and_a_key_open_the_door() {
    let (edge, _, mut phone) = signed_in().await;
    let me = phone.ask(&edge, "GET", "/api/me").await.json();
    assert_eq!(
        (me["person"]["name"].as_str(), me["deviceId"].as_str()),
        (Some("李雷"), Some(&*phone.public().device().to_string()))
    );
    let granted = phone.renew(&edge).await.json();
    let key = STANDARD.encode(edge.app.keys.signing_key().verifying_key().as_bytes());
    assert_eq!(granted["serverKey"].as_str(), Some(&*key), "what views are signed with");
    let (caller, until) = edge.app.identity.recognise(&phone.access).await.unwrap();
    assert_eq!((caller.person, caller.device), (LI, phone.public().device()));
    assert_eq!(until, edge.app.clock.now().plus(10 * MINUTE));
    edge.app.clock.advance(10 * MINUTE);
    assert!(!phone.is_in(&edge).await, "the access token has run out");
}

#[tokio::test]
async fn five_wrong_passwords_lock_a_login_that_exists_or_not() {
    let (edge, _) = company(People::default()).await;
    let mut phone = Phone::new(7);
    for login in ["li", "nobody"] {
        for left in (1..=4).rev() {
            let wrong = phone.sign_in(&edge, login, "guess").await;
            wrong.refused(401, "wrong_password");
            assert_eq!(wrong.json()["detail"]["attemptsLeft"], left, "{login}");
        }
        phone.sign_in(&edge, login, "guess").await.refused(429, "account_locked");
    }
    edge.app.clock.advance(5 * MINUTE);
    let locked = phone.sign_in(&edge, "li", "li-password").await;
    locked.refused(429, "account_locked");
    assert!(locked.json()["message"].as_str().unwrap().contains("10 分钟"), "{}", locked.text());
    assert_eq!(locked.header("retry-after"), "600");
    edge.app.clock.advance(10 * MINUTE);
    assert!(phone.sign_in(&edge, "li", "li-password").await.status.is_success());
}

#[tokio::test]
async fn many_guesses_at_once_get_no_more_than_five() {
    let (edge, _) = company(People::default()).await;
    let edge = Arc::new(edge);
    let guesses: Vec<_> = (0..12)
        .map(|seed| {
            let edge = Arc::clone(&edge);
            tokio::spawn(
                async move { Phone::new(seed + 1).sign_in(&edge, "li", "guess").await.json()["code"].to_string() },
            )
        })
        .collect();
    let mut wrong = 0;
    for guess in guesses {
        wrong += usize::from(guess.await.unwrap().contains("wrong_password"));
    }
    assert!(wrong <= 4, "{wrong} guesses were judged as open");
    Phone::new(99).sign_in(&edge, "li", "li-password").await.refused(429, "account_locked");
}

#[tokio::test]
async fn the_right_password_forgets_wrong_ones() {
    let (edge, _) = company(People::default()).await;
    let mut phone = Phone::new(7);
    for _ in 0..3 {
        for _ in 0..4 {
            phone.sign_in(&edge, "li", "guess").await.refused(401, "wrong_password");
        }
        assert!(phone.sign_in(&edge, "li", "li-password").await.status.is_success());
    }
}

#[tokio::test]
async fn a_key_that_the_device_does_not_hold_is_not_enrolled() {
    let (edge, _) = company(People::default()).await;
    let (mut phone, other) = (Phone::new(7), Phone::new(8));
    let offer = json!({
        "login": "li", "password": "li-password", "proof": other.sign(&enrolment_message("li")),
        "device": {"algorithm": "ed25519", "publicKey": STANDARD.encode(phone.public().bytes), "name": ""},
    });
    edge.post("/api/sign-in", "", &offer).await.refused(401, "proof_refused");
    phone.sign_in(&edge, "li", "li-password").await;
    phone.sign_in(&edge, "han", "li-password").await.refused(409, "device_of_another");
}
