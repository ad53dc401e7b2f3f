//! The wire: frames between a device and the relay, CBOR over a binary WebSocket.
//!
//! The relay ships its log against one cursor, not a conversation per document. Everything is
//! idempotent by hash, so a lost frame is sent again and a doubled one changes nothing; neither side
//! keeps state for a connection that is gone.
//!
//! ```text
//! device                         relay
//! Hello{token, epoch, cursor} ─▶
//!                              ◀─ Welcome{epoch, now, live}   all that a device gets that missed nothing
//!                              ◀─ Batch{items, cursor} …  View{…} …  Live{cursor}
//! Push{items}                 ─▶
//!                              ◀─ Ack{positions}   only after the commit
//!                              ◀─ Refused{code, heads}
//! ```

mod audit;
mod part;

use budget::{DeviceId, Timestamp};

pub use audit::{Audited, Listed};
pub use part::ViewPart;

use crate::DocumentKey;
use crate::record::{Head, SignedRecord};

/// The WebSocket subprotocol.
pub const PROTOCOL: &str = "suanpan-sync.1";

/// Largest frame in bytes, both ways.
pub const LARGEST_FRAME: usize = 1 << 20;

/// Most items in one push.
pub const MOST_ITEMS: usize = 256;

/// What a device says.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum ClientFrame {
    /// The first frame.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// New changes and records.
    #[n(1)]
    Push(#[n(0)] Push),
    /// The whole of one document, to repair a doubt.
    #[n(2)]
    Want(#[n(0)] DocumentKey),
    /// Are you there?
    #[n(3)]
    Ping(#[n(0)] u64),
    /// Do we have the same? The root of the device's inventory ([`crate::inventory::root`]); asked
    /// about once a day, when the device believes to have everything.
    #[n(4)]
    Audit(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
}

/// Who is calling and what they have.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Hello {
    /// The access token; empty when it came with the request for the connection ([`TOKEN`]).
    #[cbor(n(0), skip_if = "String::is_empty")]
    pub token: String,
    /// The epoch of the cursor; empty at the first time.
    #[cbor(n(1), with = "minicbor::bytes", skip_if = "Vec::is_empty")]
    pub epoch: Vec<u8>,
    /// The position up to which the device has everything that it may read.
    #[n(2)]
    pub cursor: u64,
    /// The views that the device has, so that equal ones are not sent again: for each its number
    /// ([`view_number`]) and the four bytes of its mark.
    #[cbor(n(3), with = "minicbor::bytes", skip_if = "Vec::is_empty")]
    pub views: Vec<u8>,
}

/// The beginning of a second WebSocket subprotocol that a device may offer: the access token follows.
/// It is never selected. So the first frame of a device that comes back is small, and no token stands
/// in an address.
pub const TOKEN: &str = "suanpan-token.";

/// How a view is named in a greeting; `None` for views that are always sent.
pub fn view_number(name: &str) -> Option<u8> {
    match name {
        crate::view::COMPANY => Some(1),
        crate::view::BUDGET => Some(2),
        crate::view::FINGERPRINTS => Some(3),
        _ => None,
    }
}

/// New work, in the order in which it was done.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Push {
    /// The device's number for it, for the answer.
    #[n(0)]
    pub id: u64,
    /// The work.
    #[n(1)]
    pub items: Vec<PushItem>,
}

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum PushItem {
    /// A change of a document.
    #[n(0)]
    Change(#[n(0)] SignedChange),
    /// A record.
    #[n(1)]
    Record(#[n(0)] SignedRecord),
}

impl PushItem {
    /// What names it in answers: the hash of the change or of the record's body.
    pub fn hash(&self) -> [u8; 32] {
        match self {
            Self::Change(change) => change.hash,
            Self::Record(record) => record.hash(),
        }
    }
}

/// A change with its device's signature, or the relay's for a device that cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct SignedChange {
    /// The document.
    #[n(0)]
    pub document: DocumentKey,
    /// The change's hash; the relay computes it again.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// The change.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// Who signed, or on whose session it came.
    #[n(3)]
    pub device: DeviceId,
    /// The device's over [`crate::signature::change_message`], or the relay's over
    /// [`crate::signature::vouch_message`].
    #[cbor(n(4), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

/// What the relay says.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum ServerFrame {
    /// The first frame.
    #[n(0)]
    Welcome(#[n(0)] Welcome),
    /// A piece of the log.
    #[n(1)]
    Batch(#[n(0)] Batch),
    /// You have everything up to here.
    #[n(2)]
    Live(#[n(0)] u64),
    /// This work is durable.
    #[n(3)]
    Ack(#[n(0)] Ack),
    /// This work is not admitted.
    #[n(4)]
    Refused(#[n(0)] Refused),
    /// What the authority tells this person.
    #[n(5)]
    View(#[n(0)] ViewFrame),
    /// The connection ends, and why: a stable code.
    #[n(6)]
    Closing(#[n(0)] String),
    /// I am here.
    #[n(7)]
    Pong(#[n(0)] u64),
    /// A piece of a view that is larger than a frame.
    #[n(8)]
    ViewPart(#[n(0)] ViewPart),
    /// The answer to an audit.
    #[n(9)]
    Audited(#[n(0)] Audited),
}

/// The relay's side of the greeting.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Welcome {
    /// The epoch of the log. Another one than the device's means that the log was restored from a
    /// backup: the device starts from position 0 and offers what it has again.
    /// Empty when it is the device's own.
    #[cbor(n(0), with = "minicbor::bytes", skip_if = "Vec::is_empty")]
    pub epoch: Vec<u8>,
    /// The authority's clock.
    #[n(1)]
    pub now: Timestamp,
    /// The device has everything up to here: nothing follows but what will be new.
    #[n(2)]
    pub live: Option<u64>,
}

/// A piece of the log, in order of position.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Batch {
    /// What is new.
    #[n(0)]
    pub items: Vec<Item>,
    /// Up to where this is complete.
    #[n(1)]
    pub cursor: u64,
}

/// One thing that is new.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Item {
    /// Changes of a document.
    #[n(0)]
    Changes {
        /// The document.
        #[n(0)]
        document: DocumentKey,
        /// In causal order.
        #[n(1)]
        changes: Vec<SignedChange>,
    },
    /// How a request stands: JSON of [`crate::view::RequestView`].
    #[n(1)]
    Status {
        /// The request.
        #[n(0)]
        request: budget::RequestId,
        /// The JSON.
        #[cbor(n(1), with = "minicbor::bytes")]
        json: Vec<u8>,
    },
    /// The person may no longer read this; the device forgets it.
    #[n(2)]
    Gone {
        /// The document.
        #[n(0)]
        document: DocumentKey,
    },
}

/// What is durable now.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Ack {
    /// The push.
    #[n(0)]
    pub push: u64,
    /// The hashes of what was admitted.
    #[n(1)]
    pub admitted: Vec<Head>,
}

/// What is not admitted, and why.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Refused {
    /// The push.
    #[n(0)]
    pub push: u64,
    /// The hash of the change or record.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// A stable code, see [`crate::view::codes`].
    #[n(2)]
    pub code: String,
    /// What people need to know beside the code: JSON of [`crate::view::RefusalDetail`], or empty.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub detail: Vec<u8>,
    /// For a change: the heads that the relay has accepted.
    #[n(4)]
    pub accepted: Vec<Head>,
}

/// One view.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct ViewFrame {
    /// Its name, see [`crate::view`].
    #[n(0)]
    pub name: String,
    /// When the authority computed it.
    #[n(1)]
    pub as_of: Timestamp,
    /// Its JSON.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub json: Vec<u8>,
    /// The server's Ed25519 signature over name, as-of time and JSON ([`view_message`]).
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
    /// What the relay knows this content by, whatever its as-of time; the device says it when it
    /// comes back. Of four billion changes one goes unseen until the next.
    #[cbor(n(4), with = "minicbor::bytes", skip_if = "Vec::is_empty")]
    pub mark: Vec<u8>,
}

/// What the server signs for a view.
pub fn view_message(name: &str, as_of: Timestamp, json: &[u8]) -> Vec<u8> {
    let mut message = b"suanpan-view-1\0".to_vec();
    message.extend_from_slice(name.as_bytes());
    message.push(0);
    message.extend_from_slice(&as_of.0.to_be_bytes());
    message.extend_from_slice(json);
    message
}

/// The bytes of a frame.
pub fn encode<T: minicbor::Encode<()>>(frame: &T) -> Vec<u8> {
    // Encoding into memory cannot fail.
    minicbor::to_vec(frame).unwrap_or_default()
}

/// The frame in these bytes; never more than [`LARGEST_FRAME`].
pub fn decode<'a, T: minicbor::Decode<'a, ()>>(bytes: &'a [u8]) -> Result<T, minicbor::decode::Error> {
    if bytes.len() > LARGEST_FRAME {
        return Err(minicbor::decode::Error::message("the frame is too large"));
    }
    minicbor::decode(bytes)
}
