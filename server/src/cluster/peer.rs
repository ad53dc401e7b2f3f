//! The server that writes, as one that does not asks it.
//!
//! Promise: a question ends when that server answers, cannot be reached, or does not write any more; who waits for the
//! answer is not left waiting for a machine that is gone.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::Response;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};
use sync::wire::{self, Push, PushItem};
use tokio::sync::watch;

use super::secrets::{NAME, Secrets};
use crate::authority::Caller;
use crate::http::Problem;
use crate::http::problem::UNAVAILABLE;
use crate::relay::{Outcome, Unanswered};
use crate::store::{Leader, Standing};

/// Says that a request comes from another server of the company.
pub(super) const KEY: HeaderName = HeaderName::from_static("x-suanpan-key");
/// The address of the client for whom it asks.
pub(super) const CLIENT: HeaderName = HeaderName::from_static("x-suanpan-client");
/// For whom a push is.
pub(super) const PERSON: HeaderName = HeaderName::from_static("x-suanpan-person");
pub(super) const DEVICE: HeaderName = HeaderName::from_static("x-suanpan-device");
/// Where pushes are taken.
pub(super) const PUSH: &str = "/cluster/push";

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(30);

/// What concerns one connection, and not the request that comes on it (RFC 9110 section 7.6.1), and what only another
/// server of ours may say.
const NOT_HANDED_ON: [HeaderName; 14] = [
    header::CONNECTION,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
    header::FORWARDED,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("x-forwarded-for"),
    KEY,
    CLIENT,
];

/// The server that writes, in one epoch of the lease; clones share its connections.
#[derive(Clone)]
pub(crate) struct Peer {
    epoch: i64,
    address: String,
    base: String,
    key: String,
    client: Client,
    standing: watch::Receiver<Standing>,
}

/// Why it cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    /// Its name is not known.
    #[error("its address is not found: {0}")]
    Address(#[from] std::io::Error),
    /// No connection, or it ended.
    #[error(transparent)]
    Connection(#[from] reqwest::Error),
    /// Another server writes now.
    #[error("it does not write any more")]
    Replaced,
}

impl Peer {
    pub(super) async fn new(
        epoch: i64,
        address: &str,
        secrets: &Secrets,
        standing: watch::Receiver<Standing>,
    ) -> Result<Self, PeerError> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host(address).await?.collect();
        let port = found.first().map_or(0, SocketAddr::port);
        let client = Client::builder()
            .no_proxy()
            .https_only(true)
            .redirect(Policy::none())
            .connect_timeout(PATIENCE)
            .pool_idle_timeout(IDLE)
            .tls_certs_only([Certificate::from_der(secrets.certificate().0)?])
            .resolve_to_addrs(NAME, &found)
            .build()?;
        let base = format!("https://{NAME}:{port}");
        Ok(Self { epoch, address: address.to_owned(), base, key: secrets.word(), client, standing })
    }

    /// Whether it is this one.
    pub(super) fn is(&self, epoch: i64, address: &str) -> bool {
        self.epoch == epoch && self.address == address
    }

    /// Hands a request over, and its answer back, both as they come.
    pub(super) async fn answer(&self, request: Request, client: std::net::IpAddr) -> Result<Response, Problem> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut asked = self
            .client
            .request(parts.method, format!("{}{path}", self.base))
            .headers(handed_on(parts.headers))
            .header(KEY, &self.key)
            .header(CLIENT, client.to_string());
        if body.size_hint().exact() != Some(0) {
            asked = asked.body(reqwest::Body::wrap_stream(body.into_data_stream()));
        }
        let answer = self.unless_replaced(asked.send()).await;
        let answer = answer.map_err(|error| Problem::new(&UNAVAILABLE).caused_by(error).retry_after(1))?;
        let (parts, body) = axum::http::Response::<reqwest::Body>::from(answer).into_parts();
        let mut response = Response::new(Body::new(body));
        *response.status_mut() = parts.status;
        *response.headers_mut() = handed_on(parts.headers);
        Ok(response)
    }

    /// Has the items of a push decided there, one outcome for each.
    pub(crate) async fn push(&self, caller: Caller, items: Vec<PushItem>) -> Result<Vec<Outcome>, Unanswered> {
        let expected = items.len();
        let asked = self
            .client
            .post(format!("{}{PUSH}", self.base))
            .header(KEY, &self.key)
            .header(CLIENT, std::net::Ipv4Addr::UNSPECIFIED.to_string())
            .header(PERSON, caller.person.to_string())
            .header(DEVICE, caller.device.to_string())
            .body(wire::encode(&Push { id: 0, items }));
        let answered = self.unless_replaced(async {
            let answer = asked.send().await?;
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                return Ok(Err(Unanswered::Busy));
            }
            answer.error_for_status()?.json::<Vec<Outcome>>().await.map(Ok)
        });
        match answered.await {
            Ok(Ok(outcomes)) if outcomes.len() == expected => Ok(outcomes),
            Ok(Err(unanswered)) => Err(unanswered),
            Ok(Ok(_)) => {
                tracing::error!(address = self.address, "a push was not answered item by item");
                Err(Unanswered::Unavailable)
            }
            Err(error) => {
                tracing::warn!(address = self.address, %error, "a push could not be handed over");
                Err(Unanswered::Unavailable)
            }
        }
    }

    /// Waits for the answer as long as it is the one that writes: its lease says so, whatever its connections do.
    async fn unless_replaced<T>(&self, asked: impl Future<Output = Result<T, reqwest::Error>>) -> Result<T, PeerError> {
        let mut standing = self.standing.clone();
        let still =
            |standing: &Standing| matches!(standing, Standing::Follows(Leader { epoch, .. }) if *epoch == self.epoch);
        tokio::select! {
            answer = asked => Ok(answer?),
            _ = standing.wait_for(|standing| !still(standing)) => Err(PeerError::Replaced),
        }
    }
}

/// The headers that belong to the request or the answer itself.
fn handed_on(mut headers: HeaderMap) -> HeaderMap {
    // What `Connection` names concerns the connection as well.
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in NOT_HANDED_ON.iter().chain(&named) {
        headers.remove(name);
    }
    headers
}
