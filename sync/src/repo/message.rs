//! Sync messages, read with bounds.
//!
//! Promise: what comes out can be given to the merge engine, except for the changes, which are set apart for the gate.
//! Automerge's own reader is not used on bytes from outside: it takes the size of a Bloom filter's answer from the filter.
//!
//! The format is Automerge's: type, heads, what is needed, what is had (heads at the last meeting and a Bloom filter of what
//! came after), changes, and flags that older readers pass over.

use automerge::ChangeHash;
use automerge::sync::{BloomFilter, ChunkList, Have, Message, MessageFlags, MessageVersion};

use crate::gate::bounds::Reader;

/// The first byte of a message whose changes stand one by one.
const ONE_BY_ONE: u8 = 0x42;
/// The first byte of a message that may hold a whole document. Peers send it to those who say that they understand it.
const TOGETHER: u8 = 0x43;
/// Most heads of a document, and most changes that are asked for at once.
const MOST_HASHES: u64 = 1_024;
/// Most summaries of what a peer has; stock peers send one.
const MOST_SUMMARIES: u64 = 4;
/// Most changes in a message, as many as a device may push in a minute.
pub(super) const MOST_CHANGES: u64 = 600;
/// A filter has ten bits an entry and seven probes with stock peers.
const MOST_FILTERED: u64 = 1 << 16;
const MOST_BITS: u64 = 32;
const MOST_PROBES: u64 = 16;
/// Says that a byte of flags is one of several flags, and not an old single one.
const FLAGS: u8 = 0x80;

/// A message and its changes, apart.
pub(super) struct Parsed {
    /// Everything but the changes.
    pub(super) message: Message,
    /// The changes, unchecked.
    pub(super) changes: Vec<Vec<u8>>,
}

/// Reads a message; `None` when it breaks the format or a bound.
pub(super) fn parse(bytes: &[u8]) -> Option<Parsed> {
    let mut reader = Reader(bytes);
    let kind = reader.byte()?;
    let heads = hashes(&mut reader)?;
    let need = hashes(&mut reader)?;
    let mut have = Vec::new();
    for _ in 0..count(&mut reader, MOST_SUMMARIES)? {
        let last_sync = hashes(&mut reader)?;
        let length = reader.unsigned()?;
        have.push(Have { last_sync, bloom: filter(reader.take(length)?)? });
    }
    let mut changes = Vec::new();
    for _ in 0..count(&mut reader, MOST_CHANGES)? {
        let length = reader.unsigned()?;
        changes.push(reader.take(length)?.to_vec());
    }
    if kind != ONE_BY_ONE && (kind != TOGETHER || !changes.is_empty()) {
        return None;
    }
    let flags = if reader.0.is_empty() { None } else { Some(flags(&mut reader)?) };
    let version = MessageVersion::V1;
    Some(Parsed { message: Message { heads, need, have, changes: ChunkList::empty(), flags, version }, changes })
}

fn count(reader: &mut Reader<'_>, most: u64) -> Option<u64> {
    reader.unsigned().filter(|count| *count <= most)
}

fn hashes(reader: &mut Reader<'_>) -> Option<Vec<ChangeHash>> {
    let mut hashes = Vec::new();
    for _ in 0..count(reader, MOST_HASHES)? {
        hashes.push(ChangeHash(reader.take(32)?.try_into().ok()?));
    }
    Some(hashes)
}

/// A filter that answers within bounds: its numbers are what an honest one could say, and its bits are there.
fn filter(bytes: &[u8]) -> Option<BloomFilter> {
    if !bytes.is_empty() {
        let mut reader = Reader(bytes);
        let entries = count(&mut reader, MOST_FILTERED)?;
        let bits = count(&mut reader, MOST_BITS)?;
        let probes = count(&mut reader, MOST_PROBES)?;
        if entries == 0 || bits == 0 || probes == 0 || reader.0.len() as u64 != (entries * bits).div_ceil(8) {
            return None;
        }
    }
    BloomFilter::try_from(bytes).ok()
}

/// The flags that the engine looks at. That there are flags would also say that the peer understands whole documents.
fn flags(reader: &mut Reader<'_>) -> Option<MessageFlags> {
    let length = reader.unsigned()?;
    let said = reader.take(length)?.iter().filter(|byte| *byte & FLAGS != 0).fold(0, |all, byte| all | byte);
    let mut flags = MessageFlags::new();
    flags.set(said & (MessageFlags::SYNC_RESET | MessageFlags::READ_ONLY));
    Some(flags)
}
