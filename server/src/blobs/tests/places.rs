//! Both places of originals: the same calls on a folder and on a bucket, and what only a bucket can do wrong.

use std::io::Read;
use std::net::SocketAddr;
use std::time::SystemTime;

use super::*;
use crate::blobs::{Bucket, ReadError};
use crate::config::BucketConfig;
use crate::testing::S3Server;

/// More than one part, with a rest.
fn large() -> Vec<u8> {
    (0..17_000_000_u32).map(|at| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect()
}

/// What holds of originals wherever they lie.
fn conforms(blobs: &BlobFolder, lies: impl Fn(&Hash) -> std::path::PathBuf) {
    let (small, large) = (JPEG.to_vec(), large());
    for bytes in [&small, &large] {
        let kept = blobs.keep(bytes).unwrap();
        assert_eq!((kept.sha256, kept.size), (sha256(&[bytes]), bytes.len() as u64));
        assert_eq!(std::fs::read(lies(&kept.sha256)).unwrap(), *bytes, "as it is, under its name");
        for _ in 0..2 {
            let mut read = Vec::new();
            blobs.open_right(&kept.sha256).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == *bytes, "read back");
        }
        let mut poured = 0;
        let mut count = |piece: &[u8]| {
            poured += piece.len();
            Ok(())
        };
        blobs.pour(&kept.sha256, &mut count).unwrap();
        assert_eq!(poured, bytes.len());
        assert_eq!(blobs.keep(bytes).unwrap(), kept, "again is the same");
    }
    let absent = sha256(&[b"absent"]);
    assert!(matches!(blobs.open_right(&absent), Err(ReadError::Damaged { .. })));
    assert!(matches!(blobs.pour(&absent, &mut |_| Ok(())), Err(ReadError::Damaged { .. })));

    // Something else under the name is never given out.
    let other = blobs.keep(b"what was sent").unwrap().sha256;
    std::fs::write(lies(&other), b"what was changed").unwrap();
    assert!(matches!(blobs.open_right(&other), Err(ReadError::Damaged { .. })));
    assert!(blobs.read_right(&other).is_err());
    assert_eq!(blobs.keep(b"what was sent").unwrap().sha256, other, "sent again it is right again");
    assert_eq!(blobs.read_right(&other).unwrap(), b"what was sent");
}

#[test]
fn a_folder_and_a_bucket_keep_the_same_promise() {
    let (folder, objects) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let in_folder = BlobFolder::open(folder.path()).unwrap();
    conforms(&in_folder, |name| in_folder.path(name));

    let server = S3Server::start(objects.path(), None);
    let bucket = Bucket::open(&server.config()).unwrap();
    bucket.try_out().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let in_bucket = BlobFolder::open(elsewhere.path()).unwrap().with_bucket(Some(bucket.clone()));
    conforms(&in_bucket, |name| server.object(name));

    // What lay in the folder before is read from there.
    let both = BlobFolder::open(folder.path()).unwrap().with_bucket(Some(bucket));
    let before = in_folder.keep(b"from before").unwrap().sha256;
    assert_eq!(both.read_right(&before).unwrap(), b"from before");
    assert!(!server.object(&before).exists());
}

#[test]
fn what_is_deleted_in_a_bucket_is_gone_unless_it_was_put_lately() {
    let (folder, objects) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = S3Server::start(objects.path(), None);
    let bucket = Bucket::open(&server.config()).unwrap();
    let blobs = BlobFolder::open(folder.path()).unwrap().with_bucket(Some(bucket.clone()));
    let name = blobs.keep(JPEG).unwrap().sha256;
    blobs.read_right(&name).unwrap();
    let put = std::sync::Mutex::new(SystemTime::UNIX_EPOCH);
    bucket
        .delete_unless(&name, |changed| {
            *put.lock().unwrap() = changed;
            true
        })
        .unwrap();
    assert!(put.lock().unwrap().elapsed().unwrap().as_secs() < 60, "the store says when it was put");
    assert_eq!(blobs.read_right(&name).unwrap(), JPEG);
    blobs.delete(&name, SystemTime::now()).unwrap();
    bucket.delete_unless(&name, |_| false).unwrap();
    bucket.delete_unless(&name, |_| false).unwrap();
    assert!(blobs.read_right(&name).is_err(), "also not from a copy");
}

#[test]
fn wrong_settings_are_found_at_the_start_and_no_message_holds_the_secret() {
    let objects = tempfile::tempdir().unwrap();
    let server = S3Server::start(objects.path(), None);
    let check = |config: BucketConfig| {
        let bucket = Bucket::open(&config).unwrap();
        let said = format!("{} {bucket:?} {config:?}", bucket.try_out().unwrap_err());
        assert!(!said.contains(config.secret_access_key.reveal()), "{said}");
    };
    check(BucketConfig { secret_access_key: bot::Secret::new("another-key"), ..server.config() });
    check(BucketConfig { endpoint: Some("http://127.0.0.1:9".into()), ..server.config() });
    check(BucketConfig { access_key_id: "AKIAOTHER".into(), ..server.config() });
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_away_nothing_is_lost_and_nothing_is_claimed() {
    let objects = tempfile::tempdir().unwrap();
    let server = S3Server::start(objects.path(), None);
    let (config, address): (BucketConfig, SocketAddr) = (server.config(), server.address);
    let company = company_with(|told| told.bucket = Some(config)).await;
    assert_eq!(company.ask("PUT", &name(b"before"), &company.li, b"before").await.status, StatusCode::CREATED);
    drop(server);

    company.ask("PUT", &name(JPEG), &company.li, JPEG).await.refused(503, "unavailable");
    company.ask("HEAD", &name(JPEG), &company.li, b"").await;
    let rest = |offset: usize| {
        Request::patch(format!("/api/blobs/{}/upload", name(JPEG)))
            .header("authorization", format!("Bearer {}", company.li))
            .header("upload-offset", offset.to_string())
            .header("upload-length", JPEG.len().to_string())
            .body(Body::from(JPEG[offset..].to_vec()))
            .unwrap()
    };
    company.edge.ask(rest(0)).await.refused(503, "unavailable");
    company.ask("GET", &name(b"before"), &company.li, b"").await.refused(503, "unavailable");
    company.ask("GET", &name(JPEG), &company.li, b"").await.refused(404, "not_found");

    // All of it has arrived and waits; when the store is back, nothing has to be sent again.
    let back = S3Server::start(objects.path(), Some(address));
    let done = company.edge.ask(rest(JPEG.len())).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
    assert_eq!(std::fs::read(back.object(&sha256(&[JPEG]))).unwrap(), JPEG);
    assert_eq!(company.ask("GET", &name(JPEG), &company.li, b"").await.body, JPEG);
    assert_eq!(company.ask("GET", &name(b"before"), &company.li, b"").await.body, b"before");
}
