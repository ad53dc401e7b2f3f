//! Two servers on one PostgreSQL database: these tests do their work when the tests run on PostgreSQL.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use budget::RequestState;
use serde_json::json;
use sync::record::Verb;
use sync::replica::Event;
use sync::signature::enrolment_message;

use super::*;
use crate::store::sql::Connection;
use crate::testing::{LI, PASSWORD, Phone, Server, ZHANG, new_request, postgresql};

/// How long one server may need to hear of another one's work. Without the bus it would be about a second.
const SOON: Duration = Duration::from_secs(10);

/// A server with its door.
struct Beside {
    server: Server,
    door: Door,
}

impl Beside {
    async fn start(folder: &Path) -> Self {
        bot::install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::start_beside(folder, listener.local_addr().unwrap()).await;
        let door = Door::open(&server.app, listener).await.unwrap().unwrap();
        Self { server, door }
    }

    /// Two of them; the first writes. Nothing on SQLite, which one server has to itself.
    async fn two(folder: &Path) -> Option<(Self, Self)> {
        postgresql(folder)?;
        let first = Self::start(folder).await;
        Some((first, Self::start(folder).await))
    }

    async fn stop(self) {
        self.door.close(Duration::from_secs(1)).await;
        self.server.stop().await;
    }

    fn leads(&self) -> bool {
        self.server.app.store.writer.is_ready()
    }

    /// Waits until it writes.
    async fn takes_over(&self) {
        let mut standing = self.server.app.store.writer.standing();
        let leads = standing.wait_for(|standing| *standing == Standing::Leads);
        tokio::time::timeout(SOON, leads).await.expect("it does not take over").unwrap();
    }

    /// A phone that has signed in where the writer is, and comes here.
    async fn welcomes(&self, mut phone: Phone) -> Phone {
        phone.address = self.server.address;
        phone.connect().await;
        phone
    }
}

async fn sees(phone: &mut Phone, request: budget::RequestId, state: RequestState) {
    while phone.replica.status(request).is_none_or(|status| status.state != state) {
        phone.until(|event| *event == Event::Status(request)).await;
    }
}

#[tokio::test]
async fn it_does_not_matter_to_which_server_somebody_came() {
    let folder = tempfile::tempdir().unwrap();
    let Some((writer, relay)) = Beside::two(folder.path()).await else { return };
    assert!(writer.leads() && !relay.leads());
    let mut zhang = writer.welcomes(writer.server.phone(ZHANG).await).await;
    let mut li = relay.welcomes(writer.server.phone(LI).await).await;

    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);
    zhang.push().await;
    sees(&mut li, request, RequestState::InApproval).await;
    li.decide(request, Verb::Approve, "");
    li.push().await;
    assert_eq!(li.replica.refused().count(), 0);
    sees(&mut zhang, request, RequestState::Approved).await;
    sees(&mut li, request, RequestState::Approved).await;

    // What is refused is refused with the same words.
    let mut tablet = relay.welcomes(writer.server.phone(ZHANG).await).await;
    let other = new_request();
    tablet.claim(other, 1);
    tablet.push().await;
    li.claim(other, 2);
    li.push().await;
    let refused: Vec<String> = li.replica.refused().map(|(_, work)| work.code.clone()).collect();
    assert!(!refused.is_empty(), "a claim that somebody else began");
    relay.stop().await;
    writer.stop().await;
}

#[tokio::test]
async fn when_the_writer_ends_another_takes_over_and_keeps_its_devices() {
    let folder = tempfile::tempdir().unwrap();
    let Some((writer, relay)) = Beside::two(folder.path()).await else { return };
    let mut zhang = writer.welcomes(writer.server.phone(ZHANG).await).await;
    let mut li = relay.welcomes(writer.server.phone(LI).await).await;
    let first = new_request();
    zhang.claim(first, 50_000);
    zhang.submit(first);
    zhang.push().await;
    sees(&mut li, first, RequestState::InApproval).await;

    writer.stop().await;
    relay.takes_over().await;
    // On the connection that it has.
    li.decide(first, Verb::Approve, "");
    li.push().await;
    sees(&mut li, first, RequestState::Approved).await;

    // The one that was stopped comes back, and follows.
    let again = Beside::start(folder.path()).await;
    assert!(!again.leads());
    zhang.lose();
    let mut zhang = again.welcomes(zhang).await;
    sees(&mut zhang, first, RequestState::Approved).await;
    let second = new_request();
    zhang.claim(second, 60_000);
    zhang.submit(second);
    zhang.push().await;
    sees(&mut li, second, RequestState::InApproval).await;
    again.stop().await;
    relay.stop().await;
}

