//! The server on a real port.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::http::tests::{People, app_in};

async fn started(folder: &std::path::Path) -> (SocketAddr, Handle<SocketAddr>, tokio::task::JoinHandle<()>) {
    let app = app_in(folder, Arc::new(People::default())).await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let handle = Handle::new();
    let stopper = handle.clone();
    let running = tokio::spawn(async move { run(listener, None, handle, &app).await.unwrap() });
    (address, stopper, running)
}

#[tokio::test]
async fn a_stopped_server_answers_what_it_has_begun() {
    let folder = tempfile::tempdir().unwrap();
    let (address, handle, running) = started(folder.path()).await;
    let mut begun = TcpStream::connect(address).await.unwrap();
    // Half a request: the server has to wait for the rest of it.
    begun
        .write_all(b"POST /api/sign-in HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{")
        .await
        .unwrap();
    // The request has arrived once the server asks nothing more than its body.
    tokio::time::sleep(Duration::from_millis(200)).await;
    handle.graceful_shutdown(Some(FAREWELL));
    begun.write_all(b"}").await.unwrap();
    let mut answer = String::new();
    begun.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("\"code\":\"malformed\""), "{answer}");
    running.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "no new connection is taken");
}

#[test]
fn a_taken_address_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = crate::http::tests::config_in(folder.path());
    config.listen = taken.local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(serve(config)).unwrap_err().to_string();
    assert!(error.contains(&taken.local_addr().unwrap().to_string()), "{error}");
    assert!(!folder.path().join("data").exists(), "nothing was touched");
}

#[test]
fn the_place_is_one_that_a_browser_can_open() {
    #[track_caller]
    fn check(config: &Config, address: &str, expected: &str) {
        assert_eq!(place(config, address.parse().unwrap()), expected);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut config = crate::http::tests::config_in(folder.path());
    check(&config, "127.0.0.1:8080", "http://127.0.0.1:8080");
    check(&config, "0.0.0.0:8080", "http://localhost:8080");
    config.tls = Tls::SelfSigned { names: vec!["localhost".into(), "192.168.1.20".into()] };
    check(&config, "0.0.0.0:8443", "https://192.168.1.20:8443");
    config.public_origin = Some("https://expense.example.cn".into());
    check(&config, "127.0.0.1:8080", "https://expense.example.cn");
}
