//! What is collected and, above all, what is not.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use budget::{InvoiceId, RequestId};
use sync::{Edit, Field, Place, Scalar};

use super::*;
use crate::blobs::collect::{self, Named};
use crate::http::AppState;
use crate::testing::{Phone, Server, ZHANG, new_request};

const DAY: i64 = 86_400_000;

struct Office {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { server: Server::start(folder.path()).await, _folder: folder }
    }

    fn app(&self) -> &AppState {
        &self.server.app
    }

    async fn phone(&self) -> Phone {
        let mut phone = self.server.phone(ZHANG).await;
        phone.connect().await;
        phone
    }

    /// An original that was sent so many days ago.
    async fn sent(&self, bytes: &[u8], days: i64) -> Hash {
        let kept = self.app().blobs.keep(bytes).unwrap();
        self.age(&kept.sha256);
        let recorded = self.app().store.writer.run(move |turn| {
            rows::record(turn.connection, &kept, ZHANG, turn.now.plus(-days * DAY))?;
            Ok::<_, Stop<()>>(())
        });
        recorded.await.unwrap();
        kept.sha256
    }

    /// As if the file had lain there since yesterday.
    fn age(&self, name: &Hash) {
        let file = std::fs::File::options().append(true).open(self.lies(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(24)).unwrap();
    }

    /// The file of an original, wherever it lies.
    fn lies(&self, name: &Hash) -> std::path::PathBuf {
        testing::lies(&self.app().config.data, &self.app().blobs, name)
    }

    async fn collect(&self) -> collect::Collected {
        collect::collect(self.app()).await.unwrap()
    }

    /// As if this many days had passed since originals were set aside.
    async fn days_pass(&self, days: i64) {
        let passed = self.app().store.writer.run(move |turn| {
            let earlier = "UPDATE blob_life SET set_aside_at = set_aside_at - ?1 WHERE set_aside_at IS NOT NULL";
            turn.connection.execute(earlier, [days * DAY])?;
            Ok::<_, Stop<()>>(())
        });
        passed.await.unwrap();
    }

    async fn is_here(&self, name: Hash) -> bool {
        let found = self.app().store.readers.read(move |connection| rows::find(connection, &name)).await.unwrap();
        let right = unfinished::is_whole(&self.lies(&name), &name).unwrap_or(false);
        assert!(found.is_none() || right, "what a row promises lies on the disk");
        found.is_some()
    }
}

fn names(phone: &mut Phone, request: RequestId, invoice: u8, file: Option<Hash>) {
    let text = file.map(hex::encode).unwrap_or_default();
    phone.put(request, Place::Invoice(InvoiceId([invoice; 16])), vec![(Field::Blob, Scalar::Text(text))]);
}

#[tokio::test]
async fn what_nothing_names_goes_after_a_month_and_a_week() {
    let office = Office::open().await;
    let (old, young) = (office.sent(b"old", 31).await, office.sent(b"young", 29).await);
    assert_eq!(office.collect().await.set_aside, [old]);
    assert!(!office.is_here(old).await);
    assert!(office.is_here(young).await);
    assert_eq!(std::fs::read(office.lies(&old)).unwrap(), b"old", "aside");

    office.days_pass(8).await;
    assert_eq!(office.collect().await.deleted, [old]);
    assert!(!office.lies(&old).exists());
    assert_eq!(office.collect().await, collect::Collected::default());

    // Sent again, it is as if it had never been away.
    assert_eq!(office.sent(b"old", 0).await, old);
    assert!(office.is_here(old).await);
}

#[tokio::test]
async fn what_a_draft_or_its_history_names_stays() {
    let office = Office::open().await;
    let mut phone = office.phone().await;
    let (kept, replaced) = (office.sent(b"kept", 400).await, office.sent(b"replaced", 400).await);
    let request = new_request();
    phone.claim(request, 50_000);
    names(&mut phone, request, 1, Some(replaced));
    names(&mut phone, request, 1, Some(kept));
    phone.push().await;
    assert_eq!(office.collect().await, collect::Collected::default());
    assert!(office.is_here(kept).await && office.is_here(replaced).await, "a history can be read as it was");
}

