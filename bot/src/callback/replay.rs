//! What was signed before, and with which body: recognises a repeat within the window that timestamps leave open.
//!
//! Pure; time is an argument. It is bounded: when it is full, the oldest is forgotten, and a repeat of that is decided
//! again with the same outcome, because decisions are idempotent. The guard makes repeats cheap and swaps visible; it is
//! not what keeps a decision single.

use super::{CallbackReply, WINDOW};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};

/// As many as come in a busy window.
const MOST: usize = 20_000;

/// What the guard knows of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Never seen.
    Fresh,
    /// Seen with the same body; the answer, if it has been given already.
    Again(Option<CallbackReply>),
    /// Seen with another body.
    OtherBody,
}

/// The memory of signatures.
#[derive(Debug, Default)]
pub struct ReplayGuard {
    known: HashMap<String, Known>,
    order: VecDeque<(u64, String)>,
}

#[derive(Debug)]
struct Known {
    body: [u8; 32],
    reply: Option<CallbackReply>,
}

impl ReplayGuard {
    /// Looks a signature up and remembers it.
    pub fn meet(&mut self, now: u64, signature: &str, body: &[u8]) -> Seen {
        self.forget(now);
        let body: [u8; 32] = Sha256::digest(body).into();
        if let Some(known) = self.known.get(signature) {
            return if known.body == body { Seen::Again(known.reply.clone()) } else { Seen::OtherBody };
        }
        self.known.insert(signature.to_owned(), Known { body, reply: None });
        self.order.push_back((now, signature.to_owned()));
        Seen::Fresh
    }

    /// Keeps the answer for the next repeat.
    pub fn answered(&mut self, signature: &str, reply: &CallbackReply) {
        if let Some(known) = self.known.get_mut(signature) {
            known.reply = Some(reply.clone());
        }
    }

    /// A timestamp may lie a window behind us and a window before us, so two windows are remembered.
    fn forget(&mut self, now: u64) {
        let life = u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX).saturating_mul(2);
        while let Some((at, _)) = self.order.front()
            && (at.saturating_add(life) < now || self.order.len() >= MOST)
        {
            if let Some((_, signature)) = self.order.pop_front() {
                self.known.remove(&signature);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, ReplayGuard, Seen};
    use crate::callback::CallbackReply;

    #[test]
    fn a_repeat_gets_the_first_answer_and_a_swapped_body_is_seen() {
        let mut guard = ReplayGuard::default();
        assert_eq!(guard.meet(0, "s", b"a"), Seen::Fresh);
        assert_eq!(guard.meet(1, "s", b"a"), Seen::Again(None));
        let reply = CallbackReply::text("ok");
        guard.answered("s", &reply);
        assert_eq!(guard.meet(2, "s", b"a"), Seen::Again(Some(reply)));
        assert_eq!(guard.meet(3, "s", b"b"), Seen::OtherBody);
        assert_eq!(guard.meet(600_001, "s", b"b"), Seen::Fresh, "two windows later its timestamp is refused anyway");
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut guard = ReplayGuard::default();
        for number in 0..2 * MOST {
            guard.meet(5, &number.to_string(), b"");
        }
        assert!(guard.known.len() <= MOST && guard.order.len() <= MOST);
        assert_eq!(guard.meet(5, &(2 * MOST - 1).to_string(), b""), Seen::Again(None));
    }
}
