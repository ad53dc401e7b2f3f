//! Work that outlives the call that starts it, and waiting.

use std::future::Future;

use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::js;

/// Runs a future to its end, independently of any page.
pub(crate) fn spawn(work: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(work);
}

/// Waits at least this long. A tab in the background may wait longer.
pub(crate) async fn sleep(milliseconds: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        // A worker has timers as well, but no window.
        let _ = js::call(&js_sys::global(), "setTimeout", &[&resolve, &milliseconds.into()]);
    });
    // This promise is never rejected.
    let _ = JsFuture::from(promise).await;
}

/// Calls `work` every so many milliseconds for as long as this value lives.
pub(crate) struct Ticker {
    handle: Option<i32>,
    _work: Closure<dyn FnMut()>,
}

impl Ticker {
    /// Starts ticking; the first call comes after one interval.
    pub(crate) fn new(milliseconds: u32, work: impl FnMut() + 'static) -> Self {
        let work = Closure::<dyn FnMut()>::new(work);
        let interval = i32::try_from(milliseconds).unwrap_or(i32::MAX);
        let handle = web_sys::window().and_then(|window| {
            let callback = work.as_ref().unchecked_ref();
            window.set_interval_with_callback_and_timeout_and_arguments_0(callback, interval).ok()
        });
        Self { handle, _work: work }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let (Some(window), Some(handle)) = (web_sys::window(), self.handle) {
            window.clear_interval_with_handle(handle);
        }
    }
}

/// A line in the browser's console, for whoever looks for a fault.
pub(crate) fn log(text: &str) {
    web_sys::console::warn_1(&JsValue::from_str(text));
}
