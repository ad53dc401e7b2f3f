//! Archives, opened as if they were hostile.
//!
//! Every limit holds while an entry is unpacked, not by the sizes it declares; entries inside entries are never opened,
//! and a path is a key to look up, never a place to write to.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::error::ReadError;
use crate::limits;

pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    left: u64,
}

impl<'a> Archive<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, ReadError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ReadError::MalformedArchive)?;
        if zip.len() > limits::MAX_ARCHIVE_ENTRIES {
            return Err(ReadError::ArchiveBomb);
        }
        let names = zip.file_names_raw().map(|name| String::from_utf8_lossy(name).replace('\\', "/")).collect();
        Ok(Self { zip, names, left: limits::MAX_ARCHIVE_BYTES })
    }

    /// The names of all entries, as they stand.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Unpacks one entry; `Ok(None)` when there is none of that name.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(index) = self.names.iter().position(|known| known == name) else {
            return Ok(None);
        };
        let entry = self.zip.by_index(index).map_err(|_| ReadError::MalformedArchive)?;
        if !entry.is_file() {
            return Ok(None);
        }
        let by_ratio = entry.compressed_size().saturating_mul(limits::MAX_ENTRY_RATIO).max(limits::RATIO_FREE_BYTES);
        let allowed = by_ratio.min(limits::MAX_ENTRY_BYTES).min(self.left);
        let mut bytes = Vec::new();
        // One byte more than allowed, so that exceeding the limit is told from meeting it.
        entry.take(allowed + 1).read_to_end(&mut bytes).map_err(|_| ReadError::MalformedArchive)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > allowed {
            return Err(ReadError::ArchiveBomb);
        }
        self.left -= size;
        Ok(Some(bytes))
    }

    /// Refuses an archive that declares more than the limits, before any of it is unpacked.
    pub(crate) fn refuse_declared_bomb(&mut self) -> Result<(), ReadError> {
        match self.zip.decompressed_size() {
            Some(size) if size > u128::from(limits::MAX_ARCHIVE_BYTES) => Err(ReadError::ArchiveBomb),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn entries_are_unpacked_by_name() {
        let bytes = archive(&[("a/b.xml", b"<b/>".to_vec())]);
        let mut archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.read("a/b.xml"), Ok(Some(b"<b/>".to_vec())));
        assert_eq!(archive.read("../etc/passwd"), Ok(None));
    }

    #[test]
    fn an_entry_that_grows_too_much_stops_while_it_is_unpacked() {
        // Five megabytes of zeros are small enough by themselves and grow a thousandfold.
        let bytes = archive(&[("zeros", vec![0; 5 * 1024 * 1024]), ("fine", vec![0; 1024 * 1024])]);
        let mut archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.refuse_declared_bomb(), Ok(()));
        assert_eq!(archive.read("zeros"), Err(ReadError::ArchiveBomb));
        assert!(archive.read("fine").unwrap().is_some());
    }

    #[test]
    fn all_entries_together_have_a_limit() {
        let noise: Vec<u8> = (0..1_u32 << 20).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        let large = noise.repeat(15);
        let entries: Vec<(String, Vec<u8>)> = (0..5).map(|n| (n.to_string(), large.clone())).collect();
        let entries: Vec<(&str, Vec<u8>)> =
            entries.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        let bytes = archive(&entries);
        let mut archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.refuse_declared_bomb(), Err(ReadError::ArchiveBomb));
        let read: Vec<bool> = (0..5).map(|n| archive.read(&n.to_string()).is_ok()).collect();
        assert_eq!(read, [true, true, true, true, false]);
    }

    #[test]
    fn too_many_entries_are_refused_at_once() {
        let names: Vec<String> = (0..=limits::MAX_ARCHIVE_ENTRIES).map(|n| n.to_string()).collect();
        let entries: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), Vec::new())).collect();
        assert_eq!(Archive::open(&archive(&entries)).err(), Some(ReadError::ArchiveBomb));
    }
}
