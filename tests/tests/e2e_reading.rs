//! Files that attack a reader, given to the program as it runs: refused soon, in little memory, with their reason.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::documents::hostile;
use tests::fault::{Fault, Result};
use tests::place;

const MOST_MEGABYTES: u64 = 100;
const MOST_TIME: Duration = Duration::from_secs(2);

/// The highest memory that a process has held so far, in megabytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

fn check(file: &Path, code: &str) -> Result<()> {
    let started = Instant::now();
    let mut child = Command::new(place::suanpan()?)
        .args(["read", "--json", "--engine", "none"])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut highest = 0;
    while child.try_wait()?.is_none() {
        highest = highest.max(peak(child.id()));
        if started.elapsed() > MOST_TIME * 10 {
            child.kill()?;
            return Err(Fault::new(format!("{} was still being read after {MOST_TIME:?} ten times", file.display())));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = started.elapsed();
    let answer: Value = serde_json::from_slice(&child.wait_with_output()?.stdout)?;
    let said = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    assert_eq!(said("/verdict"), Some("unreadable"), "{}: {answer}", file.display());
    assert_eq!(said("/error/code"), Some(code), "{}", file.display());
    assert!(took < MOST_TIME, "{} took {took:?}", file.display());
    assert!(highest < MOST_MEGABYTES, "{} took {highest} MB", file.display());
    println!("{}: {code} after {took:?} in {highest} MB", file.display());
    Ok(())
}

#[test]
#[ignore = "needs the built server"]
fn bombs_are_refused_soon_and_in_little_memory() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let deep = "<a>".repeat(2_000_000);
    let wide = format!("<r>{}</r>", "<a/>".repeat(3_000_000));
    for (name, bytes, code) in [
        ("bomb.ofd", hostile::zip_bomb()?, "archive_bomb"),
        ("lying-bomb.ofd", hostile::lying_bomb()?, "malformed_archive"),
        ("entities.xml", hostile::xml_with_document_type(), "malformed_xml"),
        ("deep.xml", deep.into_bytes(), "malformed_xml"),
        ("wide.xml", wide.into_bytes(), "malformed_xml"),
        ("huge.png", hostile::huge_picture(), "malformed_image"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        check(&path, code)?;
    }
    Ok(())
}
