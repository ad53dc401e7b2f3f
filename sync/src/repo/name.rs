//! Names of documents as automerge-repo spells them.
//!
//! A `DocumentId` is base58 with a checksum (Bitcoin's Base58Check without a version byte) of sixteen bytes. Those of a
//! claim are its id, a UUID of version 7. Those of its thread are the same with version 8, which RFC 9562 leaves to
//! whoever uses it. So names can be made on a device that is offline, and read back without a table. A person's
//! preferences, and requests whose id is no UUID of version 7, have no name here.

use budget::RequestId;

use crate::DocumentKey;

/// Where a UUID says its version: the high half of this byte.
const VERSION: usize = 6;
const CLAIM: u8 = 0x70;
const THREAD: u8 = 0x80;

/// The document of this name; `None` when it is no name of ours.
pub fn document(name: &str) -> Option<DocumentKey> {
    let mut bytes = [0; 20];
    let length = bs58::decode(name).with_check(None).onto(&mut bytes).ok()?;
    let bytes: [u8; 16] = bytes.get(..length)?.try_into().ok()?;
    match bytes.get(VERSION)? & 0xf0 {
        CLAIM => Some(DocumentKey::Claim(RequestId(bytes))),
        THREAD => Some(DocumentKey::Thread(RequestId(versioned(bytes, CLAIM)))),
        _ => None,
    }
}

/// The `DocumentId` of a document, which follows `automerge:` in its URL; `None` for those that have none.
pub fn url_name(key: &DocumentKey) -> Option<String> {
    let id = key.request()?.bytes();
    if id.get(VERSION)? & 0xf0 != CLAIM {
        return None;
    }
    let bytes = if matches!(key, DocumentKey::Thread(_)) { versioned(id, THREAD) } else { id };
    Some(bs58::encode(bytes).with_check().into_string())
}

fn versioned(mut bytes: [u8; 16], version: u8) -> [u8; 16] {
    if let Some(byte) = bytes.get_mut(VERSION) {
        *byte = version | (*byte & 0x0f);
    }
    bytes
}
