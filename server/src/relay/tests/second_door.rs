//! The second door from outside, over a real port: who gets in, what they see, and how they are shown out.

use std::time::Duration;

use automerge::sync::{Message as SyncMessage, State, SyncDoc};
use automerge::transaction::Transactable;
use automerge::{Automerge, ROOT, ReadDoc};
use budget::RequestId;
use futures_util::{SinkExt, StreamExt};
use sync::DocumentKey;
use sync::replica::Event;
use sync::repo::{Frame, Subject, url_name};
use sync::view::codes;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::config::Config;
use crate::relay::Limits;
use crate::testing::{LI, SUN, Server, ZHANG};

/// A request with an id as devices make them.
fn request() -> RequestId {
    let mut id = crate::random::bytes::<16>().unwrap();
    id[6] = 0x70 | (id[6] & 0x0f);
    RequestId(id)
}

fn opened(config: &mut Config) {
    config.automerge_repo = true;
}

/// A peer with one document.
struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    us: String,
    relay: String,
    document: Automerge,
    state: State,
}

async fn dial(server: &Server, token: &str) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
    let address = format!("ws://{}/sync/automerge-repo?later=1&access_token={token}", server.address);
    Ok(connect_async(address).await?.0)
}

impl Peer {
    async fn join(server: &Server, token: &str) -> Self {
        let mut socket = dial(server, token).await.unwrap();
        let us = "peer-1".to_owned();
        let join = Frame::Join { sender: us.clone(), is_understood: true };
        socket.send(Message::Binary(join.encode().into())).await.unwrap();
        let mut peer = Self { socket, us, relay: String::new(), document: Automerge::new(), state: State::new() };
        match peer.hear().await {
            Some(Frame::Peer { sender, target }) if target == peer.us => peer.relay = sender,
            other => panic!("not greeted: {other:?}"),
        }
        peer
    }

    fn subject(&self, document: &str) -> Subject {
        Subject { document: document.to_owned(), sender: self.us.clone(), target: self.relay.clone() }
    }

    async fn say(&mut self, frame: &Frame) {
        self.socket.send(Message::Binary(frame.encode().into())).await.unwrap();
    }

    async fn hear(&mut self) -> Option<Frame> {
        hear(&mut self.socket).await
    }

    /// Says what the engine has to say of the document.
    async fn offer(&mut self, document: &str) {
        if let Some(message) = self.document.generate_sync_message(&mut self.state) {
            let frame = Frame::Sync(self.subject(document), message.encode());
            self.say(&frame).await;
        }
    }

    /// Talks about the document until `so`.
    async fn until(&mut self, document: &str, so: impl Fn(&Automerge) -> bool) {
        self.offer(document).await;
        while !so(&self.document) {
            let Some(Frame::Sync(_, data)) = self.hear().await else { panic!("not a sync message") };
            let message = SyncMessage::decode(&data).unwrap();
            self.document.receive_sync_message(&mut self.state, message).unwrap();
            self.offer(document).await;
        }
    }

    fn write(&mut self, field: &str, value: &str) {
        let mut transaction = self.document.transaction();
        transaction.put(ROOT, field, value).unwrap();
        transaction.commit();
    }
}

