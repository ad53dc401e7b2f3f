//! Where originals lie that nothing names, before they are deleted.
//!
//! Promise: no file goes that somebody sent within the hour. So the order of "the file is in its place"
//! and "the row says so" does not matter, and a server that stood still between its commit and this
//! cannot take away what another one has acknowledged meanwhile.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{BlobFolder, Hash};

/// A file that was put into its place so lately may not have its row yet.
const FRESH: Duration = Duration::from_hours(1);

impl BlobFolder {
    /// Moves an original aside. Blocks.
    pub(super) fn set_aside(&self, name: &Hash, now: SystemTime) -> io::Result<()> {
        let place = self.path(name);
        if is_fresh_file(&place, now) {
            return Ok(());
        }
        let aside = self.aside(name);
        if let Some(parent) = aside.parent().filter(|parent| !parent.exists()) {
            fs::create_dir_all(parent)?;
        }
        absent_is_done(fs::rename(place, aside))
    }

    /// Moves an original back to its place. Blocks.
    pub(super) fn put_back(&self, name: &Hash) -> io::Result<()> {
        let place = self.path(name);
        if place.exists() { Ok(()) } else { absent_is_done(fs::rename(self.aside(name), place)) }
    }

    /// Deletes an original that was set aside. One in a bucket stays for [`Bucket::delete_unless`](super::Bucket). Blocks.
    pub(super) fn delete(&self, name: &Hash, now: SystemTime) -> io::Result<()> {
        absent_is_done(fs::remove_file(self.aside(name)))?;
        absent_is_done(fs::remove_file(self.fetched().join(hex::encode(name))))?;
        let place = self.path(name);
        if is_fresh_file(&place, now) { Ok(()) } else { absent_is_done(fs::remove_file(place)) }
    }

    /// Where an original can be read: in its place or, if it is only there, aside.
    pub(crate) fn find(&self, name: &Hash) -> PathBuf {
        let (place, aside) = (self.path(name), self.aside(name));
        if !place.exists() && aside.exists() { aside } else { place }
    }

    fn aside(&self, name: &Hash) -> PathBuf {
        self.root().join("aside").join(hex::encode(name))
    }
}

fn is_fresh_file(path: &Path, now: SystemTime) -> bool {
    let changed = fs::metadata(path).and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| is_fresh(changed, now))
}

/// Whether something changed within the hour. A time in the future is a clock that was turned back: fresh as well.
pub(super) fn is_fresh(changed: SystemTime, now: SystemTime) -> bool {
    now.duration_since(changed).unwrap_or_default() < FRESH
}

fn absent_is_done(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
