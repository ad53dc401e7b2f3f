//! `suanpan`, the program. Everything is in the library, so that tests can run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::commands::run(std::env::args_os())
}
