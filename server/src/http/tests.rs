//! The edge as a client sees it, without a port. Other areas' tests use [`Edge`] as well.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::store::sql::Connection;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use budget::{Code, Person, PersonId, Role, Timestamp};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::clock::Clock;
use crate::company::Company;
use crate::config::Config;
use crate::directory::Directory;
use crate::store::StoreError;
use crate::testing;

/// 2026-06-02 10:00 in Shanghai.
pub(crate) const NOW: Timestamp = Timestamp(1_780_365_600_000);

/// People for tests of the edge: everybody is there until they are dismissed.
#[derive(Default)]
pub(crate) struct People {
    pub(crate) dismissed: Mutex<BTreeSet<PersonId>>,
    pub(crate) administrators: BTreeSet<PersonId>,
    pub(crate) readers: Mutex<BTreeSet<(PersonId, [u8; 32])>>,
}

impl Directory for People {
    fn person(&self, _: &Connection, id: PersonId) -> Result<Option<Person>, StoreError> {
        if self.dismissed.lock().unwrap().contains(&id) {
            return Ok(None);
        }
        let role = if self.administrators.contains(&id) { Role::Administrator } else { Role::Employee };
        Ok(Some(Person {
            id,
            login: "li".into(),
            name: "李雷".into(),
            department: Code::new("MKT").unwrap(),
            roles: BTreeSet::from([role]),
            active: true,
        }))
    }

    fn may_read_blob(&self, _: &Connection, person: PersonId, sha256: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.readers.lock().unwrap().contains(&(person, *sha256)))
    }
}

/// A configuration that keeps everything in one folder.
pub(crate) fn config_in(folder: &Path) -> Config {
    let mut config = testing::config_in(&folder.join("data"));
    config.web = folder.join("web");
    config.blob_bytes = 1_000;
    config
}

pub(crate) async fn app_in(folder: &Path, people: Arc<People>) -> AppState {
    App::open_for(config_in(folder), Clock::standing_at(NOW), Company::default(), people).await.unwrap()
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and code of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        let json = self.json();
        assert_eq!((self.status.as_u16(), json["code"].as_str().unwrap()), (status, code), "{json}");
    }
}

/// A server without a port.
pub(crate) struct Edge {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) app: AppState,
    router: Router,
}

impl Edge {
    pub(crate) async fn new() -> Self {
        Self::with(Arc::new(People::default())).await
    }

    pub(crate) async fn with(people: Arc<People>) -> Self {
        Self::configured(people, |_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn configured(people: Arc<People>, configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config_in(folder.path());
        configure(&mut config);
        let app = App::open_for(config, Clock::standing_at(NOW), Company::default(), people).await.unwrap();
        let router = router(app.clone());
        Self { folder, app, router }
    }

    pub(crate) fn web(&self, name: &str, content: &[u8]) {
        let path = self.app.config.web.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }
}

#[tokio::test]
async fn health_tells_the_time() {
    let edge = Edge::new().await;
    let answer = edge.get("/api/health", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["status"], "ok");
    assert_eq!(answer.json()["time"], NOW.0);
}

#[tokio::test]
async fn a_refusal_has_one_shape_in_the_askers_language() {
    let edge = Edge::new().await;
    let chinese = edge.get("/api/me", &[]).await;
    chinese.refused(401, "unauthenticated");
    assert_eq!(chinese.json()["message"], "请先登录");
    assert_eq!(chinese.json()["requestId"], chinese.header("x-request-id"));
    let english = edge.get("/api/me", &[("accept-language", "en-GB")]).await;
    assert_eq!(english.json()["message"], "Please sign in");
    edge.get("/api/nothing", &[]).await.refused(404, "not_found");
    edge.get("/api/sign-in", &[]).await.refused(405, "method_not_allowed");
    edge.post("/api/sign-in", "", &serde_json::json!({"login": 1})).await.refused(400, "malformed");
    let long = serde_json::json!({"login": "x".repeat(BODY_BYTES)});
    edge.post("/api/sign-in", "", &long).await.refused(413, "too_large");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let edge = Edge::new().await;
    edge.web("index.html", b"<script>1</script>");
    for path in ["/", "/api/health", "/api/nothing", "/nothing.js"] {
        let answer = edge.get(path, &[("host", "a.example")]).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "no HSTS without TLS: {path}");
    }
    assert_eq!(edge.get("/api/health", &[]).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn one_address_cannot_ask_without_end() {
    let edge = Edge::new().await;
    let mut answers = Vec::new();
    for _ in 0..2_001 {
        answers.push(edge.get("/nothing.js", &[]).await);
    }
    assert!(answers[..2_000].iter().all(|answer| answer.status == StatusCode::NOT_FOUND));
    answers[2_000].refused(429, "too_many_requests");
    assert_eq!(answers[2_000].header("retry-after"), "1");
}
