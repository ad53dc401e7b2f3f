//! A small company for tests: five people, one budget line, a server on a real port, and phones that
//! sign and sync as the app does.

mod bucket;
mod company;
mod database;
mod phone;
mod purse;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::PersonId;
use ed25519_dalek::{Signer, SigningKey};
use sync::signature::{Algorithm, enrolment_message};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use bucket::bucket;
pub(crate) use bucket::{S3Server, lies, objects};
pub(crate) use company::{LI, LINE, PEOPLE, SUN, WANG, ZHANG, ZHAO, code};
pub(crate) use database::{database, forgetful, postgresql, store, tables};
pub(crate) use phone::{Form, Phone, new_request};
pub(crate) use purse::{last_word, sign_spends};

use crate::background::{self, Background};
use crate::clock::Clock;
use crate::config::{ClusterConfig, Config, Layers};
use crate::http::{self, AppState};
use crate::identity::{Granted, NewDevice, SignIn};
use crate::relay::{Limits, Relay};
pub(crate) use company::PASSWORD;

/// A configuration that keeps everything in one folder, or where the environment says.
pub(crate) fn config_in(folder: &Path) -> Config {
    let mut config = Config::from_layers(&Layers::defaults()).unwrap();
    config.data = folder.to_path_buf();
    config.postgresql = postgresql(folder);
    config.bucket = bucket(folder);
    config
}

/// Runs tests of this program once more in a process of its own, and asks that some ran and all passed.
#[track_caller]
fn passes(run: &mut Command) {
    let done = run.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let passed = said.lines().find(|line| line.starts_with("test result: ok. ") && !line.contains(" 0 passed"));
    assert!(done.status.success() && passed.is_some(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    println!("{}", passed.unwrap_or_default());
}

/// A running server with the company in it.
pub(crate) struct Server {
    pub(crate) app: AppState,
    pub(crate) address: SocketAddr,
    background: Option<Background>,
    http: JoinHandle<()>,
}

impl Server {
    /// A new company in an empty folder.
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::start_with(folder, |_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn start_with(folder: &Path, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = config_in(folder);
        configure(&mut config);
        Self::serve(http::App::open(config, Clock::of_machine()).await.unwrap()).await
    }

    /// The same with a clock of the test's own.
    pub(crate) async fn start_at(folder: &Path, clock: Clock) -> Self {
        Self::serve(http::App::open(config_in(folder), clock).await.unwrap()).await
    }

    /// The same with other bounds of a session.
    pub(crate) async fn start_bounded(folder: &Path, limits: Limits) -> Self {
        Self::start_bounded_with(folder, limits, |_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn start_bounded_with(folder: &Path, limits: Limits, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = config_in(folder);
        configure(&mut config);
        let mut app = http::App::open(config, Clock::of_machine()).await.unwrap();
        let relay = Relay::open(&app.store, limits, app.relay.fan_out().clone()).await.unwrap();
        std::sync::Arc::get_mut(&mut app).expect("nobody else has it yet").relay = relay;
        Self::serve(app).await
    }

    /// One of several servers on one PostgreSQL database, which the others reach at `address`; the first founds the company.
    pub(crate) async fn start_beside(folder: &Path, address: SocketAddr) -> Self {
        let mut config = config_in(folder);
        config.cluster = Some(ClusterConfig { listen: address, address: address.to_string(), nats: None });
        Self::serve(http::App::open(config, Clock::of_machine()).await.unwrap()).await
    }

    async fn serve(app: AppState) -> Self {
        if app.store.writer.is_ready() {
            company::found(&app).await;
        }
        let background = background::start(&app).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = http::router(AppState::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
        let http = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { app, address, background: Some(background), http }
    }

    /// Ends as a restart does: devices are told, work is finished, the folder is let go.
    pub(crate) async fn stop(mut self) {
        if let Some(background) = self.background.take() {
            background.stop().await;
        }
        self.http.abort();
        drop((&mut self.http).await);
        self.app.store.writer.close();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Signs a person in on a new device.
    pub(crate) async fn phone(&self, person: PersonId) -> Phone {
        let (_, login, ..) = PEOPLE.into_iter().find(|(id, ..)| *id == person).unwrap();
        self.phone_of(person, login).await
    }

    /// Signs somebody in whom the test made.
    pub(crate) async fn phone_of(&self, person: PersonId, login: &str) -> Phone {
        let key = SigningKey::from_bytes(&crate::random::bytes().unwrap());
        let token = self.sign_in(login, &key).await.access_token;
        Phone::new(person, key, token, self.address)
    }

    async fn sign_in(&self, login: &str, key: &SigningKey) -> Granted {
        let offer = SignIn {
            login: login.into(),
            password: PASSWORD.into(),
            device: NewDevice {
                algorithm: Algorithm::Ed25519,
                public_key: STANDARD.encode(key.verifying_key().to_bytes()),
                name: "手机".into(),
            },
            proof: STANDARD.encode(key.sign(&enrolment_message(login)).to_bytes()),
        };
        self.app.identity.sign_in(offer).await.unwrap()
    }
}
