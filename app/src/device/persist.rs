//! Whether the browser will keep what is stored here, and how to make it.
//!
//! Safari deletes a site's data after seven days without a visit unless it was added to the home screen, and Chromium
//! may clear it when the disk is full. So installing is about safety, not about comfort.

use std::cell::RefCell;

use wasm_bindgen::JsValue;

use super::js::{self, Listener};

thread_local! {
    /// The browser's offer to install, kept until somebody takes it.
    static OFFER: RefCell<Option<JsValue>> = const { RefCell::new(None) };
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

/// How the app can be put on the home screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installing {
    /// It is there already.
    Installed,
    /// The browser will ask the person when [`install`] is called.
    Offered,
    /// By hand, from Safari's share sheet.
    ByShareSheet,
    /// Not in this browser.
    Impossible,
}

/// Starts to listen for the browser's offer. Call once, before the first page.
pub(crate) fn watch(changed: impl Fn() + Clone + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let offered = Listener::new(&window, "beforeinstallprompt", {
        let changed = changed.clone();
        move |event| {
            // We ask at a good moment, after the first submission; not the browser at the first visit.
            event.prevent_default();
            OFFER.with_borrow_mut(|offer| *offer = Some(event.into()));
            changed();
        }
    });
    let installed = Listener::new(&window, "appinstalled", move |_| {
        OFFER.with_borrow_mut(|offer| *offer = None);
        changed();
    });
    LISTENERS.with_borrow_mut(|listeners| listeners.extend([offered, installed]));
}

/// How the app can be installed now.
pub(crate) fn installing() -> Installing {
    let Some(window) = web_sys::window() else {
        return Installing::Impossible;
    };
    let standalone =
        window.match_media("(display-mode: standalone)").ok().flatten().is_some_and(|query| query.matches());
    if standalone || js::get(&window.navigator(), "standalone").is_truthy() {
        return Installing::Installed;
    }
    if OFFER.with_borrow(Option::is_some) {
        return Installing::Offered;
    }
    let agent = window.navigator().user_agent().unwrap_or_default();
    let apple = ["iPhone", "iPad"].iter().any(|name| agent.contains(name));
    if apple { Installing::ByShareSheet } else { Installing::Impossible }
}

/// Shows the browser's own question. True when the person agreed.
pub(crate) async fn install() -> bool {
    let Some(offer) = OFFER.with_borrow_mut(Option::take) else {
        return false;
    };
    if js::call(&offer, "prompt", &[]).is_err() {
        return false;
    }
    let choice = js::settled(js::get(&offer, "userChoice")).await;
    choice.is_ok_and(|choice| js::get(&choice, "outcome").as_string().as_deref() == Some("accepted"))
}

/// Asks the browser to keep our data until the person removes it. True when it promises that.
pub(crate) async fn keep() -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    let storage = js::get(&window.navigator(), "storage");
    match js::call(&storage, "persist", &[]) {
        Ok(asked) => js::settled(asked).await.is_ok_and(|answer| answer.is_truthy()),
        Err(_) => false,
    }
}

/// Bytes used and bytes allowed, as far as the browser tells.
pub(crate) async fn space() -> Option<(u64, u64)> {
    let window = web_sys::window()?;
    let storage = js::get(&window.navigator(), "storage");
    let estimate = js::settled(js::call(&storage, "estimate", &[]).ok()?).await.ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of bytes below 2^53")]
    let count = |name| js::get(&estimate, name).as_f64().map(|bytes| bytes as u64);
    Some((count("usage")?, count("quota")?))
}
