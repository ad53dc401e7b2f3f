//! The running server: from the address to the last answer.
//!
//! Promise: it says where it is and how safe that is; asked to stop, it takes no new request,
//! answers those it has, finishes what waits to be written, and ends.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::TokioTimer;

use crate::background;
use crate::chat::ChatError;
use crate::clock::Clock;
use crate::cluster::{Door, DoorError};
use crate::config::{Config, Tls};
use crate::http::{App, AppState, router};
use crate::listener::Bounded;
use crate::store::StoreError;
use crate::tls::{self, Protection, SelfSigned, TlsError};

/// Connections at once; a device needs one or two.
const CONNECTIONS: usize = 10_000;
/// How long a connection may take to send a request's head.
const HEAD: Duration = Duration::from_secs(15);
/// How long requests may take to end when the server is asked to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// The server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder or the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address.
    #[error("无法监听 {address}（设置 listen）· cannot listen on {address}: {source}")]
    Address {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The door for other servers.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The chat platform's settings.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// The runtime or a signal.
    #[error("运行出错 · the server failed: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Serves until it is asked to stop.
pub async fn serve(config: Config) -> Result<(), ServeError> {
    let address = config.listen;
    let failed = |source| ServeError::Address { address, source };
    // The address first: whoever starts a second server by mistake hears of that and nothing else.
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let beside = config.cluster.as_ref().map(|cluster| TcpListener::bind(cluster.listen).map_err(DoorError::from));
    let beside = beside.transpose()?;

    let clock = Clock::of_machine();
    let app = App::open(config, clock.clone()).await?;
    let door = match beside {
        Some(listener) => Door::open(&app, listener).await?,
        None => None,
    };
    let protection = tls::prepare(&app.config.tls, &app.config.data, clock.now().china_date()).await?;
    announce(&app.config, address, protection.as_ref().and_then(|p| p.self_signed.as_ref()));

    let background = background::start(&app).await?;
    let handle = Handle::new();
    tokio::spawn(stop_when_asked(handle.clone()));
    run(listener, protection, handle, &app).await?;

    tracing::info!("requests are answered; finishing what waits to be written");
    background.stop().await;
    if let Some(door) = door {
        door.close(FAREWELL).await;
    }
    let writer = app.store.writer.clone();
    tokio::task::spawn_blocking(move || writer.close()).await.map_err(std::io::Error::other)?;
    eprintln!("算盘已停止 · Suanpan has stopped");
    Ok(())
}

async fn run(
    listener: TcpListener,
    protection: Option<Protection>,
    handle: Handle<SocketAddr>,
    app: &AppState,
) -> Result<(), ServeError> {
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let mut plain = axum_server::from_tcp(listener)?.handle(handle);
    plain.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    plain.http_builder().http2().timer(TokioTimer::new()).keep_alive_interval(Some(HEAD));
    match protection {
        None => {
            plain.map(|open| Bounded::new(open, CONNECTIONS, HEAD)).serve(service).await?;
        }
        Some(protection) => {
            let tls = RustlsAcceptor::new(protection.config);
            plain.acceptor(Bounded::new(tls, CONNECTIONS, HEAD)).serve(service).await?;
        }
    }
    Ok(())
}

async fn stop_when_asked(handle: Handle<SocketAddr>) {
    match asked_to_stop().await {
        Ok(()) => {
            eprintln!("正在停止，等待进行中的请求完成 · stopping, finishing open requests");
            handle.graceful_shutdown(Some(FAREWELL));
        }
        Err(error) => {
            tracing::error!(%error, "signals cannot be received; only a kill stops this server");
        }
    }
}

/// Ends when the terminal (SIGINT) or the service manager (SIGTERM) asks.
async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            asked = tokio::signal::ctrl_c() => asked,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Says where the server is and how safe that is.
fn announce(config: &Config, address: SocketAddr, self_signed: Option<&SelfSigned>) {
    eprintln!("算盘已启动 · Suanpan is running: {}", place(config, address));
    if let Some(made) = self_signed {
        eprintln!("{}", explain(made));
    }
    let reachable = !address.ip().is_loopback();
    if reachable && !config.is_https() {
        eprintln!("{PLAIN_WARNING}");
    }
}

/// What to type into a browser.
fn place(config: &Config, address: SocketAddr) -> String {
    if let Some(origin) = &config.public_origin {
        return origin.clone();
    }
    let scheme = if config.tls == Tls::Off { "http" } else { "https" };
    if !address.ip().is_unspecified() {
        return format!("{scheme}://{address}");
    }
    let named = match &config.tls {
        Tls::SelfSigned { names } => {
            names.iter().find(|name| !matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"))
        }
        _ => None,
    };
    format!("{scheme}://{}:{}", named.map_or("localhost", String::as_str), address.port())
}

const PLAIN_WARNING: &str = "
⚠ 警告：正在以明文 HTTP 对外提供服务，密码和单据在网络上可被他人读取。
  除 localhost 外，浏览器还会禁用离线功能、拍照和设备签名，应用无法使用。
  请设置 tls.certificate 与 tls.key；局域网试用可加 --tls-self-signed --tls-names <本机地址>；
  若前方有负责 HTTPS 的反向代理，请设置 public_origin。
⚠ Warning: serving plain HTTP to other machines. Passwords and claims can be read on the network, and away from
  localhost browsers turn off offline use, the camera and device signatures, so the app does not work.
  Set tls.certificate and tls.key; for a LAN trial add --tls-self-signed --tls-names <this machine's address>;
  behind a proxy that does HTTPS, set public_origin.";

fn explain(made: &SelfSigned) -> String {
    let news = if made.is_new { "（新制）· (new)" } else { "" };
    format!(
        "
自制证书 · self-signed certificate {news}
  名称 · names:      {names}
  有效期至 · until:  {until}
  SHA-256 指纹 · fingerprint:
  {fingerprint}
  浏览器会警告“连接不是私密连接”，因为没有机构为它担保。请先在每台设备上核对上面的指纹，一致才可信任；
  不一致说明有人在中间。离线功能、拍照和设备签名需要 HTTPS，所以局域网试用也要用它。正式使用请换成受信任的证书。
  Browsers will warn, because no authority vouches for it. On each device compare the fingerprint above and trust the
  certificate only if it is the same; if it differs, somebody is in between. Offline use, the camera and device
  signatures need HTTPS, so a LAN trial needs it too. For production use a certificate from a trusted authority.
",
        names = made.names.join(", "),
        until = made.until,
        fingerprint = made.fingerprint,
    )
}

#[cfg(test)]
mod tests;
