//! The day's snapshots: documents that were changed often are put into one compact piece each.
//!
//! Promise: requests never wait for it. Documents are put together, read back and compared on a
//! reader's connection; the writer only keeps the result, fifty at a time in one transaction. The
//! log is append-only, so what was read stays true however long that takes.

use std::convert::Infallible;

use sync::DocumentKey;

use crate::authority::{Authority, Snapshot};
use crate::store::{RoundError, Stop, Store};

/// Documents in one transaction.
const BATCH: usize = 50;

/// Takes a snapshot of each document that is worth one; returns of how many.
pub async fn take(store: &Store<Authority>) -> Result<usize, RoundError> {
    let due = store.readers.read(Snapshot::due).await?;
    let mut taken = 0;
    for batch in due.chunks(BATCH) {
        let keys: Vec<DocumentKey> = batch.to_vec();
        let snapshots = store.readers.read(move |connection| {
            keys.into_iter()
                .filter_map(|key| Snapshot::take(connection, key).transpose())
                .collect::<Result<Vec<_>, _>>()
        });
        let snapshots = snapshots.await?;
        taken += snapshots.len();
        let kept = store.writer.run(move |turn| {
            for snapshot in &snapshots {
                snapshot.keep(turn.connection)?;
            }
            Ok::<_, Stop<Infallible>>(())
        });
        kept.await?;
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use budget::{LineId, Money, RequestId};
    use sync::{Field, Place, Scalar};

    use super::*;
    use crate::audit::Report;
    use crate::fsck;
    use crate::testing::{self, Phone, Server, ZHANG, new_request};

    async fn check(data: &std::path::Path) -> Report {
        let (blobs, database) = (crate::blobs::BlobFolder::in_data(data), testing::database(data));
        tokio::task::spawn_blocking(move || fsck::check(&blobs, &database).unwrap()).await.unwrap()
    }

    /// Types a line's amount, keystroke by keystroke.
    fn type_amounts(phone: &mut Phone, request: RequestId, amounts: impl IntoIterator<Item = i64>) {
        for fen in amounts {
            phone.put(request, Place::Line(LineId([7; 16])), vec![(Field::Amount, Scalar::Integer(fen))]);
        }
    }

    #[tokio::test]
    async fn a_document_in_one_piece_is_the_same_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path()).await;
        let mut phone = server.phone(ZHANG).await;
        phone.connect().await;
        let (long, short) = (new_request(), new_request());
        for request in [long, short] {
            phone.claim(request, 10_000);
        }
        type_amounts(&mut phone, long, 1..=80);
        phone.push().await;
        assert_eq!(take(&server.app.store).await.unwrap(), 1, "only the long one is worth it");
        assert_eq!(take(&server.app.store).await.unwrap(), 0, "nothing happened since");

        // The server has forgotten everything; what comes now follows the snapshot.
        server.stop().await;
        let server = Server::start(folder.path()).await;
        phone.address = server.address;
        phone.connect().await;
        type_amounts(&mut phone, long, [90]);
        phone.submit(long);
        phone.push().await;
        assert_eq!(phone.replica.refused().count(), 0, "{:?}", phone.replica.refused().next());
        let mut tablet = server.phone(ZHANG).await;
        tablet.connect().await;
        assert_eq!(tablet.replica.claim(long).unwrap().total(), Some(Money::from_fen(90)));
        let report = check(folder.path()).await;
        assert!(report.is_clean(), "{report}");
    }

    #[tokio::test]
    async fn a_broken_snapshot_is_named_and_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path()).await;
        let mut phone = server.phone(ZHANG).await;
        phone.connect().await;
        let request = new_request();
        phone.claim(request, 10_000);
        type_amounts(&mut phone, request, 1..=80);
        phone.push().await;
        assert_eq!(take(&server.app.store).await.unwrap(), 1);
        let broken = server.app.store.writer.run(|turn| {
            turn.connection.prepare_cached("UPDATE snapshot SET bytes = ?1")?.execute([b"torn".as_slice()])?;
            Ok::<_, Stop<Infallible>>(())
        });
        broken.await.unwrap();
        let report = check(folder.path()).await;
        assert_eq!(report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["snapshot"]);

        server.stop().await;
        let server = Server::start(folder.path()).await;
        phone.address = server.address;
        phone.connect().await;
        type_amounts(&mut phone, request, [90]);
        phone.push().await;
        assert_eq!(phone.replica.refused().count(), 0, "{:?}", phone.replica.refused().next());
    }
}
