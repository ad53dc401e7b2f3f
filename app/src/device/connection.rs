//! Hints that it may be a good moment to talk to the server.
//!
//! They are hints only. `navigator.onLine` is true on a network with no way out and after a reload by the service
//! worker, so nobody is told "online" because of it: only an answer from the server says that.

use std::rc::Rc;

use super::js::Listener;

/// The listeners; hints come for as long as this value lives.
pub(crate) struct Hints {
    _listeners: Vec<Listener>,
}

/// Calls `hint` when the network may be back or a person looks at the page again.
pub(crate) fn hints(hint: impl Fn() + 'static) -> Hints {
    let hint = Rc::new(hint);
    let mut listeners = Vec::new();
    if let Some(window) = web_sys::window() {
        for kind in ["online", "pageshow", "focus"] {
            let hint = Rc::clone(&hint);
            listeners.push(Listener::new(&window, kind, move |_| hint()));
        }
        if let Some(document) = window.document() {
            listeners.push(Listener::new(&document, "visibilitychange", move |_| {
                if visible() {
                    hint();
                }
            }));
        }
    }
    Hints { _listeners: listeners }
}

/// Calls `leave` when the page is hidden or closed: the last moment to save a form.
pub(crate) fn leaving(leave: impl Fn() + 'static) -> Hints {
    let leave = Rc::new(leave);
    let mut listeners = Vec::new();
    if let Some(window) = web_sys::window() {
        let gone = Rc::clone(&leave);
        listeners.push(Listener::new(&window, "pagehide", move |_| gone()));
        if let Some(document) = window.document() {
            listeners.push(Listener::new(&document, "visibilitychange", move |_| {
                if !visible() {
                    leave();
                }
            }));
        }
    }
    Hints { _listeners: listeners }
}

/// Whether somebody can see the page.
pub(crate) fn visible() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_none_or(|document| !document.hidden())
}
