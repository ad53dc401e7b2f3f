//! A NATS server of a test's own.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::fault::{Fault, Result};
use crate::place;

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that keeps nothing. It ends with the test, however that ends.
pub struct Nats {
    port: u16,
    process: Child,
}

impl Nats {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let port = place::free_port()?;
        // Debian puts it where only administrators look.
        let usual = Path::new("/usr/sbin/nats-server");
        let process = Command::new(if usual.exists() { usual } else { Path::new("nats-server") })
            .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Fault::during("nats-server (./dev doctor)", error))?;
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if started.elapsed() > PATIENCE {
                return Err(Fault::new("nats-server does not listen"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { port, process })
    }

    /// What `cluster.nats` takes.
    pub fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it without a word.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }
}
