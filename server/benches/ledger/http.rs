//! The same through the server's door: requests of ten lines each, by people of one office, each at a client of their own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::Code;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use server::authority::{Authority, Refused};
use server::clock::Clock;
use server::config::{Config, Layers};
use server::identity;
use server::store::{Database, Stop, Store, WriterLimits};
use sync::signature::enrolment_message;

use crate::Result;
use crate::company::{self, CLERKS, HOT};
use crate::measure::{Run, Until};

/// Lines of each request.
pub(crate) const LINES: u8 = 10;
const PASSWORD: &str = "a long password";

/// Serves a company from a new folder and lets finance reserve for documents that are kept elsewhere.
pub(crate) fn lines(folder: &Path, each: Duration) -> Result<Run> {
    let store: Store<Authority> =
        Store::open(folder, &Database::in_folder(folder), Clock::of_machine(), &WriterLimits::default())?;
    company::found(&store)?;
    let hash = identity::password_hash(PASSWORD).map_err(|error| format!("{error:?}"))?;
    let login = store.writer.run_blocking(move |turn| {
        for (person, login) in (0..CLERKS).map(company::clerk) {
            identity::create_credential(turn.connection, person, &login, &hash)?;
        }
        Ok::<_, Stop<Refused>>(())
    });
    login.map_err(|error| error.to_string())?;
    store.writer.close();
    drop(store);

    let mut config = Config::from_layers(&Layers::defaults())?;
    config.data = folder.to_path_buf();
    config.listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    // The clients say where they are, as a proxy does: the limits of one address and of one person hold for each.
    config.trusted_hops = 1;
    let address = config.listen;
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string());
        let served = runtime
            .and_then(|runtime| runtime.block_on(server::serve::serve(config)).map_err(|error| error.to_string()));
        if let Err(error) = served {
            eprintln!("the server ended: {error}");
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(clients(address, each))
}

async fn clients(address: SocketAddr, each: Duration) -> Result<Run> {
    bot::install_tls();
    let mut tokens = Vec::new();
    for number in 0..CLERKS {
        tokens.push(sign_in(address, number).await?);
    }
    let until = Until::after(each);
    let mut callers = Vec::new();
    for (number, token) in (0..).zip(tokens) {
        callers.push(tokio::spawn(client(address, token, number, until)));
    }
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    Ok(Run::new("Suanpan through HTTP, requests of ten lines", usize::from(CLERKS), until.elapsed(), times))
}

async fn sign_in(address: SocketAddr, number: u8) -> Result<String> {
    let key = SigningKey::from_bytes(&[number; 32]);
    let (_, login) = company::clerk(number);
    let offer = json!({
        "login": login,
        "password": PASSWORD,
        "device": { "algorithm": "ed25519", "publicKey": STANDARD.encode(key.verifying_key().to_bytes()), "name": "bench" },
        "proof": STANDARD.encode(key.sign(&enrolment_message(&login)).to_bytes()),
    });
    let started = Instant::now();
    let client = reqwest::Client::new();
    loop {
        let request = client.post(format!("http://{address}/api/sign-in")).header("x-forwarded-for", place(number));
        match request.json(&offer).send().await {
            Ok(answer) => {
                let granted: Value = answer.json().await?;
                return Ok(granted
                    .get("accessToken")
                    .and_then(Value::as_str)
                    .ok_or_else(|| granted.to_string())?
                    .to_owned());
            }
            Err(error) if started.elapsed() > Duration::from_secs(20) => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Each client has an address of its own, as behind a proxy.
fn place(number: u8) -> String {
    format!("10.0.{number}.1")
}

async fn client(address: SocketAddr, token: String, number: u8, until: Until) -> Result<Vec<Duration>> {
    let team = Code::new(HOT)?;
    let client = reqwest::Client::new();
    let url = format!("http://{address}/api/ledger/commands");
    let mut times = Vec::new();
    while until.goes_on() {
        let command = company::reserve(&team, LINES);
        let asked = Instant::now();
        let request = client.post(&url).bearer_auth(&token).header("x-forwarded-for", place(number)).json(&command);
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        if !status.is_success() {
            return Err(format!("{status} {}", String::from_utf8_lossy(&body)).into());
        }
        until.keep(asked, &mut times);
    }
    Ok(times)
}
