//! The service worker's news: a new version of the app is ready, and taking it.
//!
//! Promise: a new version waits until somebody asks for it, so that no half-filled form is lost to an update. The
//! page's own script registers the worker.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration};

use super::js::{self, Listener};
use super::{page, task};

thread_local! {
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

/// Calls `ready` when a new version waits, now or later.
pub(crate) fn watch(ready: impl Fn() + 'static) {
    let ready: Rc<dyn Fn()> = Rc::new(ready);
    task::spawn(async move {
        let Some(registration) = registration().await else {
            return;
        };
        if registration.waiting().is_some() {
            ready();
        }
        let found = Listener::new(&registration.clone(), "updatefound", move |_| {
            let Some(installing) = registration.installing() else {
                return;
            };
            let (worker, ready) = (installing.clone(), Rc::clone(&ready));
            let changed = Listener::new(&installing, "statechange", move |_| {
                // At the very first installation there is no controller and nothing to update.
                let installed = js::get(&worker, "state").as_string().as_deref() == Some("installed");
                if installed && container().is_some_and(|container| container.controller().is_some()) {
                    ready();
                }
            });
            LISTENERS.with_borrow_mut(|listeners| listeners.push(changed));
        });
        LISTENERS.with_borrow_mut(|listeners| listeners.push(found));
    });
}

/// Takes the new version: the waiting worker takes over and the page is loaded again.
pub(crate) fn take_update() {
    let Some(container) = container() else {
        return page::reload();
    };
    let over = Listener::new(&container, "controllerchange", |_| page::reload());
    LISTENERS.with_borrow_mut(|listeners| listeners.push(over));
    task::spawn(async {
        match registration().await.and_then(|registration| registration.waiting()) {
            Some(waiting) => drop(waiting.post_message(&"skip".into())),
            None => page::reload(),
        }
    });
}

fn container() -> Option<ServiceWorkerContainer> {
    // The property is missing in an insecure context and in some webviews.
    let navigator: JsValue = web_sys::window()?.navigator().into();
    js::get(&navigator, "serviceWorker").dyn_into().ok()
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    let ready = container()?.ready().ok()?;
    js::settled(ready.into()).await.ok()?.dyn_into().ok()
}
