//! The worker's program: reads invoices beside the page, so that the page never stutters.
//!
//! It posts `{ready: true}` when it has started, receives `{id, name, today, bytes}` and answers each with
//! `{id, ok}`, where `ok` is the JSON of an `ocr::Reading`, or with `{id, error: {code, zh, en}}`. A file that makes the
//! reader panic ends the worker: the page sees its error event, keeps the file and starts another worker.

#[cfg(target_arch = "wasm32")]
mod worker {
    use js_sys::{Object, Reflect, Uint8Array};
    use ocr::{Language, ReadError, Upload};
    use wasm_bindgen::prelude::*;
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

    /// Listens, then says that it listens.
    pub(crate) fn start() {
        console_error_panic_hook::set_once();
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let answering = scope.clone();
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // Posting fails only for values that cannot be copied; these are strings.
            let _ = answering.post_message(&answer(&event.data()));
        });
        scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        // The worker listens for as long as it lives.
        listener.forget();
        let _ = scope.post_message(&object(&[("ready", JsValue::TRUE)]));
    }

    fn answer(message: &JsValue) -> Object {
        let field = |name: &str| Reflect::get(message, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let id = field("id");
        match read(&field("name"), &field("today"), &field("bytes")) {
            Ok(json) => object(&[("id", id), ("ok", json.into())]),
            Err(Fault { code, zh, en }) => {
                let error = object(&[("code", code.into()), ("zh", zh.into()), ("en", en.into())]);
                object(&[("id", id), ("error", error.into())])
            }
        }
    }

    struct Fault {
        code: &'static str,
        zh: &'static str,
        en: &'static str,
    }

    /// The page and this program disagree about what a message is.
    const BAD_MESSAGE: Fault = Fault {
        code: "bad_message",
        zh: "识别程序收到的内容不完整，请重试。",
        en: "The reader was given too little. Please try again.",
    };

    impl From<ReadError> for Fault {
        fn from(error: ReadError) -> Self {
            Self { code: error.code(), zh: error.text(Language::Chinese), en: error.text(Language::English) }
        }
    }

    fn read(name: &JsValue, today: &JsValue, bytes: &JsValue) -> Result<String, Fault> {
        let today = today.as_string().and_then(|text| text.parse().ok()).ok_or(BAD_MESSAGE)?;
        let bytes = bytes.dyn_ref::<Uint8Array>().ok_or(BAD_MESSAGE)?;
        // Before copying: a file that is too large must not have to fit twice.
        if usize::try_from(bytes.length()).unwrap_or(usize::MAX) > ocr::limits::MAX_FILE_BYTES {
            return Err(ReadError::TooLarge.into());
        }
        let bytes = bytes.to_vec();
        let name = name.as_string().unwrap_or_default();
        let reading = ocr::read(&Upload { name: &name, bytes: &bytes }, today, &[])?;
        serde_json::to_string(&reading).map_err(|_| BAD_MESSAGE)
    }

    fn object(fields: &[(&str, JsValue)]) -> Object {
        let object = Object::new();
        for (name, value) in fields {
            // Setting a field of a plain object cannot fail.
            let _ = Reflect::set(&object, &(*name).into(), value);
        }
        object
    }
}

fn main() {
    #[cfg(target_arch = "wasm32")]
    worker::start();
}
