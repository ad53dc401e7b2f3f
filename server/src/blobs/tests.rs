//! Originals as a device sends and reads them.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use budget::PersonId;
use ed25519_dalek::SigningKey;
use sync::signature::{Algorithm, PublicKey};

use super::*;
use crate::config::Config;
use crate::http::tests::{Answer, Edge, People};
use crate::random::sha256;
use crate::store::Stop;
use crate::testing;

mod collection;
mod places;
mod resuming;

const LI: PersonId = PersonId([1; 16]);
const HAN: PersonId = PersonId([2; 16]);
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a photograph";

struct Company {
    edge: Edge,
    people: Arc<People>,
    li: String,
    han: String,
}

async fn company() -> Company {
    company_with(|_| {}).await
}

async fn company_with(configure: impl FnOnce(&mut Config)) -> Company {
    let people = Arc::new(People::default());
    let edge = Edge::configured(Arc::clone(&people), configure).await;
    let li = token(&edge, LI, 1).await;
    let han = token(&edge, HAN, 2).await;
    Company { edge, people, li, han }
}

/// A session without the cost of a password.
async fn token(edge: &Edge, person: PersonId, seed: u8) -> String {
    let key = SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes().to_vec();
    let key = PublicKey { algorithm: Algorithm::Ed25519, bytes: key };
    edge.app.identity.begin_for_test(person, key).await
}

impl Company {
    async fn ask(&self, method: &str, name: &str, token: &str, body: &[u8]) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/blobs/{name}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "text/html");
        self.edge.ask(request.body(Body::from(body.to_vec())).unwrap()).await
    }

    fn files(&self) -> Vec<String> {
        fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else {
                    found.push(path.display().to_string());
                }
            }
        }
        let mut found = Vec::new();
        let data = &self.edge.app.config.data;
        walk(&data.join("blobs"), &mut found);
        // Copies of what lies elsewhere are no originals.
        found.retain(|path| !path.contains("/blobs/fetched/"));
        if let Some(objects) = testing::objects(data).filter(|objects| objects.exists()) {
            walk(&objects, &mut found);
        }
        found
    }
}

fn name(bytes: &[u8]) -> String {
    hex::encode(sha256(&[bytes]))
}

#[tokio::test]
async fn what_was_sent_comes_back_byte_for_byte() {
    let company = company().await;
    let sent = company.ask("PUT", &name(JPEG), &company.li, JPEG).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    assert_eq!(sent.json()["mediaType"], "image/jpeg", "judged by content, not by the sender's word");
    assert_eq!(company.ask("PUT", &name(JPEG), &company.li, JPEG).await.status, StatusCode::OK, "again is the same");
    assert_eq!(company.files().len(), 1);

    let read = company.ask("GET", &name(JPEG), &company.li, b"").await;
    assert_eq!(read.body, JPEG);
    assert_eq!(read.header("content-type"), "image/jpeg");
    assert_eq!(read.header("content-disposition"), "inline");
    assert_eq!(read.header("x-content-type-options"), "nosniff");
    assert!(read.header("content-security-policy").contains("sandbox"));
    assert!(read.header("cache-control").starts_with("private"));
    let asked = company.ask("HEAD", &name(JPEG), &company.li, b"").await;
    assert_eq!((asked.status, asked.header("content-length")), (StatusCode::OK, &*JPEG.len().to_string()));
}

#[tokio::test]
async fn markup_is_only_ever_saved() {
    let company = company().await;
    let page = b"<html><script>alert(1)</script>";
    company.ask("PUT", &name(page), &company.li, page).await;
    let read = company.ask("GET", &name(page), &company.li, b"").await;
    assert_eq!((read.header("content-disposition"), read.header("content-type")), ("attachment", "application/xml"));
}

#[tokio::test]
async fn bytes_of_another_name_leave_nothing() {
    let company = company().await;
    company.ask("PUT", &name(b"something else"), &company.li, JPEG).await.refused(422, "hash_mismatch");
    company.ask("PUT", &name(b""), &company.li, b"").await.refused(422, "empty_file");
    company.ask("PUT", "nonsense", &company.li, JPEG).await.refused(400, "malformed");
    company.ask("PUT", &name(JPEG).to_uppercase(), &company.li, JPEG).await.refused(400, "malformed");
    assert_eq!(company.files(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_too_large_is_stopped_announced_or_not() {
    let company = company().await;
    let large = vec![1; 1_001];
    let refused = company.ask("PUT", &name(&large), &company.li, &large).await;
    refused.refused(413, "too_large");
    let chunks =
        futures_util::stream::iter(large.chunks(100).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect::<Vec<_>>());
    let request = Request::put(format!("/api/blobs/{}", name(&large)))
        .header("authorization", format!("Bearer {}", company.li))
        .body(Body::from_stream(chunks))
        .unwrap();
    company.edge.ask(request).await.refused(413, "too_large");
    assert_eq!(company.files(), Vec::<String>::new());
    let most = vec![1; 1_000];
    assert_eq!(company.ask("PUT", &name(&most), &company.li, &most).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_sender_who_leaves_midway_leaves_nothing() {
    let company = company().await;
    let broken = futures_util::stream::iter([Ok(JPEG.to_vec()), Err(std::io::Error::other("gone"))]);
    let request = Request::put(format!("/api/blobs/{}", name(JPEG)))
        .header("authorization", format!("Bearer {}", company.li))
        .body(Body::from_stream(broken))
        .unwrap();
    assert!(company.edge.ask(request).await.status.is_client_error());
    assert_eq!(company.files(), Vec::<String>::new());
    company.ask("HEAD", &name(JPEG), &company.li, b"").await;
    assert_eq!(company.ask("GET", &name(JPEG), &company.li, b"").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn knowing_a_name_gives_nothing() {
    let company = company().await;
    company.ask("PUT", &name(JPEG), &company.li, JPEG).await;
    company.ask("GET", &name(JPEG), &company.han, b"").await.refused(404, "not_found");
    company.ask("GET", &name(JPEG), "", b"").await.refused(401, "unauthenticated");
    company.people.readers.lock().unwrap().insert((HAN, sha256(&[JPEG])));
    assert_eq!(company.ask("GET", &name(JPEG), &company.han, b"").await.body, JPEG, "an approver of the claim");
}

#[tokio::test]
async fn two_who_photograph_the_same_receipt_both_keep_it() {
    let company = company().await;
    company.ask("PUT", &name(JPEG), &company.li, JPEG).await;
    let again = company.ask("PUT", &name(JPEG), &company.han, JPEG).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(company.ask("GET", &name(JPEG), &company.han, b"").await.body, JPEG);
    assert_eq!(company.files().len(), 1);
}

#[tokio::test]
async fn what_a_crash_left_behind_is_removed_at_the_next_start() {
    let company = company().await;
    let folder = &company.edge.app.config.data;
    std::fs::write(folder.join("blobs/incoming/half"), b"half").unwrap();
    BlobFolder::open(folder).unwrap();
    assert_eq!(company.files(), Vec::<String>::new());
}

#[tokio::test]
async fn rows_are_never_changed() {
    let company = company().await;
    company.ask("PUT", &name(JPEG), &company.li, JPEG).await;
    for statement in ["DELETE FROM blob", "UPDATE blob SET size = 1", "DELETE FROM blob_uploader", "DELETE FROM device"]
    {
        let tried = company.edge.app.store.writer.run(move |turn| {
            Err::<(), _>(Stop::Refused(turn.connection.execute(statement, []).unwrap_err().to_string()))
        });
        let refused = tried.await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
}
