//! A program beside the page, in a worker, that hears and says bytes.
//!
//! Promise: what is said before it listens is said when it does, in order. A program that dies is reported once, and
//! nothing more is heard of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, Worker};

use super::js::Listener;

/// What is heard of a program.
pub(crate) enum Heard {
    /// It said this.
    Bytes(Vec<u8>),
    /// It could not be loaded, or died.
    Stopped,
}

/// A running program; dropping it ends it.
pub(crate) struct Background {
    worker: Worker,
    listens: Rc<Cell<bool>>,
    early: Rc<RefCell<Vec<Uint8Array>>>,
    _listeners: [Listener; 2],
}

impl Background {
    /// Starts the program that the script at `loader` loads; `None` where the browser starts none.
    pub(crate) fn start(loader: &str, heard: impl Fn(Heard) + 'static) -> Option<Self> {
        let worker = Worker::new(loader).ok()?;
        let heard = Rc::new(heard);
        let (listens, early) = (Rc::new(Cell::new(false)), Rc::new(RefCell::new(Vec::new())));
        let message = Listener::new(&worker, "message", {
            let (worker, heard) = (worker.clone(), Rc::clone(&heard));
            let (listens, early) = (Rc::clone(&listens), Rc::clone(&early));
            move |event| {
                let Ok(event) = event.dyn_into::<MessageEvent>() else {
                    return;
                };
                match event.data().dyn_into::<Uint8Array>() {
                    Ok(bytes) => heard(Heard::Bytes(bytes.to_vec())),
                    Err(_) => {
                        listens.set(true);
                        for bytes in early.take() {
                            post(&worker, &bytes);
                        }
                    }
                }
            }
        });
        let died = Listener::new(&worker, "error", move |_| heard(Heard::Stopped));
        Some(Self { worker, listens, early, _listeners: [message, died] })
    }

    /// Says something to the program.
    pub(crate) fn say(&self, bytes: &[u8]) {
        let bytes = Uint8Array::from(bytes);
        if self.listens.get() {
            post(&self.worker, &bytes);
        } else {
            self.early.borrow_mut().push(bytes);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Bytes can always be copied.
fn post(worker: &Worker, bytes: &Uint8Array) {
    let _ = worker.post_message(bytes);
}
