//! The files: `blobs/ab/cdef…`, written beside their place and renamed into it.
//!
//! Promise: a file under its name is complete and synchronised. What is on its way lies in `incoming`,
//! which is emptied at each start, or in `unfinished`, from where it goes on.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::unfinished::Writing;
use super::{Bucket, BucketError, Hash, media};
use crate::random::{self, RandomError};
use crate::store::StoreError;

/// After how long without a byte what is half written belongs to nobody.
const ABANDONED: Duration = Duration::from_hours(24);

/// The folder of originals; clones mean the same folder.
#[derive(Debug, Clone)]
pub struct BlobFolder {
    root: PathBuf,
    pub(super) writing: Writing,
    /// Where originals go instead once they are whole.
    pub(super) bucket: Option<Bucket>,
}

/// An original that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub sha256: Hash,
    /// Its size in bytes.
    pub size: u64,
    /// What it is, judged by content.
    pub media_type: &'static str,
}

/// Why bytes were not kept.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The disk refused.
    #[error("无法保存原件 · cannot store the original: {0}")]
    Disk(#[from] io::Error),
    /// No name for the file on its way.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The bytes are not those of the name.
    #[error("内容与校验值不符 · the bytes have another hash: {}", hex::encode(.actual))]
    HashMismatch {
        /// The hash that they have.
        actual: Hash,
    },
    /// More bytes than allowed.
    #[error("原件超过上限 {most} 字节 · larger than {most} bytes")]
    TooLarge {
        /// The most that is allowed.
        most: u64,
    },
    /// Another request is writing this upload.
    #[error("正在上传 · being uploaded already")]
    Busy,
    /// The S3-compatible store did not take it.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// No bytes at all.
    #[error("文件是空的 · the file is empty")]
    Empty,
}

impl BlobFolder {
    /// The originals of a data folder. Removes what a crash left half written.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        let incoming = Self::in_data(data).incoming();
        match fs::remove_dir_all(&incoming) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StoreError::File { path: incoming, source }),
            _ => Self::open_shared(data),
        }
    }

    /// The same beside other servers: what is half written may be theirs, and stays.
    pub fn open_shared(data: &Path) -> Result<Self, StoreError> {
        let folder = Self::in_data(data);
        let prepared = crate::store::create_private(&folder.incoming())
            .and_then(|()| folder.forget_broken(SystemTime::now()))
            .and_then(|()| crate::store::create_private(&folder.unfinished()))
            .and_then(|()| crate::store::create_private(&folder.fetched()))
            .and_then(|()| folder.forget_abandoned(SystemTime::now()));
        prepared.map_err(|source| StoreError::File { path: folder.root.clone(), source })?;
        Ok(folder)
    }

    /// Removes what nobody can be writing any more.
    fn forget_broken(&self, now: SystemTime) -> io::Result<()> {
        for entry in fs::read_dir(self.incoming())? {
            let entry = entry?;
            // One that is gone meanwhile was another server's.
            let changed = entry.metadata().and_then(|metadata| metadata.modified());
            if changed.is_ok_and(|changed| now.duration_since(changed).unwrap_or_default() > ABANDONED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The originals of a data folder that is only read.
    pub fn in_data(data: &Path) -> Self {
        Self { root: data.join("blobs"), writing: Writing::default(), bucket: None }
    }

    /// The same with another place for what is whole. What lies in the folder already is found there.
    #[must_use]
    pub fn with_bucket(self, bucket: Option<Bucket>) -> Self {
        Self { bucket, ..self }
    }

    /// Whether this server can look for an original by itself: it is in the folder here, or all servers share a bucket.
    pub(crate) fn is_within_reach(&self, sha256: &Hash) -> bool {
        self.bucket.is_some() || self.find(sha256).exists()
    }

    /// Where an original lies.
    pub fn path(&self, sha256: &Hash) -> PathBuf {
        let name = hex::encode(sha256);
        let (first, rest) = name.split_at(2);
        self.root.join(first).join(rest)
    }

    /// Keeps bytes that are already in memory. Blocks.
    pub fn keep(&self, bytes: &[u8]) -> Result<Kept, BlobError> {
        let mut incoming = self.begin(u64::MAX)?;
        incoming.write(bytes)?;
        incoming.finish(None)
    }

    /// Begins an original of at most `most` bytes. Blocks.
    pub(super) fn begin(&self, most: u64) -> Result<Incoming, BlobError> {
        let path = self.incoming().join(hex::encode(random::bytes::<16>()?));
        let file = File::create_new(&path)?;
        Ok(Incoming::new(self.clone(), path, file, most))
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }
}

/// An original on its way. Dropped before [`Incoming::finish`], it leaves nothing, unless it may go on.
pub(super) struct Incoming {
    folder: BlobFolder,
    path: PathBuf,
    file: File,
    hash: Sha256,
    size: u64,
    most: u64,
    head: Vec<u8>,
    /// Whether what arrived waits for the rest.
    stays: bool,
}

impl Incoming {
    fn new(folder: BlobFolder, path: PathBuf, file: File, most: u64) -> Self {
        Self { folder, path, file, hash: Sha256::new(), size: 0, most, head: Vec::new(), stays: false }
    }

    /// One whose bytes wait for the rest; its file is written at its end.
    pub(super) fn unfinished(folder: BlobFolder, path: PathBuf, file: File, size: u64) -> Self {
        let mut incoming = Self::new(folder, path, file, size);
        incoming.stays = true;
        incoming
    }

    /// How many bytes there are.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds bytes. Blocks.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.take_note(bytes)?;
        self.file.write_all(bytes)?;
        Ok(())
    }

    /// Counts bytes that are in the file.
    pub(super) fn take_note(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.most {
            self.stays = false;
            return Err(BlobError::TooLarge { most: self.most });
        }
        let missing = 16usize.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(missing));
        self.hash.update(bytes);
        Ok(())
    }

    /// Checks the hash, synchronises, and moves the file to its place. Blocks.
    pub(super) fn finish(mut self, expected: Option<&Hash>) -> Result<Kept, BlobError> {
        let sha256: Hash = self.hash.clone().finalize().into();
        if expected.is_some_and(|expected| *expected != sha256) {
            // Nothing that is added makes it right.
            self.stays = false;
            return Err(BlobError::HashMismatch { actual: sha256 });
        }
        if self.size == 0 {
            return Err(BlobError::Empty);
        }
        self.file.sync_all()?;
        self.folder.take_in(&self.path, &sha256)?;
        self.stays = true;
        Ok(Kept { sha256, size: self.size, media_type: media::of(&self.head) })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.stays {
            drop(fs::remove_file(&self.path));
        }
    }
}