#[tokio::test]
async fn what_is_named_while_the_log_is_read_stays() {
    let office = Office::open().await;
    let mut phone = office.phone().await;
    let file = office.sent(b"file", 31).await;
    let named = collect::read_all(&office.app().store.readers).await.unwrap();
    let request = new_request();
    phone.claim(request, 50_000);
    names(&mut phone, request, 1, Some(file));
    phone.push().await;
    let done = collect::sweep(&office.app().store.writer, office.app().blobs.clone(), named).await.unwrap();
    assert_eq!(done, collect::Collected::default());
    assert!(office.is_here(file).await);
}

#[tokio::test]
async fn what_is_named_while_it_is_aside_comes_back() {
    let office = Office::open().await;
    let mut phone = office.phone().await;
    let file = office.sent(b"file", 31).await;
    assert_eq!(office.collect().await.set_aside, [file]);
    let request = new_request();
    phone.claim(request, 50_000);
    names(&mut phone, request, 1, Some(file));
    phone.push().await;
    office.days_pass(8).await;
    assert_eq!(office.collect().await.put_back, [file]);
    assert!(office.is_here(file).await);
}

/// The file is in its place before its row is written: a sweep between the two takes nothing away.
#[tokio::test]
async fn what_is_being_sent_again_is_left_alone() {
    let office = Office::open().await;
    let file = office.sent(b"file", 31).await;
    let kept = office.app().blobs.keep(b"file").unwrap();
    assert_eq!(office.collect().await.set_aside, [file]);
    office.days_pass(8).await;
    assert_eq!(office.collect().await.deleted, [file]);
    let recorded = office.app().store.writer.run(move |turn| {
        rows::record(turn.connection, &kept, ZHANG, turn.now)?;
        Ok::<_, Stop<()>>(())
    });
    recorded.await.unwrap();
    assert!(office.is_here(file).await);
}

/// Originals come, are named, replaced and forgotten in any order, and collections fall anywhere between, also such
/// that read the log long ago.
#[tokio::test]
async fn whatever_happens_nothing_that_was_ever_named_goes() {
    let office = Office::open().await;
    let mut phone = office.phone().await;
    for seed in 1..=4_u64 {
        let mut state = seed;
        let mut random = |below: u8| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u8::try_from((state >> 33) % u64::from(below)).unwrap()
        };
        let request = new_request();
        phone.claim(request, 50_000);
        phone.push().await;
        let mut named: BTreeSet<Hash> = BTreeSet::new();
        let mut sent: Vec<Hash> = Vec::new();
        let mut read = Named::default();
        for step in 0..60 {
            match random(6) {
                0 | 1 => sent.push(office.sent(&[0, u8::try_from(seed).unwrap(), random(12)], 31).await),
                2 if !sent.is_empty() => {
                    let file = sent[usize::from(random(u8::try_from(sent.len()).unwrap()))];
                    // A device that names what is gone sends it first; the test's may name it all the same.
                    if office.is_here(file).await {
                        names(&mut phone, request, random(3), Some(file));
                        phone.push().await;
                        named.insert(file);
                    }
                }
                3 => {
                    names(&mut phone, request, random(3), None);
                    phone.push().await;
                }
                4 => {
                    let folder = office.app().blobs.clone();
                    let log = std::mem::take(&mut read);
                    collect::sweep(&office.app().store.writer, folder, log).await.unwrap();
                    office.days_pass(i64::from(random(9))).await;
                }
                _ => read = collect::read_all(&office.app().store.readers).await.unwrap(),
            }
            for file in &named {
                assert!(office.is_here(*file).await, "seed {seed}, step {step}: {} is gone", hex::encode(file));
            }
        }
    }
}

/// `Edit` is how a device says it; the collection reads what was admitted.
#[tokio::test]
async fn a_name_counts_in_whatever_field_it_stands() {
    let office = Office::open().await;
    let mut phone = office.phone().await;
    let file = office.sent(b"file", 31).await;
    let request = new_request();
    phone.claim(request, 50_000);
    let header = Edit::Put { place: Place::Header, values: vec![(Field::Purpose, Scalar::Text(hex::encode(file)))] };
    phone.edit(sync::DocumentKey::Claim(request), header);
    phone.push().await;
    assert_eq!(office.collect().await, collect::Collected::default());
}
