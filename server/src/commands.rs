//! The command line.
//!
//! Promise: help, flags and the configuration come from one table; every failure says what and
//! where, in Chinese and English, on standard error; results alone go to standard output. Exit
//! codes: 0 done, 1 the answer is no (a file cannot be read, a check found faults), 2 the command
//! or the configuration cannot be used, 3 the data folder, the address or the system refused.

mod arguments;
mod audit;
mod demo;
mod fsck;
mod read;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use clap::ArgMatches;

use crate::config::{Config, ConfigError, Layers, reference};
use crate::reader;
use crate::serve::{ServeError, serve};
use crate::store::StoreError;

/// Done.
const DONE: u8 = 0;
/// The answer is no.
const NO: u8 = 1;
/// The command or the configuration cannot be used.
const USAGE: u8 = 2;
/// The data folder, the address or the system refused.
const REFUSED: u8 = 3;

/// A command failed; its text says what and where.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("{0}")]
    Other(String),
}

impl CommandError {
    fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }

    const fn exit(&self) -> u8 {
        match self {
            Self::Config(_) => USAGE,
            Self::Store(_) | Self::Serve(_) | Self::Other(_) => REFUSED,
        }
    }
}

/// Runs the command that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match arguments::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are no errors; clap knows where each belongs.
            let code = if error.use_stderr() { USAGE } else { DONE };
            drop(error.print());
            return code.into();
        }
    };
    match dispatch(&matches) {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("错误 · error: {error}");
            error.exit().into()
        }
    }
}

fn dispatch(matches: &ArgMatches) -> Result<u8, CommandError> {
    let Some((name, matches)) = matches.subcommand() else {
        return Ok(USAGE);
    };
    if name == "config" {
        print(&reference())?;
        return Ok(DONE);
    }
    let config = config(matches)?;
    log_to_stderr(&config)?;
    bot::install_tls();
    match name {
        "serve" => runtime()?.block_on(serve(config)).map(|()| DONE).map_err(Into::into),
        "demo" => demo::run(&config),
        "read" => read::run(&config, matches),
        reader::COMMAND => read_one(&config, matches),
        "fsck" => fsck::run(&config),
        "audit" => audit::run(&config, matches),
        other => Err(CommandError::other(format!("没有这个命令 · no such command: {other}"))),
    }
}

/// The child's side of [`reader`].
fn read_one(config: &Config, matches: &ArgMatches) -> Result<u8, CommandError> {
    let word = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let today = word(arguments::TODAY).parse().map_err(CommandError::other)?;
    reader::answer(config, today, &word(arguments::NAME)).map_err(CommandError::other)?;
    Ok(DONE)
}

/// The configuration: defaults, file, environment, flags.
fn config(matches: &ArgMatches) -> Result<Config, ConfigError> {
    let mut layers = Layers::defaults();
    if let Some(path) = matches.get_one::<std::path::PathBuf>(arguments::FILE) {
        layers = layers.with_file(path)?;
    }
    let layers =
        layers.with_environment(|name| std::env::var(name).ok()).with_flags(|name| arguments::flag(matches, name));
    Config::from_layers(&layers)
}

fn log_to_stderr(config: &Config) -> Result<(), CommandError> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)
        .map_err(|error| CommandError::other(format!("设置 log 有误 · setting log cannot be used: {error}")))?;
    // An error means that a log is already set up, as in tests that run several commands.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal());
    drop(log.with_writer(std::io::stderr).try_init());
    Ok(())
}

/// Writes a result. Whoever stops reading, as `head` does, has read enough.
fn print(text: &str) -> Result<(), CommandError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CommandError::other(error)),
        _ => Ok(()),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CommandError::other)
}
