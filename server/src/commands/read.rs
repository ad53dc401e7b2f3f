//! `suanpan read FILE…`: what was read, from where, and whether it may be used.

mod answer;
mod drawing;
mod table;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use budget::Date;
use clap::ArgMatches;
use ocr::{Language, Reading, TextEngine, Upload};

use super::{CommandError, DONE, NO, arguments, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::engines::{Choice, Engines};

/// Why a file gave nothing.
struct Failure {
    code: &'static str,
    message: String,
    /// It could not even be opened; what was opened and is no invoice is an answer.
    unopened: bool,
}

type Outcome = Result<Reading, Failure>;

/// Reads files and folders. The answer is no when any of them cannot be opened.
pub(super) fn run(config: &Config, matches: &ArgMatches) -> Result<u8, CommandError> {
    let word = matches.get_one::<String>(arguments::ENGINE).map_or("both", String::as_str);
    let choice = Choice::named(word).unwrap_or_default();
    let engines = Engines::load(choice, config.models.as_deref(), config.tessdata.as_deref());
    let today = Clock::of_machine().now().china_date();
    let named = matches.get_many::<PathBuf>(arguments::FILES).into_iter().flatten();
    let mut files = Vec::new();
    for path in named {
        files.extend(files_of(path));
    }
    let outcomes = all(&files, today, &engines);
    let json = matches.get_flag(arguments::JSON);
    let mut all_opened = true;
    for (path, outcome) in &outcomes {
        if let Err(failure) = outcome {
            all_opened &= !failure.unopened;
            eprintln!("{}: {} ({})", path.display(), failure.message, failure.code);
        }
        if json {
            for line in answer::of(path, outcome) {
                print(&(line.to_string() + "\n"))?;
            }
        } else if let Ok(reading) = outcome {
            for (name, reading) in answer::invoices(&path.display().to_string(), reading) {
                print(&table::of(&name, reading))?;
            }
        }
        if let (Some(folder), Ok(reading)) = (matches.get_one::<PathBuf>(arguments::EXPLAIN), outcome) {
            let drawn = drawing::write(path, reading, folder).map_err(CommandError::other)?;
            eprintln!("{}", drawn.display());
        }
    }
    Ok(if all_opened { DONE } else { NO })
}

/// The file itself, or every file of a folder and its folders by name.
fn files_of(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    let mut inside: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    inside.sort();
    inside.iter().flat_map(|path| files_of(path)).collect()
}

/// Reads as many files at a time as there are processors, in the order of the files.
fn all<'a>(files: &'a [PathBuf], today: Date, engines: &Engines) -> Vec<(&'a Path, Outcome)> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(files.len().max(1));
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let list = engines.list();
                while let Some((index, path)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|index| files.get(index).map(|path| (index, path)))
                {
                    let outcome = read(path, today, &list);
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
                    outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    files.iter().map(PathBuf::as_path).zip(outcomes.into_iter().map(|(_, outcome)| outcome)).collect()
}

/// A bar for a person who waits; nothing for a program and for a single file.
fn progress(done: usize, all: usize) {
    let mut out = std::io::stderr();
    if all < 2 || !out.is_terminal() {
        return;
    }
    let width = 40;
    let full = done * width / all.max(1);
    // A bar that cannot be drawn is not worth an error.
    let _ = write!(
        out,
        "\r[{}{}] {done}/{all}{}",
        "█".repeat(full),
        " ".repeat(width - full),
        if done == all { "\n" } else { "" }
    );
}

fn read(path: &Path, today: Date, engines: &[&dyn TextEngine]) -> Outcome {
    // The size is asked first: what is too large is not taken into memory.
    let metadata = std::fs::metadata(path).map_err(|error| unopened(&error))?;
    if metadata.len() > ocr::limits::MAX_FILE_BYTES as u64 {
        return Err(refused(ocr::ReadError::TooLarge));
    }
    let bytes = std::fs::read(path).map_err(|error| unopened(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ocr::read(&Upload { name: &name, bytes: &bytes }, today, engines).map_err(refused)
}

fn unopened(error: &std::io::Error) -> Failure {
    Failure { code: "unopened", message: format!("无法打开 · cannot be opened: {error}"), unopened: true }
}

fn refused(error: ocr::ReadError) -> Failure {
    let message = format!("{} · {}", error.text(Language::Chinese), error.text(Language::English));
    Failure { code: error.code(), message, unopened: false }
}
