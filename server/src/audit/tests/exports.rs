//! What an export proves, to the byte.

use base64::Engine;

use super::*;
use crate::authority::journal::{checkpoint, merkle, proof};

/// Any byte of the file, changed one at a time: the entry on whose line it stands is the one that is named.
#[test]
fn s17_any_byte_of_an_export_is_found() {
    let (file, _) = exported(&Bench::new());
    let seed = u64::from_be_bytes(crate::random::bytes().unwrap());
    println!("seed {seed}");
    let mut random = seed;
    for _ in 0..300 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(random >> 33).unwrap() % file.len();
        let mut changed = file.clone().into_bytes();
        changed[at] ^= 1 << (random >> 20 & 7);
        let line = u64::try_from(file.as_bytes()[..at].split(|byte| *byte == b'\n').count() - 1).unwrap();
        let error = verify(changed.as_slice(), None).expect_err("the file holds");
        let named = match error {
            VerifyError::NoHeader | VerifyError::Checkpoint(_) => 0,
            VerifyError::Malformed(entry)
            | VerifyError::Changed(entry)
            | VerifyError::Root(entry)
            | VerifyError::Proof(entry) => entry,
            VerifyError::Gap { expected, .. } => expected,
            // No text any more: the line is not named, but nothing is believed.
            VerifyError::Read(_) => line,
            // The end of the last line.
            other => panic!("byte {at}: {other}"),
        };
        assert_eq!(named, line, "byte {at}");
    }
}

#[test]
fn s17_one_line_of_an_export_proves_itself() {
    let (file, _) = exported(&company());
    let mut lines = file.lines();
    let header: Header = serde_json::from_str(lines.next().unwrap()).unwrap();
    let head = checkpoint::open(&header.checkpoint, &checkpoint::parse_verifier(&header.key).unwrap()).unwrap();
    let line: Line = serde_json::from_str(lines.nth(6).unwrap()).unwrap();
    let body = base64::engine::general_purpose::STANDARD.decode(&line.body).unwrap();
    let path: Vec<merkle::Hash> =
        line.proof.iter().map(|hash| hex::decode(hash).unwrap().try_into().unwrap()).collect();
    let included = |body: &[u8], index| proof::includes(&merkle::leaf_hash(body), index, head.size, &path, &head.root);
    assert!(included(&body, line.sequence - 1));
    assert!(!included(&body, line.sequence), "in no other place");
    assert!(!included(&body[1..], line.sequence - 1), "and with no other content");
}
