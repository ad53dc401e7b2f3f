//! What a person wants of their replica.
//!
//! Promise: an intent can be kept as a note and done again; whoever does it twice has done it once.

use budget::{RequestId, Timestamp};
use sync::{DocumentKey, Edit};

/// What a person wants, in terms that can be done again.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Intent {
    /// Write a document. An edit that begins it is left out where it was begun already.
    #[n(0)]
    Edit {
        #[n(0)]
        document: DocumentKey,
        #[n(1)]
        edits: Vec<Edit>,
        #[n(2)]
        at: Timestamp,
    },
    /// Write a comment.
    #[n(1)]
    Comment {
        #[n(0)]
        request: RequestId,
        #[n(1)]
        text: String,
        #[n(2)]
        at: Timestamp,
    },
    /// Hand a request in.
    #[n(2)]
    Submit {
        #[n(0)]
        request: RequestId,
        #[cbor(n(1), with = "minicbor::bytes")]
        id: [u8; 16],
        #[n(2)]
        at: Timestamp,
    },
    /// Take a request back.
    #[n(3)]
    Withdraw {
        #[n(0)]
        request: RequestId,
        #[cbor(n(1), with = "minicbor::bytes")]
        id: [u8; 16],
        #[n(2)]
        at: Timestamp,
    },
    /// Send a record that was signed by the page, such as a decision after its five seconds.
    #[n(4)]
    Record {
        #[n(0)]
        request: RequestId,
        #[cbor(n(1), with = "minicbor::bytes")]
        body: Vec<u8>,
        #[cbor(n(2), with = "minicbor::bytes")]
        signature: Vec<u8>,
    },
    /// Forget refused work.
    #[n(5)]
    Dismiss {
        #[n(0)]
        request: RequestId,
        #[n(1)]
        order: u64,
    },
}

impl Intent {
    /// The request that it is about, if it is one.
    pub(crate) const fn request(&self) -> Option<RequestId> {
        match self {
            Self::Edit { document, .. } => document.request(),
            Self::Comment { request, .. }
            | Self::Submit { request, .. }
            | Self::Withdraw { request, .. }
            | Self::Record { request, .. }
            | Self::Dismiss { request, .. } => Some(*request),
        }
    }
}
