//! Where originals of a test lie: in its data folder, or in a bucket of an S3 server that is told in the environment.
//!
//! Every test of originals runs on both: as it is in the folder, and once more on a server of `s3s` in this process, which
//! checks signatures and checksums. A test says nothing about it; its configuration comes through this module.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use bot::Secret;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::runtime::Runtime;

use crate::blobs::{BlobFolder, Hash};
use crate::config::BucketConfig;
use crate::random::sha256;

/// Where the S3 server is, and where it keeps its files: `address folder`.
const VARIABLE: &str = "SUANPAN_TEST_S3";
const BUCKET: &str = "suanpan";
const ID: &str = "AKIATEST";
const SECRET: &str = "not-a-secret-of-anybodys";

/// A real S3 server on a port of its own.
pub(crate) struct S3Server {
    pub(crate) address: SocketAddr,
    folder: PathBuf,
    runtime: Option<Runtime>,
}

impl S3Server {
    /// Serves a folder; at this address, when it was there before.
    pub(crate) fn start(folder: &Path, address: Option<SocketAddr>) -> Self {
        std::fs::create_dir_all(folder.join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
        builder.set_auth(SimpleAuth::from_single(ID, SECRET));
        let failed = |error: s3s::HttpError| async move { (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}")) };
        let router: Router = Router::new().fallback_service(HandleError::new(builder.build(), failed));
        let runtime = Runtime::new().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(address.unwrap_or(any)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
        Self { address, folder: folder.to_path_buf(), runtime: Some(runtime) }
    }

    /// A bucket on it.
    pub(crate) fn config(&self) -> BucketConfig {
        config(&format!("http://{}", self.address), "one")
    }

    /// Where it keeps an object of that bucket.
    pub(crate) fn object(&self, name: &Hash) -> PathBuf {
        object(&self.folder, "one", name)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn config(endpoint: &str, prefix: &str) -> BucketConfig {
    BucketConfig {
        bucket: BUCKET.into(),
        endpoint: Some(endpoint.into()),
        region: "us-east-1".into(),
        access_key_id: ID.into(),
        secret_access_key: Secret::new(SECRET),
        prefix: prefix.into(),
        virtual_hosts: false,
    }
}

fn object(folder: &Path, prefix: &str, name: &Hash) -> PathBuf {
    let name = hex::encode(name);
    let (first, rest) = name.split_at(2);
    folder.join(BUCKET).join(prefix).join(first).join(rest)
}

/// The server's address and folder, and what the names of a data folder's objects begin with.
fn told(data: &Path) -> Option<(String, PathBuf, String)> {
    let told = std::env::var(VARIABLE).ok()?;
    let (address, folder) = told.split_once(' ').unwrap();
    let hash = hex::encode(sha256(&[data.as_os_str().as_encoded_bytes()]));
    Some((address.to_owned(), folder.into(), hash[..24].to_owned()))
}

/// The bucket of a data folder: a prefix of its own, the same for the same folder.
pub(crate) fn bucket(data: &Path) -> Option<BucketConfig> {
    told(data).map(|(address, _, prefix)| config(&address, &prefix))
}

/// The folder in which a data folder's originals lie for good, when that is not the data folder.
pub(crate) fn objects(data: &Path) -> Option<PathBuf> {
    told(data).map(|(_, folder, prefix)| folder.join(BUCKET).join(prefix))
}

/// The file of an original, wherever it lies.
pub(crate) fn lies(data: &Path, blobs: &BlobFolder, name: &Hash) -> PathBuf {
    match told(data) {
        Some((_, folder, prefix)) => object(&folder, &prefix, name),
        None => blobs.find(name),
    }
}

#[test]
fn the_tests_of_originals_hold_on_s3_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3Server::start(folder.path(), None);
    let mut run = Command::new(std::env::current_exe().unwrap());
    // Those of the places themselves know both already.
    run.args(["blobs::tests::", "--skip", "places::", "--test-threads", "4"]);
    run.env(VARIABLE, format!("http://{} {}", server.address, folder.path().display()));
    super::passes(&mut run);
}
