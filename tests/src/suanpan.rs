//! The server under test: a process of its own on a port and a data folder of its own.

use crate::browser;
use crate::fault::{Fault, Result};
use crate::place;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// How long it may take to answer, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that can be stopped, killed and started again on the same port and data.
pub struct Suanpan {
    process: Option<Child>,
    port: u16,
    environment: Vec<(String, String)>,
    web: PathBuf,
    log: PathBuf,
    data: TempDir,
}

impl Suanpan {
    /// Makes the demo company and serves it.
    pub async fn demo() -> Result<Self> {
        Self::demo_with(&[]).await
    }

    /// The same, with variables in the server's environment.
    pub async fn demo_with(environment: &[(&str, &str)]) -> Result<Self> {
        let port = place::free_port()?;
        let mut server = Self {
            process: None,
            port,
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            web: place::dist()?,
            log: place::output("logs")?.join(format!("suanpan-{}-{port}.log", std::process::id())),
            data: tempfile::Builder::new().prefix("suanpan-data-").tempdir()?,
        };
        server.run("demo", &[]).await?;
        server.start().await?;
        Ok(server)
    }

    /// Another server beside this one on the same PostgreSQL database, which waits for this one to let go. It does
    /// not answer before that: see [`answers`](Self::answers).
    pub fn beside(&self) -> Result<Self> {
        self.beside_with(&[])
    }

    /// The same, with other variables in its environment; one that is told where to listen for the first serves beside it.
    pub fn beside_with(&self, other: &[(&str, &str)]) -> Result<Self> {
        let port = place::free_port()?;
        let mut environment = self.environment.clone();
        environment.retain(|(name, _)| other.iter().all(|(changed, _)| changed != name));
        environment.extend(other.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut server = Self {
            process: None,
            port,
            environment,
            web: self.web.clone(),
            log: place::output("logs")?.join(format!("suanpan-{}-{port}.log", std::process::id())),
            data: tempfile::Builder::new().prefix("suanpan-data-").tempdir()?,
        };
        server.launch()?;
        Ok(server)
    }

    /// The same without a page: for tests of what a server keeps, which need no build of the app.
    pub async fn headless(environment: &[(&str, &str)]) -> Result<Self> {
        let port = place::free_port()?;
        let data = tempfile::Builder::new().prefix("suanpan-data-").tempdir()?;
        let mut server = Self {
            process: None,
            port,
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            web: data.path().join("no-page"),
            log: place::output("logs")?.join(format!("suanpan-{}-{port}.log", std::process::id())),
            data,
        };
        server.run("demo", &[]).await?;
        server.start().await?;
        Ok(server)
    }

    /// Sends a signal to the process, such as `STOP` and `CONT`.
    pub async fn signal(&self, name: &str) -> Result<()> {
        let id = self.process.as_ref().and_then(Child::id).unwrap_or_default().to_string();
        Command::new("kill").args([&format!("-{name}"), &id]).status().await?;
        Ok(())
    }

    /// Its address, with no slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where its database lies.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Serves again after [`stop`](Self::stop) or [`kill`](Self::kill), and returns when it answers.
    pub async fn start(&mut self) -> Result<()> {
        self.launch()?;
        self.answers().await
    }

    fn launch(&mut self) -> Result<()> {
        let listen = format!("127.0.0.1:{}", self.port);
        let log = File::options().create(true).append(true).open(&self.log)?;
        let process = self
            .command("serve")?
            .arg("--web")
            .arg(&self.web)
            .args(["--listen", &listen])
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        self.process = Some(process);
        Ok(())
    }

    /// Serves another build of the app from now on, on the same port and data.
    pub async fn deploy(&mut self, web: &Path) -> Result<()> {
        self.stop().await?;
        web.clone_into(&mut self.web);
        self.start().await
    }

    /// Ends it as an administrator does.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        let id = process.id().unwrap_or_default().to_string();
        Command::new("kill").args(["-TERM", &id]).status().await?;
        match tokio::time::timeout(PATIENCE, process.wait()).await {
            Ok(status) => status.map(drop).map_err(Fault::from),
            Err(_) => Err(self.fault("the server did not end when it was asked to")),
        }
    }

    /// Ends it as a power cut does.
    pub async fn kill(&mut self) -> Result<()> {
        match self.process.take() {
            Some(mut process) => Ok(process.kill().await?),
            None => Ok(()),
        }
    }

    /// Runs another subcommand on the same data, such as `fsck`, and returns what it prints.
    pub async fn run(&self, subcommand: &str, arguments: &[&str]) -> Result<String> {
        let output = self.command(subcommand)?.args(arguments).output().await?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(Fault::new(format!("suanpan {subcommand}: {}\n{text}{error}", output.status)))
    }

    fn command(&self, subcommand: &str) -> Result<Command> {
        let mut command = Command::new(place::suanpan()?);
        command
            .arg(subcommand)
            .arg("--data")
            .arg(self.data.path())
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Returns when it answers.
    pub async fn answers(&mut self) -> Result<()> {
        browser::use_ring();
        let url = format!("{}/api/health", self.url());
        let started = Instant::now();
        loop {
            if let Ok(answer) = reqwest::get(&url).await
                && answer.status() == reqwest::StatusCode::OK
            {
                return Ok(());
            }
            if let Some(process) = &mut self.process
                && let Some(status) = process.try_wait()?
            {
                return Err(self.fault(&format!("the server ended at once: {status}")));
            }
            if started.elapsed() > PATIENCE {
                return Err(self.fault(&format!("{url} did not answer 200")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn fault(&self, what: &str) -> Fault {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let from = log.char_indices().rev().nth(2000).map_or(0, |(at, _)| at);
        let tail = log.get(from..).unwrap_or_default();
        Fault::new(format!("{what}; the end of its log:\n{tail}"))
    }
}
