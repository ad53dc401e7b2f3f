//! Where the app is: the browser's address and history.
//!
//! Promise: a link to another place of the app changes the address without loading the page again; links elsewhere,
//! new tabs and downloads stay the browser's.

use std::cell::RefCell;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, MouseEvent};

use super::js::Listener;

thread_local! {
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

/// The path of the address.
pub(crate) fn path() -> String {
    let location = web_sys::window().map(|window| window.location());
    location.and_then(|location| location.pathname().ok()).unwrap_or_else(|| String::from("/"))
}

/// What follows the path: empty, or from the question mark on.
pub(crate) fn query() -> String {
    let location = web_sys::window().map(|window| window.location());
    location.and_then(|location| location.search().ok()).unwrap_or_default()
}

/// Goes to a path; as a step of its own in the history, or in the place of the present one.
pub(crate) fn go(path: &str, replace: bool) {
    let Some(window) = web_sys::window() else { return };
    let Ok(history) = window.history() else { return };
    // It fails only where a page changes its address a hundred times in ten seconds.
    let _ = if replace {
        history.replace_state_with_url(&JsValue::NULL, "", Some(path))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(path))
    };
    if !replace {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Calls `moved` when the person goes back or forward, and `followed` with the path of a link inside the app that was
/// pressed. Call once.
pub(crate) fn watch(moved: impl Fn() + 'static, followed: impl Fn(&str) + 'static) {
    let Some(window) = web_sys::window() else { return };
    let back = Listener::new(&window, "popstate", move |_| moved());
    let pressed = Listener::new(&window, "click", move |event| {
        if let Some(path) = event.dyn_ref::<MouseEvent>().and_then(inner_link) {
            event.prevent_default();
            followed(&path);
        }
    });
    LISTENERS.with_borrow_mut(|listeners| listeners.extend([back, pressed]));
}

/// The path of the link that was pressed, if the app itself should follow it.
fn inner_link(event: &MouseEvent) -> Option<String> {
    let plain = event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
    if !plain || event.default_prevented() {
        return None;
    }
    let pressed = event.target()?.dyn_into::<Element>().ok()?;
    let link = pressed.closest("a[href]").ok().flatten()?;
    if link.has_attribute("target") || link.has_attribute("download") {
        return None;
    }
    link.get_attribute("href").filter(|href| href.starts_with('/') && !href.starts_with("//"))
}
