//! Whether what lies on the disk is whole and agrees with itself.
//!
//! Promise: nothing is changed, and the server may run meanwhile. Each finding names the row or file.

use std::io;

use crate::store::sql::{Connection, Kind};
use sha2::{Digest, Sha256};

use crate::audit::{self, Finding, Report};
use crate::blobs::{self, BlobFolder};
use crate::store::{Database, StoreError};

/// Checks the books ([`audit::fsck`]), that every reference has its row, and the originals.
pub fn check(blobs: &BlobFolder, database: &Database) -> Result<Report, StoreError> {
    if let Database::Sqlite(file) = database
        && !file.exists()
    {
        let source = io::Error::from(io::ErrorKind::NotFound);
        return Err(StoreError::File { path: file.clone(), source });
    }
    let connection = database.open_for_reading()?;
    let mut report = audit::fsck(&connection)?;
    report.findings.extend(references(&connection)?);
    originals(&connection, blobs, &mut report)?;
    Ok(report)
}

/// SQLite can be opened without checking references; PostgreSQL cannot.
fn references(connection: &Connection) -> Result<Vec<Finding>, StoreError> {
    if connection.kind() != Kind::Sqlite {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let faults = statement.query_map([], |row| {
        let (table, parent) = (row.get::<String>(0)?, row.get::<String>(2)?);
        let what = format!("{table} → {parent}: 没有对应的行 · the row it refers to is missing");
        Ok(Finding { code: "reference", what })
    })?;
    Ok(faults.collect::<Result<_, _>>()?)
}

/// Reads every original, wherever it lies, and compares it with its name.
fn originals(connection: &Connection, blobs: &BlobFolder, report: &mut Report) -> Result<(), StoreError> {
    let mut count = 0;
    blobs::each(connection, |sha256, size| {
        count += 1;
        let (mut hash, mut read) = (Sha256::new(), 0);
        let poured = blobs.pour(&sha256, &mut |bytes| {
            hash.update(bytes);
            read += bytes.len() as u64;
            Ok(())
        });
        let fault = match poured {
            Err(error) => error.to_string(),
            Ok(()) if blobs::Hash::from(hash.finalize()) == sha256 && read == size => return,
            Ok(()) => "内容已改变 · the content has changed".to_owned(),
        };
        report.findings.push(Finding { code: "original", what: format!("{}: {fault}", blobs.place_of(&sha256)) });
    })?;
    report.counted.push(("原件 originals", count));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use budget::{PersonId, Timestamp};

    use super::*;
    use crate::authority::Authority;
    use crate::clock::Clock;
    use crate::store::{Stop, Store, WriterLimits};
    use crate::testing;

    fn faults(data: &Path) -> Vec<String> {
        check(&BlobFolder::in_data(data), &testing::database(data))
            .unwrap()
            .findings
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_changed_and_a_missing_original_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let store: Store<Authority> = testing::store(folder.path(), Clock::of_machine(), &WriterLimits::default());
        let originals = BlobFolder::open(folder.path()).unwrap();
        let kept = [originals.keep(b"one").unwrap(), originals.keep(b"two").unwrap()];
        store
            .writer
            .run_blocking(move |turn| {
                for one in &kept {
                    blobs::record(turn.connection, one, PersonId([1; 16]), Timestamp(1))?;
                }
                Ok::<_, Stop<()>>(())
            })
            .unwrap();
        assert_eq!(faults(folder.path()), Vec::<String>::new());

        std::fs::write(originals.path(&kept[0].sha256), b"0ne").unwrap();
        std::fs::remove_file(originals.path(&kept[1].sha256)).unwrap();
        let found = faults(folder.path());
        assert_eq!(found.len(), 2, "{found:?}");
        for one in &kept {
            let path = originals.path(&one.sha256).display().to_string();
            assert!(found.iter().any(|fault| fault.contains(&path)), "{found:?}");
        }
    }

    #[test]
    fn a_folder_without_a_database_is_no_clean_bill() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check(&BlobFolder::in_data(folder.path()), &Database::in_folder(folder.path())).is_err());
    }
}
