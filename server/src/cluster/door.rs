//! The door for other servers of the company: requests that they hand over, and pushes of their devices.
//!
//! Promise: without the key nobody is heard, whatever they ask; with it, a request counts as its client's own, whose
//! address the other server names. What comes in here is done here or not at all.

use std::net::{IpAddr, SocketAddr, TcpListener};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use sync::wire::{LARGEST_FRAME, Push};
use tokio::task::JoinHandle;

use super::peer::{CLIENT, DEVICE, KEY, PERSON, PUSH};
use crate::authority::Caller;
use crate::http::{self, AppState};
use crate::listener::Bounded;
use crate::relay::{Outcome, Unanswered, decide_here};

/// The largest push, in bytes: a frame of a device, and a signature for each change of a peer that cannot sign.
const LARGEST_PUSH: usize = 2 * LARGEST_FRAME;
/// Connections at once; another server needs one for each request that it waits for.
const CONNECTIONS: usize = 4_096;
/// How long a connection may say nothing at first.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);

/// Marks a request that another server handed over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handed;

/// The door, open.
pub struct Door {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<()>,
}

/// It cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("无法为其他服务打开入口（设置 cluster.listen）· other servers cannot be let in: {0}")]
pub struct DoorError(#[from] std::io::Error);

impl Door {
    /// Opens it on a listener that is bound; nothing to do for a server that works alone.
    pub async fn open(app: &AppState, listener: TcpListener) -> Result<Option<Self>, DoorError> {
        let Some(cluster) = &app.cluster else {
            return Ok(None);
        };
        let (certificate, key) = cluster.secrets.certificate();
        let tls = RustlsConfig::from_der(vec![certificate.to_vec()], key.to_vec()).await?;
        listener.set_nonblocking(true)?;
        let (address, handle) = (listener.local_addr()?, Handle::new());
        let acceptor = Bounded::new(RustlsAcceptor::new(tls), CONNECTIONS, PATIENCE);
        let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp(listener)?.handle(handle.clone()).acceptor(acceptor).serve(service);
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the door for other servers failed");
            }
        });
        Ok(Some(Self { address, handle, task }))
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what came in, and closes.
    pub async fn close(self, patience: std::time::Duration) {
        self.handle.graceful_shutdown(Some(patience));
        if self.task.await.is_err() {
            tracing::error!("the door for other servers ended by a panic");
        }
    }
}

pub(super) fn router(app: AppState) -> Router {
    Router::new()
        .route(PUSH, post(push))
        .layer(DefaultBodyLimit::max(LARGEST_PUSH))
        .with_state(app.clone())
        .fallback_service(http::router(app.clone()))
        .layer(from_fn_with_state(app, admit))
}

async fn admit(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    let offered = headers.remove(KEY);
    let client = headers.remove(CLIENT).and_then(|value| value.to_str().ok()?.parse::<IpAddr>().ok());
    headers.remove("x-forwarded-for");
    let is_known = app.cluster.as_ref().zip(offered).is_some_and(|(ours, key)| ours.secrets.is_word(key.as_bytes()));
    let (true, Some(client)) = (is_known, client) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let extensions = request.extensions_mut();
    extensions.insert(ConnectInfo(SocketAddr::new(client, 0)));
    extensions.insert(Handed);
    next.run(request).await
}

/// Decides what a device pushed to another server, which has found out who it is.
async fn push(State(app): State<AppState>, headers: HeaderMap, body: Bytes) -> Result<Json<Vec<Outcome>>, StatusCode> {
    let caller = caller(&headers).ok_or(StatusCode::BAD_REQUEST)?;
    let push: Push = minicbor::decode(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    match decide_here(&app, caller, push.items).await {
        Ok(outcomes) => Ok(Json(outcomes)),
        Err(Unanswered::Busy) => Err(StatusCode::TOO_MANY_REQUESTS),
        Err(Unanswered::Unavailable) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn caller(headers: &HeaderMap) -> Option<Caller> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    Some(Caller { person: text(PERSON)?.parse().ok()?, device: text(DEVICE)?.parse().ok()? })
}
