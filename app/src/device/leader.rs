//! Several tabs of one person: one of them leads and owns the socket, all hear of each other's changes.
//!
//! Promise: at most one tab at a time holds the lead; when it closes or crashes, the browser passes the lead on.

use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use super::js::{self, Listener};

/// Stands for the lead under `name` and calls `elected` once it is this tab's, for as long as the tab lives. Where the
/// browser has no locks (before Safari 15.4) every tab leads; the server's idempotence makes that only wasteful.
pub(crate) fn stand(name: &str, elected: impl FnOnce() + 'static) {
    let locks = web_sys::window().map_or(JsValue::UNDEFINED, |window| js::get(&window.navigator(), "locks"));
    if locks.is_undefined() {
        elected();
        return;
    }
    // The lock is held until this promise is settled, which is never: the browser releases it with the tab.
    let hold = Closure::once_into_js(move || {
        elected();
        JsValue::from(Promise::new(&mut |_, _| {}))
    });
    if js::call(&locks, "request", &[&name.into(), &hold]).is_err() {
        super::task::log("the browser refused a lock; this tab leads beside others");
        let _ = hold.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED);
    }
}

/// Calls `then` once nobody holds the lock `name`, which it lets go again. Where the browser has no locks that is now.
pub(crate) fn when_free(name: &str, then: impl FnOnce() + 'static) {
    let locks = web_sys::window().map_or(JsValue::UNDEFINED, |window| js::get(&window.navigator(), "locks"));
    if locks.is_undefined() {
        then();
        return;
    }
    let granted = Closure::once_into_js(then);
    if js::call(&locks, "request", &[&name.into(), &granted]).is_err() {
        super::task::log("the browser refused a lock");
    }
}

/// A channel of short texts between the tabs of this origin.
pub(crate) struct Channel {
    channel: Option<BroadcastChannel>,
    _listener: Option<Listener>,
}

impl Channel {
    /// Joins the channel `name`; `heard` is called with what other tabs say, never with our own words.
    pub(crate) fn join(name: &str, heard: impl Fn(String) + 'static) -> Self {
        let heard = Rc::new(heard);
        let channel = BroadcastChannel::new(name).ok();
        let listener = channel.as_ref().map(|channel| {
            Listener::new(channel, "message", move |event| {
                let said = event.dyn_into::<MessageEvent>().ok().and_then(|event| event.data().as_string());
                if let Some(said) = said {
                    heard(said);
                }
            })
        });
        Self { channel, _listener: listener }
    }

    /// Says something to the other tabs, such as the name of a document that changed.
    pub(crate) fn say(&self, word: &str) {
        if let Some(channel) = &self.channel {
            let _ = channel.post_message(&word.into());
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.close();
        }
    }
}
