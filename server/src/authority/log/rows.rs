//! The rows behind a page: each with the position from which it is new to the reader.

use crate::store::sql::{self, Connection, Row, params};
use budget::{DeviceId, PersonId, RequestId};
use sync::DocumentKey;
use sync::wire::SignedChange;

use crate::authority::number;
use crate::store::StoreError;

/// One row that is new to the reader.
pub(super) struct Found {
    /// Since which position: its own, or when the reader gained access.
    pub(super) effective: u64,
    /// Its own position: the order inside one effective position.
    order: u64,
    pub(super) what: What,
}

/// What is new.
pub(super) enum What {
    Change(SignedChange),
    Status(RequestId),
    Gone(RequestId),
}

/// New changes of documents that the person owns or could read before. A claim is written by its owner alone, so what one
/// wrote there oneself is one's own; only of the rest it is asked whose it is and who could read it.
const CHANGES: &str = "
  SELECT c.position, c.position, c.document, c.hash, c.bytes, c.device, c.signature
  FROM change c
  WHERE c.position > ?2
    AND ((c.person = ?1 AND c.document LIKE 'claim/%') OR EXISTS (
      SELECT 1 FROM document d WHERE d.key = c.document AND (d.owner = ?1 OR EXISTS (
        SELECT 1 FROM access a LEFT JOIN request r ON r.id = a.request
        WHERE a.request = d.request AND a.person = ?1 AND a.ended IS NULL AND a.position < c.position
          AND (c.document NOT LIKE 'claim/%' OR c.position <= r.shown)))))
  ORDER BY c.position LIMIT ?3";

/// Changes that were there before the person gained access.
const GAINED: &str = "
  SELECT a.position, c.position, c.document, c.hash, c.bytes, c.device, c.signature
  FROM access a JOIN document d ON d.request = a.request AND d.owner <> ?1
  JOIN change c ON c.document = d.key AND c.position <= a.position
  LEFT JOIN request r ON r.id = d.request
  WHERE a.person = ?1 AND a.position > ?2 AND a.ended IS NULL
    AND (c.document NOT LIKE 'claim/%' OR c.position <= r.shown)
  ORDER BY a.position, c.position LIMIT ?3";

/// Requests that stand differently, or are new to the person: the former are found by what moved, the latter by
/// what was granted, so that a look costs what is new and not what there is. (`CROSS JOIN` is how SQLite is told
/// where to begin.)
const STATUSES: &str = "
  SELECT r.position, r.position, r.id
  FROM request r CROSS JOIN access a
  WHERE r.position > ?2 AND a.request = r.id AND a.person = ?1 AND a.ended IS NULL AND a.position < r.position
  UNION ALL
  SELECT a.position, r.position, r.id
  FROM access a CROSS JOIN request r
  WHERE a.person = ?1 AND a.position > ?2 AND a.ended IS NULL AND r.id = a.request AND a.position >= r.position
  ORDER BY 1 LIMIT ?3";

/// Requests that the person may no longer read.
const GONE: &str = "
  SELECT ended, ended, request FROM access WHERE person = ?1 AND ended > ?2 ORDER BY ended LIMIT ?3";

/// Rows that are new after `cursor`, in order; at least `limit` of them if there are so many, and
/// every row of the last position.
pub(super) fn after(
    connection: &Connection,
    person: PersonId,
    cursor: u64,
    limit: usize,
) -> Result<Vec<Found>, StoreError> {
    let mut rows = fetch(connection, person, cursor, limit)?;
    // When one position alone fills the page, its end is not in sight yet.
    let mut asked = limit;
    while rows.len() >= asked && rows.first().map(|row| row.effective) == rows.get(asked - 1).map(|row| row.effective) {
        asked = asked.saturating_mul(2);
        rows = fetch(connection, person, cursor, asked)?;
    }
    Ok(rows)
}

fn fetch(connection: &Connection, person: PersonId, cursor: u64, limit: usize) -> Result<Vec<Found>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for (query, read) in [
        (CHANGES, change as fn(&Row<'_>) -> sql::Result<What>),
        (GAINED, change),
        (STATUSES, |row| Ok(What::Status(RequestId(row.get(2)?)))),
        (GONE, |row| Ok(What::Gone(RequestId(row.get(2)?)))),
    ] {
        let mut statement = connection.prepare_cached(query)?;
        let rows = statement.query_map(params![person.bytes(), number::stored(cursor), limit], |row| {
            Ok(Found { effective: number::counted(row.get(0)?), order: number::counted(row.get(1)?), what: read(row)? })
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    found.sort_by_key(|row| (row.effective, row.order));
    // Each query brought its first rows, so only the first `limit` of all are complete. One more
    // position is kept so that the caller sees where a position ends.
    let complete = usize::try_from(limit).unwrap_or(usize::MAX);
    found.truncate(complete);
    Ok(found)
}

/// Every change of one document up to a position, oldest first.
pub(super) fn changes_of(
    connection: &Connection,
    key: &DocumentKey,
    last: i64,
) -> Result<Vec<SignedChange>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT position, position, document, hash, bytes, device, signature FROM change
         WHERE document = ?1 AND position <= ?2 ORDER BY position",
    )?;
    let rows = rows.query_map(params![key.to_string(), last], signed)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn change(row: &Row<'_>) -> sql::Result<What> {
    signed(row).map(What::Change)
}

fn signed(row: &Row<'_>) -> sql::Result<SignedChange> {
    let name: String = row.get(2)?;
    let document = name.parse().map_err(|error: sync::document::DocumentKeyError| sql::Error::column(2, error))?;
    Ok(SignedChange {
        document,
        hash: row.get(3)?,
        bytes: row.get(4)?,
        device: DeviceId(row.get(5)?),
        signature: row.get(6)?,
    })
}
