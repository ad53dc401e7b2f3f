//! Reading a file in a process of its own.
//!
//! Promise: whatever a file from outside does to a parser (endless work, all memory, an abort) ends that process and
//! nothing else. The child is this very program; it gets the file on its standard input, may use a bounded amount of
//! memory and processor time, has no more than the name of the file, and answers with one line of JSON.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use budget::Date;
use ocr::{ReadError, Reading, Upload};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::config::Config;
use crate::engines::{Choice, Engines};

/// The command of the child; it is for this program alone and not in the help.
pub const COMMAND: &str = "read-one";
/// Address space of the child, in kilobytes: the networks take 250 MB of it, a picture of 40 megapixels as much again.
const MEMORY_KILOBYTES: u32 = 2_000_000;
/// Processor time of the child, in seconds; reading a page takes three.
const PROCESSOR_SECONDS: u32 = 30;
/// How long the parent waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the child says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Read(Box<Reading>),
    Refused(String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The file took longer than any honest one.
    #[error("reading took too long")]
    TooLong,
    /// The child ended without an answer: it was stopped by its limits, or it failed.
    #[error("the reader ended without an answer: {0}")]
    Ended(String),
}

/// The program that reads in a process of its own: this one, unless it is a test that merely contains it.
pub fn program() -> Option<PathBuf> {
    std::env::current_exe().ok().filter(|path| path.file_stem().is_some_and(|stem| stem == "suanpan"))
}

/// Reads a file in a child process.
pub async fn read(
    program: &Path,
    config: &Config,
    name: &str,
    today: Date,
    file: &[u8],
) -> Result<Result<Reading, ReadError>, ReaderError> {
    let ended = |error: &dyn std::fmt::Display| ReaderError::Ended(error.to_string());
    let limits = format!("ulimit -v {MEMORY_KILOBYTES} && ulimit -t {PROCESSOR_SECONDS} && exec \"$@\"");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &limits, "reader"]).arg(program).arg(COMMAND).arg(today.to_string()).arg(name);
    // Secrets of the configuration stay with the parent.
    command.env_clear();
    for (variable, folder) in [("SUANPAN_MODELS", &config.models), ("SUANPAN_TESSDATA", &config.tessdata)] {
        if let Some(folder) = folder {
            command.env(variable, folder);
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| ended(&error))?;
    let mut input = child.stdin.take().ok_or_else(|| ended(&"it takes no input"))?;
    let answer = async {
        // A child that ends early closes its input; its answer says why.
        let _ = input.write_all(file).await;
        drop(input);
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(PATIENCE, answer).await.map_err(|_| ReaderError::TooLong)?;
    let output = output.map_err(|error| ended(&error))?;
    match serde_json::from_slice(&output.stdout) {
        Ok(Answer::Read(reading)) => Ok(Ok(*reading)),
        Ok(Answer::Refused(code)) => {
            let known = ReadError::ALL.into_iter().find(|error| error.code() == code);
            known.map(Err).ok_or_else(|| ended(&"an unknown refusal"))
        }
        Err(_) => Err(ended(&output.status)),
    }
}

/// The child's side: reads its standard input and answers on its standard output.
pub fn answer(config: &Config, today: Date, name: &str) -> std::io::Result<()> {
    let mut file = Vec::new();
    // One byte more than may be read, so that exceeding the limit is told from meeting it.
    let most = u64::try_from(ocr::limits::MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    std::io::stdin().lock().take(most).read_to_end(&mut file)?;
    let engines = Engines::load(Choice::Both, config.models.as_deref(), config.tessdata.as_deref());
    let answer = match ocr::read(&Upload { name, bytes: &file }, today, &engines.list()) {
        Ok(reading) => Answer::Read(Box::new(reading)),
        Err(error) => Answer::Refused(error.code().to_owned()),
    };
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &answer)?;
    out.flush()
}
