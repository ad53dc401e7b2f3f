//! No bytes make the reader panic: arbitrary ones, and sound documents with bytes changed, cut or repeated.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should stop where it is")]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use budget::Date;
use ocr::{Upload, read};
use proptest::prelude::*;

static DOCUMENTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    ["paper-48.90.xml", "toner-166.00.pdf", "rail-553.00.ofd", "lodging-1060.00.ofd", "lodging-1060.00.pdf"]
        .iter()
        .map(|name| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name)).unwrap())
        .collect()
});

fn survive(bytes: &[u8]) {
    let today = Date::new(2026, 6, 30).unwrap();
    if let Ok(reading) = read(&Upload { name: "x", bytes }, today, &[]) {
        serde_json::to_string(&reading).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn arbitrary_bytes(
        head in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"%PDF-1.7\n", b"<?xml", b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1A\n"]),
        rest in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        survive(&[head, &rest].concat());
    }

    #[test]
    fn changed_documents(
        which in 0_usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::weighted(0.3, any::<prop::sample::Index>()),
    ) {
        let mut bytes = DOCUMENTS[which].clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survive(&bytes);
    }

    #[test]
    fn changed_xml_text(
        place in any::<prop::sample::Index>(),
        text in "[<>&;/\"'=\\-0-9A-Za-z圆角分整]{0,12}",
    ) {
        let mut xml = String::from_utf8(DOCUMENTS[0].clone()).unwrap();
        let mut place = place.index(xml.len());
        while !xml.is_char_boundary(place) {
            place -= 1;
        }
        xml.insert_str(place, &text);
        survive(xml.as_bytes());
    }
}
