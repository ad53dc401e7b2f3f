//! `suanpan fsck`.

use super::{CommandError, DONE, NO, print};
use crate::blobs::{BlobFolder, Bucket};
use crate::config::Config;
use crate::fsck::check;

/// Prints what was counted and everything that does not hold.
pub(super) fn run(config: &Config) -> Result<u8, CommandError> {
    let bucket = config.bucket.as_ref().map(Bucket::open).transpose().map_err(CommandError::other)?;
    let report = check(&BlobFolder::in_data(&config.data).with_bucket(bucket), &config.database())?;
    print(&report.to_string())?;
    Ok(if report.is_clean() { DONE } else { NO })
}
