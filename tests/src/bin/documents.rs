//! Writes the sample documents into `tests/data`, or into the folder that is named.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = std::env::args_os().nth(1).map_or_else(|| tests::place::workspace().join("tests/data"), PathBuf::from);
    match tests::documents::set::write(&folder) {
        Ok(count) => {
            println!("{count} documents in {}", folder.display());
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault:?}");
            ExitCode::FAILURE
        }
    }
}
