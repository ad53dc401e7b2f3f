//! S17: what was decided through HTTP is changed in the database, and found by whoever kept a checkpoint, with no server.

use budget::ledger::EntryKind;
use reqwest::StatusCode;

use super::desk::fen;
use super::requests::{Work, of};
use crate::audit::tests::tamper;
use crate::audit::{Report, Verified, VerifyError, export, fsck, verify};
use crate::authority::journal::{self, Leaf, checkpoint};
use crate::clock::Clock;
use crate::store::Database;
use crate::store::sql::{Connection, params};
use crate::testing::{LI, Server};

/// What somebody with the whole database does, and what comes of it.
async fn with_database<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&Connection) -> T + Send + 'static,
) -> T {
    let database = database.clone();
    tokio::task::spawn_blocking(move || work(&database.open_for_writing().unwrap())).await.unwrap()
}

/// What an auditor does with an export, on a machine of their own.
async fn audited(database: &Database, witness: Option<String>) -> Result<Verified, VerifyError> {
    let file = with_database(database, |connection| {
        let mut file = Vec::new();
        export(connection, &mut file).unwrap();
        file
    });
    verify(file.await.as_slice(), witness.as_deref())
}

async fn checked(database: &Database) -> Report {
    with_database(database, |connection| fsck(connection).unwrap()).await
}

/// The journal's entry that holds the ¥50,000, with its body.
fn reservation(connection: &Connection) -> (i64, Vec<u8>) {
    let mut found = None;
    journal::read(connection, |row| {
        if let Ok(Leaf::Entry(entry, _)) = minicbor::decode::<Leaf>(&row.body)
            && entry.kind == EntryKind::Reserve
            && entry.amount.fen() == fen("50000")
        {
            found = Some((i64::try_from(row.sequence).unwrap(), row.body));
        }
        Ok(())
    })
    .unwrap();
    found.unwrap()
}

/// `from` as CBOR has it, replaced by `to`.
fn with_amount(body: &[u8], from: i64, to: i64) -> Vec<u8> {
    let [from, to] = [from, to].map(|fen| minicbor::to_vec(fen).unwrap());
    let at = body.windows(from.len()).position(|part| part == from).unwrap();
    [&body[..at], &to, &body[at + from.len()..]].concat()
}

#[tokio::test]
async fn s17_tamper() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "200000")])).await;
    let database = crate::testing::database(folder.path());
    work.agreed(of("", &[("OFFICE", "50000")])).await;
    for _ in 0..20 {
        work.hand_in(of("", &[("TRAVEL", "1")])).await;
    }
    work.desk.check("2026-MKT", "0", "50020", "149980").await;
    let (status, posted) = work.desk.text(LI, "/api/log/checkpoint").await;
    assert_eq!(status, StatusCode::OK);
    let key = work.desk.server.app.keys.signing_key().verifying_key();
    let head = checkpoint::open(&posted, &key).unwrap();
    let honest = audited(&database, Some(posted.clone())).await.unwrap();
    assert_eq!((honest.size, honest.witnessed), (head.size, Some(head.size)));
    assert!(checked(&database).await.is_clean());

    // The approved ¥50,000 become ¥5,000: in the ledger, and then in the journal too.
    with_database(&database, |connection| {
        tamper(
            connection,
            &format!("UPDATE ledger_entry SET amount = {} WHERE amount = {}", fen("5000"), fen("50000")),
        );
    })
    .await;
    let report = checked(&database).await;
    assert!(report.findings.iter().any(|finding| finding.code == "ledger_changed"), "{report}");
    let (entry, body) = with_database(&database, reservation).await;
    let (place, changed) = (entry, with_amount(&body, fen("50000"), fen("5000")));
    let write = "UPDATE journal SET body = ?1 WHERE sequence = ?2";
    with_database(&database, move |connection| connection.execute(write, params![changed, place]).unwrap()).await;
    for witness in [None, Some(posted.clone())] {
        let named = audited(&database, witness).await.unwrap_err();
        assert!(matches!(named, VerifyError::Changed(first) if first == u64::try_from(entry).unwrap()), "{named}");
    }
    let (restored, mended) =
        (format!("UPDATE ledger_entry SET amount = {} WHERE amount = {}", fen("50000"), fen("5000")), body);
    with_database(&database, move |connection| {
        connection.execute(&restored, []).unwrap();
        connection.execute(write, params![mended, entry]).unwrap();
    })
    .await;
    assert!(checked(&database).await.is_clean());

    // The last 20 are cut off, by somebody who has the server's key: only the head of the day before tells.
    work.desk.server.stop().await;
    with_database(&database, |connection| {
        tamper(connection, "DELETE FROM journal WHERE sequence > (SELECT max(sequence) - 20 FROM journal)");
    })
    .await;
    assert_eq!(audited(&database, None).await.unwrap().size, head.size - 20);
    let named = audited(&database, Some(posted)).await.unwrap_err();
    let expected = head.size;
    assert!(
        matches!(named, VerifyError::Truncated { expected: all, found } if all == expected && found == expected - 20),
        "{named}"
    );
    // A client that kept the head asks for the proof that today's continues it: there is none.
    let server = Server::start_at(folder.path(), Clock::of_machine()).await;
    let token = server.phone(LI).await.token;
    let proof = server.url(&format!("/api/log/consistency/{}/{}", head.size - 20, head.size));
    let answer = reqwest::Client::new().get(proof).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}
