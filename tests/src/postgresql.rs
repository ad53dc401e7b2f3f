//! A PostgreSQL server of a test's own.

use crate::fault::{Fault, Result};
use crate::place;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// A throw-away server that synchronises its files to disk. It ends with the test, however that ends.
pub struct Postgresql {
    address: String,
    /// The server runs as long as this is open.
    _life: Option<ChildStdin>,
    _process: Child,
}

impl Postgresql {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let mut process = Command::new(place::workspace().join("tests/with-postgresql"))
            .args(["--durable", "sh", "-c", "echo $SUANPAN_TEST_POSTGRESQL; cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let life = process.stdin.take();
        let said = process.stdout.take().ok_or_else(|| Fault::new("no output"))?;
        let line = BufReader::new(said).lines().next_line().await?;
        let address = line.ok_or_else(|| Fault::new("PostgreSQL did not start (./dev doctor)"))?;
        Ok(Self { address, _life: life, _process: process })
    }

    /// What `--database` takes.
    pub fn address(&self) -> &str {
        &self.address
    }
}
