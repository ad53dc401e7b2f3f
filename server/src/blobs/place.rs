//! Where whole originals lie: in the folder, or in a bucket with copies of what was read lately in the folder.
//!
//! Promise: no byte of an original is given out before all of it was found to have the hash of its name, wherever it lay. Copies
//! of what lies in a bucket are bounded, and checked like any other file each time they are read.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::unfinished::{has_hash, is_whole};
use super::{BlobError, BlobFolder, BucketError, Hash};
use crate::random;

/// Bytes of copies that are kept.
const MOST_FETCHED: u64 = 256 << 20;
/// Bytes read at a time.
const CHUNK: u64 = 64 * 1024;

/// An original could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not there, or is something else.
    #[error("{name}: {reason}")]
    Damaged {
        /// Its name, in hex.
        name: String,
        /// What is wrong with it.
        reason: io::Error,
    },
    /// The store could not be asked.
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

impl BlobFolder {
    /// Puts a complete file under its name. Blocks.
    pub(super) fn take_in(&self, path: &Path, sha256: &Hash) -> Result<(), BlobError> {
        if let Some(bucket) = &self.bucket {
            bucket.put(&mut File::open(path)?, sha256)?;
            return Ok(fs::remove_file(path)?);
        }
        let place = self.path(sha256);
        if let Some(parent) = place.parent() {
            if !parent.exists() {
                crate::store::create_private(parent)?;
                synchronise(self.root())?;
            }
            fs::rename(path, &place)?;
            // The name is only safe once the folder that holds it is.
            synchronise(parent)?;
        }
        Ok(())
    }

    /// The original, once all of it was found to have the hash of its name. Blocks.
    pub fn open_right(&self, sha256: &Hash) -> Result<File, ReadError> {
        let path = match &self.bucket {
            Some(_) if !self.find(sha256).exists() => self.fetch(sha256)?,
            _ => self.find(sha256),
        };
        let opened = File::open(path).and_then(|mut file| {
            if !has_hash(&mut file, sha256)? {
                return Err(changed());
            }
            file.rewind()?;
            Ok(file)
        });
        opened.map_err(|reason| damaged(sha256, reason))
    }

    /// All of its bytes. Blocks.
    pub fn read_right(&self, sha256: &Hash) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.open_right(sha256)?.read_to_end(&mut bytes).map_err(|reason| damaged(sha256, reason))?;
        Ok(bytes)
    }

    /// Calls `each` with the bytes of an original from where it lies for good, piece by piece and unchecked. Blocks.
    pub fn pour(&self, sha256: &Hash, each: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send)) -> Result<(), ReadError> {
        let path = self.find(sha256);
        if let Some(bucket) = self.bucket.as_ref().filter(|_| !path.exists()) {
            return bucket.pour(sha256, each).map_err(|error| {
                if error.is_absence() { damaged(sha256, io::ErrorKind::NotFound.into()) } else { error.into() }
            });
        }
        let poured = File::open(path).and_then(|mut file| {
            loop {
                let mut chunk = Vec::new();
                Read::by_ref(&mut file).take(CHUNK).read_to_end(&mut chunk)?;
                if chunk.is_empty() {
                    return Ok(());
                }
                each(&chunk)?;
            }
        });
        poured.map_err(|reason| damaged(sha256, reason))
    }

    /// Where an original lies, for people.
    pub fn place_of(&self, sha256: &Hash) -> String {
        let path = self.find(sha256);
        match &self.bucket {
            Some(bucket) if !path.exists() => bucket.place(sha256),
            _ => path.display().to_string(),
        }
    }

    /// Copies of what lies in a bucket.
    pub(super) fn fetched(&self) -> PathBuf {
        self.root().join("fetched")
    }

    /// A right copy of what lies in the bucket.
    fn fetch(&self, sha256: &Hash) -> Result<PathBuf, ReadError> {
        let copy = self.fetched().join(hex::encode(sha256));
        if is_whole(&copy, sha256).unwrap_or(false) {
            // It was used just now; a copy whose time cannot be set is forgotten earlier.
            drop(File::options().append(true).open(&copy).and_then(|file| file.set_modified(SystemTime::now())));
            return Ok(copy);
        }
        let on_its_way = self.incoming().join(hex::encode(random::bytes::<16>().map_err(BucketError::from)?));
        let fetched = self
            .write_copy(sha256, &on_its_way)
            .and_then(|()| fs::rename(&on_its_way, &copy).map_err(|error| BucketError::from(error).into()));
        if let Err(error) = fetched {
            drop(fs::remove_file(&on_its_way));
            return Err(error);
        }
        keep_newest(&self.fetched(), MOST_FETCHED).map_err(BucketError::from)?;
        Ok(copy)
    }

    fn write_copy(&self, sha256: &Hash, path: &Path) -> Result<(), ReadError> {
        let mut file = File::create_new(path).map_err(BucketError::from)?;
        let mut hash = Sha256::new();
        self.pour(sha256, &mut |bytes| {
            hash.update(bytes);
            file.write_all(bytes)
        })?;
        if Hash::from(hash.finalize()) == *sha256 { Ok(()) } else { Err(damaged(sha256, changed())) }
    }
}

/// Removes the files that rested longest until the rest is not more than `most` bytes; the newest stays whatever its size.
fn keep_newest(folder: &Path, most: u64) -> io::Result<()> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // One that is gone meanwhile takes no room.
        let Ok(metadata) = entry.metadata() else { continue };
        found.push((metadata.modified()?, metadata.len(), entry.path()));
    }
    found.sort();
    let mut sum: u64 = 0;
    for (number, (_, size, path)) in found.into_iter().rev().enumerate() {
        sum = sum.saturating_add(size);
        if number > 0 && sum > most {
            // Whoever reads it has it open.
            drop(fs::remove_file(path));
        }
    }
    Ok(())
}

fn damaged(sha256: &Hash, reason: io::Error) -> ReadError {
    ReadError::Damaged { name: hex::encode(sha256), reason }
}

fn changed() -> io::Error {
    io::Error::other("内容已改变 · the content has changed")
}

fn synchronise(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_copies_that_rested_longest_go() {
        let folder = tempfile::tempdir().unwrap();
        for (age, size) in [(3, 40), (2, 30), (1, 20), (0, 10)] {
            let path = folder.path().join(age.to_string());
            fs::write(&path, vec![0; size]).unwrap();
            let then = SystemTime::now() - Duration::from_secs(age * 60);
            File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
        }
        let check = |most, left: &[&str]| {
            keep_newest(folder.path(), most).unwrap();
            let mut names: Vec<String> =
                fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            assert_eq!(names, left, "{most}");
        };
        check(100, &["0", "1", "2", "3"]);
        check(60, &["0", "1", "2"]);
        check(1, &["0"]);
    }
}
