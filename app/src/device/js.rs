//! Small tools for browser objects that have no stable typed interface.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A plain object with these properties.
pub(super) fn object(properties: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

/// Sets a property. A plain object of our own cannot refuse one.
pub(super) fn set(target: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(target, &JsValue::from_str(name), value);
}

/// A property, or `undefined` when there is none or the target is no object.
pub(super) fn get(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Calls a method by name.
pub(super) fn call(target: &JsValue, name: &str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    let method = get(target, name).dyn_into::<Function>()?;
    method.apply(target, &arguments.iter().copied().collect::<Array>())
}

/// Waits for a promise, or takes the value at once when it is none.
pub(super) async fn settled(value: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&value)).await
}

/// The `name` of an exception, such as `QuotaExceededError`; empty when it has none.
pub(super) fn error_name(error: &JsValue) -> String {
    get(error, "name").as_string().unwrap_or_default()
}

/// An exception in words, for logs.
pub(super) fn error_text(error: &JsValue) -> String {
    let message = get(error, "message").as_string().or_else(|| error.as_string());
    format!("{}: {}", error_name(error), message.unwrap_or_default())
}

/// A listener that stays for as long as this value lives.
pub(super) struct Listener {
    target: web_sys::EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listener {
    /// Calls `handle` at every event of this kind.
    pub(super) fn new(
        target: &web_sys::EventTarget,
        kind: &'static str,
        handle: impl FnMut(web_sys::Event) + 'static,
    ) -> Self {
        let closure = Closure::<dyn FnMut(web_sys::Event)>::new(handle);
        let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        Self { target: target.clone(), kind, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.kind, self.closure.as_ref().unchecked_ref());
    }
}
