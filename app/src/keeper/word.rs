//! What the page and the keeper say to each other: CBOR, one message a post.
//!
//! Promise: intents are numbered by the page and done in their order; each is told to be done, and told again once it
//! is on the disk. Only then does the page forget it.

use budget::{DeviceId, PersonId};
use sync::Shown;
use sync::wire::ViewFrame;

use super::intent::Intent;

/// What the page says. Frames belong to a connection by its number, so that words of an old one are not sent on a new.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Ask {
    /// Open what this device has of a person; always the first message.
    #[n(0)]
    Open {
        /// The name of the key that signs.
        #[n(0)]
        login: String,
        #[n(1)]
        device: DeviceId,
        #[n(2)]
        person: PersonId,
    },
    /// Do this.
    #[n(1)]
    Do {
        #[n(0)]
        number: u64,
        #[n(1)]
        intent: Intent,
    },
    /// A connection stands: greet the relay.
    #[n(2)]
    Greet {
        #[n(0)]
        connection: u64,
        #[n(1)]
        token: String,
    },
    /// The relay said this.
    #[n(3)]
    Frame {
        #[n(0)]
        connection: u64,
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    /// The device's own work may go out.
    #[n(4)]
    Push {
        #[n(0)]
        connection: u64,
    },
    /// Ask the relay for a sign of life.
    #[n(5)]
    Ping {
        #[n(0)]
        connection: u64,
        #[n(1)]
        number: u64,
    },
    /// The connection is gone.
    #[n(6)]
    Lost,
}

/// What the keeper says.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Tell {
    /// Everything that this device has; what is not among it is gone.
    #[n(0)]
    Opened {
        #[n(0)]
        requests: Vec<Shown>,
    },
    /// These requests are as follows; every intent up to this number is in them.
    #[n(1)]
    Requests {
        #[n(0)]
        done: u64,
        #[n(1)]
        requests: Vec<Shown>,
    },
    /// Every intent up to this number was done, and did what the page showed at once.
    #[n(2)]
    Done(#[n(0)] u64),
    /// What an intent did is on the disk.
    #[n(3)]
    Kept(#[n(0)] u64),
    /// A view was told anew.
    #[n(4)]
    View(#[n(0)] ViewFrame),
    /// The device does not take what is to be kept, with a stable code; empty when it does again.
    #[n(5)]
    Trouble(#[n(0)] String),
    /// Send this.
    #[n(6)]
    Send {
        #[n(0)]
        connection: u64,
        #[cbor(n(1), with = "minicbor::bytes")]
        frame: Vec<u8>,
    },
    /// The relay's frame was understood and applied.
    #[n(7)]
    Heard {
        #[n(0)]
        connection: u64,
        /// The device has everything that it may read.
        #[n(1)]
        up_to_date: bool,
        /// Work came back.
        #[n(2)]
        refused: bool,
        /// The relay ends the connection, with a stable code.
        #[n(3)]
        closing: Option<String>,
    },
    /// The relay said something that is not understood.
    #[n(8)]
    Malformed {
        #[n(0)]
        connection: u64,
    },
    /// What this device has cannot be read, with a stable code.
    #[n(9)]
    Failed(#[n(0)] String),
    /// Another tab's work was taken over, and may go out.
    #[n(10)]
    Adopted,
    /// Something has reached the disk.
    #[n(11)]
    Written,
}