#[tokio::test]
async fn requests_that_need_the_writer_are_handed_to_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    let Some((writer, relay)) = Beside::two(folder.path()).await else { return };
    let client = reqwest::Client::new();

    // Signing in, with the key of a new device.
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let encoded = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let proof = ed25519_dalek::Signer::sign(&key, &enrolment_message("zhang")).to_bytes();
    let offer = json!({
        "login": "zhang", "password": PASSWORD, "proof": encoded(&proof),
        "device": { "algorithm": "ed25519", "publicKey": encoded(key.verifying_key().as_bytes()), "name": "手机" },
    });
    let granted = client.post(relay.server.url("/api/sign-in")).json(&offer).send().await.unwrap();
    assert_eq!(granted.status(), 200);
    let granted: serde_json::Value = granted.json().await.unwrap();
    let token = granted["accessToken"].as_str().unwrap();

    // An original, as a stream and with its limits.
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let name = hex::encode(crate::random::sha256(&[&bytes]));
    let path = relay.server.url(&format!("/api/blobs/{name}"));
    let sent = client.put(&path).bearer_auth(token).body(bytes.clone()).send().await.unwrap();
    assert_eq!(sent.status(), 201);
    let read = client.get(&path).bearer_auth(token).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(read.len(), bytes.len());
    let wrong = client.put(relay.server.url(&format!("/api/blobs/{}", "0".repeat(64)))).bearer_auth(token);
    let refused: serde_json::Value = wrong.body("x").send().await.unwrap().json().await.unwrap();
    assert_eq!(refused["code"], "hash_mismatch");

    // A question that is answered where it came, and a checkpoint that the writer makes.
    let devices = client.get(relay.server.url("/api/devices")).bearer_auth(token).send().await.unwrap();
    assert_eq!(devices.json::<serde_json::Value>().await.unwrap().as_array().unwrap().len(), 1);
    let note = client.get(relay.server.url("/api/log/checkpoint")).bearer_auth(token).send().await.unwrap();
    assert_eq!(note.status(), 200);
    let health: serde_json::Value =
        client.get(relay.server.url("/api/health")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&health["status"], &health["role"]), (&json!("ok"), &json!("relay")));

    // The device is revoked at the relay; its connection there ends.
    let mut phone = Phone::new(ZHANG, key, token.to_owned(), relay.server.address);
    phone.connect().await;
    let id = phone.replica.device();
    let gone = client.delete(relay.server.url(&format!("/api/devices/{id}"))).bearer_auth(token).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    while phone.hear().await.is_some() {}
    let after = client.get(relay.server.url("/api/devices")).bearer_auth(token).send().await.unwrap();
    assert_eq!(after.status(), 401);

    // Nobody writes: what needs the writer is refused with nothing done, and the rest goes on.
    writer.door.close(Duration::from_secs(1)).await;
    let late = client.post(relay.server.url("/api/sign-in")).json(&offer).send().await.unwrap();
    assert_eq!(late.status(), 503);
    assert_eq!(late.json::<serde_json::Value>().await.unwrap()["code"], "unavailable");
    writer.server.stop().await;
    relay.stop().await;
}

#[tokio::test]
async fn nobody_comes_in_by_the_other_servers_door() {
    let folder = tempfile::tempdir().unwrap();
    let Some((writer, relay)) = Beside::two(folder.path()).await else { return };
    let cluster = writer.server.app.cluster.as_ref().unwrap();
    let certificate = reqwest::Certificate::from_der(cluster.secrets.certificate().0).unwrap();
    let address = writer.door.address();
    // Somebody who knows the certificate, which every connection shows, and not the key.
    let stranger =
        reqwest::Client::builder().tls_certs_only([certificate]).resolve(secrets::NAME, address).build().unwrap();
    let url = |path: &str| format!("https://{}:{}{path}", secrets::NAME, address.port());
    let wrong = hex::encode([1; 32]);
    for (path, key) in [("/api/health", None), ("/cluster/push", None), ("/cluster/push", Some(&wrong))] {
        let mut asked = stranger.post(url(path)).header(peer::CLIENT, "10.1.1.1");
        if let Some(key) = key {
            asked = asked.header(peer::KEY, key);
        }
        assert_eq!(asked.send().await.unwrap().status(), 403, "{path}");
    }
    let known = stranger.get(url("/api/health")).header(peer::CLIENT, "10.1.1.1");
    assert_eq!(known.header(peer::KEY, cluster.secrets.word()).send().await.unwrap().status(), 200);
    // On the door for people there is no such way in, key or not.
    let outside = reqwest::Client::new().post(writer.server.url("/cluster/push"));
    let outside = outside.header(peer::KEY, cluster.secrets.word()).header(peer::CLIENT, "10.1.1.1");
    assert_ne!(outside.send().await.unwrap().status(), 200);
    // And a server that believes no other certificate does not talk to somebody else at that address.
    let strange = std::thread::spawn(|| Secrets::load_or_make(&crate::testing::tables()).unwrap()).join().unwrap();
    let standing = relay.server.app.store.writer.standing();
    let Standing::Follows(leader) = standing.borrow().clone() else { panic!("it follows") };
    let lost = Cluster::new(strange, standing);
    let Turn::Theirs(peer) = lost.turn().await else { panic!("{leader:?}") };
    let caller = crate::authority::Caller { person: ZHANG, device: budget::DeviceId([1; 16]) };
    assert_eq!(peer.push(caller, Vec::new()).await, Err(crate::relay::Unanswered::Unavailable));
    relay.stop().await;
    writer.stop().await;
}

#[test]
fn secrets_are_made_once() {
    let connection: Connection = crate::testing::tables();
    assert!(Secrets::made(&connection).unwrap().is_none());
    let made = Secrets::load_or_make(&connection).unwrap();
    let again = Secrets::load_or_make(&connection).unwrap();
    assert_eq!((made.word(), made.certificate()), (again.word(), again.certificate()));
    assert!(again.is_word(made.word().as_bytes()));
    assert!(!again.is_word(&made.word().as_bytes()[1..]) && !again.is_word(b""));
}
