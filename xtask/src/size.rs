//! The gate on bytes: what a phone downloads before the first page works.

use crate::Result;
use crate::dist::{self, File, When};
use std::fs;
use std::path::Path;

/// What a first visit shall download at most, in bytes as sent (brotli): 600 KiB, about 3.2 s at 1.6 Mbit/s. Not
/// reached yet.
const FIRST_LOAD_GOAL: u64 = 600 * 1024;

/// What it may download today. This only ever goes down, until it meets the goal.
const FIRST_LOAD_LIMIT: u64 = 745_000;

/// Prints the table and the figure `app_br_bytes`, and fails above the limit.
pub(crate) fn run(dist: &Path) -> Result<()> {
    let files = dist::files(dist)?;
    if !files.iter().any(|file| file.name == dist::PAGE) {
        return Err(format!("{} holds no built app", dist.display()).into());
    }
    let mut first = 0;
    for when in [When::First, When::Later] {
        println!("{}", title(when));
        let mut total = 0;
        for file in files.iter().filter(|file| file.when() == when) {
            let sent = bytes_as_sent(file)?;
            let raw = fs::metadata(&file.path)?.len();
            println!("  {sent:>9}  {raw:>9}  {}", file.name);
            total += sent;
        }
        println!("  {total:>9}             together\n");
        if when == When::First {
            first = total;
        }
    }
    println!("app_br_bytes {first}, limit {FIRST_LOAD_LIMIT}, goal {FIRST_LOAD_GOAL}");
    within_limit(first)
}

fn title(when: When) -> &'static str {
    match when {
        When::First => "first visit: bytes as sent, raw, file",
        When::Later => "later, in the background: bytes as sent, raw, file",
    }
}

fn within_limit(first: u64) -> Result<()> {
    if first > FIRST_LOAD_LIMIT {
        let over = first - FIRST_LOAD_LIMIT;
        return Err(format!("a first visit downloads {over} bytes more than {FIRST_LOAD_LIMIT}").into());
    }
    Ok(())
}

fn bytes_as_sent(file: &File) -> Result<u64> {
    let packed = file.brotli_path();
    let sent = if packed.exists() { &packed } else { &file.path };
    Ok(fs::metadata(sent)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app_of(wasm_bytes: usize) -> tempfile::TempDir {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join("index.html"), "<!doctype html>").unwrap();
        fs::write(dist.path().join("app.wasm"), "raw").unwrap();
        fs::write(dist.path().join("app.wasm.br"), vec![0; wasm_bytes]).unwrap();
        fs::write(dist.path().join("reader_bg.wasm"), vec![0; 2_000_000]).unwrap();
        dist
    }

    #[test]
    fn the_reader_does_not_count_and_the_brotli_form_does() {
        assert!(run(app_of(600_000).path()).is_ok());
        assert!(run(app_of(745_000).path()).is_err());
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        assert!(within_limit(FIRST_LOAD_LIMIT).is_ok());
        assert!(within_limit(FIRST_LOAD_LIMIT + 1).is_err());
    }

    #[test]
    fn an_empty_folder_is_not_a_small_app() {
        assert!(run(tempfile::tempdir().unwrap().path()).is_err());
    }
}
