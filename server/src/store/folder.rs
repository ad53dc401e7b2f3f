//! The data folder: where everything lies, and the lock that keeps a second server out.
//!
//! Promise: while a [`DataFolder`] is held, no other server writes there. Only its owner may read
//! it, because it holds secrets and people's invoices.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::StoreError;

/// A data folder that this process has to itself.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Locked as long as it is open; the system lets go when the process ends, however it ends.
    _lock: File,
}

impl DataFolder {
    /// Creates the folder if it is missing, and takes the lock.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::locked(path, File::try_lock)
    }

    /// The same beside other servers of one PostgreSQL database: originals are named by what they
    /// contain, so that many may add to them. Who writes the books, the database's lease decides.
    pub fn open_shared(path: &Path) -> Result<Self, StoreError> {
        Self::locked(path, File::try_lock_shared)
    }

    fn locked(path: &Path, take: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Self, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| StoreError::File { path, source }
        };
        create_private(path).map_err(failed(path))?;
        let lock_path = path.join("lock");
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path).map_err(failed(&lock_path))?;
        match take(&lock) {
            Ok(()) => Ok(Self { path: path.to_path_buf(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_path_buf())),
            Err(TryLockError::Error(source)) => Err(failed(&lock_path)(source)),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database file of a data folder that is only read (`fsck`, `audit`).
    pub fn database_in(path: &Path) -> PathBuf {
        path.join("suanpan.sqlite")
    }
}

/// Creates a folder, and those above it, for its owner alone.
pub(crate) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_kept_out_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataFolder::open(&path).unwrap();
        assert!(matches!(DataFolder::open(&path), Err(StoreError::InUse(_))));
        drop(first);
        DataFolder::open(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        DataFolder::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
