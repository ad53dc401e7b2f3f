//! What can go wrong on purpose.

use super::Shared;
use super::socket::Down;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A kind of call to the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `accessToken`.
    Token,
    /// `connections/open`.
    Open,
    /// `createAndDeliver`.
    Create,
    /// `PUT card/instances`.
    Update,
}

impl Call {
    /// Its name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Open => "open",
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The next call of a kind gets this answer instead of its own.
    Answer {
        /// Which calls.
        call: Call,
        /// The status of the answer.
        status: u16,
        /// The vendor's code in it; none makes it an HTML page.
        #[serde(default)]
        code: Option<String>,
        /// Whether the call takes effect all the same: the answer is lost, not the deed.
        #[serde(default)]
        after_commit: bool,
    },
    /// The next call of a kind takes effect, but its answer takes this long.
    Hold {
        /// Which calls.
        call: Call,
        /// How long.
        milliseconds: u64,
    },
    /// Cards no longer reach this user.
    RefuseDelivery {
        /// The user.
        user: String,
    },
    /// Every access token given so far is refused from now on.
    ExpireTokens,
    /// Tickets from now on hold characters that must be encoded in a URL.
    AwkwardTickets,
    /// Every socket is asked to leave, is sent nothing more, and is closed ten seconds later.
    Disconnect,
    /// Every socket is closed at once, without a word.
    Cut,
    /// Every socket goes dead without being closed: nothing is read, nothing is sent.
    Mute,
    /// Every socket gets a `SYSTEM` ping; its echo is in the log.
    Ping,
    /// Every socket gets this text as a frame.
    Raw {
        /// The text, which need not be JSON.
        text: String,
    },
}

/// What an armed fault does to one call.
#[derive(Debug, Default)]
pub(super) struct CallFault {
    pub(super) answer: Option<(u16, Option<String>)>,
    pub(super) after_commit: bool,
    pub(super) hold: Duration,
}

/// Arms a fault, or does at once what needs no call.
pub(super) fn arm(shared: &Shared, fault: Fault) {
    let mut world = shared.world();
    match fault {
        Fault::Answer { .. } | Fault::Hold { .. } => world.faults.push(fault),
        Fault::RefuseDelivery { user } => {
            world.unreachable.insert(user);
        }
        Fault::ExpireTokens => world.tokens.clear(),
        Fault::AwkwardTickets => world.awkward_tickets = true,
        Fault::Disconnect => world.send_all(&Down::Disconnect),
        Fault::Cut => world.send_all(&Down::Cut),
        Fault::Mute => world.send_all(&Down::Mute),
        Fault::Ping => {
            let frame = world.system_frame("ping", &serde_json::json!({"opaque": "suanpan"}));
            world.send_all(&Down::Text(frame));
        }
        Fault::Raw { text } => world.send_all(&Down::Text(text)),
    }
}

/// Takes the first fault that is armed for a call.
pub(super) fn take(shared: &Shared, call: Call) -> CallFault {
    let mut world = shared.world();
    let armed = world.faults.iter().position(
        |fault| matches!(fault, Fault::Answer { call: on, .. } | Fault::Hold { call: on, .. } if *on == call),
    );
    match armed.map(|position| world.faults.remove(position)) {
        Some(Fault::Answer { status, code, after_commit, .. }) => {
            CallFault { answer: Some((status, code)), after_commit, hold: Duration::ZERO }
        }
        Some(Fault::Hold { milliseconds, .. }) => {
            CallFault { hold: Duration::from_millis(milliseconds), ..CallFault::default() }
        }
        _ => CallFault::default(),
    }
}
