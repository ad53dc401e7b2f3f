//! What the build of the app needs beside cargo and Trunk.
//!
//! One binary, one job a file:
//! - called as `wasm-bindgen` it answers Trunk like the tool of that name ([`bindgen`]), so that app and tool
//!   always have the one version that `Cargo.lock` names, and makes what it generated smaller ([`shorten`],
//!   [`arrange`]);
//! - `xtask precache` is Trunk's last hook: it writes the service worker's lists and compresses ([`precache`]);
//! - `xtask models WHEELS OUT` unpacks the networks that read photographs ([`models`]);
//! - `xtask size DIST` is the gate on what a phone downloads ([`size`]).

mod arrange;
mod bindgen;
mod compress;
mod dist;
mod models;
mod precache;
mod shorten;
mod size;

use std::path::Path;
use std::process::ExitCode;

/// Any failure of a job, worded for the person at the terminal.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "usage: xtask precache | xtask models WHEELS OUT | xtask size DIST | xtask wasm-bindgen ARGS…";

fn main() -> ExitCode {
    match run(std::env::args().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<()> {
    let mut arguments = arguments.into_iter();
    let called_as = arguments.next().unwrap_or_default();
    let is_bindgen = Path::new(&called_as).file_name().is_some_and(|name| name == "wasm-bindgen");
    if is_bindgen {
        return bindgen::run(arguments);
    }
    match arguments.next().as_deref() {
        Some("wasm-bindgen") => bindgen::run(arguments),
        Some("precache") => precache::run(),
        Some("models") => {
            let (wheels, out) = (arguments.next().ok_or(USAGE)?, arguments.next().ok_or(USAGE)?);
            models::run(Path::new(&wheels), Path::new(&out))
        }
        Some("size") => {
            let dist = arguments.next().ok_or(USAGE)?;
            size::run(Path::new(&dist))
        }
        _ => Err(USAGE.into()),
    }
}
