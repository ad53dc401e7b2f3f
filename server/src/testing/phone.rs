//! A device of a test: a replica, a key, and a connection over a real socket.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use budget::{LineId, Money, PersonId, RequestId, Timestamp};
use ed25519_dalek::{Signer, SigningKey};
use futures_util::{SinkExt, StreamExt};
use sync::record::{Decision, Record, Verb};
use sync::replica::{Event, Unsigned, UnsignedRecord};
use sync::signature::{Algorithm, PublicKey};
use sync::wire::{self, ClientFrame, PushItem, ServerFrame};
use sync::{DocumentKey, Edit, Field, Place, Replica, Scalar};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::clock::Clock;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A device with its replica and, at times, a connection.
pub(crate) struct Phone {
    pub(crate) replica: Replica,
    key: SigningKey,
    pub(crate) token: String,
    pub(crate) address: SocketAddr,
    pub(crate) socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    /// What was heard since somebody looked.
    pub(crate) events: Vec<Event>,
}

impl Phone {
    pub(crate) fn new(person: PersonId, key: SigningKey, token: String, address: SocketAddr) -> Self {
        let public = PublicKey { algorithm: Algorithm::Ed25519, bytes: key.verifying_key().to_bytes().to_vec() };
        let replica = Replica::new(public.device(), person);
        Self { replica, key, token, address, socket: None, events: Vec::new() }
    }

    /// Connects and catches up.
    pub(crate) async fn connect(&mut self) {
        let offered = format!("{}, {}{}", wire::PROTOCOL, wire::TOKEN, self.token);
        self.open_with(&offered).await;
        let hello = self.replica.hello("");
        self.say(&hello).await;
        self.until(|event| *event == Event::UpToDate).await;
    }

    /// Opens a socket and says nothing yet.
    pub(crate) async fn open(&mut self) {
        self.open_with(wire::PROTOCOL).await;
    }

