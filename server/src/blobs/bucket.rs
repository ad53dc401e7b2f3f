//! Originals in an S3-compatible store, under `prefix/ab/cdef…`.
//!
//! Promise: what was put is there when the call returns, under the hash of exactly its bytes: they are hashed once more as
//! they go out, and the store is told a checksum of each part. Memory is bounded by one part, time by retries that end. The
//! secret is in no message.
//!
//! Calls block, on whichever thread: the network is waited for on a thread of their own.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::path::Path as Key;
use object_store::{ClientOptions, Error, MultipartUpload, ObjectStoreExt, PutPayload, RetryConfig};
use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Runtime};

use super::Hash;
use crate::config::BucketConfig;
use crate::random;

/// Bytes that are sent at once. Stores take no smaller parts than 5 MiB.
const PART: usize = 8 << 20;
/// How long a connection and a request may take.
const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_mins(1);
/// How often, and how long, a request is tried again.
const TRIES: usize = 4;
const RETRY: Duration = Duration::from_secs(20);

/// The store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The store refused or could not be reached.
    #[error("原件存储 · the store of originals: {0}")]
    Store(#[from] Error),
    /// The file on its way to the store could not be read, or what came from it not be written.
    #[error("原件存储 · the store of originals: {0}")]
    Disk(#[from] io::Error),
    /// No name for the object that tries the store out.
    #[error(transparent)]
    Random(#[from] random::RandomError),
    /// The bytes are not those of the name.
    #[error("内容已改变 · the content has changed: {}", hex::encode(.0))]
    Changed(Hash),
}

impl BucketError {
    /// Whether there is no such object.
    pub(super) const fn is_absence(&self) -> bool {
        matches!(self, Self::Store(Error::NotFound { .. }))
    }
}

/// A bucket; clones mean the same.
#[derive(Clone)]
pub struct Bucket(Arc<Parts>);

struct Parts {
    store: AmazonS3,
    name: String,
    prefix: String,
    /// Whoever puts shares it; whoever deletes has it alone, so that nothing is put between the last look and the deed.
    deed: RwLock<()>,
    /// Where its connections live; taken when it ends, since a runtime may not wait for its end inside another.
    runtime: Option<Runtime>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("name", &self.0.name).field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Bucket {
    /// The bucket of these settings. Asks the store nothing.
    pub fn open(config: &BucketConfig) -> Result<Self, BucketError> {
        bot::install_tls();
        let options = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST);
        let retry = RetryConfig { max_retries: TRIES, retry_timeout: RETRY, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_client_options(options)
            .with_retry(retry)
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(config.secret_access_key.reveal())
            .with_virtual_hosted_style_request(config.virtual_hosts)
            .with_checksum_algorithm(Checksum::SHA256);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("originals").enable_all().build()?;
        let (name, prefix) = (config.bucket.clone(), config.prefix.clone());
        Ok(Self(Arc::new(Parts {
            store: builder.build()?,
            name,
            prefix,
            deed: RwLock::default(),
            runtime: Some(runtime),
        })))
    }

    /// Puts, reads and deletes an object, so that wrong settings are found at the start.
    pub fn try_out(&self) -> Result<(), BucketError> {
        let key = self.key(&format!("probe-{}", hex::encode(random::bytes::<8>()?)));
        let store = &self.0.store;
        self.wait(async {
            store.put(&key, PutPayload::from_static(b"suanpan")).await?;
            let found = store.get(&key).await?.bytes().await;
            store.delete(&key).await?;
            Ok(found.map(drop)?)
        })
    }

    /// Puts a file under its name. Its bytes have to have that hash.
    pub(super) fn put(&self, file: &mut File, sha256: &Hash) -> Result<(), BucketError> {
        let _shared = self.0.deed.read().unwrap_or_else(PoisonError::into_inner);
        let key = self.object(sha256);
        let store = &self.0.store;
        self.wait(async {
            let mut hash = Sha256::new();
            let first = part(file, &mut hash)?;
            if first.len() < PART {
                is_right(hash, sha256)?;
                store.put(&key, first.into()).await?;
                return Ok(());
            }
            let mut upload = store.put_multipart(&key).await?;
            let sent = send(&mut *upload, first, file, hash, sha256).await;
            if sent.is_err() {
                // What was sent is of no use; a store forgets it by itself at some time.
                drop(upload.abort().await);
            }
            sent
        })
    }

    /// Calls `each` with the bytes of an object, piece by piece. They are not checked.
    pub(super) fn pour(
        &self,
        sha256: &Hash,
        each: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send),
    ) -> Result<(), BucketError> {
        let key = self.object(sha256);
        self.wait(async {
            let mut pieces = self.0.store.get(&key).await?.into_stream();
            while let Some(piece) = pieces.next().await {
                each(&piece?)?;
            }
            Ok(())
        })
    }

    /// Deletes an object, unless `is_fresh` says so of the time when it was put last. One that is not there is deleted.
    pub(super) fn delete_unless(
        &self,
        sha256: &Hash,
        is_fresh: impl Fn(SystemTime) -> bool + Send + Sync,
    ) -> Result<(), BucketError> {
        let _alone = self.0.deed.write().unwrap_or_else(PoisonError::into_inner);
        let key = self.object(sha256);
        let done = self.wait(async {
            let found = self.0.store.head(&key).await?;
            if is_fresh(found.last_modified.into()) { Ok(()) } else { Ok(self.0.store.delete(&key).await?) }
        });
        done.or_else(|error| if error.is_absence() { Ok(()) } else { Err(error) })
    }

    /// What an object is called, for people.
    pub(super) fn place(&self, sha256: &Hash) -> String {
        format!("s3://{}/{}", self.0.name, self.object(sha256))
    }

    fn object(&self, sha256: &Hash) -> Key {
        let name = hex::encode(sha256);
        let (first, rest) = name.split_at(2);
        self.key(&format!("{first}/{rest}"))
    }

    fn key(&self, name: &str) -> Key {
        Key::from(format!("{}/{name}", self.0.prefix))
    }

    /// Waits for the network. Any thread may, also one that belongs to another runtime.
    fn wait<T: Send>(&self, work: impl Future<Output = Result<T, BucketError>> + Send) -> Result<T, BucketError> {
        let Some(runtime) = &self.0.runtime else {
            return Err(io::Error::other("the bucket is closed").into());
        };
        let waited = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(work)).join());
        waited.unwrap_or_else(|_| Err(io::Error::other("the thread of a request ended").into()))
    }
}

/// The next part of a file: less than [`PART`] bytes only at its end.
fn part(file: &mut File, hash: &mut Sha256) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.by_ref().take(PART as u64).read_to_end(&mut bytes)?;
    hash.update(&bytes);
    Ok(bytes)
}

fn is_right(hash: Sha256, sha256: &Hash) -> Result<(), BucketError> {
    let actual = Hash::from(hash.finalize());
    if actual == *sha256 { Ok(()) } else { Err(BucketError::Changed(actual)) }
}

/// Sends a file part by part; the store shows nothing of it before all of it was found right.
async fn send(
    upload: &mut dyn MultipartUpload,
    first: Vec<u8>,
    file: &mut File,
    mut hash: Sha256,
    sha256: &Hash,
) -> Result<(), BucketError> {
    let mut bytes = first;
    while !bytes.is_empty() {
        upload.put_part(bytes.into()).await?;
        bytes = part(file, &mut hash)?;
    }
    is_right(hash, sha256)?;
    upload.complete().await?;
    Ok(())
}
