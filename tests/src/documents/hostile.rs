//! Files that a reader must survive.

use super::ofd::archive;
use super::pdf;
use crate::fault::{Fault, Result};

/// How large the one stream is that a bomb unpacks again and again.
const STREAM: usize = 64 * 1024 * 1024;
/// How many entries share it: together more than a gigabyte.
const ENTRIES: u16 = 20;

/// A ZIP file named like an OFD file, below 100 KB, that declares more than a gigabyte: every entry of its directory
/// points at the same compressed zeros.
pub fn zip_bomb() -> Result<Vec<u8>> {
    let zeros = vec![0; STREAM];
    let single = archive([("Doc_0/Pages/Page_0/Content.xml", zeros.as_slice())])?;
    let end = directory_end(&single)?;
    let field = |place: usize| -> Result<usize> {
        let bytes = single.get(place..place + 4).and_then(|bytes| bytes.try_into().ok());
        let number = bytes.map(u32::from_le_bytes).ok_or_else(|| Fault::new("the archive is too short"))?;
        Ok(usize::try_from(number)?)
    };
    let (size, start) = (field(end + 12)?, field(end + 16)?);
    let entry = single.get(start..start + size).ok_or_else(|| Fault::new("the archive has no directory"))?.to_vec();
    let mut bomb = single.get(..start).unwrap_or_default().to_vec();
    for number in 0..ENTRIES {
        let mut entry = entry.clone();
        // The name is of fixed length, so a number in it makes each entry another file.
        let name = format!("Doc_0/Pages/Page_{:01}/Content.xml", number % 10);
        let name = if number < 10 { name } else { name.replace("Doc_0", "Doc_1") };
        if let Some(place) = entry.get_mut(46..46 + name.len()) {
            place.copy_from_slice(name.as_bytes());
        }
        bomb.extend(entry);
    }
    let mut tail = single.get(end..).unwrap_or_default().to_vec();
    let directory = u32::try_from(size * usize::from(ENTRIES))?;
    for (place, bytes) in [(8, ENTRIES.to_le_bytes()), (10, ENTRIES.to_le_bytes())] {
        if let Some(slot) = tail.get_mut(place..place + 2) {
            slot.copy_from_slice(&bytes);
        }
    }
    if let Some(slot) = tail.get_mut(12..16) {
        slot.copy_from_slice(&directory.to_le_bytes());
    }
    bomb.extend(tail);
    Ok(bomb)
}

/// A ZIP file whose one entry declares to be small and is not: only streaming finds it out.
pub fn lying_bomb() -> Result<Vec<u8>> {
    let zeros = vec![b' '; STREAM];
    let mut file = archive([("OFD.xml", zeros.as_slice())])?;
    let real = u32::try_from(STREAM)?.to_le_bytes();
    let claimed = 1_000_u32.to_le_bytes();
    let places: Vec<usize> =
        file.windows(4).enumerate().filter(|(_, window)| *window == real).map(|(p, _)| p).collect();
    for place in places {
        if let Some(slot) = file.get_mut(place..place + 4) {
            slot.copy_from_slice(&claimed);
        }
    }
    Ok(file)
}

/// XML that declares a document type with an entity that grows.
pub fn xml_with_document_type() -> Vec<u8> {
    b"<?xml version=\"1.0\"?><!DOCTYPE EInvoice [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\
      <EInvoice><Header><EIid>&b;</EIid></Header></EInvoice>"
        .to_vec()
}

/// A PNG file of some bytes whose head declares 65,535 × 65,535 pixels.
pub fn huge_picture() -> Vec<u8> {
    let head = b"IHDR\0\0\xFF\xFF\0\0\xFF\xFF\x08\0\0\0\0";
    let sum = head.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1)))
    });
    let mut file = b"\x89PNG\r\n\x1A\n\0\0\0\x0D".to_vec();
    file.extend(head);
    file.extend((!sum).to_be_bytes());
    file.extend(b"\0\0\0\0IDAT\x35\xAF\x06\x1E");
    file
}

/// A PDF file that draws lines and writes nothing.
pub fn pdf_without_text() -> Vec<u8> {
    pdf::without_text()
}

/// Text that is no invoice.
pub fn random_text() -> Vec<u8> {
    "会议纪要：下周一上午十点在三楼会议室讨论第三季度的推广计划。\n".repeat(8).into_bytes()
}

/// Where the record that ends a ZIP file begins.
fn directory_end(file: &[u8]) -> Result<usize> {
    file.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or_else(|| Fault::new("the archive has no end"))
}
