//! Actors: under which name a device writes in a document.
//!
//! Promise: an actor names its device, and its numbers are used once. Half of it is the device's id,
//! so that the gate can tell without a table whose it is; the other half is random for each document
//! and session, so that nothing is numbered twice after a restart, a restore or a refusal.
//!
//! Stock Automerge programs choose an actor of their own. The relay vouches for such a change, and lends its actor to
//! the device that used it first in that document ([`crate::signature::vouch_message`]).

use budget::DeviceId;

/// The first eight bytes of every actor of this device.
pub fn actor_prefix(device: DeviceId) -> [u8; 8] {
    let mut prefix = [0; 8];
    for (to, from) in prefix.iter_mut().zip(device.bytes()) {
        *to = from;
    }
    prefix
}

/// A new actor of this device.
pub fn new_actor(device: DeviceId, random: [u8; 8]) -> [u8; 16] {
    let mut actor = [0; 16];
    for (to, from) in actor.iter_mut().zip(actor_prefix(device).into_iter().chain(random)) {
        *to = from;
    }
    actor
}

/// Whether an actor belongs to a device.
pub fn is_actor_of(actor: &[u8], device: DeviceId) -> bool {
    actor.len() == 16 && actor.starts_with(&actor_prefix(device))
}
