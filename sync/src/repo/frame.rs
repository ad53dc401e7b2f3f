//! Frames: CBOR maps, one in each binary message of the socket.
//!
//! Promise: reading takes time and memory that grow with the bytes alone, and never panics. What is not known is passed
//! over, as the protocol asks: its later versions add kinds of frames and entries.

use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder};

use crate::wire::LARGEST_FRAME;

/// The version of the protocol.
pub const PROTOCOL_VERSION: &str = "1";
/// Longest name of a peer or a document, in bytes.
pub const MOST_NAME: usize = 256;
/// Most entries of a frame, and most versions that a peer may list.
const MOST_ENTRIES: u64 = 32;

/// Which document a frame is about, and who speaks to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The document's name ([`super::document`]).
    pub document: String,
    /// Who speaks.
    pub sender: String,
    /// To whom.
    pub target: String,
}

/// One change that was not admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedChange {
    /// Its name.
    pub hash: [u8; 32],
    /// A stable code of [`crate::view::codes`].
    pub code: String,
}

/// What either side says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A peer's first frame.
    Join {
        /// Its name, new for each of its runs.
        sender: String,
        /// Whether it speaks [`PROTOCOL_VERSION`].
        is_understood: bool,
    },
    /// Our first frame.
    Peer {
        /// Our name.
        sender: String,
        /// The peer's.
        target: String,
    },
    /// A sync message of a peer that has nothing of the document yet.
    Request(Subject, Vec<u8>),
    /// A sync message.
    Sync(Subject, Vec<u8>),
    /// The sender has no such document, or none that the other may read.
    Unavailable(Subject),
    /// Changes that were not admitted, by name: `x-suanpan-refused`, which stock peers pass over.
    Refused(Subject, Vec<RefusedChange>),
    /// The connection ends, and why: a stable code.
    Error(String),
    /// The peer goes.
    Leave,
    /// Of no concern to a relay: what peers only tell each other, and kinds of later versions.
    Other,
}

/// What a frame may hold, as it is read.
#[derive(Default)]
struct Entries {
    kind: String,
    sender: String,
    target: String,
    document: String,
    message: String,
    is_understood: bool,
    data: Vec<u8>,
    refused: Vec<RefusedChange>,
}

impl Frame {
    /// The frame in these bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > LARGEST_FRAME {
            return Err(Error::message("the frame is too large"));
        }
        let entries = Entries::read(&mut Decoder::new(bytes))?;
        let subject = Subject { document: entries.document, sender: entries.sender, target: entries.target };
        Ok(match entries.kind.as_str() {
            "join" => Self::Join { sender: subject.sender, is_understood: entries.is_understood },
            "peer" => Self::Peer { sender: subject.sender, target: subject.target },
            "request" => Self::Request(subject, entries.data),
            "sync" => Self::Sync(subject, entries.data),
            "doc-unavailable" => Self::Unavailable(subject),
            "x-suanpan-refused" => Self::Refused(subject, entries.refused),
            "error" => Self::Error(entries.message),
            "leave" => Self::Leave,
            _ => Self::Other,
        })
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        // Encoding into memory cannot fail.
        let _ = self.write(&mut encoder);
        encoder.into_writer()
    }

    fn write(&self, e: &mut Encoder<Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        match self {
            Self::Join { sender, is_understood } => {
                e.map(4)?.str("type")?.str("join")?.str("senderId")?.str(sender)?.str("peerMetadata")?.map(0)?;
                e.str("supportedProtocolVersions")?.array(u64::from(*is_understood))?;
                if *is_understood {
                    e.str(PROTOCOL_VERSION)?;
                }
            }
            Self::Peer { sender, target } => {
                e.map(5)?.str("type")?.str("peer")?.str("senderId")?.str(sender)?.str("targetId")?.str(target)?;
                e.str("selectedProtocolVersion")?.str(PROTOCOL_VERSION)?;
                // Nothing is kept of a connection that is gone, so that a restored backup is no surprise.
                e.str("peerMetadata")?.map(1)?.str("isEphemeral")?.bool(true)?;
            }
            Self::Request(subject, data) => {
                subject.write(e, "request", 1)?;
                e.str("data")?.bytes(data)?;
            }
            Self::Sync(subject, data) => {
                subject.write(e, "sync", 1)?;
                e.str("data")?.bytes(data)?;
            }
            Self::Unavailable(subject) => subject.write(e, "doc-unavailable", 0)?,
            Self::Refused(subject, refused) => {
                subject.write(e, "x-suanpan-refused", 1)?;
                e.str("changes")?.array(refused.len() as u64)?;
                for change in refused {
                    e.map(2)?.str("hash")?.str(&hex::encode(change.hash))?.str("code")?.str(&change.code)?;
                }
            }
            Self::Error(message) => {
                e.map(2)?.str("type")?.str("error")?.str("message")?.str(message)?;
            }
            Self::Leave => {
                e.map(1)?.str("type")?.str("leave")?;
            }
            Self::Other => {
                e.map(0)?;
            }
        }
        Ok(())
    }
}

