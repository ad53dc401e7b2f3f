//! House rules that a compiler does not hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::fault::{Fault, Result};
use tests::place;

/// The most lines a source file may have. A file that needs more holds two concepts.
const LINES: usize = 400;

/// The most bytes a file in the repository may have.
const BYTES: u64 = 1024 * 1024;

/// Endings of the files that people write.
const WRITTEN: [&str; 9] = ["rs", "toml", "js", "mjs", "css", "html", "md", "json", "sh"];

/// Every file that is in the repository or would be added to it.
fn files() -> Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .current_dir(place::workspace())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()?;
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout)?;
    let files: Vec<PathBuf> = names
        .split_terminator('\0')
        .map(PathBuf::from)
        // A file that was deleted but is still in the index.
        .filter(|name| place::workspace().join(name).is_file())
        .collect();
    assert!(files.contains(&PathBuf::from("Cargo.toml")), "these are the files");
    Ok(files)
}

fn sources() -> Result<Vec<PathBuf>> {
    let mut files = files()?;
    files.retain(|name| is(name, "rs"));
    Ok(files)
}

fn is(name: &Path, ending: &str) -> bool {
    name.extension().is_some_and(|extension| extension == ending)
}

fn read(name: &Path) -> Result<String> {
    fs::read_to_string(place::workspace().join(name)).map_err(|error| Fault::during(&name.display().to_string(), error))
}

/// Lists every file of which `fault` says something.
fn check(files: &[PathBuf], fault: impl Fn(&Path) -> Result<Option<String>>) -> Result<()> {
    let mut faults = Vec::new();
    for name in files {
        if let Some(fault) = fault(name)? {
            faults.push(format!("{}: {fault}", name.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    Ok(())
}

#[test]
fn every_source_opens_with_its_purpose() -> Result<()> {
    let mut sources = sources()?;
    // The unit tests of foo.rs in foo/tests.rs share its purpose.
    sources.retain(|name| !name.ends_with("tests.rs"));
    check(&sources, |name| Ok((!read(name)?.starts_with("//! ")).then(|| "the first line is no //! comment".into())))
}

#[test]
fn a_module_lies_beside_its_folder() -> Result<()> {
    check(&sources()?, |name| Ok(name.ends_with("mod.rs").then(|| "is to be named after its folder".into())))
}

#[test]
fn one_concept_a_file() -> Result<()> {
    check(&sources()?, |name| {
        let lines = read(name)?.lines().count();
        Ok((lines > LINES).then(|| format!("{lines} lines, {LINES} are allowed")))
    })
}

#[test]
fn nothing_is_put_off() -> Result<()> {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut written = files()?;
    written.retain(|name| WRITTEN.iter().any(|ending| is(name, ending)));
    check(&written, |name| {
        let text = read(name)?;
        let tokens: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let found = words.iter().find(|word| tokens.contains(**word));
        Ok(found.map(|word| format!("holds {word}")))
    })
}

#[test]
fn no_file_is_big() -> Result<()> {
    check(&files()?, |name| {
        let bytes = fs::metadata(place::workspace().join(name))?.len();
        Ok((bytes > BYTES).then(|| format!("{bytes} bytes, {BYTES} are allowed")))
    })
}

#[test]
fn every_dependency_has_its_reason() -> Result<()> {
    let manifest = read(Path::new("Cargo.toml"))?;
    let table = manifest
        .split("[workspace.dependencies]\n")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .ok_or_else(|| Fault::new("there is no table of versions"))?;
    let lines: Vec<&str> = table
        .lines()
        .filter(|line| line.contains(" = ") && !line.starts_with('#') && !line.contains("{ path = "))
        .collect();
    assert!(lines.len() > 20, "the table is read");
    for line in lines {
        let reason = line.rsplit_once("# ").map(|(_, reason)| reason.len());
        assert!(reason.is_some_and(|length| length >= 10), "no reason: {line}");
    }
    Ok(())
}
