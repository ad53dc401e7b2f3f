//! Sending a file and saying how far it is.

use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, ProgressEvent, XmlHttpRequest};

use super::bytes::Bytes;
use super::http::HttpError;
use super::js::{self, Listener};

/// An upload that takes longer than this, in milliseconds, is broken off, and may go on in another request.
const DEADLINE: u32 = 120_000;

/// Sends bytes to a path of our own server, by `PUT` or `PATCH`. `progress` hears the number of bytes sent so far.
pub(crate) async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &Bytes,
    progress: impl Fn(usize) + 'static,
) -> Result<(), HttpError> {
    let failed = |error: JsValue| HttpError::Malformed(js::error_text(&error));
    let request = XmlHttpRequest::new().map_err(failed)?;
    request.open(method, url).map_err(failed)?;
    request.set_timeout(DEADLINE);
    for (name, value) in headers {
        request.set_request_header(name, value).map_err(failed)?;
    }
    let upload = request.upload().map_err(failed)?;
    let _progress = Listener::new(&upload, "progress", move |event: Event| {
        if let Some(event) = event.dyn_ref::<ProgressEvent>() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bytes in memory")]
            progress(event.loaded() as usize);
        }
    });

    let mut listeners = Vec::new();
    let ended = Promise::new(&mut |resolve, _| {
        let resolve = Rc::new(resolve);
        for kind in ["load", "error", "abort", "timeout"] {
            let resolve = Rc::clone(&resolve);
            listeners.push(Listener::new(&request, kind, move |_| {
                let _ = resolve.call1(&JsValue::UNDEFINED, &kind.into());
            }));
        }
    });
    request.send_with_opt_js_u8_array(Some(body.array())).map_err(failed)?;
    let kind = js::settled(ended.into()).await.map_err(|_| HttpError::Offline)?;
    drop(listeners);
    match kind.as_string().as_deref() {
        Some("load") => {}
        Some("timeout") => return Err(HttpError::Timeout),
        _ => return Err(HttpError::Offline),
    }
    match request.status() {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(HttpError::refused(status, request.response_text().ok().flatten().unwrap_or_default())),
        Err(_) => Err(HttpError::Offline),
    }
}
