//! The inside of a worker: words from the page that started it, and to it.
//!
//! The worker says `true` once it listens; what is said to it before that would be lost. Everything else is bytes.

use js_sys::Uint8Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Listens for as long as the worker lives, then says that it listens.
pub(crate) fn listen(heard: impl Fn(Vec<u8>) + 'static) {
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok(bytes) = event.data().dyn_into::<Uint8Array>() {
            heard(bytes.to_vec());
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    let _ = scope().post_message(&JsValue::TRUE);
}

/// Says something to the page. Bytes can always be copied.
pub(crate) fn post(bytes: &[u8]) {
    let _ = scope().post_message(&Uint8Array::from(bytes));
}
