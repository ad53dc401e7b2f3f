//! A device without a browser: it signs in, keeps a replica and syncs with a real server, as the app does.

use crate::browser;
use crate::fault::{Fault, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::{LineId, PersonId, RequestId, RequestState, Timestamp};
use ed25519_dalek::{Signer, SigningKey};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use sync::record::Verb;
use sync::replica::{Event, Unsigned, UnsignedRecord};
use sync::signature::{Algorithm, PublicKey, enrolment_message};
use sync::view::RequestView;
use sync::wire::{self, ClientFrame};
use sync::{DocumentKey, Edit, Field, Place, Replica, Scalar};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The one line of the claims that are written here.
const LINE: LineId = LineId([7; 16]);

/// A signed-in device of one person.
pub struct Device {
    /// What it knows.
    pub replica: Replica,
    key: SigningKey,
    server: String,
    token: String,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    counter: u64,
    client: reqwest::Client,
}

impl Device {
    /// Enrols a new device; `server` is an address such as `http://127.0.0.1:8080`.
    pub async fn sign_in(server: &str, login: &str, password: &str) -> Result<Self> {
        browser::use_ring();
        let mut seed = [0; 32];
        // Not secret, only new: a key that no other device of a test has.
        let new = format!("{login} {} {:?}", std::process::id(), SystemTime::now());
        for (to, from) in seed.iter_mut().zip(new.bytes().rev()) {
            *to = from;
        }
        let key = SigningKey::from_bytes(&seed);
        let public = key.verifying_key().to_bytes();
        let offer = json!({
            "login": login,
            "password": password,
            "device": {"algorithm": "ed25519", "publicKey": STANDARD.encode(public), "name": "test"},
            "proof": STANDARD.encode(key.sign(&enrolment_message(login)).to_bytes()),
        });
        let client = reqwest::Client::new();
        let answer = client.post(format!("{server}/api/sign-in")).json(&offer).send().await?;
        let status = answer.status();
        let granted: Value = answer.json().await?;
        let text = |at: &str| {
            let found = granted.pointer(at).and_then(Value::as_str).map(str::to_owned);
            found.ok_or_else(|| Fault::new(format!("sign-in: {status} {granted}")))
        };
        let token = text("/accessToken")?;
        let person: PersonId = text("/person/id")?.parse()?;
        let device = PublicKey { algorithm: Algorithm::Ed25519, bytes: public.to_vec() }.device();
        let replica = Replica::new(device, person);
        Ok(Self { replica, key, server: server.to_owned(), token, socket: None, counter: 0, client })
    }

    /// Its access token, for a program that speaks in its place.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Listens until this is so of what it knows.
    pub async fn until(&mut self, wanted: impl Fn(&Replica) -> bool) -> Result<()> {
        while !wanted(&self.replica) {
            self.hear().await?;
        }
        Ok(())
    }

    /// Turns to another server of the same company from now on.
    pub fn turn_to(&mut self, server: &str) {
        self.socket = None;
        server.clone_into(&mut self.server);
    }

    /// Asks the API as this device, and returns its JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let (status, said) = self.ask(path, Some(body)).await?;
        if status.is_success() { Ok(said) } else { Err(Fault::new(format!("{path}: {status} {said}"))) }
    }

    /// The same, with a refusal as an answer; without a body it is a question.
    pub async fn ask(&self, path: &str, body: Option<&Value>) -> Result<(reqwest::StatusCode, Value)> {
        let address = format!("{}{path}", self.server);
        let request = match body {
            Some(body) => self.client.post(address).json(body),
            None => self.client.get(address),
        };
        let answer = request.bearer_auth(&self.token).send().await?;
        Ok((answer.status(), answer.json().await.unwrap_or_default()))
    }

    /// Takes another device of the same person out of use.
    pub async fn revoke(&self, device: &str) -> Result<()> {
        let address = format!("{}/api/devices/{device}", self.server);
        let answer = self.client.delete(address).bearer_auth(&self.token).send().await?;
        if answer.status().is_success() { Ok(()) } else { Err(Fault::new(format!("{device}: {}", answer.status()))) }
    }

    /// The requests that it knows.
    pub fn requests(&self) -> BTreeSet<RequestId> {
        self.replica.requests()
    }

    /// A request that it did not know before, once it has come.
    pub async fn new_request(&mut self, known: &BTreeSet<RequestId>) -> Result<RequestId> {
        loop {
            if let Some(new) = self.replica.requests().difference(known).next() {
                return Ok(*new);
            }
            self.hear().await?;
        }
    }

    /// What a claim says.
    pub fn claimed(&self, request: RequestId) -> Option<sync::document::Claim> {
        self.replica.claim(request)
    }

    /// Connects and catches up.
    pub async fn connect(&mut self) -> Result<()> {
        self.replica.disconnected();
        let mut request = format!("{}/sync", self.server.replacen("http", "ws", 1)).into_client_request()?;
        let offered = format!("{}, {}{}", wire::PROTOCOL, wire::TOKEN, self.token);
        request.headers_mut().insert("sec-websocket-protocol", offered.parse()?);
        request.headers_mut().insert("origin", self.server.parse()?);
        self.socket = Some(tokio_tungstenite::connect_async(request).await?.0);
        let hello = self.replica.hello("");
        self.say(&hello).await?;
        while !self.hear().await?.contains(&Event::UpToDate) {}
        Ok(())
    }

    /// Sends what is pending and waits until it is answered; work that was refused is a fault.
    pub async fn push(&mut self) -> Result<()> {
        while !self.replica.is_settled() {
            if let Some(push) = self.replica.next_push() {
                self.say(&push).await?;
            }
            self.hear().await?;
        }
        match self.replica.refused().next() {
            None => Ok(()),
            Some((_, work)) => Err(Fault::new(format!("refused: {} {}", work.code, work.detail().message))),
        }
    }

    /// How a request stands once `wanted` is true of it.
    pub async fn status(&mut self, request: RequestId, wanted: impl Fn(&RequestView) -> bool) -> Result<RequestView> {
        loop {
            if let Some(status) = self.replica.status(request).filter(|status| wanted(status)) {
                return Ok(status.clone());
            }
            self.hear().await?;
        }
    }

    /// The same, by its state alone.
    pub async fn state(&mut self, request: RequestId, wanted: RequestState) -> Result<RequestView> {
        self.status(request, |status| status.state == wanted).await
    }

    /// Writes a claim of one line, dated today, and returns its id.
    pub fn claim(&mut self, title: &str, department: &str, account: &str, fen: i64) -> Result<RequestId> {
        let request = RequestId(self.id());
        let text = |text: &str| Scalar::Text(text.to_owned());
        let owner = self.replica.person();
        self.edit(request, Edit::CreateClaim { owner, at: now() })?;
        let header = vec![(Field::Title, text(title)), (Field::Department, text(department))];
        self.edit(request, Edit::Put { place: Place::Header, values: header })?;
        let line = vec![
            (Field::Description, text(title)),
            (Field::Date, text(&now().china_date().to_string())),
            (Field::Amount, Scalar::Integer(fen)),
            (Field::Account, text(account)),
        ];
        self.edit(request, Edit::Put { place: Place::Line(LINE), values: line })?;
        Ok(request)
    }

    /// Changes what the claim is called.
    pub fn set_title(&mut self, request: RequestId, title: &str) -> Result<()> {
        self.edit(request, Edit::set(Place::Header, Field::Title, Scalar::Text(title.to_owned())))
    }

    /// Changes the amount of the claim's line.
    pub fn amount(&mut self, request: RequestId, fen: i64) -> Result<()> {
        let values = vec![(Field::Amount, Scalar::Integer(fen))];
        self.edit(request, Edit::Put { place: Place::Line(LINE), values })
    }

    /// Signs a submission.
    pub fn submit(&mut self, request: RequestId) -> Result<()> {
        let id = self.id();
        let unsigned = self.replica.submission(request, now(), id);
        self.sign(&unsigned.map_err(|problems| Fault::new(format!("cannot be submitted: {problems:?}")))?);
        Ok(())
    }

    /// Signs a decision about the request as this device knows it.
    pub fn decide(&mut self, request: RequestId, verb: Verb, reason: &str) -> Result<()> {
        let id = self.id();
        let unsigned = self.replica.decision(request, verb, reason, now(), id);
        self.sign(&unsigned.ok_or_else(|| Fault::new("nothing is open"))?);
        Ok(())
    }

    /// Signs that the request is taken back.
    pub fn withdraw(&mut self, request: RequestId) -> Result<()> {
        let id = self.id();
        let unsigned = self.replica.withdrawal(request, now(), id);
        self.sign(&unsigned.ok_or_else(|| Fault::new("nothing was submitted"))?);
        Ok(())
    }

    fn edit(&mut self, request: RequestId, edit: Edit) -> Result<()> {
        let mut random = [0; 8];
        for (to, from) in random.iter_mut().zip(self.id()) {
            *to = from;
        }
        let unsigned = self.replica.edit(DocumentKey::Claim(request), edit, now(), random)?;
        if let Some(Unsigned { order, message }) = unsigned {
            self.replica.signed(order, self.key.sign(&message).to_bytes().to_vec());
        }
        Ok(())
    }

    fn sign(&mut self, unsigned: &UnsignedRecord) {
        let signature = self.key.sign(&unsigned.message).to_bytes().to_vec();
        self.replica.queue_record(unsigned, signature);
    }

    /// An id that nothing else has: the signature of a counter is as random as the key.
    pub(crate) fn id(&mut self) -> [u8; 16] {
        self.counter += 1;
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(self.key.sign(&self.counter.to_be_bytes()).to_bytes()) {
            *to = from;
        }
        id
    }

    async fn say(&mut self, frame: &ClientFrame) -> Result<()> {
        let socket = self.socket.as_mut().ok_or_else(|| Fault::new("not connected"))?;
        Ok(socket.send(Message::Binary(wire::encode(frame).into())).await?)
    }

    /// Takes the next frame.
    async fn hear(&mut self) -> Result<Vec<Event>> {
        let socket = self.socket.as_mut().ok_or_else(|| Fault::new("not connected"))?;
        loop {
            let next = tokio::time::timeout(PATIENCE, socket.next()).await;
            match next.map_err(|_| Fault::new("the server said nothing"))? {
                Some(Ok(Message::Binary(bytes))) => {
                    return Ok(self.replica.receive(wire::decode(&bytes)?).events);
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(Fault::new(format!("the server left: {frame:?}")));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(Fault::new("the connection is gone")),
            }
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or_default())
}
