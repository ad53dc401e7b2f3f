//! `suanpan read FILE…`: what was read, from where, and whether it may be used.

mod table;

use std::path::{Path, PathBuf};

use budget::Date;
use clap::ArgMatches;
use ocr::{Language, Reading, TextEngine, Upload};
use serde::Serialize;

use super::{CommandError, DONE, NO, arguments, print};
use crate::clock::Clock;
use crate::config::Config;

/// One file, for JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<&'a Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
}

/// Why a file gave nothing.
#[derive(Serialize)]
struct Failure {
    code: &'static str,
    message: String,
}

/// Reads the files in order. The answer is no when any of them cannot be read.
pub(super) fn run(config: &Config, matches: &ArgMatches) -> Result<u8, CommandError> {
    let engine = engine(config);
    let today = Clock::of_machine().now().china_date();
    let json = matches.get_flag(arguments::JSON);
    let mut all_read = true;
    let files = matches.get_many::<PathBuf>(arguments::FILES).into_iter().flatten();
    let results: Vec<_> = files.map(|path| (path, read(path, today, engine.as_deref()))).collect();
    for (path, result) in &results {
        if let Err(failure) = result {
            all_read = false;
            eprintln!("{}: {} ({})", path.display(), failure.message, failure.code);
        }
    }
    if json {
        let answers: Vec<_> = results.iter().map(|(path, result)| answer(path, result)).collect();
        let text = serde_json::to_string_pretty(&answers).map_err(CommandError::other)?;
        print(&(text + "\n"))?;
    } else {
        for (path, reading) in results.iter().filter_map(|(path, result)| Some((path, result.as_ref().ok()?))) {
            print(&table::of(&path.display().to_string(), reading))?;
        }
    }
    Ok(if all_read { DONE } else { NO })
}

fn answer<'a>(path: &Path, result: &'a Result<Reading, Failure>) -> Answer<'a> {
    Answer { file: path.display().to_string(), reading: result.as_ref().ok(), error: result.as_ref().err() }
}

fn read(path: &Path, today: Date, engine: Option<&dyn TextEngine>) -> Result<Reading, Failure> {
    // The size is asked first: what is too large is not taken into memory.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if metadata.len() > ocr::limits::MAX_FILE_BYTES as u64 {
        return Err(refused(ocr::ReadError::TooLarge));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ocr::read(&Upload { name: &name, bytes: &bytes }, today, engine).map_err(refused)
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure { code: "unreadable", message: format!("无法打开 · cannot be opened: {error}") }
}

fn refused(error: ocr::ReadError) -> Failure {
    let message = format!("{} · {}", error.text(Language::Chinese), error.text(Language::English));
    Failure { code: error.code(), message }
}

/// Recognition of photographs, where it is built in and its data is there.
#[cfg(feature = "tesseract")]
fn engine(config: &Config) -> Option<Box<dyn TextEngine>> {
    let data = config.tessdata.as_deref()?;
    match ocr::TesseractEngine::new(data) {
        Ok(engine) => Some(Box::new(engine)),
        Err(error) => {
            eprintln!(
                "照片文字识别不可用（设置 tessdata）· text of photographs is not read: {}: {error}",
                data.display()
            );
            None
        }
    }
}

#[cfg(not(feature = "tesseract"))]
fn engine(_: &Config) -> Option<Box<dyn TextEngine>> {
    None
}