async fn hear(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Option<Frame> {
    loop {
        match timeout(Duration::from_secs(10), socket.next()).await.expect("nothing was heard") {
            Some(Ok(Message::Binary(bytes))) => return Some(Frame::decode(&bytes).unwrap()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

fn title_is(title: &str) -> impl Fn(&Automerge) -> bool {
    let title = title.to_owned();
    move |document| matches!(document.get(ROOT, "title"), Ok(Some((value, _))) if value.as_str() == Some(title.as_str()))
}

#[tokio::test]
async fn the_second_door_is_closed_unless_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let token = server.phone(ZHANG).await.token;
    match dial(&server, &token).await {
        Err(Error::Http(answer)) => assert_eq!(answer.status().as_u16(), 404),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_gets_in_and_who_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), opened).await;
    let token = server.phone(ZHANG).await.token;
    let join = || Frame::Join { sender: "peer-1".into(), is_understood: true }.encode();
    let check = async |token: &str, first: Message, code: &str| {
        let mut socket = dial(&server, token).await.unwrap();
        socket.send(first).await.unwrap();
        assert_eq!(hear(&mut socket).await, Some(Frame::Error(code.into())));
        assert_eq!(hear(&mut socket).await, None);
    };
    check("", Message::Binary(join().into()), "unauthenticated").await;
    check("none", Message::Binary(join().into()), "unauthenticated").await;
    let later = Frame::Join { sender: "peer-1".into(), is_understood: false };
    check(&token, Message::Binary(later.encode().into()), "unsupported_version").await;
    check(&token, Message::Binary(Frame::Leave.encode().into()), "no_join").await;
    check(&token, Message::Binary(vec![0xff; 40].into()), "malformed").await;
    check(&token, Message::Text("join".into()), "malformed").await;

    // A page of somebody else's, and a token beside the protocol.
    let address = format!("ws://{}/sync/automerge-repo", server.address);
    let mut foreign = address.clone().into_client_request().unwrap();
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert!(matches!(connect_async(foreign).await, Err(Error::Http(answer)) if answer.status().as_u16() == 403));
    let mut beside = address.into_client_request().unwrap();
    let offered = format!("{}, {}{token}", sync::wire::PROTOCOL, sync::wire::TOKEN);
    beside.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
    let mut socket = connect_async(beside).await.unwrap().0;
    socket.send(Message::Binary(join().into())).await.unwrap();
    assert!(matches!(hear(&mut socket).await, Some(Frame::Peer { .. })));
}

#[tokio::test]
async fn a_peer_reads_what_its_person_may_and_writes_through_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), opened).await;
    let mut phone = server.phone(ZHANG).await;
    phone.connect().await;
    let request = request();
    phone.claim(request, 50_000);
    phone.push().await;
    let name = url_name(&DocumentKey::Claim(request)).unwrap();

    let token = server.phone(ZHANG).await.token;
    let mut peer = Peer::join(&server, &token).await;
    peer.until(&name, title_is("上海出差")).await;
    peer.write("title", "北京出差");
    peer.offer(&name).await;
    while phone.replica.claim(request).unwrap().title != "北京出差" {
        phone.until(|event| *event == Event::Document(DocumentKey::Claim(request))).await;
    }
    assert!(matches!(peer.hear().await, Some(Frame::Sync(..))), "what was admitted is answered");

    // Somebody who may not read it, a name of nobody's, and a request that nobody began.
    let mut other = Peer::join(&server, &server.phone(SUN).await.token).await;
    let unknown = url_name(&DocumentKey::Claim(self::request())).unwrap();
    for name in [name.as_str(), &unknown, "no-name", &"z".repeat(200)] {
        let first = other.document.generate_sync_message(&mut State::new()).unwrap();
        let asked = Frame::Request(other.subject(name), first.encode());
        other.say(&asked).await;
        assert_eq!(other.hear().await, Some(Frame::Unavailable(other.subject(name).back())));
    }

    // The owner is written once: named, and nothing more.
    peer.write("owner", "00000000-0000-0000-0000-000000000001");
    peer.offer(&name).await;
    match peer.hear().await {
        Some(Frame::Refused(_, refused)) => assert_eq!(refused[0].code, codes::NOT_ALLOWED),
        other => panic!("{other:?}"),
    }
    assert!(timeout(Duration::from_millis(300), peer.hear()).await.is_err(), "the relay is quiet");
    assert!(phone.linger().await.is_empty(), "and nobody else heard of it");
}

#[tokio::test]
async fn what_a_person_gains_is_told_and_a_message_that_cannot_be_read_ends_its_document_only() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), opened).await;
    let mut phone = server.phone(ZHANG).await;
    phone.connect().await;
    let request = request();
    phone.claim(request, 50_000);
    phone.push().await;
    let (claim, thread) = (DocumentKey::Claim(request), DocumentKey::Thread(request));
    let (claim, thread) = (url_name(&claim).unwrap(), url_name(&thread).unwrap());

    let mut peer = Peer::join(&server, &server.phone(LI).await.token).await;
    peer.offer(&claim).await;
    assert_eq!(peer.hear().await, Some(Frame::Unavailable(peer.subject(&claim).back())), "a draft is its owner's");
    phone.submit(request);
    phone.push().await;
    peer.until(&claim, title_is("上海出差")).await;

    let broken = Frame::Sync(peer.subject(&claim), vec![0x42, 0xff, 0xff]);
    peer.say(&broken).await;
    let unavailable = Frame::Unavailable(peer.subject(&claim).back());
    while peer.hear().await != Some(unavailable.clone()) {}
    peer.say(&broken).await;
    (peer.document, peer.state) = (Automerge::new(), State::new());
    peer.until(&thread, |document| document.get(ROOT, "comments").unwrap().is_some()).await;
}

#[tokio::test]
async fn a_quiet_peer_stays_and_a_revoked_one_goes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { idle: Duration::from_millis(300), ..Limits::default() };
    let server = Server::start_bounded_with(folder.path(), limits, opened).await;
    let phone = server.phone(ZHANG).await;
    // To make a client takes longer than the silence that is allowed here.
    bot::install_tls();
    let client = reqwest::Client::new();
    let mut peer = Peer::join(&server, &phone.token).await;
    // Listening answers the relay's pings.
    assert!(timeout(Duration::from_millis(900), peer.hear()).await.is_err(), "nothing is said and nobody leaves");
    let url = server.url(&format!("/api/devices/{}", phone.replica.device()));
    let revoke = client.delete(url).bearer_auth(&phone.token).send();
    // It goes on listening meanwhile.
    let (answer, heard) = tokio::join!(revoke, peer.hear());
    assert!(answer.unwrap().status().is_success());
    assert_eq!(heard, Some(Frame::Error("revoked".into())));
}
