//! `suanpan fsck`.

use super::{CommandError, DONE, NO, print};
use crate::config::Config;
use crate::fsck::check;

/// Prints what was counted and everything that does not hold.
pub(super) fn run(config: &Config) -> Result<u8, CommandError> {
    let report = check(&config.data, &config.database())?;
    print(&report.to_string())?;
    Ok(if report.is_clean() { DONE } else { NO })
}
