//! Where the things under test lie.

use crate::fault::{Fault, Result};
use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The root of the sources.
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}

/// The folder for what tests leave behind for a person to look at: screenshots and logs.
pub fn output(folder: &str) -> Result<PathBuf> {
    let path = workspace().join("tests/output").join(folder);
    std::fs::create_dir_all(&path)?;
    Ok(path)
}

/// The server's program: `SUANPAN_BIN`, or the newest debug build.
pub fn suanpan() -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    existing("SUANPAN_BIN", target.join("debug/suanpan"), "cargo build -p server")
}

/// The built app: `SUANPAN_DIST`, or `dist`.
pub fn dist() -> Result<PathBuf> {
    existing("SUANPAN_DIST", workspace().join("dist"), "trunk build --release")
}

/// The program that leads a browser's database through its check: `SUANPAN_STORE_CHECK`, or where `./dev` builds it.
pub fn store_check() -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    existing("SUANPAN_STORE_CHECK", target.join("store_check"), "./dev test")
}

/// Where `./dev` installs tools: `SUANPAN_TOOLS`, or `.tools`.
pub fn tools() -> PathBuf {
    env::var_os("SUANPAN_TOOLS").map_or_else(|| workspace().join(".tools"), PathBuf::from)
}

/// The folder of sample documents that `./dev test --samples` names, if it was named.
pub fn samples() -> Option<PathBuf> {
    env::var_os("SUANPAN_SAMPLES").map(PathBuf::from)
}

/// The folder of the networks that read photographs: `SUANPAN_MODELS`, or where `./dev` puts them. `None` when it is not
/// there and nobody said that it is; with the variable set, absence is a failure.
pub fn models() -> Result<Option<PathBuf>> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    let usual = target.join("models");
    if env::var_os("SUANPAN_MODELS").is_none() && !usual.exists() {
        return Ok(None);
    }
    existing("SUANPAN_MODELS", usual, "./dev test").map(Some)
}

/// A file of an npm package that `package.json` pins.
pub fn npm_file(path: &str) -> Result<PathBuf> {
    existing("SUANPAN_NPM", workspace().join("node_modules"), "./dev test").map(|root| root.join(path))
}

/// A TCP port that nobody listens on at this moment.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn existing(variable: &str, usual: PathBuf, made_by: &str) -> Result<PathBuf> {
    let path = env::var_os(variable).map_or(usual, PathBuf::from);
    if path.exists() {
        return Ok(path);
    }
    Err(Fault::new(format!(
        "{} does not exist: it is made by `{made_by}`, and {variable} can name another",
        path.display()
    )))
}
