//! The relay's frames: the page has the socket, the keeper understands what is said on it.

use std::rc::Rc;

use sync::replica::Event;
use sync::wire::{self, ClientFrame, ServerFrame};

use super::program::{Keeper, tell};
use super::word::Tell;
use crate::device::task;

fn send(connection: u64, frame: &ClientFrame) {
    tell(&[Tell::Send { connection, frame: wire::encode(frame) }]);
}

impl Keeper {
    pub(super) fn greet(&self, connection: u64, token: &str) {
        send(connection, &self.held.borrow().replica.hello(token));
    }

    pub(super) fn ping(connection: u64, number: u64) {
        send(connection, &ClientFrame::Ping(number));
    }

    /// Sends the device's own work, as far as it may go out.
    pub(super) fn push(&self, connection: u64) {
        while let Some(frame) = self.held.borrow_mut().replica.next_push() {
            send(connection, &frame);
        }
    }

    pub(super) fn receive(self: &Rc<Self>, connection: u64, bytes: &[u8]) {
        let frame = match wire::decode::<ServerFrame>(bytes) {
            Ok(frame) => frame,
            Err(error) => {
                task::log(&format!("the server said something that is not understood: {error}"));
                return tell(&[Tell::Malformed { connection }]);
            }
        };
        let received = self.held.borrow_mut().replica.receive(frame);
        let requests = self.tell_events(&received.events);
        if !received.writes.is_empty() {
            task::spawn(self.keep(received.writes, &requests));
        }
        let (mut up_to_date, mut refused, mut closing) = (false, false, None);
        for event in received.events {
            match event {
                Event::UpToDate => up_to_date = true,
                Event::Refused(_) => refused = true,
                Event::Closing(code) => closing = Some(code),
                _ => {}
            }
        }
        tell(&[Tell::Heard { connection, up_to_date, refused, closing }]);
    }
}
