//! Uploads that broke off and go on where they were.
//!
//! Promise: bytes that arrived are not asked for again, for a day; and what goes on is one person's own
//! upload, because whoever only knows a hash must not finish what a colleague began and so come to
//! read it. Before an upload goes on, what lies there is read again: the hash is that of the disk.
//!
//! One request at a time writes an upload: it holds a lock on the file. A device that lost its
//! connection comes back before the server has noticed, so the newer request asks the older one to
//! make way.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use budget::PersonId;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::folder::Incoming;
use super::{BlobError, BlobFolder, Hash};

/// Unfinished uploads of one person; a further one takes the place of the one that rested longest.
const MOST: usize = 16;
/// How long an upload waits for its rest.
const PATIENCE: Duration = Duration::from_hours(24);
/// Bytes read again at a time.
const CHUNK: usize = 64 * 1024;

/// Who writes which upload in this process; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Writing(Arc<Mutex<HashMap<PathBuf, Arc<Notify>>>>);

impl Writing {
    /// Asks whoever writes it to make way.
    fn ask(&self, path: &Path) {
        if let Some(bell) = self.open().get(path) {
            bell.notify_one();
        }
    }

    fn begin(&self, path: &Path) -> Turn {
        let bell = Arc::new(Notify::new());
        self.open().insert(path.to_path_buf(), Arc::clone(&bell));
        Turn { writing: self.clone(), path: path.to_path_buf(), bell }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request's turn to write an upload.
#[derive(Debug)]
pub(super) struct Turn {
    writing: Writing,
    path: PathBuf,
    bell: Arc<Notify>,
}

impl Turn {
    /// Waits until somebody else wants to write.
    pub(super) async fn over(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut open = self.writing.open();
        if open.get(&self.path).is_some_and(|bell| Arc::ptr_eq(bell, &self.bell)) {
            open.remove(&self.path);
        }
    }
}

impl BlobFolder {
    /// How many bytes of this original have arrived from this person. Blocks.
    pub(super) fn arrived(&self, person: PersonId, sha256: &Hash) -> Result<u64, BlobError> {
        match fs::metadata(self.upload(person, sha256)) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Goes on with this person's upload of an original of `size` bytes, or begins it.
    /// [`BlobError::Busy`] while another request writes it; that one is asked to make way. Blocks.
    pub(super) fn go_on(&self, person: PersonId, sha256: &Hash, size: u64) -> Result<(Incoming, Turn), BlobError> {
        let path = self.upload(person, sha256);
        self.make_room(person, &path)?;
        let mut file = File::options().read(true).append(true).create(true).open(&path)?;
        match file.try_lock() {
            Ok(()) if is_still(&file, &path) => {}
            Ok(()) | Err(TryLockError::WouldBlock) => {
                self.writing.ask(&path);
                return Err(BlobError::Busy);
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let turn = self.writing.begin(&path);
        let mut incoming = Incoming::unfinished(self.clone(), path, file.try_clone()?, size);
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk)?;
            match chunk.get(..read) {
                Some(bytes) if read > 0 => incoming.take_note(bytes)?,
                _ => return Ok((incoming, turn)),
            }
        }
    }

    /// Removes uploads that nobody went on with. Blocks.
    pub(super) fn forget_abandoned(&self, now: SystemTime) -> io::Result<()> {
        for (path, rested) in self.uploads("", now)? {
            if rested > PATIENCE {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Makes room for one more upload of this person.
    fn make_room(&self, person: PersonId, path: &Path) -> io::Result<()> {
        if path.exists() {
            return Ok(());
        }
        let mut uploads = self.uploads(&person.to_string(), SystemTime::now())?;
        uploads.sort_by_key(|(_, rested)| std::cmp::Reverse(*rested));
        let surplus = (uploads.len() + 1).saturating_sub(MOST);
        uploads.iter().take(surplus).try_for_each(|(path, _)| remove(path))
    }

    /// The uploads whose names begin so, and for how long nothing came for them.
    fn uploads(&self, prefix: &str, now: SystemTime) -> io::Result<Vec<(PathBuf, Duration)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.unfinished())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                let changed = entry.metadata().and_then(|metadata| metadata.modified());
                // One that is gone meanwhile has found its place.
                let Ok(changed) = changed else { continue };
                found.push((entry.path(), now.duration_since(changed).unwrap_or_default()));
            }
        }
        Ok(found)
    }

    pub(super) fn unfinished(&self) -> PathBuf {
        self.root().join("unfinished")
    }

    fn upload(&self, person: PersonId, sha256: &Hash) -> PathBuf {
        self.unfinished().join(format!("{person}-{}", hex::encode(sha256)))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether the path still names this file: whoever held it before may have moved it to its place.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let named = |found: io::Result<fs::Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
    named(file.metadata()).is_some_and(|here| named(fs::metadata(path)) == Some(here))
}

/// Other systems do not let a file be moved while it is open.
#[cfg(not(unix))]
fn is_still(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Whether a file holds exactly the bytes of this name. Blocks.
pub(super) fn is_whole(path: &Path, sha256: &Hash) -> io::Result<bool> {
    has_hash(&mut File::open(path)?, sha256)
}

/// Whether what is left of a file are exactly the bytes of this name. Blocks.
pub(super) fn has_hash(file: &mut File, sha256: &Hash) -> io::Result<bool> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        match chunk.get(..read) {
            Some(bytes) if read > 0 => hash.update(bytes),
            _ => return Ok(Hash::from(hash.finalize()) == *sha256),
        }
    }
}
