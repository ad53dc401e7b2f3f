//! The gate on bytes: what a phone downloads before the first page works.

use crate::Result;
use crate::dist::{self, File, When};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What a first visit shall download at most, in bytes as sent (brotli): 600 KiB, about 3.2 s at 1.6 Mbit/s.
const FIRST_LOAD_GOAL: u64 = 600 * 1024;

/// What it may download today. This only ever goes down.
const FIRST_LOAD_LIMIT: u64 = FIRST_LOAD_GOAL;

/// What the keeper of the replica may download beside it. This only ever goes down.
const KEEPER_LIMIT: u64 = 410_000;

/// Prints the table and the figures, and fails above a limit.
pub(crate) fn run(dist: &Path) -> Result<()> {
    let files = dist::files(dist)?;
    if !files.iter().any(|file| file.name == dist::PAGE) {
        return Err(format!("{} holds no built app", dist.display()).into());
    }
    let mut sent = BTreeMap::new();
    for when in [When::First, When::Next, When::Later] {
        println!("{}", title(when));
        let mut total = 0;
        for file in files.iter().filter(|file| file.when() == when) {
            let bytes = bytes_as_sent(file)?;
            let raw = fs::metadata(&file.path)?.len();
            println!("  {bytes:>9}  {raw:>9}  {}", file.name);
            total += bytes;
        }
        println!("  {total:>9}             together\n");
        sent.insert(when, total);
    }
    let bytes = |when| sent.get(&when).copied().unwrap_or_default();
    let (first, keeper) = (bytes(When::First), bytes(When::Next));
    println!("app_br_bytes {first}, limit {FIRST_LOAD_LIMIT}, goal {FIRST_LOAD_GOAL}");
    println!(
        "keeper_br_bytes {keeper}, limit {KEEPER_LIMIT}; until a new device has its first list: {}",
        first + keeper
    );
    within("a first visit", first, FIRST_LOAD_LIMIT)?;
    within("the keeper", keeper, KEEPER_LIMIT)
}

fn title(when: When) -> &'static str {
    match when {
        When::First => "until the first page works (sign in; a known device: all pages): bytes as sent, raw, file",
        When::Next => {
            "next, in the background: the keeper (a new device's first list, sending): bytes as sent, raw, file"
        }
        When::Later => "later, in the background: reading invoices: bytes as sent, raw, file",
    }
}

fn within(what: &str, bytes: u64, limit: u64) -> Result<()> {
    if bytes > limit {
        return Err(format!("{what} downloads {} bytes more than {limit}", bytes - limit).into());
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

    fn app_of(page: u64, keeper: u64) -> tempfile::TempDir {
        let dist = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: u64| {
            fs::write(dist.path().join(name), vec![0; usize::try_from(bytes).unwrap()]).unwrap();
        };
        put("index.html", 0);
        put("app.wasm", page * 3);
        put("app.wasm.br", page);
        put("keeper_bg.wasm", keeper);
        put("reader_bg.wasm", 2_000_000);
        dist
    }

    #[test]
    fn page_and_keeper_have_a_limit_each_in_their_brotli_form_and_the_reader_has_none() {
        let check = |page, keeper, good| assert_eq!(run(app_of(page, keeper).path()).is_ok(), good, "{page} {keeper}");
        check(FIRST_LOAD_LIMIT, KEEPER_LIMIT, true);
        check(FIRST_LOAD_LIMIT + 1, 0, false);
        check(0, KEEPER_LIMIT + 1, false);
    }

    #[test]
    fn an_empty_folder_is_not_a_small_app() {
        assert!(run(tempfile::tempdir().unwrap().path()).is_err());
    }
}
