//! Trunk's last hook: writes the service worker's lists into its template and compresses what was built.
//!
//! The lists carry the hash of each file, so a phone never mixes the files of two versions, also when it
//! installs in the middle of a deployment.

use crate::Result;
use crate::compress;
use crate::dist::{self, File, SERVICE_WORKER, When};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The line of the template that the lists replace.
const MARK: &str = "// precache: VERSION, SHELL and LATER are written here when the app is built.";

/// Where the template lies, from the folder of `index.html`.
const TEMPLATE: &str = "sw/sw.js";

/// One file as the service worker fetches it.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Entry {
    url: String,
    /// Subresource integrity: the fetch fails when the content is another.
    integrity: String,
    /// The `cache` option of the fetch: a hashed file may come from the browser's cache, which has it already.
    cache: &'static str,
}

/// Reads Trunk's environment and does the work.
pub(crate) fn run() -> Result<()> {
    let staging = folder("TRUNK_STAGING_DIR")?;
    let template = folder("TRUNK_SOURCE_DIR")?.join(TEMPLATE);
    let worker = fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
    write(&staging, &worker)
}

fn folder(variable: &str) -> Result<PathBuf> {
    let value =
        std::env::var_os(variable).ok_or_else(|| format!("{variable} is not set: precache is a hook of Trunk"))?;
    Ok(PathBuf::from(value))
}

fn write(staging: &Path, template: &str) -> Result<()> {
    let mut files = dist::files(staging)?;
    files.retain(|file| file.name != SERVICE_WORKER);
    let worker = fill(template, &files)?;
    fs::write(staging.join(SERVICE_WORKER), worker)?;
    compress::beside(&dist::files(staging)?)
}

/// The service worker for these files. The same files give the same text.
fn fill(template: &str, files: &[File]) -> Result<String> {
    if !template.lines().any(|line| line == MARK) {
        return Err(format!("the template has no line “{MARK}”").into());
    }
    let mut version = Sha256::new();
    let (mut shell, mut later) = (Vec::new(), Vec::new());
    for file in files {
        let entry = entry(file)?;
        version.update(&entry.url);
        version.update(&entry.integrity);
        match file.when() {
            // Without the keeper nothing that is done would be kept.
            When::First | When::Next => shell.push(entry),
            When::Later => later.push(entry),
        }
    }
    // The worker's own text is part of the version: a new rule gets a new cache.
    version.update(template);
    let version = hex::encode(version.finalize());
    let lists = format!(
        "const VERSION = {};\nconst SHELL = {};\nconst LATER = {};",
        serde_json::to_string(version.get(..16).unwrap_or(&version))?,
        serde_json::to_string_pretty(&shell)?,
        serde_json::to_string_pretty(&later)?,
    );
    Ok(template.replacen(MARK, &lists, 1))
}

fn entry(file: &File) -> Result<Entry> {
    let digest = Sha256::digest(fs::read(&file.path)?);
    Ok(Entry {
        url: file.url(),
        integrity: format!("sha256-{}", STANDARD.encode(digest)),
        cache: if file.is_hashed() { "default" } else { "no-cache" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 6] = [
        "index.html",
        "app-3f9d0a1b2c4d5e6f_bg.wasm",
        "icon-192.png",
        "keeper_bg.wasm",
        "reader_bg.wasm",
        "reader_loader.js",
    ];

    fn built() -> tempfile::TempDir {
        let staging = tempfile::tempdir().unwrap();
        for name in NAMES {
            fs::write(staging.path().join(name), name).unwrap();
        }
        write(staging.path(), &format!("{MARK}\nlisten();\n")).unwrap();
        staging
    }

    fn worker(staging: &Path) -> String {
        fs::read_to_string(staging.join(SERVICE_WORKER)).unwrap()
    }

    #[test]
    fn the_page_comes_with_the_shell_and_the_reader_later() {
        let staging = built();
        let text = worker(staging.path());
        let (shell, later) = text.split_once("const LATER").unwrap();
        for url in ["\"/\"", "\"/app-3f9d0a1b2c4d5e6f_bg.wasm\"", "\"/icon-192.png\"", "\"/keeper_bg.wasm\""] {
            assert!(shell.contains(url), "{url} belongs to the shell:\n{text}");
        }
        for url in ["\"/reader_bg.wasm\"", "\"/reader_loader.js\""] {
            assert!(later.contains(url), "{url} comes later:\n{text}");
        }
        assert!(text.ends_with("listen();\n"));
        assert!(!text.contains("sw.js"), "the worker does not cache itself");
    }

    #[test]
    fn every_compressible_file_has_a_brotli_form() {
        let staging = built();
        for name in NAMES.iter().chain(&[SERVICE_WORKER]) {
            let packed = staging.path().join(format!("{name}.br"));
            assert_eq!(packed.exists(), *name != "icon-192.png", "{name}");
        }
    }

    #[test]
    fn a_changed_byte_is_a_new_version_and_a_second_run_is_not() {
        let staging = built();
        let first = worker(staging.path());
        let template = format!("{MARK}\nlisten();\n");
        write(staging.path(), &template).unwrap();
        assert_eq!(worker(staging.path()), first);
        fs::write(staging.path().join("icon-192.png"), "another icon").unwrap();
        write(staging.path(), &template).unwrap();
        assert_ne!(worker(staging.path()).lines().next(), first.lines().next());
    }

    #[test]
    fn a_template_without_the_line_is_refused() {
        let staging = tempfile::tempdir().unwrap();
        assert!(write(staging.path(), "listen();").is_err());
    }
}
