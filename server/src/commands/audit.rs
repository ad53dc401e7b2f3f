//! `suanpan audit export` and `suanpan audit verify`.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::{CommandError, DONE, NO, arguments, print};
use crate::audit;
use crate::config::Config;

/// Exports the journal, or checks an export.
pub(super) fn run(config: &Config, matches: &ArgMatches) -> Result<u8, CommandError> {
    let (verb, matches) = matches.subcommand().ok_or_else(|| CommandError::other("audit"))?;
    let missing = || CommandError::other(arguments::EXPORT);
    let path = matches.get_one::<PathBuf>(arguments::EXPORT).ok_or_else(missing)?;
    match verb {
        "export" => export(config, path),
        _ => verify(path, matches.get_one::<PathBuf>(arguments::CHECKPOINT)),
    }
}

fn export(config: &Config, path: &Path) -> Result<u8, CommandError> {
    let connection = config.database().open_for_reading()?;
    let failed = |error: std::io::Error| in_file(path, &error);
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    let size = audit::export(&connection, &mut out).map_err(CommandError::other)?;
    // The export is evidence: it is on the disk before the command says so.
    out.flush().map_err(failed)?;
    out.get_ref().sync_all().map_err(failed)?;
    print(&format!("已导出 {size} 条 · {size} entries exported: {}\n", path.display()))?;
    Ok(DONE)
}

fn verify(path: &Path, checkpoint: Option<&PathBuf>) -> Result<u8, CommandError> {
    let file = File::open(path).map_err(|error| in_file(path, &error))?;
    let witness = match checkpoint {
        None => None,
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| in_file(path, &error))?),
    };
    match audit::verify(BufReader::new(file), witness.as_deref()) {
        Ok(verified) => {
            print(&told(&verified))?;
            Ok(DONE)
        }
        Err(error) => {
            eprintln!("✗ {}: {error} ({})", path.display(), error.code());
            Ok(NO)
        }
    }
}

fn told(verified: &audit::Verified) -> String {
    let witnessed = match verified.witnessed {
        Some(size) => format!("✓ 前 {size} 条与另行保存的检查点一致 · the first {size} entries are those of the checkpoint kept elsewhere\n"),
        None => "! 未提供另行保存的检查点（--checkpoint），无法发现整体重写 · without a checkpoint kept elsewhere, a journal that was rewritten as a whole is not found\n".to_owned(),
    };
    format!(
        "✓ {size} 条全部一致 · all {size} entries hold\n  {origin}\n  root {root}\n{witnessed}",
        size = verified.size,
        origin = verified.origin,
        root = verified.root,
    )
}

fn in_file(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::other(format!("{}: {error}", path.display()))
}
