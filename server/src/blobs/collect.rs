//! Collection: an original that nothing names is set aside after thirty days, and deleted a week later.
//!
//! Promise: what any admitted change of any document ever named, and what any claim that was handed in
//! names, is never set aside. So a line that was deleted keeps its invoice, a history can be read as it
//! was, and only what was captured and never used goes.
//!
//! The log is read in pieces on a reader's connection, which takes as long as it takes; what was
//! written meanwhile is read on the writer's thread, where nothing can be written between the look and
//! the deed. A device that names an original which is gone is told so when it hands in
//! (`missing_blob`) and sends it again.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use automerge::legacy::OpType;
use automerge::{Change, ScalarValue};
use budget::Timestamp;

use super::aside::is_fresh;
use super::{BlobFolder, Bucket, Hash, rows};
use crate::authority::Authority;
use crate::http::AppState;
use crate::store::sql::{Connection, params};
use crate::store::{Readers, RoundError, Stop, StoreError, Turn, Writer};

/// How long an original waits for something that names it.
const GRACE: Duration = Duration::from_hours(30 * 24);
/// How long it stays aside.
const ASIDE: Duration = Duration::from_hours(7 * 24);
/// Changes that are read at once.
const PAGE: i64 = 2_048;
/// Originals that are set aside in one turn of the writer.
const MOST: usize = 1_000;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collected {
    /// Set aside.
    pub set_aside: Vec<Hash>,
    /// Put back, because something names them again.
    pub put_back: Vec<Hash>,
    /// Deleted, a week after they were set aside.
    pub deleted: Vec<Hash>,
}

/// Every original that the log names, up to a position.
#[derive(Debug, Default)]
pub(super) struct Named {
    names: HashSet<Hash>,
    position: i64,
}

impl Named {
    /// Reads the next piece of the log; false when there was nothing left.
    pub(super) fn read_on(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let mut rows = connection
            .prepare_cached("SELECT position, bytes FROM change WHERE position > ?1 ORDER BY position LIMIT ?2")?;
        let page: Vec<(i64, Vec<u8>)> = rows
            .query_map(params![self.position, PAGE], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (position, bytes) in &page {
            let change = Change::from_bytes(bytes.clone())
                .map_err(|error| StoreError::corrupt(format!("the change at {position}: {error}")))?;
            self.take(&change);
            self.position = *position;
        }
        Ok(!page.is_empty())
    }

    /// Whatever could be the name of an original counts, in whatever field it stands.
    fn take(&mut self, change: &Change) {
        for operation in change.decode().operations {
            let OpType::Put(value) = operation.action else { continue };
            let name: Option<Hash> = match value {
                ScalarValue::Str(text) => {
                    let mut name = Hash::default();
                    hex::decode_to_slice(text.as_bytes(), &mut name).ok().map(|()| name)
                }
                ScalarValue::Bytes(bytes) => bytes.try_into().ok(),
                _ => None,
            };
            self.names.extend(name);
        }
    }
}

/// Sets aside what nothing names, and deletes what was set aside a week ago.
pub async fn collect(app: &AppState) -> Result<Collected, RoundError> {
    let folder = app.blobs.clone();
    let swept = tokio::task::spawn_blocking(move || folder.forget_abandoned(SystemTime::now())).await;
    swept.map_err(std::io::Error::other)??;
    let now = app.clock.now();
    let idle = app.store.readers.read(move |connection| {
        Ok(rows::aside(connection)?.is_empty() && rows::unclaimed(connection, before(now, GRACE))?.is_empty())
    });
    // The log grows for years; it is read only when something waits for what it says.
    if idle.await? {
        return Ok(Collected::default());
    }
    let named = read_all(&app.store.readers).await?;
    sweep(&app.store.writer, app.blobs.clone(), named).await
}

/// The time that was so long ago.
fn before(now: Timestamp, age: Duration) -> Timestamp {
    now.plus(-i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}

/// Everything that the log names now.
pub(super) async fn read_all(readers: &Readers) -> Result<Named, StoreError> {
    let mut named = Named::default();
    loop {
        let piece = readers.read(move |connection| {
            let more = named.read_on(connection)?;
            Ok((named, more))
        });
        let more;
        (named, more) = piece.await?;
        if !more {
            return Ok(named);
        }
    }
}

/// The deed, on the writer's thread, with what was written since `named` was read.
pub(super) async fn sweep(
    writer: &Writer<Authority>,
    folder: BlobFolder,
    mut named: Named,
) -> Result<Collected, RoundError> {
    let local = folder.clone();
    let done = writer.run(move |turn: &mut Turn<'_, Authority>| {
        while named.read_on(turn.connection)? {}
        let is_named = |name: &Hash| named.names.contains(name);
        let aside = rows::aside(turn.connection)?;
        let put_back: Vec<Hash> = aside.iter().map(|(name, _)| *name).filter(is_named).collect();
        let rested = aside.iter().filter(|(name, since)| *since < before(turn.now, ASIDE) && !is_named(name));
        let deleted: Vec<Hash> = rested.map(|(name, _)| *name).collect();
        let mut set_aside = rows::unclaimed(turn.connection, before(turn.now, GRACE))?;
        set_aside.retain(|name| !is_named(name));
        set_aside.truncate(MOST);
        rows::set_aside(turn.connection, &set_aside, turn.now)?;
        rows::put_back(turn.connection, &put_back)?;
        rows::set_deleted(turn.connection, &deleted, turn.now)?;
        let collected = Collected { set_aside, put_back, deleted };
        let effects = collected.clone();
        turn.after_commit(move || on_disk(&local, &effects));
        Ok::<_, Stop<Infallible>>(collected)
    });
    let collected = done.await?;
    // Not on the writer's thread, which waits for no network.
    let (bucket, gone) = (folder.bucket.clone(), collected.deleted.clone());
    let in_bucket = tokio::task::spawn_blocking(move || bucket.iter().for_each(|bucket| delete(bucket, &gone)));
    in_bucket.await.map_err(std::io::Error::other)?;
    Ok(collected)
}

/// Deletes what the rows say is gone, but nothing that somebody sends again at this moment.
fn delete(bucket: &Bucket, gone: &[Hash]) {
    for name in gone {
        if let Err(error) = bucket.delete_unless(name, |changed| is_fresh(changed, SystemTime::now())) {
            tracing::warn!(name = hex::encode(name), %error, "an original could not be deleted");
        }
    }
}

/// Follows the rows. What fails here is a file too many, never one too few.
fn on_disk(folder: &BlobFolder, collected: &Collected) {
    let now = SystemTime::now();
    let told = |name: &Hash, done: std::io::Result<()>| {
        if let Err(error) = done {
            tracing::warn!(name = hex::encode(name), %error, "the file of an original could not be moved");
        }
    };
    collected.set_aside.iter().for_each(|name| told(name, folder.set_aside(name, now)));
    collected.put_back.iter().for_each(|name| told(name, folder.put_back(name)));
    collected.deleted.iter().for_each(|name| told(name, folder.delete(name, now)));
}
