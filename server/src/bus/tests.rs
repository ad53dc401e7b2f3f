//! One check of every carrier: it delivers, what comes together is told together, and it survives a lost connection.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use budget::RequestId;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::authority::Effect;

/// How long anything may take.
const PATIENTLY: Duration = Duration::from_secs(20);

/// A server on the bus.
struct Station {
    outgoing: Arc<Outgoing>,
    written: Arc<AtomicU64>,
    heard: mpsc::Receiver<Word>,
    task: JoinHandle<()>,
}

impl Station {
    fn on(carrier: impl Carrier<Line: 'static> + Sync) -> Self {
        let written = Arc::new(AtomicU64::new(0));
        let batches = Arc::clone(&written);
        let outgoing = Arc::new(Outgoing::new(Box::new(move || (0, batches.load(Ordering::SeqCst)))));
        let (sender, heard) = mpsc::channel(1_024);
        let task = tokio::spawn(run(carrier, Arc::clone(&outgoing), sender));
        Self { outgoing, written, heard, task }
    }

    /// Commits a batch that moves a request.
    fn moves(&self, request: u16) {
        self.outgoing.add(&[Effect::Request(id(request))]);
        self.written.fetch_add(1, Ordering::SeqCst);
    }

    /// Words until one names this request.
    async fn hears(&mut self, request: u16) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            let word = timeout(PATIENTLY, self.heard.recv()).await.expect("nothing is heard").expect("it runs");
            words.push(word);
            if words.iter().any(|word| names(word, request)) {
                return words;
            }
        }
    }
}

fn id(request: u16) -> RequestId {
    let [high, low] = request.to_be_bytes();
    let mut bytes = [9; 16];
    [bytes[0], bytes[1]] = [high, low];
    RequestId(bytes)
}

fn names(word: &Word, request: u16) -> bool {
    match &word.moved {
        Moved::These(effects) => effects.contains(&Effect::Request(id(request))),
        Moved::Everything => true,
    }
}

/// Moves a request again and again until the other one hears of it: what is said before both are connected is lost.
async fn meet(from: &Station, to: &mut Station, request: u16) {
    let again = async {
        loop {
            from.moves(request);
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        _ = to.hears(request) => {}
        () = again => {}
    }
}

async fn check<C: Carrier<Line: 'static> + Sync>(carrier: impl Fn() -> C, cut: impl AsyncFnOnce()) {
    let (mut here, mut there) = (Station::on(carrier()), Station::on(carrier()));
    meet(&here, &mut there, 1).await;
    meet(&there, &mut here, 2).await;

    // A carrier may bring a station's own words as well.
    sleep(MERGE * 20).await;
    while there.heard.try_recv().is_ok() {}

    // A hundred batches in about a tenth of a second.
    let began = Instant::now();
    for request in 100..200 {
        here.moves(request);
        sleep(Duration::from_millis(1)).await;
    }
    let took = began.elapsed();
    let words = there.hears(199).await;
    let most = took.as_millis() / MERGE.as_millis() + 3;
    assert!((2..=most).contains(&(words.len() as u128)), "{} words in {took:?}", words.len());
    for request in 100..200 {
        assert!(words.iter().any(|word| names(word, request)), "{request}");
    }
    for pair in words.windows(2) {
        assert_eq!(pair[1].first, pair[0].last + 1, "their numbers are in a row");
    }

    cut().await;
    meet(&here, &mut there, 300).await;
    meet(&there, &mut here, 301).await;
    here.task.abort();
    there.task.abort();
}

/// The carrier of one process: a channel, which can be cut.
#[derive(Clone)]
struct InProcess(Arc<Mutex<broadcast::Sender<String>>>);

impl Carrier for InProcess {
    type Line = (broadcast::Sender<String>, broadcast::Receiver<String>);

    async fn connect(&self) -> Result<Self::Line, BusError> {
        let channel = self.0.lock().unwrap().clone();
        let heard = channel.subscribe();
        Ok((channel, heard))
    }
}

