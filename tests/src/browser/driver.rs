//! The chromedriver process of one browser, and the browser process behind it.

use crate::fault::{Fault, Result};
use std::path::Path;
use std::process::Stdio;
use std::sync::Once;
use std::time::{Duration, Instant};
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::{DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const CHROMEDRIVER: &str = "/usr/bin/chromedriver";
const CHROMIUM: &str = "/usr/bin/chromium";

/// What chromedriver prints once it listens, before the port it chose.
const LISTENING: &str = "was started successfully on port ";

/// No sandbox: tests run as root in containers. The rest keeps the browser off the network and in Chinese.
const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--lang=zh-CN",
    "--accept-lang=zh-CN,zh",
];

pub(super) struct Driver {
    _process: Child,
    url: String,
}

impl Driver {
    pub(super) async fn start() -> Result<Self> {
        use_ring();
        for program in [CHROMEDRIVER, CHROMIUM] {
            if !Path::new(program).exists() {
                return Err(Fault::new(format!(
                    "{program} is missing: the packages chromium and chromium-driver hold it, ./dev test installs them"
                )));
            }
        }
        let mut process = Command::new(CHROMEDRIVER)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Fault::during(CHROMEDRIVER, error))?;
        let output = process.stdout.take().ok_or_else(|| Fault::new("chromedriver has no output"))?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            let Some((_, port)) = line.split_once(LISTENING) else {
                continue;
            };
            let url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
            // Read on for ever: a full pipe would stop chromedriver.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(Self { _process: process, url });
        }
        Err(Fault::new("chromedriver ended before it listened"))
    }

    /// A browser on the profile in `profile`.
    pub(super) async fn session(&self, profile: &Path) -> Result<WebDriver> {
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(CHROMIUM)?;
        for argument in ARGUMENTS {
            wanted.add_arg(argument)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.display()))?;
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        WebDriver::new(&self.url, wanted).await.map_err(|error| Fault::during("starting Chromium", error))
    }
}

/// The one TLS provider of the process: the HTTP client asks for it even though it talks to this machine only.
pub(crate) fn use_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that another has been installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Kills the browser that holds `profile` and waits until its processes are gone.
pub(super) async fn kill_browser(profile: &Path) -> Result<()> {
    let started = Instant::now();
    loop {
        let processes = processes_of(profile)?;
        if processes.is_empty() {
            return Ok(());
        }
        if started.elapsed() > super::PATIENCE {
            return Err(Fault::new("the browser would not die"));
        }
        Command::new("kill").arg("-KILL").args(&processes).stderr(Stdio::null()).status().await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The same without waiting, for a browser that a failed test leaves behind: its end is nobody's wish to see.
pub(super) fn kill_left_behind(profile: &Path) {
    if let Ok(processes) = processes_of(profile)
        && !processes.is_empty()
    {
        // What cannot be killed is gone already.
        let _ = std::process::Command::new("kill").arg("-KILL").args(&processes).stderr(Stdio::null()).status();
    }
}

/// The ids of the processes that were started with this profile. Those of other browsers are never touched.
fn processes_of(profile: &Path) -> Result<Vec<String>> {
    let wanted = format!("--user-data-dir={}", profile.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        // A process may end while it is being looked at, and a zombie has no command line: neither counts.
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        if line.split(|byte| *byte == 0 || *byte == b' ').any(|argument| argument == wanted.as_bytes()) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}