impl Subject {
    /// Who answers is who was spoken to.
    #[must_use]
    pub fn back(self) -> Self {
        Self { document: self.document, sender: self.target, target: self.sender }
    }

    fn write(
        &self,
        e: &mut Encoder<Vec<u8>>,
        kind: &str,
        more: u64,
    ) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.map(4 + more)?.str("type")?.str(kind)?.str("documentId")?.str(&self.document)?;
        e.str("senderId")?.str(&self.sender)?.str("targetId")?.str(&self.target)?;
        Ok(())
    }
}

impl Entries {
    fn read(d: &mut Decoder<'_>) -> Result<Self, Error> {
        let mut entries = Self::default();
        each_entry(d, MOST_ENTRIES, |d, key| {
            match key {
                "type" => entries.kind = name(d)?,
                "senderId" => entries.sender = name(d)?,
                "targetId" => entries.target = name(d)?,
                "documentId" => entries.document = name(d)?,
                "message" => entries.message = name(d)?,
                "supportedProtocolVersions" => entries.is_understood = lists_our_version(d)?,
                "data" => entries.data = data(d)?,
                "changes" => entries.refused = refused(d)?,
                _ => d.skip()?,
            }
            Ok(())
        })?;
        Ok(entries)
    }
}

/// Reads the entries of a map, whether it says beforehand how many they are or not.
fn each_entry<'b>(
    d: &mut Decoder<'b>,
    most: u64,
    mut entry: impl FnMut(&mut Decoder<'b>, &'b str) -> Result<(), Error>,
) -> Result<(), Error> {
    let said = d.map()?;
    if said.is_some_and(|count| count > most) {
        return Err(Error::message("too many entries"));
    }
    for _ in 0..said.unwrap_or(most) {
        if said.is_none() && d.datatype()? == Type::Break {
            return d.skip();
        }
        let key = d.str()?;
        entry(d, key)?;
    }
    match said {
        Some(_) => Ok(()),
        None if d.datatype()? == Type::Break => d.skip(),
        None => Err(Error::message("too many entries")),
    }
}

fn name(d: &mut Decoder<'_>) -> Result<String, Error> {
    let text = d.str()?;
    if text.len() > MOST_NAME { Err(Error::message("the name is too long")) } else { Ok(text.to_owned()) }
}

/// Bytes, also where an encoder marks them as an array of bytes (RFC 8746, tag 64).
fn data(d: &mut Decoder<'_>) -> Result<Vec<u8>, Error> {
    if d.datatype()? == Type::Tag && d.tag()?.as_u64() != 64 {
        return Err(Error::message("these are no bytes"));
    }
    Ok(d.bytes()?.to_vec())
}

fn lists_our_version(d: &mut Decoder<'_>) -> Result<bool, Error> {
    let count = d.array()?.filter(|count| *count <= MOST_ENTRIES);
    let count = count.ok_or_else(|| Error::message("too many versions"))?;
    let mut found = false;
    for _ in 0..count {
        found |= name(d)? == PROTOCOL_VERSION;
    }
    Ok(found)
}

fn refused(d: &mut Decoder<'_>) -> Result<Vec<RefusedChange>, Error> {
    let count = d.array()?.ok_or_else(|| Error::message("the list has no length"))?;
    let mut changes = Vec::new();
    for _ in 0..count {
        let mut change = RefusedChange { hash: [0; 32], code: String::new() };
        each_entry(d, MOST_ENTRIES, |d, key| match key {
            "hash" => hex::decode_to_slice(d.str()?, &mut change.hash).map_err(|_| Error::message("this is no hash")),
            "code" => {
                change.code = name(d)?;
                Ok(())
            }
            _ => d.skip(),
        })?;
        changes.push(change);
    }
    Ok(changes)
}
