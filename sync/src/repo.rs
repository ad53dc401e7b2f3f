//! What stock automerge-repo peers speak: the second door's protocol, without its socket.
//!
//! Promise: nothing that a peer sends reaches the merge engine before the gate has admitted it; what a peer is sent was
//! admitted, and its person may read it; and a change that was refused is answered once, after which both sides are
//! quiet, although the peer keeps it.
//!
//! ```text
//! frame (CBOR) ─▶ Frame ─▶ Conversation::hear ─▶ Offer ─▶ the gate, change by change
//!                                                               │
//! frame (CBOR) ◀─ Frame ◀─ Conversation::answer ◀───────────────┘ with what was refused
//! ```
//!
//! The protocol is version 1 of automerge-repo's network protocol (CBOR maps in binary WebSocket messages) around
//! Automerge's sync messages. Both are read with bounds of their own, since the engine trusts what it reads: a Bloom
//! filter of twelve bytes may ask for sixteen gigabytes. We never say that we understand the messages of version 2, which
//! hold whole documents, so a peer sends its changes one by one, as the gate wants them.
//!
//! A peer of this protocol cannot be made to forget a change. So a conversation remembers which were refused, and reads
//! the peer's heads as if they were not there: else each side would offer the other what it lacks, without end.

mod conversation;
mod frame;
mod message;
mod name;
#[cfg(test)]
mod tests;

pub use conversation::{Conversation, Offer, Unreadable};
pub use frame::{Frame, MOST_NAME, PROTOCOL_VERSION, RefusedChange, Subject};
pub use name::{document, url_name};