    async fn open_with(&mut self, protocols: &str) {
        let mut request = format!("ws://{}/sync", self.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        self.socket = Some(socket);
    }

    /// Loses the connection without a word.
    pub(crate) fn lose(&mut self) {
        self.socket = None;
        self.replica.disconnected();
    }

    pub(crate) async fn say(&mut self, frame: &ClientFrame) {
        let socket = self.socket.as_mut().unwrap();
        socket.send(Message::Binary(wire::encode(frame).into())).await.unwrap();
    }

    /// The next frame; `None` when the connection is closed.
    pub(crate) async fn hear(&mut self) -> Option<ServerFrame> {
        let socket = self.socket.as_mut().unwrap();
        loop {
            match tokio::time::timeout(PATIENCE, socket.next()).await.expect("nothing was heard") {
                Some(Ok(Message::Binary(bytes))) => return Some(wire::decode(&bytes).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Takes frames until one brings such an event, which is returned; fails when the connection ends.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let frame = self.hear().await.expect("the connection ended");
            let events = self.replica.receive(frame).events;
            self.events.extend(events.iter().cloned());
            if let Some(event) = events.into_iter().find(|event| wanted(event)) {
                return event;
            }
        }
    }

    /// Takes what comes within a moment; for showing that something does not come.
    pub(crate) async fn linger(&mut self) -> Vec<ServerFrame> {
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = tokio::time::timeout(Duration::from_millis(400), self.hear()).await {
            self.events.extend(self.replica.receive(frame.clone()).events);
            frames.push(frame);
        }
        frames
    }

    /// Sends everything that is pending and waits for the answers.
    pub(crate) async fn push(&mut self) {
        while let Some(frame) = self.replica.next_push() {
            self.say(&frame).await;
            let ClientFrame::Push(push) = frame else { panic!("not a push") };
            let mut open: BTreeSet<[u8; 32]> = push.items.iter().map(PushItem::hash).collect();
            while !open.is_empty() {
                let frame = self.hear().await.expect("the connection ended before the answer");
                match &frame {
                    ServerFrame::Ack(ack) => {
                        open.retain(|hash| !ack.admitted.iter().any(|head| head.0 == *hash));
                    }
                    ServerFrame::Refused(refused) => open.retain(|hash| *hash != refused.hash),
                    _ => {}
                }
                self.events.extend(self.replica.receive(frame).events);
            }
        }
    }

    pub(crate) fn edit(&mut self, key: DocumentKey, edit: Edit) {
        let random = crate::random::bytes().unwrap();
        if let Some(Unsigned { order, message }) = self.replica.edit(key, edit, now(), random).unwrap() {
            self.replica.signed(order, self.key.sign(&message).to_bytes().to_vec());
        }
    }

    pub(crate) fn put(&mut self, request: RequestId, place: Place, values: Vec<(Field, Scalar)>) {
        self.edit(DocumentKey::Claim(request), Edit::Put { place, values });
    }

    /// Writes a claim of one line.
    pub(crate) fn claim(&mut self, request: RequestId, fen: i64) {
        let owner = self.replica.person();
        let text = |text: &str| Scalar::Text(text.into());
        self.edit(DocumentKey::Claim(request), Edit::CreateClaim { owner, at: now() });
        self.put(request, Place::Header, vec![(Field::Title, text("上海出差")), (Field::Department, text("MKT"))]);
        self.put(
            request,
            Place::Line(LineId([7; 16])),
            vec![
                (Field::Description, text("高铁票")),
                (Field::Date, text("2026-11-02")),
                (Field::Amount, Scalar::Integer(fen)),
                (Field::Account, text("TRAVEL")),
            ],
        );
    }

    /// Writes a request of any kind.
    pub(crate) fn write(&mut self, request: RequestId, form: &Form<'_>) {
        let owner = self.replica.person();
        let text = |text: &str| Scalar::Text(text.into());
        self.edit(DocumentKey::Claim(request), Edit::CreateClaim { owner, at: now() });
        let mut header = vec![(Field::Title, text(form.title)), (Field::Department, text("MKT"))];
        header.extend((!form.kind.is_empty()).then(|| (Field::RequestKind, text(form.kind))));
        header.extend(form.answers.map(|answers| (Field::PreApproval, text(&answers.to_string()))));
        header.extend((!form.advances.is_empty()).then(|| (Field::Advances, text(form.advances))));
        header.extend(form.last.then_some((Field::Last, Scalar::Flag(true))));
        header.extend((!form.payee.is_empty()).then(|| (Field::Payee, text(form.payee))));
        self.put(request, Place::Header, header);
        for (number, (account, yuan)) in (1_u8..).zip(form.lines) {
            let values = vec![
                (Field::Description, text("明细")),
                (Field::Date, text(form.day)),
                (Field::Amount, Scalar::Integer(Money::parse(yuan).unwrap().fen())),
                (Field::Account, text(account)),
            ];
            self.put(request, Place::Line(LineId([number; 16])), values);
        }
    }

    pub(crate) fn submit(&mut self, request: RequestId) {
        let id = crate::random::bytes().unwrap();
        let unsigned = self.replica.submission(request, now(), id).unwrap();
        self.sign(&unsigned);
    }

    pub(crate) fn decide(&mut self, request: RequestId, verb: Verb, reason: &str) {
        let id = crate::random::bytes().unwrap();
        let unsigned = self.replica.decision(request, verb, reason, now(), id).unwrap();
        self.sign(&unsigned);
    }

    /// Asks somebody, hands over, or gives back to an earlier step.
    pub(crate) fn pass_on(&mut self, request: RequestId, verb: Verb, whom: Option<PersonId>, back_to: Option<u32>) {
        let id = crate::random::bytes().unwrap();
        let unsigned = self.replica.decision(request, verb, "请看", now(), id).unwrap();
        let Record::Decision(decision) = unsigned.record else { panic!("a decision") };
        let unsigned = UnsignedRecord::new(Record::Decision(Decision { whom, back_to, ..decision }));
        self.sign(&unsigned);
    }

    pub(crate) fn withdraw(&mut self, request: RequestId) {
        let id = crate::random::bytes().unwrap();
        let unsigned = self.replica.withdrawal(request, now(), id).unwrap();
        self.sign(&unsigned);
    }

    /// The device's signature over a message.
    pub(crate) fn signature(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).to_bytes().to_vec()
    }

    fn sign(&mut self, unsigned: &UnsignedRecord) {
        let signature = self.key.sign(&unsigned.message).to_bytes().to_vec();
        self.replica.queue_record(unsigned, signature);
    }
}

/// What somebody fills in.
#[derive(Clone, Copy, Default)]
pub(crate) struct Form<'a> {
    /// `preApproval`, `advance`, `payment`, or nothing for a claim.
    pub(crate) kind: &'a str,
    pub(crate) title: &'a str,
    pub(crate) day: &'a str,
    /// Account and yuan of each line.
    pub(crate) lines: &'a [(&'a str, &'a str)],
    pub(crate) answers: Option<RequestId>,
    pub(crate) advances: &'a str,
    pub(crate) last: bool,
    pub(crate) payee: &'a str,
}

/// A request that nobody else in the test has.
pub(crate) fn new_request() -> RequestId {
    RequestId(crate::random::bytes().unwrap())
}

fn now() -> Timestamp {
    Clock::of_machine().now()
}