impl Line for (broadcast::Sender<String>, broadcast::Receiver<String>) {
    async fn say(&mut self, word: String) -> Result<(), BusError> {
        self.0.send(word).map(drop).map_err(BusError::of)
    }

    async fn hear(&mut self) -> Result<String, BusError> {
        let heard = self.1.recv().await.map_err(BusError::of)?;
        if heard == "cut" { Err(BusError::of(heard)) } else { Ok(heard) }
    }
}

#[tokio::test]
async fn words_go_through_a_process() {
    let channel = InProcess(Arc::new(Mutex::new(broadcast::channel(1_024).0)));
    let carrier = channel.clone();
    check(
        move || carrier.clone(),
        async || {
            let new = broadcast::channel(1_024).0;
            let old = std::mem::replace(&mut *channel.0.lock().unwrap(), new);
            old.send("cut".to_owned()).unwrap();
        },
    )
    .await;
}

/// Does its work when the tests run on PostgreSQL.
#[tokio::test]
async fn words_go_through_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let Some(address) = crate::testing::postgresql(folder.path()) else { return };
    let log = crate::random::bytes::<16>().unwrap();
    let database = crate::store::Database::Postgresql(address.clone());
    let carrier = move || Postgresql::new(address.clone(), &log);
    check(carrier, async || {
        let listening = format!("LISTEN suanpan_{}", hex::encode(log));
        let cut = move || {
            let terminated: i64 = database
                .open_for_writing()
                .unwrap()
                .query_row(
                    "SELECT count(pg_terminate_backend (pid)) FROM pg_stat_activity
                     WHERE query = ?1 OR (query LIKE 'SELECT pg_notify%' AND application_name = 'suanpan bus')",
                    [listening.as_str()],
                    |row| row.get(0),
                )
                .unwrap();
            assert!(terminated > 0, "somebody was cut off");
        };
        std::thread::spawn(cut).join().unwrap();
    })
    .await;
}

/// A NATS server of a test's own.
struct NatsServer {
    port: u16,
    process: Child,
}

impl NatsServer {
    fn start(port: u16) -> Self {
        let process = Command::new(program())
            .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server starts: apt-get install nats-server (./dev doctor)");
        Self { port, process }
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Debian puts it where only administrators look.
fn program() -> PathBuf {
    let usual = Path::new("/usr/sbin/nats-server");
    if usual.exists() { usual.into() } else { "nats-server".into() }
}

#[tokio::test]
async fn words_go_through_nats() {
    bot::install_tls();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = NatsServer::start(free);
    let log = crate::random::bytes::<16>().unwrap();
    let address = bot::Secret::new(format!("nats://127.0.0.1:{free}"));
    check(
        move || Nats::new(address.clone(), &log),
        async || {
            server.stop();
            sleep(Duration::from_millis(300)).await;
            server = NatsServer::start(server.port);
        },
    )
    .await;
}

#[test]
fn what_another_server_wrote_before_is_not_told_again() {
    let batches = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let counted = Arc::clone(&batches);
    let counts = move || (counted.0.load(Ordering::SeqCst), counted.1.load(Ordering::SeqCst));
    let outgoing = Outgoing::new(Box::new(counts));
    assert_eq!(outgoing.take(), None);
    // It begins to write after forty batches of others.
    batches.0.store(40, Ordering::SeqCst);
    batches.1.store(40, Ordering::SeqCst);
    assert_eq!(outgoing.take(), None);
    outgoing.add(&[Effect::Budget, Effect::Outbox]);
    let moved = Moved::These(BTreeSet::from([Effect::Budget]));
    assert_eq!(outgoing.take(), Some(Word { first: 41, last: 40, moved: moved.clone() }), "not counted yet");
    batches.1.store(42, Ordering::SeqCst);
    assert_eq!(outgoing.take(), Some(Word { first: 41, last: 42, moved: Moved::default() }));
    outgoing.add(&[Effect::Budget]);
    batches.1.store(43, Ordering::SeqCst);
    assert_eq!(outgoing.take(), Some(Word { first: 43, last: 43, moved }));
}
